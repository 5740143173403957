/** Small estates on a line, and short words for what a plan, a run and a sandbox say. */
import { expect, onTestFinished } from "vitest";
import type { Action, Plan } from "../../src/model/plan.ts";
import type { Policy } from "../../src/model/policy.ts";
import type { ServedUser } from "../../src/providers/journeyapps/sandbox/sandbox.ts";
import type { Run } from "../../src/reconcile.ts";
import { BEFORE, session, user } from "./estate.ts";
import { type Line, type LineOptions, openLine } from "./line.ts";

/** So many healthy users `u0`, `u1`, …; whoever is given stands before them. */
export function estateOf(count: number, ...first: ServedUser[]): ServedUser[] {
  const others = Array.from({ length: count }, (_, i) => user(`u${i}`, [session(`s${i}`, 1)]));
  return [...first, ...others];
}

/** A line that ends with the test. */
export async function line(
  options: Partial<LineOptions> & Pick<LineOptions, "estate">,
): Promise<Line> {
  const opened = await openLine({ at: BEFORE, ...options });
  onTestFinished(() => opened[Symbol.asyncDispose]());
  return opened;
}

const locked = (...users: string[]) =>
  users.map((id) => `\n    - { user: ${id}, reason: Left }`).join("");
/** A section that locks these users. */
export const locking = (...users: string[]) => `users:\n  locked:${locked(...users)}\n`;
/** Limits that let any number of locks and unlocks through. */
export const ALL_LOCKS = "limits: { lock: { percent: 100 }, unlock: { percent: 100 } }\n";

/** What a plan does, e.g. `lock ann`, `wipe ann-phone`. */
export const told = ({ actions }: Plan) => actions.map(keyOf);
const keyOf = (a: Pick<Action, "type" | "user" | "session">) => `${a.type} ${a.session ?? a.user}`;
/** What became of it, e.g. `applied lock ann`. */
export const statuses = ({ outcomes }: Run) =>
  (outcomes ?? []).map((o) => `${o.status} ${keyOf(o)}`);
/** What a plan tells, e.g. `foreign-lock dan`. */
export const kinds = ({ notices }: Plan) => notices.map(({ kind, user: id }) => `${kind} ${id}`);

/** What the sandbox was asked to do, as a plan would say it. */
export function asked({ sandbox }: Line): string[] {
  return sandbox.requests.flatMap(({ operations = [] }) =>
    operations.map(({ method, user_id, session_id }) =>
      keyOf({
        type: method.split("/").at(-1) as Action["type"],
        user: String(user_id),
        session: session_id === undefined ? null : String(session_id),
      }),
    ),
  );
}

/** A policy whose locks of `ours` are in place, in the ledger and in the backend. */
export async function withLocks(of: Line, ...ours: string[]): Promise<Policy> {
  const policy = await of.policy(locking(...ours) + ALL_LOCKS);
  expect(statuses(await of.apply(policy))).toEqual(ours.map((id) => `applied lock ${id}`));
  return policy;
}
