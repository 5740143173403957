import { afterEach } from "vitest";
import {
  type Sandbox,
  type SandboxOptions,
  type ServedUser,
  startSandbox,
} from "../../../../src/providers/journeyapps/sandbox/sandbox.ts";

const running: Sandbox[] = [];

afterEach(async () => {
  for (const sandbox of running.splice(0)) await sandbox.close();
});

/** 2026-11-22, ten o'clock. */
export const NOW = Date.parse("2026-11-22T10:00:00Z");

/** Long before. */
export const OLD = "2026-01-05T08:00:00Z";

/** A sandbox that stands still at NOW and ends with the test. */
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

/** One request, `METHOD /path` relative to the deployment; a body is sent as JSON. */
export async function call(
  sandbox: Sandbox,
  request: string,
  body?: unknown,
  authorization = `Bearer ${sandbox.token}`,
): Promise<Answered> {
  const [method = "", path = ""] = request.split(" ");
  const response = await fetch(sandbox.url + path, {
    method,
    headers: { authorization, "content-type": "application/json" },
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

type State = ServedUser["sessions"][number]["state"];

/** A user with a session in each of these states. */
export function madeUser(id: string, states: State[], locked = false): ServedUser {
  const sessions = states.map((state, index) => ({
    id: `${id}-s${index + 1}`,
    state,
    last_authenticated_at: OLD,
    created_at: OLD,
    signed_out_at: null,
    last_connected_at: OLD,
    container: { version: "20.6.1", bundle_id: "xyz.appinstall.myapp", platform: "IOS" },
    device: { id: "1234-1234-1234-1234" },
    label: "Apple iPhone7,2",
  }));
  const enrolled = !locked && states.includes("ENROLLED");
  return { id, last_connected_at: OLD, enrolled, locked, sessions };
}

export const ANNA = () => madeUser("anna", ["ENROLLED", "LOCKED", "RESET", "NEVER_ENROLLED"]);
