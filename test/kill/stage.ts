/** A deployment on which an apply does all that an apply can do, and what must be true of it once that is done. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Sandbox,
  type SandboxOptions,
  type ServedUser,
  startSandbox,
} from "../../src/providers/journeyapps/sandbox/sandbox.ts";
import { user } from "../cli/world.ts";
import { type Job, run, TOKEN } from "./apply.ts";
import { until } from "./child.ts";

const many = (name: string, n: number) => Array.from({ length: n }, (_, i) => `${name}-${i + 1}`);

const OLD = many("old", 14);
const LEAVERS = many("leaver", 8);
const WIPED = many("wiped", 3);
const STOLEN = many("stolen", 4);
const BACK = many("back", 4);
const KEPT = many("kept", 2);
const GONE = many("gone", 1);
const THEIRS = many("theirs", 3);
const BOTH = many("both", 2);
const ADOPTED = many("adopted", 2);
const FINE = many("fine", 12);

/** Whose locks are somebody else's before Curfew runs, and stay so. */
export const FOREIGN = [...THEIRS, ...BOTH];
/** Whose locks are Curfew's in the end. */
export const OWN = [...LEAVERS, ...WIPED, ...KEPT, ...ADOPTED].sort();
/** How often each call takes effect in all. Without `slack` the limits leave room for these and not one more. */
export const OPERATIONS = {
  "users/lock": LEAVERS.length + WIPED.length,
  "users/unlock": BACK.length,
  "users/sessions/wipe": STOLEN.length,
  "users/sessions/re-authenticate": OLD.length,
};
export const WRITES = Object.values(OPERATIONS).reduce((sum, n) => sum + n, 0);

function estate(): ServedUser[] {
  const locked = { locked: true, enrolled: false };
  return [
    ...OLD.map((id) => user(id, 41)),
    ...[...LEAVERS, ...WIPED, ...STOLEN, ...BACK, ...KEPT, ...GONE, ...FINE].map((id) =>
      user(id, 2),
    ),
    ...[...THEIRS, ...BOTH, ...ADOPTED].map((id) => user(id, 2, { ...locked, sessions: [] })),
  ];
}

/** Locks of Curfew's that `AFTER` lifts, keeps and forgets. */
const BEFORE = [...BACK, ...KEPT, ...GONE];

/** `locks`: how many are allowed in a day; `slack`: how often all that is wanted may be done. */
function policy({ url }: Sandbox, sections: string, locks: number, slack = 1): string {
  const max = (...methods: (keyof typeof OPERATIONS)[]) =>
    slack * methods.reduce((sum, method) => sum + OPERATIONS[method], 0);
  return `version: 1
target:
  name: production
  provider: journeyapps
  url: ${url}
  credentials: env:TOKEN
  requestsPerSecond: 1000
limits:
  lock: { max: ${slack * locks}, percent: 100 }
  unlock: { max: ${max("users/unlock")}, percent: 100 }
  re-authenticate: { max: ${max("users/sessions/re-authenticate")}, percent: 100, perRun: 100, exceed: refuse }
  wipe: { max: ${max("users/sessions/wipe") + slack * WIPED.length}, percent: 100 }
${sections}`;
}

const lock = (more: string) => (id: string) => `    - { user: ${id}, reason: Left${more} }\n`;

function sections(): string {
  const locked = [
    ...[...LEAVERS, ...KEPT, ...BOTH].map(lock("")),
    ...WIPED.map(lock(", wipe: true")),
    ...ADOPTED.map(lock(", adopt: true")),
  ];
  const denied = STOLEN.map(
    (id) => `    - { id: d-${id}, reason: Stolen, action: wipe, unsynced: lose }\n`,
  );
  return `sessions: { maxAge: 30d }
devices:
  denied:
${denied.join("")}users:
  locked:
${locked.join("")}`;
}

export interface Stage {
  sandbox: Sandbox;
  job: Job;
  /** How often each call takes effect from now on; those of the past don't count. */
  operations(): Record<string, number>;
  /** Every request that a process sent has been answered, also those of processes that died. */
  still(): Promise<void>;
  close(): Promise<void>;
}

/** A deployment of which an earlier run has locked some, and a policy that now wants much else. */
export async function stage(
  options: SandboxOptions,
  more: Pick<Job, "writeSize" | "haste">,
  slack = 1,
): Promise<Stage> {
  const sandbox = await startSandbox({ estate: estate(), token: TOKEN, ...options });
  const cwd = await mkdtemp(join(tmpdir(), "curfew-kill-"));
  await mkdir(join(cwd, "policies"));
  // The top of a repository, so that the ledger stands here (docs/contract.md, "Where the ledger is").
  for (const part of ["objects", "refs"]) await mkdir(join(cwd, ".git", part), { recursive: true });
  await writeFile(join(cwd, ".git/HEAD"), "ref: refs/heads/main\n");
  const before = `users:\n  locked:\n${BEFORE.map(lock("")).join("")}`;
  // What the earlier run locked counts, but for what somebody lifted.
  const locks = BACK.length + KEPT.length + OPERATIONS["users/lock"];
  await writeFile(join(cwd, "policies/before.yaml"), policy(sandbox, before, BEFORE.length));
  await writeFile(join(cwd, "policies/production.yaml"), policy(sandbox, sections(), locks, slack));
  const job: Job = { cwd, policy: "policies/production.yaml", ...more };
  await run({ ...job, writeSize: 1000, policy: "policies/before.yaml" });
  for (const id of GONE) sandbox.unlock(id);
  const past = { ...sandbox.counters.operations } as Record<string, number>;
  const first = sandbox.requests.length;
  return {
    sandbox,
    job,
    operations: () =>
      Object.fromEntries(
        Object.keys(OPERATIONS).map((method) => [
          method,
          ((sandbox.counters.operations as Record<string, number>)[method] ?? 0) -
            (past[method] ?? 0),
        ]),
      ),
    still: () => until(() => sandbox.requests.slice(first).every(({ status }) => status !== null)),
    async close() {
      await sandbox.close();
      await rm(cwd, { recursive: true, force: true });
    },
  };
}

/** What a backend can be seen to hold. */
export function backend({ sandbox }: Stage) {
  return sandbox.users().map(({ id, locked, sessions }) => ({
    ...{ id, locked },
    sessions: sessions.map(({ id, state }) => ({ id, state })),
  }));
}

/** Every user whom any request asked to unlock, whatever became of it. */
export function unlocked({ sandbox }: Stage): string[] {
  return sandbox.requests.flatMap(({ path, operations = [] }) => [
    ...(/^\/users\/([^/]+)\/unlock$/.exec(path)?.slice(1) ?? []),
    ...operations.filter((o) => o.method === "users/unlock").map((o) => String(o.user_id)),
  ]);
}
