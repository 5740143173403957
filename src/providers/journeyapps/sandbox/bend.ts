import { half, type Reply } from "../../sandbox-kit/server.ts";
import { ApiError, UNAUTHORIZED } from "./errors.ts";
import type { FaultName, FaultRule } from "./faults.ts";
import type { FailsAt } from "./operations.ts";
import type { Request } from "./types.ts";

/** What a fault answers in place of the API, with no effect; undefined where the API is asked. */
export function insteadOf({ kind, value }: FaultRule): Reply | undefined {
  const error = (type: ConstructorParameters<typeof ApiError>[0]) =>
    new ApiError(type, "A fault of the sandbox.").reply();
  const replies: Partial<Record<FaultName, () => Reply>> = {
    "401": () => UNAUTHORIZED,
    "404-route": () => error("ROUTE_ERROR"),
    "404-account": () => error("ACCOUNT_NOT_FOUND"),
    "404-object": () => error("OBJECT_NOT_FOUND"),
    "422": () => error("INVALID_VALUE"),
    "429": () => error("TOO_MANY_REQUESTS"),
    "429-retry-after": () => ({
      ...error("TOO_MANY_REQUESTS"),
      headers: { "retry-after": String(value ?? 1) },
    }),
    "500": () => error("INTERNAL_SERVER_ERROR"),
    html: () => ({
      status: value ?? 200,
      body: "<!doctype html><title>Sign in</title><p>Please sign in to the network.</p>\n",
      headers: { "content-type": "text/html; charset=utf-8" },
    }),
  };
  return replies[kind]?.();
}

/** Answers through `ask`, bent as the fault says. */
export function bend(
  { kind, value }: FaultRule,
  request: Request,
  ask: (request: Request, fails?: FailsAt) => Reply,
): Reply {
  if (kind === "batch-mixed") return ask(request, (at) => (at + 1) % (value ?? 2) === 0);
  if (kind === "batch-lost") {
    const carriedOut = value ?? Math.floor(operationsOf(request).length / 2);
    return ask(request, (at) => at >= carriedOut);
  }
  const reply = ask(request);
  if (kind === "cut-json") return { ...reply, body: half(reply.body) };
  const change = CHANGES[kind];
  if (!change || reply.status !== 200) return reply;
  const body = JSON.parse(reply.body);
  change(body, value ?? 1, (count) => JSON.parse(ask(pageBefore(request, count)).body));
  return { ...reply, body: JSON.stringify(body) };
}

type Json = Record<string, unknown>;
type Change = (body: Json, value: number, before: (count: number) => Json) => void;

const CHANGES: Partial<Record<FaultName, Change>> = {
  "wrong-total": (body, value) => {
    if (typeof body.total === "number") body.total += value;
  },
  "wrong-count": (body, value) => {
    if (typeof body.count === "number") body.count += value;
  },
  "wrong-shape": (body) => {
    for (const name of Object.keys(body)) {
      body[`${name}_v5`] = body[name];
      delete body[name];
    }
  },
  "wrong-user": (body) => {
    const user = Array.isArray(body.objects) ? body.objects[0] : body;
    if (user) delete user.sessions;
  },
  "repeat-page": (body, _value, before) => {
    if (typeof body.count === "number") body.objects = before(body.count).objects;
  },
};

/** The same request for the `count` objects before; the first page is its own. */
function pageBefore(request: Request, count: number): Request {
  const query = new URLSearchParams(request.query);
  query.set("skip", String(Math.max(0, Number(query.get("skip")) - count)));
  query.set("limit", String(count));
  return { ...request, query };
}

/** The operations of a batch as they were asked; none where it is no batch, or not JSON. */
export function operationsOf({ method, path, body }: Request): Json[] {
  if (method !== "POST" || path !== "/batch") return [];
  try {
    const { operations } = JSON.parse(body);
    return Array.isArray(operations) ? operations : [];
  } catch {
    return [];
  }
}
