import { half, type Reply } from "../../sandbox-kit/server.ts";
import type { FailsAt } from "./actions.ts";
import { ApiError, type ErrorCode, TOO_LONG } from "./errors.ts";
import type { FaultName, FaultRule } from "./faults.ts";
import type { Request } from "./types.ts";

const CODES: Partial<Record<FaultName, ErrorCode>> = {
  "400": "badRequest",
  "401": "unauthorized",
  "403": "forbidden",
  "404": "notFound",
  "409": "optimisticLocking",
  "429": "tooManyRequests",
  "429-retry-after": "tooManyRequests",
  "500": "internalError",
  "503": "applicationUnavailable",
};

/** What a fault answers in place of the API, with no effect; undefined where the API is asked. */
export function insteadOf({ kind, value }: FaultRule): Reply | undefined {
  if (kind === "414") return TOO_LONG;
  if (kind === "html") {
    return {
      status: value ?? 200,
      body: "<!doctype html><title>Sign in</title><p>Please sign in to the network.</p>\n",
      headers: { "content-type": "text/html; charset=utf-8" },
    };
  }
  const code = CODES[kind];
  const headers: Record<string, string> =
    kind === "429-retry-after" ? { "retry-after": String(value ?? 1) } : {};
  return code && new ApiError(code, "A fault of the sandbox.").reply(headers);
}

/** Answers through `ask`, bent as the fault says. */
export function bend(
  { kind, value }: FaultRule,
  request: Request,
  ask: (request: Request, fails?: FailsAt) => Reply,
): Reply {
  if (kind === "many-mixed") return ask(request, (at) => (at + 1) % (value ?? 2) === 0);
  if (kind === "many-lost") {
    const changed = value ?? Math.floor(request.path.split(/,|%2c/i).length / 2);
    return ask(request, (at) => at >= changed);
  }
  const reply = ask(kind === "first-page" ? withoutOffset(request) : request);
  if (kind === "500-after") return new ApiError("internalError", "A fault of the sandbox.").reply();
  if (kind === "cut-json") return { ...reply, body: half(reply.body) };
  const change = CHANGES[kind];
  if (!change || reply.status !== 200) return reply;
  const body = JSON.parse(reply.body);
  if (typeof body !== "object" || body === null) return reply;
  change(body, value ?? 1);
  return { ...reply, body: JSON.stringify(body) };
}

type Json = Record<string, unknown>;

const CHANGES: Partial<Record<FaultName, (body: Json, value: number) => void>> = {
  "wrong-total": (body, value) => {
    if (typeof body.total === "number") body.total += value;
  },
  "wrong-shape": (body) => {
    for (const name of Object.keys(body)) {
      body[`${name}_v2`] = body[name];
      delete body[name];
    }
  },
  "wrong-user": (body) => {
    const user = Array.isArray(body.items) ? body.items[0] : body;
    if (user) delete user.status;
  },
  "no-offset": (body) => {
    delete body.offset;
  },
};

function withoutOffset(request: Request): Request {
  const query = new URLSearchParams(request.query);
  query.delete("offset");
  return { ...request, query };
}
