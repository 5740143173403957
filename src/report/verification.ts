/** The check of an audit log: how far what it tells is proved. */
import type { AuditReport } from "../ledger/verify.ts";
import { type Pen, pen, type TextOptions } from "./blocks.ts";
import { jsonReport } from "./escape.ts";
import { paragraph } from "./layout.ts";
import { printable } from "./safe.ts";
import { count, number } from "./words.ts";

/** The foot of a history; the head of the log is on a line of its own, to be noted down. */
export function proofLines({ lines, faults, head, proved }: AuditReport, p: Pen): string[] {
  if (faults.length > 0) {
    const found = `${count(faults.length, "fault")} in the audit log, ${number(proved)} of its lines proved: --verify names them.`;
    return paragraph(found, p.width, 0, p.style.alarm);
  }
  if (head === null) return ["Audit log: no lines."];
  return [
    p.style.dim(`Audit log: ${count(lines, "line")}, all proved; head`),
    p.style.dim(`sha256:${head}`),
  ];
}

/** Longer lists of faults fold: after a first one many more may follow from it. */
const FAULTS = 20;

/** What a check of the audit log found, as text; ends with a newline. */
export function verificationText(
  target: string,
  report: AuditReport,
  options: TextOptions,
): string {
  const p = pen(options);
  const lines =
    report.faults.length === 0 ? soundLines(target, report, p) : faultyLines(target, report, p);
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

function faultyLines(target: string, { lines, proved, faults }: AuditReport, p: Pen): string[] {
  const verdict = `The audit log of ${printable(target)} is not as it was written: ${count(faults.length, "fault")}.`;
  const shown = p.all ? faults : faults.slice(0, FAULTS);
  const more = faults.length - shown.length;
  const rest = Math.max(0, lines - proved);
  const others = `${count(rest, "other line is", "other lines are")} as written, but not proved to be in order and without a gap.`;
  return [
    ...paragraph(verdict, p.width, 0, p.style.alarm),
    ...shown.flatMap(({ message }) => paragraph(printable(message), p.width, 2)),
    ...(more > 0 ? [`  … and ${number(more)} more (--all shows them)`] : []),
    "",
    ...paragraph(proof(proved), p.width),
    ...(rest > 0 ? paragraph(others, p.width) : []),
  ];
}

function proof(proved: number): string {
  if (proved === 0) return "Nothing of it is proved.";
  if (proved === 1) return "Proved: the first line is as written.";
  return `Proved: the first ${number(proved)} lines are as written and in order, with none missing.`;
}

/** What `curfew history --verify --format json` prints of one target. */
export interface VerificationReport extends AuditReport {
  format: "curfew/verification/1";
  target: string;
}

/** One report, or `{ "format": "curfew/verifications/1", "verifications": [ … ] }` of several targets. */
export function verificationsJson(of: readonly VerificationReport[], several: boolean): string {
  return jsonReport(several ? { format: "curfew/verifications/1", verifications: of } : of[0]);
}
