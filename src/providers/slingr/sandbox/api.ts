import type { Instant } from "../../../model/vocabulary.ts";
import type { FaultBook } from "../../sandbox-kit/faults.ts";
import { bucket, type RateLimit } from "../../sandbox-kit/rate.ts";
import type { Answerer, Received, Reply } from "../../sandbox-kit/server.ts";
import type { FailsAt } from "./actions.ts";
import { bend, insteadOf } from "./bend.ts";
import { ApiError, TOO_LONG } from "./errors.ts";
import { type FaultName, type FaultRule, SENT } from "./faults.ts";
import { type App, login, route } from "./routes.ts";
import type { Request, Verb } from "./types.ts";

/** A request as the sandbox remembers it: no header and no body. */
export interface Logged {
  method: string;
  /** Relative to the API; in full where the address was wrong. */
  path: string;
  /** The query, without its `?`. */
  query: string;
  /** null until it is answered, and where no answer is sent. */
  status: number | null;
  at: Instant;
}

export interface Counters {
  requests: number;
  /** Users whom a call changed. */
  changed: Partial<Record<Verb, number>>;
}

/** How many requests are remembered; the counters go on. */
const REMEMBERED = 10_000;

/** Faults that keep a request from taking effect. */
const NO_EFFECT: readonly FaultName[] = ["refuse", "reset-before"];

export interface ApiOptions {
  /** The part of the address before `/runtime/api`. */
  env: string;
  app: Omit<App, "done">;
  faults: FaultBook<FaultName>;
  /** Milliseconds before every request. */
  latency: number;
  rateLimit?: RateLimit | undefined;
  /** The most letters that an address may have, from its first slash. */
  urlMax: number;
  /** Called just before each answer is made: what it changes, the answer shows. */
  before?: ((request: Request) => void) | undefined;
  now(): Instant;
}

/** The API of one app: faults, address, rate limit, token, then the route. */
export class Api {
  readonly requests: Logged[] = [];
  readonly counters: Counters = { requests: 0, changed: {} };
  readonly #options: ApiOptions;
  readonly #app: App;
  readonly #take: () => boolean;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.#app = Object.assign(options.app, { done: (verb: Verb) => this.#count(verb) });
    this.#take = bucket(options.rateLimit, options.now);
  }

  readonly accept: Answerer = (received) => {
    const { known, request } = this.#parse(received);
    const fault = this.#options.faults.next(request);
    const logged = this.#log(request);
    const slow = fault?.kind === "slow" ? (fault.value ?? 2000) : 0;
    return {
      wait: this.#options.latency + slow,
      answer: () => {
        this.#options.before?.(request);
        const reply = this.#reply(known, request, received, fault);
        const sent = (fault && SENT[fault.kind]) ?? "whole";
        if (sent === "whole") logged.status = reply.status;
        return { reply, sent };
      },
    };
  };

  #log({ method, path, query }: Request): Logged {
    const logged = { method, path, query: String(query), status: null, at: this.#options.now() };
    if (this.requests.length >= REMEMBERED) this.requests.shift();
    this.requests.push(logged);
    this.counters.requests += 1;
    return logged;
  }

  #reply(known: boolean, request: Request, received: Received, fault?: FaultRule): Reply {
    if (fault && NO_EFFECT.includes(fault.kind)) return { status: 0, body: "" };
    const instead = fault && insteadOf(fault);
    if (instead) return instead;
    if (received.target.length > this.#options.urlMax) return TOO_LONG;
    const token = String(received.headers.token ?? "");
    if (fault?.kind === "token-dies") this.#app.store.tokens.end(token);
    const ask = (bent: Request, fails: FailsAt = () => false) =>
      this.#ask(known, bent, token, fails);
    try {
      return fault ? bend(fault, request, ask) : ask(request);
    } catch (error) {
      if (error instanceof ApiError) return error.reply();
      throw error;
    }
  }

  #ask(known: boolean, request: Request, token: string, fails: FailsAt): Reply {
    if (!known) throw new ApiError("notFound", "There is no such app.");
    if (!this.#take()) throw new ApiError("tooManyRequests", "The rate limit is exceeded.");
    const app = this.#app;
    if (request.method === "POST" && request.path === "/auth/login")
      return login(app, request.body);
    const by = app.store.whose(token, true);
    if (!by) throw new ApiError("unauthorized", "The token is not valid.");
    return route({ app, by, request, fails });
  }

  #count(verb: Verb): void {
    const { changed } = this.counters;
    changed[verb] = (changed[verb] ?? 0) + 1;
  }

  #parse({ method, target, body }: Received): { known: boolean; request: Request } {
    const url = URL.parse(target, "http://sandbox.invalid");
    const base = `/${this.#options.env}/runtime/api`;
    const known = url?.pathname.startsWith(`${base}/`) ?? false;
    const path = known ? (url?.pathname.slice(base.length) ?? "/") : target;
    const query = url?.searchParams ?? new URLSearchParams();
    return { known, request: { method, path, query, body } };
  }
}
