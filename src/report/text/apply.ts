/** What became of a plan, for people: counts, failures by their cause, and what was not done and why. */
import type { Plan } from "../../model/plan.ts";
import type { Outcome, Status } from "../../model/run.ts";
import { paragraph, row } from "../../text/layout.ts";
import { clip, printable } from "../../text/safe.ts";
import { count, number, tally } from "../../text/words.ts";
import { groupBy } from "../told/groups.ts";
import type { Fact } from "../told/head.ts";
import {
  type AuditHead,
  aftermath,
  type FailureCause,
  failureCauses,
  headWords,
} from "../told/outcomes.ts";
import type { Row } from "../told/rows.ts";
import { typeCounts } from "../told/words.ts";
import { FOLD, factLines, folded, marked, NAME, nameCell, refusalLines } from "./blocks.ts";
import { type Pen, pen, type TextOptions } from "./pen.ts";

/** So many of those that failed for one reason are named. */
const FIRST = 3;

const STATUSES: readonly Status[] = ["applied", "failed", "skipped"];

/** The outcomes of an apply as text; ends with a newline. */
export function outcomesText(
  plan: Plan,
  outcomes: readonly Outcome[],
  { audit = null, ...options }: TextOptions & { audit?: AuditHead | null },
): string {
  const p = pen(options);
  const { rows, good, verdict, warning, facts } = aftermath(plan, outcomes, options);
  const counts = groupBy(STATUSES, rows, ({ status }) => status).map(
    ([status, some]): Fact => [status, tally(typeCounts(some))],
  );
  const lines = [
    p.style.title(`Apply to ${printable(plan.target)}`),
    ...factLines([...counts, ["read again", readAgain(rows)]], p),
    ...failedLines(rows, p),
    ...skippedLines(rows, p),
    ...(warning === null ? [] : ["", ...paragraph(warning, p.width, 0, p.style.warn)]),
    ...refusalLines(plan.refusals, p),
    "",
    ...facts.flatMap((fact) => paragraph(fact, p.width)),
    ...(audit === null ? [] : paragraph(`Audit log: ${headWords(audit)}`, p.width)),
    ...paragraph(verdict, p.width, 0, good ? p.style.good : p.style.alarm),
  ];
  return `${lines.join("\n")}\n`;
}

/** How many of the applied actions a read after the write has shown, and how many it did not come to; "" where none was applied. */
function readAgain(rows: readonly Row[]): string {
  const applied = rows.filter(({ status }) => status === "applied");
  if (applied.length === 0) return "";
  const shown = applied.filter(({ confirmed }) => confirmed === true).length;
  if (shown === applied.length) return "shows every applied action done";
  const unread = applied.filter(({ confirmed }) => confirmed === null).length;
  const rest = unread > 0 ? `; ${number(unread)} not read again` : "";
  return `shows ${number(shown)} of ${count(applied.length, "applied action")} done${rest}`;
}

function failedLines(rows: readonly Row[], p: Pen): string[] {
  const failed = rows.filter(({ status }) => status === "failed");
  if (failed.length === 0) return [];
  return [
    "",
    p.style.alarm(`Failed: ${number(failed.length)}`),
    ...failureCauses(rows).flatMap((cause) => causeLines(cause, p)),
  ];
}

/** The error once, with a count and the first users; with `--all` each with its own. */
function causeLines({ message, rows }: FailureCause, p: Pen): string[] {
  const told = (one: Row) => paragraph(printable(one.note ?? ""), p.width, 4);
  if (p.all || rows.length === 1) return rows.flatMap((one) => [...subject(one, p), ...told(one)]);
  return [
    ...paragraph(`${number(rows.length)}: ${printable(message)}`, p.width, 2),
    ...folded(rows, FIRST, p, (shown) => shown.flatMap((one) => subject(one, p))),
  ];
}

/** By what they say was the reason, the most frequent first. */
function skippedLines(rows: readonly Row[], p: Pen): string[] {
  const skipped = rows.filter(({ status }) => status === "skipped");
  if (skipped.length === 0) return [];
  const reasons = [...Map.groupBy(skipped, ({ note }) => note ?? "")].sort(
    ([, a], [, b]) => b.length - a.length,
  );
  const told = p.all ? reasons : reasons.slice(0, FOLD);
  const untold = skipped.length - told.reduce((n, [, all]) => n + all.length, 0);
  const rest = untold > 0 ? [`  … and ${number(untold)} for other reasons (--all shows them)`] : [];
  const groups = told.flatMap(([why, all]) => [
    ...paragraph(`${number(all.length)}: ${printable(why)}`, p.width, 2),
    ...folded(all, FOLD, p, (shown) => shown.flatMap((one) => subject(one, p))),
  ]);
  return ["", p.style.warn(`Skipped: ${number(skipped.length)}`), ...groups, ...rest];
}

/** "  ~ re-authenticate  jane  5571…  Zebra TC52". */
function subject({ kind, type, name, user, label, session }: Row, p: Pen): string[] {
  const cells = [
    { text: type, paint: p.style.kind[kind] },
    name === null ? { text: "" } : nameCell(name, p),
    { text: printable(user) },
    { text: label === null ? printable(session ?? "") : clip(label, NAME) },
  ];
  return marked(kind, row(cells, [Number.POSITIVE_INFINITY], p.width - 4), p);
}
