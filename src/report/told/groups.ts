/** What a report counts and in which order it shows it: the same for every format. */
import type { Action, Cause, Held, HeldBy, Notice, NoticeKind } from "../../model/plan.ts";
import { CAUSES, HELD_BY, NOTICE_KINDS } from "../../model/plan.ts";
import type { Outcome } from "../../model/run.ts";
import { RULES } from "../../model/vocabulary.ts";

/** Kinds of action as people tell them apart, the most destructive first. */
const KINDS = ["lock-and-wipe", "wipe", "lock", "re-authenticate", "unlock"] as const;
export type Kind = (typeof KINDS)[number];

/** One character an action, so that a plan can be read without colour: `!` erases, `-` takes access away, `~` asks for a new sign-in, `+` gives access back. */
export const SYMBOLS: Record<Kind, string> = {
  "lock-and-wipe": "!",
  wipe: "!",
  lock: "-",
  "re-authenticate": "~",
  unlock: "+",
};

/** An action of a plan, held or not. */
export type Wanted = Action | Held;

/** The kind of an action: its type, but that a lock which erases data is a kind of its own. */
export function kindOf(action: Action): Kind {
  return action.type === "lock" && action.wipe ? "lock-and-wipe" : action.type;
}

/** Kinds that are listed in full whatever their number: who reads a plan must see every one of them. */
export function neverFolds(kind: Kind): boolean {
  return kind === "lock-and-wipe" || kind === "wipe" || kind === "lock";
}

/** A key and what has it. */
export type Group<K, T> = [K, T[]];

/** The groups that are not empty, in the order of `keys`; within one, the order of `items` stays. */
export function groupBy<K, T>(
  keys: readonly K[],
  items: readonly T[],
  keyOf: (item: T) => K,
): Group<K, T>[] {
  const groups = new Map<K, T[]>(keys.map((key) => [key, []]));
  for (const item of items) groups.get(keyOf(item))?.push(item);
  return [...groups].filter(([, members]) => members.length > 0);
}

export function byKind<T extends Action>(actions: readonly T[]): Group<Kind, T>[] {
  return groupBy<Kind, T>(KINDS, actions, kindOf);
}

export function byHolder(held: readonly Held[]): Group<HeldBy, Held>[] {
  return groupBy<HeldBy, Held>(HELD_BY, held, (h) => h.by);
}

export function byCause<T extends Action>(actions: readonly T[]): Group<Cause, T>[] {
  return groupBy<Cause, T>(CAUSES, actions, (a) => a.cause);
}

export function byNotice(notices: readonly Notice[]): Group<NoticeKind, Notice>[] {
  return groupBy<NoticeKind, Notice>(NOTICE_KINDS, notices, (n) => n.kind);
}

/** How many break each rule; one action may break several. */
export function rulesBroken(actions: readonly Action[]): [string, number][] {
  const rules = actions.flatMap((a) => [...new Set(a.reasons.map((r) => r.rule))]);
  return groupBy(RULES, rules, (rule) => rule).map(([rule, all]) => [rule, all.length]);
}

/** Outcomes by what they say went wrong, the most frequent first. */
export function byError(outcomes: readonly Outcome[]): Group<string, Outcome>[] {
  const groups = Map.groupBy(outcomes, (o) => o.error ?? "no reason given");
  return [...groups].sort(([, a], [, b]) => b.length - a.length);
}

/** Finds the action an outcome is about: for the user's name and the device's label. */
export function actionFinder(actions: readonly Action[]): (outcome: Outcome) => Action | undefined {
  const known = new Map(actions.map((action) => [identity(action), action]));
  return (outcome) => known.get(identity(outcome));
}

/** What makes an action the same one in a plan and in its outcomes. */
export function identity(of: Pick<Action, "type" | "user" | "session">): string {
  return JSON.stringify([of.type, of.user, of.session]);
}
