/** A proxy on loopback that stands before a backend and bends what passes. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  half,
  listen,
  type Received,
  type Reply,
} from "../../../src/providers/sandbox-kit/server.ts";

/** Long enough that whoever hurries has gone. */
const SLOW = 700;

const json = (status: number, headers = {}): Reply => ({
  status,
  body: JSON.stringify({ message: "so it is" }),
  headers,
});

/** Answers that come in place of the request: it has no effect. */
const INSTEAD = {
  "500": json(500),
  "503": json(503),
  "429": json(429, { "retry-after": "1" }),
  "401": json(401),
  "403": json(403),
} as const satisfies Record<string, Reply>;

/** What becomes of the answer; the request has had its effect. */
const AFTER = {
  "500 after": () => json(500),
  html: () => ({
    status: 200,
    body: "<!doctype html><title>Sign in</title>",
    headers: { "content-type": "text/html" },
  }),
  "cut JSON": (reply) => ({ ...reply, status: 200, body: half(reply.body) || "{" }),
  "wrong shape": () => ({ status: 200, body: JSON.stringify({ strange: [1] }) }),
} as const satisfies Record<string, (reply: Reply) => Reply>;

/** How the answer goes out. */
const SENT = {
  refused: "closed",
  "reset before": "reset",
  "reset after": "reset",
  "half answer": "half",
} as const;

const NO_EFFECT: readonly string[] = ["refused", "reset before"];

export type FaultName =
  | keyof typeof INSTEAD
  | keyof typeof AFTER
  | keyof typeof SENT
  | "slow"
  | "echo";

/** Every fault but `echo`, which answers 422 with all that it was sent. */
export const FAULT_NAMES: readonly FaultName[] = [
  ...(Object.keys(SENT) as (keyof typeof SENT)[]),
  "slow",
  ...(Object.keys(INSTEAD) as (keyof typeof INSTEAD)[]),
  ...(Object.keys(AFTER) as (keyof typeof AFTER)[]),
];

export interface Fault {
  kind: FaultName;
  /** Which requests it meets; `path` is without the query. */
  on(method: string, path: string): boolean;
  /** How many of those go well first. @default 0 */
  after?: number;
  /** How many then meet it. @default all */
  times?: number;
}

/** A proxy that runs. */
export interface FaultProxy {
  readonly origin: string;
  /** The fault in force; null: everything passes. */
  fault: Fault | null;
  /** How many requests met a fault since it was put in force. */
  readonly met: number;
  close(): Promise<void>;
}

/** Stands before the backend at `origin`. */
export async function proxyBefore(origin: string): Promise<FaultProxy> {
  const ended = new AbortController();
  let fault: Fault | null = null;
  let seen = 0;
  let met = 0;
  const next = ({ method, target }: Received): FaultName | null => {
    if (!fault?.on(method, target.split("?")[0] ?? "")) return null;
    const { kind, after = 0, times = Number.POSITIVE_INFINITY } = fault;
    if (++seen <= after || seen > after + times) return null;
    met++;
    return kind;
  };
  const server = await listen(0, (received) => {
    const kind = next(received);
    return { wait: 0, answer: () => answer(origin, received, kind, ended.signal) };
  });
  return {
    origin: `http://127.0.0.1:${server.port}`,
    get fault() {
      return fault;
    },
    set fault(other) {
      [fault, seen, met] = [other, 0, 0];
    },
    get met() {
      return met;
    },
    async close() {
      ended.abort();
      await server.close();
    },
  };
}

async function answer(
  origin: string,
  received: Received,
  kind: FaultName | null,
  signal: AbortSignal,
): Promise<{ reply: Reply; sent: "whole" | "closed" | "reset" | "half" }> {
  if (kind === "echo") return { reply: echo(received), sent: "whole" };
  if (kind !== null && kind in INSTEAD) {
    return { reply: INSTEAD[kind as keyof typeof INSTEAD], sent: "whole" };
  }
  if (kind !== null && NO_EFFECT.includes(kind)) {
    return { reply: { status: 0, body: "" }, sent: SENT[kind as keyof typeof SENT] };
  }
  const reply = await forward(origin, received);
  if (kind === "slow") await sleep(SLOW, undefined, { signal });
  if (kind !== null && kind in AFTER) {
    return { reply: AFTER[kind as keyof typeof AFTER](reply), sent: "whole" };
  }
  const sent = kind !== null && kind in SENT ? SENT[kind as keyof typeof SENT] : "whole";
  return { reply, sent };
}

/** As a backend that tells in its error what it was asked. */
function echo({ method, target, headers, body }: Received): Reply {
  const said = `${headers.authorization} ${method} ${target} ${body}`;
  return { status: 422, body: said, headers: { "content-type": "text/plain" } };
}

/** What belongs to one connection, and what is made anew. */
const OWN = new Set(["host", "connection", "content-length", "accept-encoding", "keep-alive"]);

async function forward(origin: string, received: Received): Promise<Reply> {
  const { method, target, body } = received;
  const headers = Object.entries(received.headers).flatMap(([name, value]) =>
    OWN.has(name) || value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  const answer = await fetch(origin + target, {
    ...{ method, headers, redirect: "manual" },
    ...(body === "" ? {} : { body }),
  });
  const type = answer.headers.get("content-type");
  return {
    status: answer.status,
    body: await answer.text(),
    headers: type === null ? {} : { "content-type": type },
  };
}
