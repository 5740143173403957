/** Wants that were taken, as actions with what the ledger must remember of each, in the order of docs/contract.md, "The plan, as JSON". */
import type { Action, Plan } from "../model/plan.ts";
import type { Attempt } from "../model/run.ts";
import { ACTION_TYPES, type ActionType } from "../model/vocabulary.ts";
import { compareText } from "../text/order.ts";
import { iso } from "../time.ts";
import { bySignIn } from "./brakes/order.ts";
import type { Caused } from "./decide/want.ts";

/** An action together with what the ledger must remember of it, and what a look before its write asks. */
export interface Step {
  action: Action;
  attempt: Omit<Attempt, "run" | "at" | "status" | Later>;
  /** The name by which the user was planned, also where it is the id; null: it had none. */
  name: string | null;
  /** A wipe that is not to lose data on the device. */
  waits: boolean;
}
type Later = "before" | "from" | "seen" | "undone";

export function step(want: Caused): Step {
  const { type, user, session, cause, reasons, expects, counts, line, ends } = want;
  const action: Action = {
    type,
    user,
    session,
    ...(type === "lock" ? { wipe: want.wipes !== null } : {}),
    cause,
    reasons,
    expects,
    ...(want.name !== null && want.name !== user ? { name: want.name } : {}),
    ...(want.label !== null ? { label: want.label } : {}),
    ...(want.since !== null ? { since: iso(want.since) } : {}),
    ...(want.after !== null ? { after: iso(want.after) } : {}),
    ...(want.retryOf !== null ? { retryOf: want.retryOf } : {}),
    ...(counts === "urgent" ? { urgent: true } : {}),
    ...(counts === "denied" || counts === "none" ? { exempt: true } : {}),
    ...(type === "lock" || Object.keys(ends).length > 0 ? { ends: Object.keys(ends) } : {}),
  };
  const wipes = Object.fromEntries((want.wipes ?? []).map((w) => [w.session ?? "", w.signedInAt]));
  const was = session === null ? null : expects.state === "active" ? "active" : "ended";
  const wipe = want.wipes !== null;
  const attempt = { type, user, session, wipe, counts, was, wipes, ends, line } as const;
  const first = { signedInAt: want.signedInAt, cause: want.retryOf ?? cause };
  const { name, waits } = want;
  return { action, attempt: { ...attempt, ...first }, name, waits };
}

const RANK = Object.fromEntries(ACTION_TYPES.map((type, i) => [type, i])) as Record<
  ActionType,
  number
>;

/** lock, wipe, re-authenticate (oldest sign-in first), unlock; then by user and session id: docs/contract.md. */
export function inOrder(a: Step, b: Step): number {
  return (
    RANK[a.action.type] - RANK[b.action.type] ||
    (a.action.type === "re-authenticate" ? bySignIn(a.attempt, b.attempt) : 0) ||
    compareText(a.action.user, b.action.user) ||
    compareText(a.action.session ?? "", b.action.session ?? "")
  );
}

export function summarise(steps: readonly Step[]): Plan["summary"] {
  const summary: Plan["summary"] = { lock: 0, unlock: 0, "re-authenticate": 0, wipe: 0 };
  for (const { action } of steps) summary[action.type]++;
  return summary;
}
