/** The check of an audit log: how far what it tells is proved. */
import type { AuditFault, AuditReport } from "../../ledger/verify.ts";
import { paragraph } from "../../text/layout.ts";
import { printable } from "../../text/safe.ts";
import { count, number } from "../../text/words.ts";
import type { NotedHead } from "../told/outcomes.ts";
import { folded } from "./blocks.ts";
import { type Pen, pen, type TextOptions } from "./pen.ts";

/** What is wrong with the log itself, and what the ledger says otherwise than the log. */
export function faultsBy({ faults }: { faults: readonly AuditFault[] }): {
  log: AuditFault[];
  state: AuditFault[];
} {
  const about = (what: AuditFault["about"]) => faults.filter((fault) => fault.about === what);
  return { log: about("log"), state: about("state") };
}

/** The foot of a history; the head of the log is on a line of its own, to be noted down. */
export function proofLines(report: AuditReport, p: Pen): string[] {
  const { log, state } = faultsBy(report);
  const { lines, head, proved } = report;
  if (log.length > 0) {
    const found = `${count(log.length, "fault")} in the audit log, ${number(proved)} of its lines proved: --verify names them.`;
    return paragraph(found, p.width, 0, p.style.alarm);
  }
  const otherwise = `${DISAGREE} (${count(state.length, "fault")}): --verify names what is wrong.`;
  const warning = state.length === 0 ? [] : paragraph(otherwise, p.width, 0, p.style.alarm);
  if (head === null) return ["Audit log: no lines.", ...warning];
  return [
    p.style.dim(`Audit log: ${count(lines, "line")}, all proved; head`),
    p.style.dim(`sha256:${head}`),
    ...warning,
  ];
}

const DISAGREE = "The ledger and its audit log do not agree";

/** Longer lists of faults fold: after a first one many more may follow from it. */
const FAULTS = 20;

/** What a check of the audit log found, as text; ends with a newline. */
export function verificationText(
  target: string,
  report: AuditReport & { noted?: NotedHead },
  options: TextOptions,
): string {
  const p = pen(options);
  const { log } = faultsBy(report);
  const lines = [
    ...(log.length === 0 ? soundLines(target, report, p) : faultyLines(target, log, report, p)),
    ...stateLines(report, p),
    ...(report.noted ? notedLines(report.noted, p) : []),
  ];
  return `${lines.join("\n")}\n`;
}

function soundLines(target: string, { lines, head }: AuditReport, p: Pen): string[] {
  const proof = "; all are proved to be there, as they were written and in order";
  const all = `The audit log of ${printable(target)} holds ${count(lines, "line")}${lines === 0 ? "" : proof}.`;
  return [
    ...paragraph(all, p.width, 0, p.style.good),
    ...(head === null ? [] : ["Head:", `sha256:${head}`]),
  ];
}

function faultyLines(
  target: string,
  faults: readonly AuditFault[],
  { lines, proved }: AuditReport,
  p: Pen,
): string[] {
  const verdict = `The audit log of ${printable(target)} is not as it was written: ${count(faults.length, "fault")}.`;
  const rest = Math.max(0, lines - proved);
  const others = `${count(rest, "other line is", "other lines are")} as written, but not proved to be in order and without a gap.`;
  return [
    ...paragraph(verdict, p.width, 0, p.style.alarm),
    ...listed(faults, p),
    "",
    ...paragraph(proof(proved), p.width),
    ...(rest > 0 ? paragraph(others, p.width) : []),
  ];
}

function stateLines(report: AuditReport, p: Pen): string[] {
  const { state } = faultsBy(report);
  if (state.length === 0) return [];
  const verdict = `${DISAGREE}: ${count(state.length, "fault")}.`;
  return ["", ...paragraph(verdict, p.width, 0, p.style.alarm), ...listed(state, p)];
}

function listed(faults: readonly AuditFault[], p: Pen): string[] {
  return folded(faults, FAULTS, p, (shown) =>
    shown.flatMap(({ message }) => paragraph(printable(message), p.width, 2)),
  );
}

function notedLines({ head, line, holds }: NotedHead, p: Pen): string[] {
  const paint = holds ? p.style.good : p.style.alarm;
  return [
    "",
    "The head that you noted:",
    head,
    ...paragraph(notedVerdict(line, holds), p.width, 0, paint),
  ];
}

function notedVerdict(line: number | null, holds: boolean): string {
  if (line === null)
    return "No line of the log has this hash: the log was rewritten or cut off since, or the head is another log's.";
  if (holds)
    return `It is line ${number(line)} of the log: all up to there is as it was when you noted it.`;
  return `It is line ${number(line)} of the log, but not all lines up to it are proved: see above.`;
}

function proof(proved: number): string {
  if (proved === 0) return "Nothing of it is proved.";
  if (proved === 1) return "Proved: the first line is as written.";
  return `Proved: the first ${number(proved)} lines are as written and in order, with none missing.`;
}
