/** How much of the estate a plan reaches, and by which lines of policy. */
import type { HeldGroup, Plan, Reason } from "../../model/plan.ts";
import type { ActionType } from "../../model/vocabulary.ts";
import { compareText } from "../../text/order.ts";
import { count, number } from "../../text/words.ts";
import { heldRows, type Row, rowOf, total, type Wanted } from "./rows.ts";

/** Sentences such as "Now: 234 of 1,180 active sessions, 20 %; 2 of 612 users locked, under 1 %.", and with what is held. */
export function shareLines(plan: Plan): string[] {
  const { actions, held, heldRest } = plan;
  if (actions.length + held.length === 0) return [];
  const now = `Now: ${share(actions, [], plan)}.`;
  const all = share([...actions, ...held], heldRest, plan);
  return held.length === 0 ? [now] : [now, `With what is held: ${all}.`];
}

function share(
  wanted: readonly Wanted[],
  rest: readonly HeldGroup[] = [],
  { inventory }: Pick<Plan, "inventory">,
): string {
  const sessions = rest.reduce(
    (n, group) => n + group.sessions,
    new Set(wanted.flatMap(sessionsOf)).size,
  );
  const locks = new Set(wanted.filter(({ type }) => type === "lock").map(({ user }) => user));
  const locked = locks.size + total(rest.filter(({ type }) => type === "lock"));
  return [
    `${number(sessions)} of ${count(inventory.active, "active session")}, ${percent(sessions, inventory.active)}`,
    ...(locked > 0
      ? [
          `${number(locked)} of ${count(inventory.users, "user")} locked, ${percent(locked, inventory.users)}`,
        ]
      : []),
  ].join("; ");
}

/** The active sessions that an action ends. */
function sessionsOf({ session, ends = [], expects }: Wanted): string[] {
  const own = session !== null && (expects.state ?? "active") === "active" ? [session] : [];
  return [...own, ...ends];
}

function percent(n: number, of: number): string {
  if (n === 0 || of === 0) return "0 %";
  const rounded = Math.round((100 * n) / of);
  return rounded === 0 ? "under 1 %" : `${number(rounded)} %`;
}

/** How many actions rest on one line of policy; one action may rest on several. */
export interface LineCount extends Pick<Reason, "rule" | "file" | "line"> {
  taken: number;
  held: number;
}

/** The lines of policy that a plan rests on, the most frequent first. */
export function lineCounts(plan: Pick<Plan, "actions" | "held" | "heldRest">): LineCount[] {
  const lines = new Map<string, LineCount>();
  const add = (key: "taken" | "held") => (row: Row) => {
    const own = new Map(row.reasons.map((reason) => [keyOf(reason), reason]));
    for (const [at, { rule, file, line }] of own) {
      const known = lines.get(at) ?? { rule, file, line, taken: 0, held: 0 };
      lines.set(at, {
        ...known,
        line: Math.min(known.line, line),
        [key]: known[key] + (row.n ?? 1),
      });
    }
  };
  plan.actions.map(rowOf).forEach(add("taken"));
  heldRows(plan).forEach(add("held"));
  return [...lines.values()].sort(
    (a, b) =>
      b.taken + b.held - (a.taken + a.held) ||
      compareText(a.file, b.file) ||
      a.line - b.line ||
      compareText(a.rule, b.rule),
  );
}

/** Rules of which each line names one user or device: their lines of a file are one, at the first of them. */
const ONE_EACH: ReadonlySet<Reason["rule"]> = new Set(["users.locked", "devices.denied"]);

const keyOf = ({ rule, file, line }: Pick<Reason, "rule" | "file" | "line">) =>
  JSON.stringify([rule, file, ONE_EACH.has(rule) ? null : line]);

/** The sessions that a plan wipes, by itself or with a lock, and the users that it locks: counts for the first line. */
export function wipeCount(
  wanted: readonly { type: ActionType; wipe?: boolean; n?: number }[],
): number {
  return total(wanted.filter(({ type, wipe }) => type === "wipe" || (type === "lock" && wipe)));
}
