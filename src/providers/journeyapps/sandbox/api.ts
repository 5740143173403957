import type { Instant } from "../../../model/vocabulary.ts";
import type { FaultBook } from "../../sandbox-kit/faults.ts";
import { bucket, type RateLimit } from "../../sandbox-kit/rate.ts";
import type { Answerer, Received, Reply } from "../../sandbox-kit/server.ts";
import { type Act, act, actOf } from "./behind.ts";
import { bend, insteadOf, operationsOf } from "./bend.ts";
import { ApiError, UNAUTHORIZED } from "./errors.ts";
import { type FaultName, type FaultRule, SENT } from "./faults.ts";
import type { FailsAt, OperationMethod } from "./operations.ts";
import { type Deployment, route } from "./routes.ts";
import type { Operation, Request } from "./types.ts";

/** A request as the sandbox remembers it. */
export interface Logged {
  method: string;
  /** Relative to the deployment, without the query and `.json`; in full where the address was wrong. */
  path: string;
  /** The query, without its `?`. */
  query: string;
  /** null until it is answered, and where no answer is sent. */
  status: number | null;
  at: Instant;
  /** Of a batch, as they were asked. */
  operations?: Operation[];
}

export interface Counters {
  requests: number;
  /** Operations that took effect, by the method that names them in a batch; single calls too. */
  operations: Partial<Record<OperationMethod, number>>;
}

/** How many requests are remembered; the counters go on. */
const REMEMBERED = 10_000;

/** Faults that keep a request from taking effect. */
const NO_EFFECT: readonly FaultName[] = ["refuse", "reset-before"];

/** The API of one deployment: address, authorization, rate limit, faults, then the route. */
export class Api {
  readonly requests: Logged[] = [];
  readonly counters: Counters = { requests: 0, operations: {} };
  readonly #options: ApiOptions;
  readonly #credentials: Set<string>;
  readonly #take: () => boolean;

  constructor(options: ApiOptions) {
    this.#options = options;
    const { id, token } = options;
    const basic = Buffer.from(`${id}:${token}`).toString("base64");
    this.#credentials = new Set([`Basic ${basic}`, `Bearer ${token}`, `Token ${token}`]);
    this.#take = bucket(options.rateLimit, options.now);
  }

  readonly accept: Answerer = (received) => {
    const what = actOf(received.method, received.target);
    if (what !== null)
      return { wait: 0, answer: () => ({ reply: this.#act(what, received), sent: "whole" }) };
    const { id, request } = parse(received);
    const fault = this.#options.faults.next(request);
    const logged = this.#log(request);
    const slow = fault?.kind === "slow" ? (fault.value ?? 2000) : 0;
    return {
      wait: this.#options.latency + slow,
      answer: () => {
        this.#options.before?.(request);
        const check = () => this.#check(id, received.authorization);
        const reply = this.#reply(request, check, fault);
        const sent = (fault && SENT[fault.kind]) ?? "whole";
        if (sent === "whole") logged.status = reply.status;
        return { reply, sent };
      },
    };
  };

  /** Behind Curfew's back: no request of the API, so that it is neither counted nor bent. */
  #act(what: Act, { authorization, body }: Received): Reply {
    if (!this.#credentials.has(authorization)) return UNAUTHORIZED;
    try {
      return act(what, body, this.#options.deployment.store);
    } catch (error) {
      if (error instanceof ApiError) return error.reply();
      throw error;
    }
  }

  #log(request: Request): Logged {
    const { method, path, query } = request;
    const operations = operationsOf(request) as Operation[];
    const logged: Logged = {
      ...{ method, path, query: String(query), status: null, at: this.#options.now() },
      ...(operations.length > 0 ? { operations } : {}),
    };
    if (this.requests.length >= REMEMBERED) this.requests.shift();
    this.requests.push(logged);
    this.counters.requests += 1;
    return logged;
  }

  #reply(request: Request, check: () => Reply | undefined, fault?: FaultRule): Reply {
    if (fault && NO_EFFECT.includes(fault.kind)) return { status: 0, body: "" };
    const instead = fault && insteadOf(fault);
    if (instead) return instead;
    const ask = (bent: Request, fails?: FailsAt) =>
      route({ ...this.#options.deployment, done: (method) => this.#count(method) }, bent, fails);
    try {
      return check() ?? (fault ? bend(fault, request, ask) : ask(request));
    } catch (error) {
      if (error instanceof ApiError) return error.reply();
      throw error;
    }
  }

  /** A wrong address is told before a wrong credential: a credential is of one deployment. */
  #check(id: string | undefined, authorization: string): Reply | undefined {
    if (id === undefined) throw new ApiError("ROUTE_ERROR", "The API is under /api/v4.");
    if (id !== this.#options.id)
      throw new ApiError("ACCOUNT_NOT_FOUND", `No account with ID: '${id}'`);
    if (!this.#credentials.has(authorization)) return UNAUTHORIZED;
    if (!this.#take()) throw new ApiError("TOO_MANY_REQUESTS", "The rate limit is exceeded.");
    return undefined;
  }

  #count(method: OperationMethod): void {
    const { operations } = this.counters;
    operations[method] = (operations[method] ?? 0) + 1;
  }
}

export interface ApiOptions {
  /** The deployment's id. */
  id: string;
  token: string;
  deployment: Omit<Deployment, "done">;
  faults: FaultBook<FaultName>;
  /** Milliseconds before every request. */
  latency: number;
  rateLimit?: RateLimit | undefined;
  /** Called just before each answer is made: what it changes, the answer shows. */
  before?: ((request: Request) => void) | undefined;
  now(): Instant;
}

/** The deployment that a request names, undefined where it names none, and the request within it. */
function parse({ method, target, body }: Received): { id: string | undefined; request: Request } {
  const url = URL.parse(target, "http://sandbox.invalid");
  const [, id, within] = /^\/api\/v4\/([^/]+)(\/.*)?$/.exec(url?.pathname ?? "") ?? [];
  const path = id === undefined ? target : (within ?? "/").replace(/\.json$/, "");
  return { id, request: { method, path, query: url?.searchParams ?? new URLSearchParams(), body } };
}
