/** What became of a plan: a row for each outcome, and what is said of them all. */
import { heldCount } from "../../exit.ts";
import type { Plan } from "../../model/plan.ts";
import type { Outcome, Status } from "../../model/run.ts";
import { ACTION_TYPES } from "../../model/vocabulary.ts";
import { clip } from "../../text/safe.ts";
import { count, number, tally } from "../../text/words.ts";
import { besides, isQuiet, joined, nothingToDo, type Occasion } from "./ending.ts";
import { heldLine } from "./held.ts";
import { became, identity, type Row, rowOf, unwipedLine } from "./rows.ts";

/** How many lines the audit log has, and the hash of the last. */
export interface AuditHead {
  seq: number;
  hash: string;
}

/** Noted elsewhere, it shows later whether the log was rewritten (`history --verify --head`). */
export function headWords({ seq, hash }: AuditHead): string {
  return `${count(seq, "line")}, head sha256:${hash}`;
}

/** A head that was noted earlier, and whether the log still holds it. */
export interface NotedHead {
  /** `sha256:…` */
  head: string;
  /** The number of the line with this hash; null where none has it. */
  line: number | null;
  /** Whether the line is there and all up to it is proved: nothing before it was rewritten since. */
  holds: boolean;
}

/** What became of a plan. */
export interface Aftermath {
  /** In the order of the outcomes. */
  rows: Row[];
  /** Whether all went well. */
  good: boolean;
  /** "Applied 63 of 63.", with what did not go well, or why nothing was written. */
  verdict: string;
  /** What is said of those without an outcome; null where there are none. */
  warning: string | null;
  /** What locks did not wipe, what is held, and what was only reported, as sentences. */
  facts: string[];
}

export function aftermath(
  plan: Plan,
  outcomes: readonly Outcome[],
  asked: Occasion = {},
): Aftermath {
  const planned = new Map(plan.actions.map((action) => [identity(action), rowOf(action)]));
  // Of a saved plan, what is no longer true is skipped, and not in the plan.
  const rows = outcomes.map((one) => became(planned.get(identity(one)) ?? rowOf(one), one));
  // The run ended before these, or no answer came. The next run takes them up.
  const told = new Set(outcomes.map(identity));
  const open = plan.actions.filter((action) => !told.has(identity(action)));
  return {
    rows,
    good: open.length === 0 && rows.every(({ status }) => status !== "failed"),
    verdict: joined(
      rows.length + plan.actions.length > 0 ? applied(rows, open.length) : nothing(plan, asked),
      ...besides(plan, asked),
    ),
    warning: open.length > 0 ? openLine(open.length) : null,
    facts: [unwiped(outcomes), heldLine(plan), reportedLine(plan)].filter((line) => line !== null),
  };
}

/** Failures with one cause: the same error, whoever it names. */
export interface FailureCause {
  /** The error, as the first of them tells it. */
  message: string;
  rows: Row[];
}

/** The failures by their cause, the most frequent first. */
export function failureCauses(rows: readonly Row[]): FailureCause[] {
  const failed = rows.filter(({ status }) => status === "failed");
  return [...Map.groupBy(failed, causeOf).values()]
    .map((all) => ({ message: all[0]?.note ?? "", rows: all }))
    .sort((a, b) => b.rows.length - a.rows.length);
}

/** The error without what differs from one user to the next: ids, names, and how long it was tried. */
function causeOf({ note, user, name, session }: Row): string {
  const told = [user, name, session].filter((text) => text !== null && text !== "");
  const forms = told.flatMap((text) => [String(text), encodeURIComponent(String(text))]);
  return forms
    .sort((a, b) => b.length - a.length)
    .reduce((text, form) => text.replaceAll(form, "…"), note ?? "")
    .replace(/tried \d+ times in [\d.,]+ \w+/g, "tried");
}

/** Room for an error in the last line. */
const LONGEST_CAUSE = 160;

/** " (HOST did not accept …)" */
function causesWords(rows: readonly Row[]): string {
  const [first, ...others] = failureCauses(rows);
  if (!first) return "";
  const more = others.length > 0 ? `; and ${count(others.length, "other error")}` : "";
  return ` (${clip(first.message, LONGEST_CAUSE)}${more})`;
}

function applied(rows: readonly Row[], open: number): string {
  const of = (status: Status) => rows.filter((row) => row.status === status).length;
  const parts = [
    ...(of("failed") > 0 ? [`${number(of("failed"))} failed${causesWords(rows)}`] : []),
    ...(of("skipped") > 0 ? [`${number(of("skipped"))} skipped`] : []),
    ...(open > 0 ? [`${number(open)} without an outcome`] : []),
  ];
  const rest = parts.length > 0 ? `: ${parts.join(", ")}` : "";
  return `Applied ${number(of("applied"))} of ${number(rows.length + open)}${rest}.`;
}

function nothing(plan: Plan, asked: Occasion): string {
  const { ledger, refusals } = plan;
  const left = asked.saved?.held ?? 0;
  const reported = reportedTally(plan);
  if (reported !== null) {
    // Adopting a lock is a change of the ledger alone.
    const where = ledger.adopt.length > 0 ? " to the backend" : "";
    return `Nothing was written${where}: the policy's enforcement is \`report\`. It would be ${reported}.`;
  }
  const waits = heldCount(plan);
  if (waits > 0) return `Nothing was written: all ${number(waits)} are held.`;
  if (refusals.length > 0) return "Nothing was written: a limit refused.";
  if (left > 0)
    return `Nothing was written: the saved plan takes no action, and ${number(left)} ${left === 1 ? "is" : "are"} held in it.`;
  return isQuiet(plan, asked) ? nothingToDo(plan, asked) : "Nothing was written.";
}

function unwiped(outcomes: readonly Outcome[]): string | null {
  const n = outcomes.reduce((sum, one) => sum + (one.unwiped?.length ?? 0), 0);
  return n > 0 ? unwipedLine(n) : null;
}

/** "2 to lock, 300 to re-authenticate": all that is only reported, listed or not; null where nothing is. */
function reportedTally({ heldSummary }: Plan): string | null {
  const counts = ACTION_TYPES.flatMap((type): [string, number][] => {
    const n = heldSummary[type]?.report ?? 0;
    return n > 0 ? [[`to ${type}`, n]] : [];
  });
  return counts.length > 0 ? tally(counts) : null;
}

/** The rules that are only reported while others are enforced. */
function reportedLine(plan: Plan): string | null {
  const reported = reportedTally(plan);
  if (reported === null || plan.actions.length === 0) return null;
  return `Not written, because the enforcement of their rules is \`report\`: ${reported}.`;
}

function openLine(n: number): string {
  return `${count(n, "action has", "actions have")} no outcome and may have taken effect; the next run finds out and takes ${n === 1 ? "it" : "them"} up.`;
}
