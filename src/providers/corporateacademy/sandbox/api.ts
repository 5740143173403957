import type { Instant } from "../../../model/vocabulary.ts";
import type { FaultBook } from "../../sandbox-kit/faults.ts";
import { bucket, type RateLimit } from "../../sandbox-kit/rate.ts";
import type { Answerer, Received, Reply } from "../../sandbox-kit/server.ts";
import type { Academy } from "./academy.ts";
import { bend, insteadOf } from "./bend.ts";
import { Call, type Method } from "./call.ts";
import { ApiError } from "./errors.ts";
import { type FaultName, type FaultRule, SENT } from "./faults.ts";
import { METHODS, type MethodName } from "./methods.ts";

/** Where the API stands. */
export const BASE = "/rest-api/corporateacademy-mediator";

/** A request as the sandbox remembers it: without its tokens, which are secrets. */
export interface Logged {
  verb: string;
  /** null where the address names none of the documented ones. */
  method: MethodName | null;
  /** null until it is answered, and where no answer is sent. */
  status: number | null;
  at: Instant;
}

/** How many requests are remembered. */
const REMEMBERED = 10_000;

export interface ApiOptions {
  academy: Academy;
  faults: FaultBook<FaultName>;
  rateLimit?: RateLimit | undefined;
  /** The rights that are lacking: the status that these methods answer to everybody. */
  withheld?: Partial<Record<MethodName, 401 | 403>> | undefined;
  /** Called just before each answer is made: what it changes, the answer shows. */
  before?: ((request: Readonly<Logged>) => void) | undefined;
}

/** The API: faults, rate limit, address, rights, then the method. */
export class Api {
  readonly requests: Logged[] = [];
  readonly #options: ApiOptions;
  readonly #take: () => boolean;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.#take = bucket(options.rateLimit, options.academy.now);
  }

  readonly accept: Answerer = (received) => {
    const asked = parse(received);
    const path = `/${asked.method ?? ""}`;
    const fault = this.#options.faults.next({ method: received.method, path });
    const logged = this.#log(received.method, asked.method);
    return {
      wait: fault?.kind === "slow" ? (fault.value ?? 2000) : 0,
      answer: async () => {
        this.#options.before?.(logged);
        const reply = await this.#reply(received, asked, fault);
        const sent = (fault && SENT[fault.kind]) ?? "whole";
        if (sent === "whole") logged.status = reply.status;
        return { reply, sent };
      },
    };
  };

  #log(verb: string, method: MethodName | null): Logged {
    const logged: Logged = { verb, method, status: null, at: this.#options.academy.now() };
    if (this.requests.length >= REMEMBERED) this.requests.shift();
    this.requests.push(logged);
    return logged;
  }

  async #reply(received: Received, asked: Asked, fault?: FaultRule): Promise<Reply> {
    const instead = fault && insteadOf(fault);
    if (instead) return instead;
    let reply: Reply;
    try {
      reply = { status: 200, body: JSON.stringify(await this.#ask(received, asked)) };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      reply = error.reply();
    }
    return fault ? bend(fault, reply) : reply;
  }

  async #ask(received: Received, { method, token, query }: Asked): Promise<unknown> {
    if (!this.#take()) throw new ApiError(429, "The rate limit is exceeded.");
    if (method === null) throw new ApiError(404, "There is no such method.");
    const { verb, run }: Method = METHODS[method];
    if (verb !== received.method) throw new ApiError(404, `This method is called by ${verb}.`);
    const withheld = this.#options.withheld?.[method];
    if (withheld !== undefined) throw new ApiError(withheld, "You may not call this method.");
    const given = verb === "GET" ? Object.fromEntries(query) : parameters(received.body);
    const named = token === undefined ? given : { ...given, token };
    const [, bearer = ""] = /^Bearer\s+(\S+)$/i.exec(received.authorization) ?? [];
    return run(new Call(this.#options.academy, named, bearer));
  }
}

/** What an address asks for: a method, the token behind it, if any, and the query. */
interface Asked {
  method: MethodName | null;
  token?: string;
  query: URLSearchParams;
}

function parse({ target }: Received): Asked {
  const url = URL.parse(target, "http://sandbox.invalid");
  const query = url?.searchParams ?? new URLSearchParams();
  const path = url?.pathname ?? "";
  const within = path.startsWith(`${BASE}/`) ? path.slice(BASE.length + 1) : "";
  const [name = "", token, ...more] = within.split("/");
  const takes = name === "get-jwt-token" ? token !== undefined : token === undefined;
  if (!Object.hasOwn(METHODS, name) || !takes || more.length > 0) return { method: null, query };
  const method = name as MethodName;
  return token === undefined ? { method, query } : { method, token, query };
}

function parameters(body: string): Record<string, unknown> {
  if (body === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    // Told below.
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new ApiError(400, "The body is not a JSON object.");
}
