import { afterEach } from "vitest";
import {
  type Sandbox,
  type SandboxOptions,
  type ServedUser,
  type Status,
  startSandbox,
} from "../../../../src/providers/slingr/sandbox/sandbox.ts";

const running: Sandbox[] = [];

afterEach(async () => {
  for (const sandbox of running.splice(0)) await sandbox.close();
});

/** 2026-11-22, ten o'clock. */
export const NOW = Date.parse("2026-11-22T10:00:00Z");

/** A sandbox that stands still at NOW, unless it is moved on, and ends with the test. */
export async function start(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ clock: () => NOW, users: 5, ...options });
  running.push(sandbox);
  return sandbox;
}

export interface Answered {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever it is
  json: any;
}

/** One request, `METHOD /path` relative to the API; a body is sent as JSON. The token is the account's, null: none. */
export async function call(
  sandbox: Sandbox,
  request: string,
  body?: unknown,
  token: string | null = sandbox.account.apiToken,
): Promise<Answered> {
  const [method = "", path = ""] = request.split(" ");
  const response = await fetch(sandbox.url + path, {
    method,
    headers: { "content-type": "application/json", ...(token === null ? {} : { token }) },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
  return { status: response.status, headers: response.headers, text, json: isJson && safe(text) };
}

function safe(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Logs in; the token, or the status of the refusal. */
export async function logIn(
  sandbox: Sandbox,
  email = sandbox.account.email,
  password = sandbox.account.password,
): Promise<string | number> {
  const { status, json } = await call(sandbox, "POST /auth/login", { email, password }, null);
  return status === 200 ? json.token : status;
}

/** A user as the documents show one; its id ends with `digit`. */
export function madeUser(digit: number, status: Status = "ACTIVE"): ServedUser {
  return {
    id: `5890a268b45fc9000bc1c05${digit}`,
    email: `user${digit}@test.com`,
    status,
    firstName: `User${digit}`,
    lastName: "Test",
    fullName: `User${digit} Test`,
    groups: [{ id: "5862694885f3fc0007cb4eed", name: "Group1", primary: true, external: false }],
    permissions: { developer: false, usersManagement: false },
    localization: { timezone: null, timezoneMode: "AUTO" },
    identityProviders: [{ id: "__slingr__", name: "slingr", label: "Slingr", externalId: null }],
    version: 0,
  };
}
