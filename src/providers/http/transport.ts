import { readJson } from "../../json.ts";
import type { Duration, Instant } from "../../model/vocabulary.ts";
import { connectionsTo, proxyFor, proxyName } from "../../proxy.ts";
import { type Address, without } from "./address.ts";
import {
  answerFault,
  type CallFault,
  lost,
  type Meaning,
  type RefusedAnswer,
  strange,
  transportFault,
} from "./faults.ts";
import { retryAfter } from "./retry.ts";

/** Milliseconds to the connection, to the head of an answer, and between two parts of its body. */
export interface Timeouts {
  connect: Duration;
  headers: Duration;
  body: Duration;
}

/** What a backend's API has of its own, beside HTTP. */
export interface Dialect {
  /** The headers that prove who we are, asked anew for each request. */
  proof(): Readonly<Record<string, string>>;
  /** What the body of a refusal calls the error, and says of it; null where it is none of this API's. */
  readError(body: unknown): { type: string; title?: string | null | undefined } | null;
  /** No text of an answer is repeated in a message: this API's may hold a token of somebody else. @default false */
  silent?: boolean | undefined;
  /** What the API means by a refusal; nothing where its status says all. */
  meaningOf(refusal: RefusedAnswer): Meaning;
}

export interface TransportOptions extends Dialect {
  address: Address;
  /** Makes a server's text fit for a message. */
  clean: (text: string) => string;
  timeouts: Timeouts;
  /** In bytes. */
  largestBody: number;
  now: () => Instant;
}

export type Method = "GET" | "POST" | "PUT";

/** A request, as whoever calls an API writes it. */
export interface WrittenRequest {
  method: Method;
  /** Relative to the target's address, without a slash before it. */
  path: string;
  /** Sent as JSON. */
  body?: unknown;
  /** In place of what proves who we are: a call that acts for a token of its own. */
  proof?: Readonly<Record<string, string>>;
  /** The path as messages and logs may show it, where it holds a secret. @default the path */
  shown?: string;
  /** What else no message may show: the secrets that this call alone knows. */
  secrets?: readonly string[];
  /** An answer that is no JSON is taken as a text. @default false: it is another site's */
  text?: boolean;
}

interface HttpRequest extends WrittenRequest {
  /** The whole exchange ends within this time. */
  within: Duration;
  /** Milliseconds to the head of the answer, where the usual time is too short. */
  headersTimeout?: Duration;
  signal?: AbortSignal;
}

/** What became of one request: the answer's status (null where none came), and its JSON or the fault. */
interface Exchange {
  status: number | null;
  outcome: { body: unknown } | CallFault;
}

/** Makes single requests, over one pool of connections that are kept alive. Redirects are not followed. */
export interface Transport {
  /** Throws only the signal's reason. */
  send(request: HttpRequest): Promise<Exchange>;
  /** How far the clock of who answered last is ahead of this machine's; null where no answer bore a time. */
  skew(): Duration | null;
  /** What is under way fails. */
  close(): Promise<void>;
}

const CONNECTIONS = 8;
const KEEP_ALIVE: Duration = 30_000;

export function createTransport(options: TransportOptions): Transport {
  const { address, timeouts } = options;
  const proxy = proxyFor(address.origin);
  const pool = connectionsTo(address.origin, {
    connections: CONNECTIONS,
    allowH2: false,
    connect: { timeout: timeouts.connect },
    headersTimeout: timeouts.headers,
    bodyTimeout: timeouts.body,
    keepAliveTimeout: KEEP_ALIVE,
    maxResponseSize: options.largestBody,
  });
  let skew: Duration | null = null;
  return {
    skew: () => skew,
    close: () => pool.destroy(),
    async send(request) {
      const { method, path, body, signal, headersTimeout } = request;
      const limit = AbortSignal.timeout(Math.max(1, Math.ceil(request.within)));
      let status: number | null = null;
      try {
        const answer = await pool.request({
          origin: address.origin,
          method,
          path: `${address.base}/${path}`,
          headers: headers(request.proof ?? options.proof(), body !== undefined),
          body: body === undefined ? null : JSON.stringify(body),
          signal: signal ? AbortSignal.any([signal, limit]) : limit,
          ...(headersTimeout !== undefined && { headersTimeout }),
        });
        status = answer.statusCode;
        const date = Date.parse(answer.headers.date?.toString() ?? "");
        if (!Number.isNaN(date)) skew = date - options.now();
        const text = await answer.body.text();
        return { status, outcome: interpret(request, status, answer.headers, text, options) };
      } catch (error) {
        signal?.throwIfAborted();
        const outcome = transportFault(error, proxy && proxyName(proxy));
        if (!outcome) throw error;
        return { status, outcome };
      }
    },
  };
}

function headers(proof: ReturnType<Dialect["proof"]>, json: boolean): Record<string, string> {
  const type = json ? { "content-type": "application/json" } : {};
  return { ...proof, accept: "application/json", ...type };
}

function interpret(
  request: HttpRequest,
  status: number,
  headers: Record<string, string | string[] | undefined>,
  text: string,
  { clean: cleaned, now, silent, readError, meaningOf }: TransportOptions,
): { body: unknown } | CallFault {
  const clean = (said: string) => cleaned(without(said, request.secrets));
  const repeated = (said: string) => (silent ? (/^\s*</.test(said) ? "<…>" : "") : clean(said));
  const call = clean(`${request.method} ${request.shown ?? request.path}`);
  const json = readJson(text);
  if (status >= 200 && status < 300) {
    if (text === "") return { body: null };
    if (json) return { body: json.value };
    if (request.text && !/^\s*[[{<]/.test(text)) return { body: text };
    // What begins as JSON and is none was cut; anything else is another site's page.
    if (/^\s*[[{]/.test(text)) return lost(`broke off its answer to ${call} (no whole JSON)`);
    return strange(`answered ${call} with something else than JSON: “${repeated(text)}”`);
  }
  const error = json && readError(json.value);
  const refusal = {
    status,
    type: error && clean(error.type),
    text: error ? clean(error.title ?? "") : repeated(text),
    location: repeated(headers.location?.toString() ?? ""),
    retryAfter: retryAfter(headers["retry-after"]?.toString(), now()),
    call,
  };
  return { ...answerFault(refusal, meaningOf(refusal)), answered: refusal };
}
