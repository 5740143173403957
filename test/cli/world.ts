/** Small estates on a sandbox, and policies for them. */
import { onTestFinished } from "vitest";
import {
  type Sandbox,
  type SandboxOptions,
  type ServedUser,
  startSandbox,
} from "../../src/providers/journeyapps/sandbox/sandbox.ts";
import { DAY, HOUR, iso } from "../../src/time.ts";
import { folder, SECRET } from "./run.ts";

/** A user with one enrolled session, which signed in so many days ago and connected an hour ago. */
export function user(id: string, days: number, more: Partial<ServedUser> = {}): ServedUser {
  const ago = (ms: number) => iso(Math.floor((Date.now() - ms) / 1000) * 1000);
  const connected = ago(HOUR);
  return {
    id,
    last_connected_at: connected,
    enrolled: true,
    locked: false,
    sessions: [
      {
        id: `s-${id}`,
        state: "ENROLLED",
        // An hour more, so that the number of whole days stays the same while a test runs.
        last_authenticated_at: ago(days * DAY + HOUR),
        created_at: ago(100 * DAY),
        signed_out_at: null,
        last_connected_at: connected,
        container: { version: "20.6.1", bundle_id: "xyz.appinstall.myapp", platform: "ANDROID" },
        runtime: { version: "4.85.0" },
        device: { id: `d-${id}` },
        label: `Phone of ${id}`,
        sync_status: { last_full_sync: connected },
      },
    ],
    ...more,
  };
}

/** Ann signed in too long ago for a maxAge of 30d, Dan is locked, by nobody we know. */
const ESTATE = (): ServedUser[] => [
  user("ann", 41),
  user("bob", 2),
  user("cem", 1),
  user("dan", 1, { locked: true, enrolled: false, sessions: [] }),
];

/** A sandbox with `ESTATE`, closed after the test. */
export async function sandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const started = await startSandbox({ estate: ESTATE(), token: SECRET, ...options });
  onTestFinished(() => started.close());
  return started;
}

/** The most that stands below `target`, and the sections after it. */
export interface PolicyParts {
  name?: string;
  target?: string;
  sections?: string;
}

/** Wants Bob locked and sessions of 30 days at most. */
export const SECTIONS = `sessions:
  maxAge: 30d
users:
  locked:
    - user: bob
      reason: Left the company
`;

export function policy(url: string, parts: PolicyParts = {}): string {
  const { name = "production", target = "  credentials: env:TOKEN\n", sections = SECTIONS } = parts;
  return `version: 1
target:
  name: ${name}
  provider: journeyapps
  url: ${url}
${target}${sections}`;
}

/** A folder with `policies/production.yaml` for a sandbox. */
export function project(url: string, parts: PolicyParts = {}): Promise<string> {
  return folder({ "policies/production.yaml": policy(url, parts) });
}

/** How many operations took effect. */
export function writes({ counters }: Sandbox): number {
  return Object.values(counters.operations).reduce((sum, n) => sum + n, 0);
}

/** An address on this machine where nobody listens. */
export async function nobody(): Promise<string> {
  const gone = await startSandbox({ estate: [] });
  await gone.close();
  return gone.url;
}
