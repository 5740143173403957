/** What became of a plan, for people: counts, every failure in full, and what was not done and why. */

import type { Plan } from "../../model/plan.ts";
import type { Outcome, Status } from "../../model/run.ts";
import { labelled, paragraph, row } from "../../text/layout.ts";
import { clip, printable } from "../../text/safe.ts";
import { count, number, tally } from "../../text/words.ts";
import { actionFinder, byError, groupBy, identity, kindOf, SYMBOLS } from "../told/groups.ts";
import { heldLine, typeCounts, typesTally } from "../told/words.ts";
import { FOLD, refusalLines } from "./blocks.ts";
import { type Pen, pen, type TextOptions } from "./pen.ts";

/** How many lines the audit log has, and the hash of the last. */
export interface AuditHead {
  seq: number;
  hash: string;
}

const STATUSES: readonly Status[] = ["applied", "failed", "skipped"];

/** Actions of the plan that have no outcome: the run ended before them, or no answer came. The next run takes them up. */
export function unfinished(plan: Plan, outcomes: readonly Outcome[]): Plan["actions"] {
  const told = new Set(outcomes.map(identity));
  return plan.actions.filter((action) => !told.has(identity(action)));
}

/** The last line: "Applied 63 of 63.", with what did not go well, or why nothing was written. */
export function applyVerdict(plan: Plan, outcomes: readonly Outcome[]): string {
  const reported = plan.held.filter((h) => h.by === "report");
  if (plan.actions.length === 0 && outcomes.length === 0) {
    if (reported.length > 0) {
      // Adopting a lock is a change of the ledger alone.
      const where = plan.ledger.adopt.length > 0 ? " to the backend" : "";
      return `Nothing was written${where}: the policy's enforcement is \`report\`. It would be ${typesTally(reported)}.`;
    }
    if (plan.held.length > 0)
      return `Nothing was written: all ${number(plan.held.length)} are held.`;
    return `Nothing to do: ${printable(plan.target)} is as the policy says.`;
  }
  const of = (status: Status) => outcomes.filter((o) => o.status === status).length;
  const open = unfinished(plan, outcomes).length;
  const parts = [
    ...(of("failed") > 0 ? [`${number(of("failed"))} failed`] : []),
    ...(of("skipped") > 0 ? [`${number(of("skipped"))} skipped`] : []),
    ...(open > 0 ? [`${number(open)} without an outcome`] : []),
  ];
  const rest = parts.length > 0 ? `: ${parts.join(", ")}` : "";
  return `Applied ${number(of("applied"))} of ${number(outcomes.length + open)}${rest}.`;
}

/** The rules that are only reported while others are enforced, as a sentence; null where there are none. */
export function reportedLine(plan: Plan): string | null {
  const reported = plan.held.filter((h) => h.by === "report");
  if (reported.length === 0 || plan.actions.length === 0) return null;
  return `Not written, because the enforcement of their rules is \`report\`: ${typesTally(reported)}.`;
}

/** The outcomes of an apply as text; ends with a newline. */
export function outcomesText(
  plan: Plan,
  outcomes: readonly Outcome[],
  options: TextOptions & { audit?: AuditHead | null },
): string {
  const p = pen(options);
  const by = groupBy(STATUSES, outcomes, (o) => o.status);
  const open = unfinished(plan, outcomes);
  const good = outcomes.every((o) => o.status !== "failed") && open.length === 0;
  const facts = [heldLine(plan), reportedLine(plan)].filter((line) => line !== null);
  const lines = [
    p.style.title(`Apply to ${printable(plan.target)}`),
    ...by.flatMap(([status, some]) => labelled(status, tally(typeCounts(some)), 12, p.width)),
    ...readAgain(outcomes, p),
    ...failedLines(plan, outcomes, p),
    ...skippedLines(plan, outcomes, p),
    ...(open.length === 0
      ? []
      : ["", ...paragraph(openLine(open.length), p.width, 0, p.style.warn)]),
    ...refusalLines(plan.refusals, p),
    "",
    ...facts.flatMap((fact) => paragraph(fact, p.width)),
    ...auditLine(options.audit ?? null, p),
    ...paragraph(applyVerdict(plan, outcomes), p.width, 0, good ? p.style.good : p.style.alarm),
  ];
  return `${lines.join("\n")}\n`;
}

/** Noted elsewhere, it shows later whether the log was rewritten (`history --verify --head`). */
function auditLine(audit: AuditHead | null, p: Pen): string[] {
  if (audit === null) return [];
  return paragraph(`Audit log: ${count(audit.seq, "line")}, head sha256:${audit.hash}`, p.width);
}

/** How many of the applied actions a read after the write has shown. */
function readAgain(outcomes: readonly Outcome[], p: Pen): string[] {
  const applied = outcomes.filter((o) => o.status === "applied");
  const shown = applied.filter((o) => o.confirmed === true).length;
  if (applied.length === 0 || applied.every((o) => o.confirmed === undefined)) return [];
  const told =
    shown === applied.length
      ? "shows every applied action done"
      : `shows ${number(shown)} of ${count(applied.length, "applied action")} done`;
  return labelled("read again", told, 12, p.width);
}

/** What is said of actions whose outcome is unknown. */
export function openLine(n: number): string {
  return `${count(n, "action has", "actions have")} no outcome and may have taken effect; the next run finds out and takes ${n === 1 ? "it" : "them"} up.`;
}

function failedLines(plan: Plan, outcomes: readonly Outcome[], p: Pen): string[] {
  const failed = outcomes.filter((o) => o.status === "failed");
  if (failed.length === 0) return [];
  const who = subject(plan, p);
  return [
    "",
    p.style.alarm(`Failed: ${number(failed.length)}`),
    ...failed.flatMap((outcome) => [
      ...who(outcome),
      ...paragraph(printable(outcome.error ?? "no reason given"), p.width, 4),
    ]),
  ];
}

function skippedLines(plan: Plan, outcomes: readonly Outcome[], p: Pen): string[] {
  const skipped = outcomes.filter((o) => o.status === "skipped");
  if (skipped.length === 0) return [];
  const who = subject(plan, p);
  const reasons = byError(skipped);
  const told = p.all ? reasons : reasons.slice(0, FOLD);
  const untold = reasons.slice(told.length).reduce((n, [, all]) => n + all.length, 0);
  const groups = told.flatMap(([error, all]) => {
    const shown = p.all ? all : all.slice(0, FOLD);
    const more = all.length - shown.length;
    return [
      ...paragraph(`${number(all.length)}: ${printable(error)}`, p.width, 2),
      ...shown.flatMap(who),
      ...(more > 0 ? [`  … and ${number(more)} more (--all shows them)`] : []),
    ];
  });
  const rest = untold > 0 ? [`  … and ${number(untold)} for other reasons (--all shows them)`] : [];
  return ["", p.style.warn(`Skipped: ${number(skipped.length)}`), ...groups, ...rest];
}

/** "  ~ re-authenticate  jane  5571…  Zebra TC52". */
function subject(plan: Plan, p: Pen): (outcome: Outcome) => string[] {
  const find = actionFinder(plan.actions);
  return (outcome) => {
    const action = find(outcome);
    const kind = action ? kindOf(action) : outcome.type;
    const cellsOf = [
      { text: outcome.type, paint: p.style.kind[kind] },
      { text: action?.name === undefined ? "" : clip(action.name, 40), paint: p.style.title },
      { text: printable(outcome.user) },
      { text: action?.label ? clip(action.label, 40) : printable(outcome.session ?? "") },
    ];
    const mark = p.style.kind[kind](SYMBOLS[kind]);
    return row(cellsOf, [Number.POSITIVE_INFINITY], p.width - 4).map((line, i) =>
      i === 0 ? `  ${mark} ${line}` : `    ${line}`,
    );
  };
}
