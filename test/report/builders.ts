/** A small estate for the report tests: plain values of the model, each with what a test wants different. */
import type { Action, Held, Notice, Plan, Reason } from "../../src/model/plan.ts";
import type { Outcome } from "../../src/model/run.ts";
import { ACTION_TYPES } from "../../src/model/vocabulary.ts";
import { heldCounts } from "../kit/builders.ts";

const FILE = "policies/production.yaml";
export const JANE = "5571fb26-54f7-11e7-a8f8-040151508301";
export const OMAR = "c8c8c4f8-5013-11e7-a8c7-04017e679e01";
export const LINA = "066b26c4-8418-11e7-9ba9-04017e679e01";

/** The n-th of a large estate's ids, of a UUID's form. */
export function id(n: number): string {
  return `${n.toString(16).padStart(8, "0")}-54f7-11e7-a8f8-040151508301`;
}

export function reason(more: Partial<Reason> = {}): Reason {
  return {
    rule: "sessions.maxAge",
    file: FILE,
    line: 18,
    message: "signed in 41 days ago, 30 days allowed",
    ...more,
  };
}

export function reAuthenticate(more: Partial<Action> = {}): Action {
  return {
    type: "re-authenticate",
    user: JANE,
    session: "77aa26c4-8418-11e7-9ba9-04017e679e01",
    cause: "due",
    reasons: [reason()],
    expects: { state: "active", signedInAt: "2026-10-12T10:00:00Z" },
    label: "Zebra TC52",
    since: "2026-11-11T10:00:00Z",
    ...more,
  };
}

export function lock(more: Partial<Action> = {}): Action {
  return {
    type: "lock",
    user: OMAR,
    session: null,
    wipe: false,
    cause: "policy",
    reasons: [reason({ rule: "users.locked", line: 61, message: "Left the company (HR-812)" })],
    expects: { locked: false },
    ...more,
  };
}

export function wipe(more: Partial<Action> = {}): Action {
  return {
    type: "wipe",
    user: LINA,
    session: "99bb26c4-8418-11e7-9ba9-04017e679e01",
    cause: "policy",
    reasons: [
      reason({
        rule: "devices.denied",
        line: 44,
        message: "device 3456 is denied: Lost in Durban (SEC-502); unsynced data may be lost",
      }),
    ],
    expects: { state: "active", signedInAt: null },
    label: "Sony C6903",
    ...more,
  };
}

export function unlock(more: Partial<Action> = {}): Action {
  return {
    type: "unlock",
    user: LINA,
    session: null,
    cause: "due",
    reasons: [
      reason({
        rule: "users.locked",
        line: 66,
        message: "was locked until 2026-11-20T00:00:00Z: On leave",
      }),
    ],
    expects: { locked: true },
    ...more,
  };
}

/** `n` sign-outs of different users, all wanted for the same reason. */
export function manySignOuts(n: number, more: Partial<Action> = {}): Action[] {
  return Array.from({ length: n }, (_, i) =>
    reAuthenticate({ user: id(i), session: id(1_000_000 + i), label: `Zebra ${i}`, ...more }),
  );
}

export function manyLocks(n: number, more: Partial<Action> = {}): Action[] {
  return Array.from({ length: n }, (_, i) => lock({ user: id(i), ...more }));
}

export function held(by: Held["by"], actions: readonly Action[]): Held[] {
  return actions.map((action) => ({ ...action, by }));
}

export function foreignLock(user: string): Notice {
  return {
    kind: "foreign-lock",
    user,
    message: "locked in the backend, not managed by Curfew: left as it is",
  };
}

/** A plan with nothing in it, but for what is given; the summary counts the actions. */
export function plan(more: Partial<Plan> = {}): Plan {
  const actions = more.actions ?? [];
  const counts = ACTION_TYPES.map((t) => [t, actions.filter((a) => a.type === t).length]);
  return {
    format: "curfew/plan/2",
    digest: `sha256:${"ab".repeat(32)}`,
    version: "0.1.0",
    target: "production",
    url: "https://62d541f4156bc4dd685318da.backend.us.journeyapps.com/api/v4/615ae1ee8c5ef500078a4908",
    evaluatedAt: "2026-11-22T10:00:00.000Z",
    expiresAt: "2026-11-22T14:00:00.000Z",
    policy: {
      digest: `sha256:${"1f2e".repeat(16)}`,
      commit: "68d79a1b0c3d4e5f68d79a1b0c3d4e5f68d79a1b",
      files: [FILE, "policies/shared/devices.yaml"],
    },
    inventory: { users: 1247, sessions: 2080, active: 1861, digest: `sha256:${"cd".repeat(32)}` },
    summary: Object.fromEntries(counts) as Plan["summary"],
    actions,
    held: [],
    ...heldCounts(more.held ?? []),
    refusals: [],
    notices: [],
    ledger: { adopt: [], forget: [] },
    ...more,
  };
}

/** One of everything: what a busy morning looks like. */
export function busyPlan(): Plan {
  return plan({
    actions: [
      lock({ name: "omar@acme.example" }),
      lock({ user: JANE, wipe: true, urgent: true, cause: "drift", name: "jane.doe@acme.example" }),
      wipe(),
      ...manySignOuts(12),
      reAuthenticate({
        user: id(900),
        label: "iPad",
        cause: "sign-in",
        reasons: [
          reason(),
          reason({
            rule: "devices.allowed",
            line: 27,
            message: "IOS, container 20.5.0: none of the 3 allowed devices",
          }),
        ],
      }),
      unlock(),
    ],
    held: [
      ...held("pace", manySignOuts(300, { cause: "policy" })),
      ...held("limit", [lock({ user: id(77) }), lock({ user: id(78) })]),
    ],
    refusals: [
      {
        type: "lock",
        limit: "max",
        wanted: 120,
        allowed: 50,
        message:
          "120 locks are wanted and 50 are left of limits.lock.max in 24 hours: no user is locked in this run. Check the change, then raise the limit with a `limits.raise` entry.",
      },
    ],
    notices: [
      foreignLock(id(5)),
      foreignLock(id(6)),
      {
        kind: "protected",
        user: OMAR,
        message: "protected, so not done: lock (users.locked: Left the company)",
        file: FILE,
        line: 90,
      },
    ],
    ledger: { adopt: [id(9)], forget: [id(10), id(11)] },
  });
}

/** An outcome for each action, all of one status. */
export function outcomesOf(
  actions: readonly Action[],
  status: Outcome["status"] = "applied",
): Outcome[] {
  return actions.map(({ type, user, session }) => ({ status, type, user, session }));
}
