/** The rows of the table of actions: what a plan wants, what waits, and what became of it. */
import type { Cause, Plan } from "../../model/plan.ts";
import type { Outcome } from "../../model/run.ts";
import type { Rule } from "../../model/vocabulary.ts";
import { clip, printable } from "../../text/safe.ts";
import { date, sourceOf } from "../../text/words.ts";
import { type DriftFacts, driftedRows, driftOf } from "../told/drift.ts";
import { byKind, groupBy, SYMBOLS } from "../told/groups.ts";
import type { Finder } from "../told/links.ts";
import { became, identity, type Kind, listed, rowOf, type Row as ToldRow } from "../told/rows.ts";

/** One row, all of it printable. */
export interface TableRow {
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

/** What only the policy before this change wanted. */
const AVERTED = "averted";
/** An action whose outcome nobody knows. */
const UNKNOWN = "no outcome";

/** Whether a read after the write has shown it. */
const CONFIRMED = "applied, confirmed";
const UNCONFIRMED = "applied, not confirmed";

const LONGEST = 80;

/** The rows of a plan: what is wanted now, the most destructive first, then what is held, then what a change averts. */
export function planRows(plan: Plan, find: Finder): TableRow[] {
  const { actions, held, averted = [] } = plan;
  const gone = { status: AVERTED, cause: null };
  return [
    ...[...sorted(actions.map(rowOf)), ...sorted(held.map(rowOf))].map(tableRow(find)),
    ...sorted(averted.map(rowOf)).map((row) => ({ ...tableRow(find)(row), ...gone })),
  ];
}

/** The rows of a drift report: what somebody changed comes first, and what it was is told. */
export function driftRows(plan: Plan, facts: DriftFacts, find: Finder): TableRow[] {
  const report = driftOf(plan, facts);
  const others = Object.values(report.pending).flatMap((all) => sorted(all.map(rowOf)));
  return [...sorted(listed(driftedRows(report))), ...others].map(tableRow(find));
}

/** The order of an apply's rows: what went wrong comes first. */
const ORDER: readonly ToldRow["status"][] = ["failed", "unknown", "skipped", "applied"];

/** The rows of an apply: each action with its outcome, failures first, then what was held. */
export function applyRows(plan: Plan, outcomes: readonly Outcome[], find: Finder): TableRow[] {
  const told = new Map(outcomes.map((outcome) => [identity(outcome), outcome]));
  const planned = sorted(plan.actions.map(rowOf));
  const acted = planned.map((row) => became(row, told.get(identity(row)) ?? null));
  for (const row of planned) told.delete(identity(row));
  // Of a saved plan, what is no longer true is skipped, and not in the plan.
  const gone = [...told.values()].map((outcome) => became(rowOf(outcome), outcome));
  const done = groupBy(ORDER, [...acted, ...gone], ({ status }) => status);
  return [...done.flatMap(([, some]) => some), ...sorted(plan.held.map(rowOf))].map(tableRow(find));
}

/** The most destructive first. */
function sorted(rows: readonly ToldRow[]): ToldRow[] {
  return byKind(rows).flatMap(([, all]) => all);
}

function tableRow(find: Finder): (row: ToldRow) => TableRow {
  return ({ kind, user, name, session, label, cause, since, urgent, reasons, ...row }) => ({
    ...{ kind, symbol: SYMBOLS[kind], status: statusOf(row), cause, user: printable(user) },
    name: name === null ? null : clip(name, LONGEST),
    session: session === null ? null : printable(session),
    label: label === null ? null : clip(label, LONGEST),
    since: since === null ? null : date(since),
    urgent,
    note: noteOf(row),
    reasons: reasons.map(({ rule, message, file, line }) => ({
      ...{ rule, message: printable(message) },
      ...{ source: sourceOf({ file, line }), href: find(file, line) },
    })),
  });
}

function statusOf({ by, status, confirmed }: Pick<ToldRow, "by" | "status" | "confirmed">): string {
  if (status === "applied") return confirmed === true ? CONFIRMED : UNCONFIRMED;
  if (status !== null) return status === "unknown" ? UNKNOWN : status;
  return by === null ? "to do" : `held by ${by}`;
}

function noteOf({ note, status, confirmed }: Pick<ToldRow, "note" | "status" | "confirmed">) {
  if (note !== null) return printable(note);
  const unseen = status === "applied" && confirmed === false;
  return unseen ? "A read after the write does not show it yet." : null;
}

// ---------------------------------------------------------------- for the page's script

/** Rows as the page holds them: what repeats is in `texts`, and a row has its place there. */
export interface Packed {
  texts: (string | null)[];
  rows: PackedRow[];
}
type PackedRow = (string | number | null | number[])[];

/** Rows in a form of a third of their size: 50,000 are some megabytes. */
export function pack(rows: readonly TableRow[]): Packed {
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
export function unpack(texts: Packed["texts"], packed: PackedRow): TableRow {
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
  } as TableRow;
}
