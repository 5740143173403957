/** What a report counts and in which order it shows it: the same for every format. */
import {
  CAUSES,
  type Cause,
  NOTICE_KINDS,
  type Notice,
  type NoticeKind,
  type Reason,
} from "../../model/plan.ts";
import { RULES } from "../../model/vocabulary.ts";
import { KINDS, type Kind, type Row, total } from "./rows.ts";

/** One character an action, so that a plan can be read without colour: `!` erases, `-` takes access away, `~` asks for a new sign-in, `+` gives access back. */
export const SYMBOLS: Record<Kind, string> = {
  "lock-and-wipe": "!",
  wipe: "!",
  lock: "-",
  "re-authenticate": "~",
  unlock: "+",
};

/** Kinds that are listed in full whatever their number: who reads a plan must see every one of them. */
export function neverFolds(kind: Kind): boolean {
  return kind === "lock-and-wipe" || kind === "wipe" || kind === "lock";
}

/** Whether a row is one that who reads must see, whatever its kind: it never folds, and comes first. */
export function isLoud({ kind, urgent, reasons }: Row): boolean {
  return neverFolds(kind) || urgent || reasons.some(({ rule }) => rule === "devices.denied");
}

/** A key and what has it. */
export type Grouped<K, T> = [K, T[]];

/** The groups that are not empty, in the order of `keys`; within one, the order of `items` stays. */
export function groupBy<K, T>(
  keys: readonly K[],
  items: readonly T[],
  keyOf: (item: T) => K | null,
): Grouped<K, T>[] {
  const groups = new Map<K | null, T[]>(keys.map((key) => [key, []]));
  for (const item of items) groups.get(keyOf(item))?.push(item);
  return keys
    .map((key): Grouped<K, T> => [key, groups.get(key) ?? []])
    .filter(([, all]) => all.length > 0);
}

/** In each kind what is urgent first, then what is about a denied device; otherwise the order stays. */
export function byKind(rows: readonly Row[]): Grouped<Kind, Row>[] {
  const rank = (row: Row) => (row.urgent ? 0 : isLoud(row) && !neverFolds(row.kind) ? 1 : 2);
  return groupBy(KINDS, rows, ({ kind }) => kind).map(([kind, all]) => [
    kind,
    all.toSorted((a, b) => rank(a) - rank(b)),
  ]);
}

export function byNotice(notices: readonly Notice[]): Grouped<NoticeKind, Notice>[] {
  return groupBy(NOTICE_KINDS, notices, ({ kind }) => kind);
}

/** How many are wanted for each cause. */
export function causeCounts(
  rows: readonly { cause: Cause | null; n?: number }[],
): [Cause, number][] {
  return groupBy(CAUSES, rows, ({ cause }) => cause).map(([cause, all]) => [cause, total(all)]);
}

/** How many break each rule; one action may break several. */
export function rulesBroken(
  rows: readonly { reasons: readonly Reason[]; n?: number }[],
): [string, number][] {
  const rules = rows.flatMap(({ reasons, n = 1 }) =>
    [...new Set(reasons.map(({ rule }) => rule))].map((rule) => ({ rule, n })),
  );
  return groupBy(RULES, rules, ({ rule }) => rule).map(([rule, all]) => [rule, total(all)]);
}
