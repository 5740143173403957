/** The rows of the table of actions: what a plan wants, what waits, and what became of it. */
import type { Action, Cause, Plan } from "../../model/plan.ts";
import type { Outcome } from "../../model/run.ts";
import type { Rule } from "../../model/vocabulary.ts";
import { clip, printable } from "../../text/safe.ts";
import { date } from "../../text/words.ts";
import { type DriftFacts, driftOf, driftSentence } from "../text/drift.ts";
import { byKind, identity, type Kind, kindOf, SYMBOLS, type Wanted } from "../told/groups.ts";
import type { Finder } from "./links.ts";

/** One row, all of it printable. */
export interface Row {
  kind: Kind;
  symbol: string;
  status: string;
  cause: Cause | null;
  user: string;
  name: string | null;
  session: string | null;
  label: string | null;
  /** A date. */
  since: string | null;
  urgent: boolean;
  /** What went wrong, or what somebody changed. */
  note: string | null;
  reasons: RowReason[];
}

interface RowReason {
  rule: Rule;
  message: string;
  /** `file:line`, and its address where that is known. */
  source: string;
  href: string | null;
}

/** What the status of a row may be before anything is applied. */
const TO_DO = "to do";
/** What only the policy before this change wanted. */
const AVERTED = "averted";
/** An action whose outcome nobody knows. */
const UNKNOWN = "no outcome";

const LONGEST = 80;

/** The rows of a plan: what is wanted now, the most destructive first, then what is held, then what a change averts. */
export function planRows(plan: Plan, find: Finder): Row[] {
  const now = byKind(plan.actions).flatMap(([, all]) => all);
  const held = byKind(plan.held).flatMap(([, all]) => all);
  const averted = byKind(plan.averted ?? []).flatMap(([, all]) => all);
  return [
    ...[...now, ...held].map((action) => rowOf(action, find)),
    ...averted.map((action) => ({ ...rowOf(action, find), status: AVERTED, cause: null })),
  ];
}

/** The rows of a drift report: what somebody changed comes first, and what it was is told. */
export function driftRows(plan: Plan, facts: DriftFacts, find: Finder): Row[] {
  const report = driftOf(plan, facts);
  const drift = byKind(report.drift).flatMap(([, all]) => all);
  const others = Object.values(report.pending).flatMap((all) =>
    byKind(all).flatMap(([, some]) => some),
  );
  return [
    ...drift.map((action) => ({
      ...rowOf(action, find),
      note: driftSentence(action, plan.evaluatedAt),
    })),
    ...others.map((action) => rowOf(action, find)),
  ];
}

/** The order of an apply's rows: what went wrong comes first. */
const ORDER = ["failed", UNKNOWN, "skipped", "applied"];

/** The rows of an apply: each action with its outcome, failures first, then what was held. */
export function applyRows(plan: Plan, outcomes: readonly Outcome[], find: Finder): Row[] {
  const told = new Map(outcomes.map((outcome) => [identity(outcome), outcome]));
  const planned = new Set(plan.actions.map(identity));
  const acted = byKind(plan.actions)
    .flatMap(([, all]) => all)
    .map((action) => withOutcome(rowOf(action, find), told.get(identity(action))));
  // Of a saved plan, what is no longer true is skipped, and not in the plan.
  const gone = outcomes.filter((outcome) => !planned.has(identity(outcome))).map(ofOutcome);
  const done = Map.groupBy([...acted, ...gone], ({ status }) => status);
  const held = byKind(plan.held).flatMap(([, all]) => all);
  return [
    ...ORDER.flatMap((status) => done.get(status) ?? []),
    ...held.map((action) => rowOf(action, find)),
  ];
}

function withOutcome(row: Row, outcome: Outcome | undefined): Row {
  if (!outcome) return { ...row, status: UNKNOWN };
  return { ...row, status: outcome.status, note: noteOf(outcome) };
}

function noteOf({ status, error, confirmed }: Outcome): string | null {
  if (status !== "applied") return printable(error ?? "no reason given");
  return confirmed === false ? "A read after the write does not show it yet." : null;
}

function ofOutcome(outcome: Outcome): Row {
  const { type, user, session, status } = outcome;
  const kind: Kind = type;
  return {
    ...{ kind, symbol: SYMBOLS[kind], status, cause: null, user: printable(user), name: null },
    ...{ session: session === null ? null : printable(session), label: null, since: null },
    ...{ urgent: false, note: noteOf(outcome), reasons: [] },
  };
}

function rowOf(action: Wanted, find: Finder): Row {
  const kind = kindOf(action);
  const { user, name, label, session, since } = action;
  return {
    ...{ kind, symbol: SYMBOLS[kind], cause: action.cause, user: printable(user) },
    status: "by" in action ? `held by ${action.by}` : TO_DO,
    name: name === undefined || name === user ? null : clip(name, LONGEST),
    session: session === null ? null : printable(session),
    label: label ? clip(label, LONGEST) : null,
    since: since ? date(since) : null,
    ...{ urgent: action.urgent === true, note: null },
    reasons: action.reasons.map((reason) => reasonOf(reason, find)),
  };
}

function reasonOf(
  { rule, message, file, line }: Action["reasons"][number],
  find: Finder,
): RowReason {
  const source = `${printable(file)}:${line}`;
  return { rule, message: printable(message), source, href: find(file, line) };
}

// ---------------------------------------------------------------- for the page's script

/** Rows as the page holds them: what repeats is in `texts`, and a row has its place there. */
export interface Packed {
  texts: (string | null)[];
  rows: PackedRow[];
}
type PackedRow = (string | number | null | number[])[];

/** Rows in a form of a third of their size: 50,000 are some megabytes. */
export function pack(rows: readonly Row[]): Packed {
  const places = new Map<string | null, number>();
  const place = (text: string | null) => {
    const known = places.get(text) ?? places.size;
    places.set(text, known);
    return known;
  };
  const packed = rows.map(
    (row): PackedRow => [
      ...[place(row.kind), place(row.symbol), place(row.status), place(row.cause)],
      ...[row.user, row.name, row.session, row.label],
      ...[place(row.since), row.urgent ? 1 : 0, place(row.note)],
      row.reasons.flatMap((r) => [place(r.rule), place(r.message), place(r.source), place(r.href)]),
    ],
  );
  return { texts: [...places.keys()], rows: packed };
}

/** A row as it was before `pack`. The page's script holds this function's text: it uses nothing from outside. */
export function unpack(texts: Packed["texts"], packed: PackedRow): Row {
  const text = (place: unknown) => texts[Number(place)] ?? null;
  const [kind, symbol, status, cause, user, name, session, label, since, urgent, note, why] =
    packed;
  const places = Array.isArray(why) ? why : [];
  const reasons: unknown[] = [];
  for (let i = 0; i < places.length; i += 4) {
    const [rule, message, source, href] = places.slice(i, i + 4).map(text);
    reasons.push({ rule, message, source, href });
  }
  const row = { kind: text(kind), symbol: text(symbol), status: text(status), cause: text(cause) };
  const who = { user, name, session, label };
  return {
    ...row,
    ...who,
    since: text(since),
    urgent: urgent === 1,
    note: text(note),
    reasons,
  } as Row;
}
