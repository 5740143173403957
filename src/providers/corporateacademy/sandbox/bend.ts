import { half, type Reply } from "../../sandbox-kit/server.ts";
import { ApiError } from "./errors.ts";
import type { FaultName, FaultRule } from "./faults.ts";

/** What a fault answers in place of the API, with no effect; undefined where the API is asked. */
export function insteadOf({ kind, value }: FaultRule): Reply | undefined {
  const error = (status: number) => new ApiError(status, "A fault of the sandbox.");
  const replies: Partial<Record<FaultName, () => Reply>> = {
    refuse: () => NOTHING,
    "reset-before": () => NOTHING,
    status: () => error(value ?? 400).reply(),
    "401": () => error(401).reply(),
    "403": () => error(403).reply(),
    "404": () => error(404).reply(),
    "429": () => error(429).reply(),
    "429-retry-after": () => error(429).reply({ "retry-after": String(value ?? 1) }),
    "500": () => error(500).reply(),
    null: () => ({ status: 200, body: "null" }),
    true: () => ({ status: 200, body: "true" }),
    false: () => ({ status: 200, body: "false" }),
    html: () => ({
      status: value ?? 200,
      body: "<!doctype html><title>Sign in</title><p>Please sign in to the network.</p>\n",
      headers: { "content-type": "text/html; charset=utf-8" },
    }),
  };
  return replies[kind]?.();
}

/** Not sent. */
const NOTHING: Reply = { status: 0, body: "" };

/** An answer of the API, bent as the fault says. */
export function bend({ kind }: FaultRule, reply: Reply): Reply {
  if (kind === "500-after") return new ApiError(500, "A fault of the sandbox.").reply();
  if (kind === "empty") return { status: 204, body: "" };
  if (kind === "cut-json") return { ...reply, body: half(reply.body) };
  if (kind === "wrong-shape") return { ...reply, body: `{"result_v5":${reply.body}}` };
  return reply;
}
