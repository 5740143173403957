import { afterEach } from "vitest";
import {
  type Sandbox,
  type SandboxOptions,
  startSandbox,
} from "../../../../src/providers/corporateacademy/sandbox/sandbox.ts";

const running: Sandbox[] = [];

afterEach(async () => {
  for (const sandbox of running.splice(0)) await sandbox.close();
});

/** 2026-11-22, ten o'clock. */
export const NOW = Date.parse("2026-11-22T10:00:00Z");

/** A sandbox whose clock stands still at NOW, with nobody but Ann, and which ends with the test. */
export async function start(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ now: NOW, users: 0, ...options });
  running.push(sandbox);
  await sandbox.add({ id: "ann", email: "ann@acme.example", password: "first" });
  return sandbox;
}

export interface Answered {
  status: number;
  headers: Headers;
  text: string;
  /** undefined where it is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever it is
  json: any;
}

/** One request, `METHOD /path` relative to the API; a body is sent as JSON, a token as the Bearer. */
export async function call(
  sandbox: Sandbox,
  request: string,
  { body, token }: { body?: object; token?: string | undefined } = {},
): Promise<Answered> {
  const [method = "", path = ""] = request.split(" ");
  const response = await fetch(sandbox.url + path, {
    method,
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: safe(text) };
}

function safe(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The claims of a JWT. */
export function claimsOf(jwt: string): Record<string, unknown> {
  const [, payload = ""] = jwt.split(".");
  return JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
}

/** Whether the API itself says that a token lives: true, false, or the status of its error. */
export async function validated(sandbox: Sandbox, token: string): Promise<boolean | number> {
  const answer = await call(sandbox, "GET /validate-jwt-token", { token });
  return answer.status === 200 ? answer.json : answer.status;
}

/** Signs Ann in by her password. */
export async function login(sandbox: Sandbox, more: object = {}): Promise<string> {
  const body = { email: "ann@acme.example", password: "first", ...more };
  return (await call(sandbox, "POST /login-local-password", { body })).json;
}
