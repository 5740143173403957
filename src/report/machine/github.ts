/** Reports as annotations on the lines of policy: `--format github`. */
import type { Problem } from "../../errors.ts";
import { NOT_JUDGED } from "../../exit.ts";
import type { Notice, NoticeKind, Plan, Refusal } from "../../model/plan.ts";
import { printable, withoutOrders } from "../../text/safe.ts";
import { count } from "../../text/words.ts";
import type { Applied, Checked, RenderOptions, Reported } from "../renderer.ts";
import { driftedRows, driftOf, verdict } from "../told/drift.ts";
import { besides, joined, planEnding } from "../told/ending.ts";
import { byKind, isLoud } from "../told/groups.ts";
import { leftLines, withoutLedger } from "../told/head.ts";
import { holders } from "../told/held.ts";
import { missingLine, missingTitle } from "../told/missing.ts";
import { aftermath, failureCauses } from "../told/outcomes.ts";
import { addedErrors, partsOf } from "../told/parts.ts";
import { heldRows, type Kind, type Row, rowOf, total } from "../told/rows.ts";
import { NOTICE_TITLES, refusalTitle, typesTally } from "../told/words.ts";
import { type Annotation, type Level, orders } from "./annotations.ts";

/** Leads from the repository's top to the folder that file names start from; "" or with a slash at its end. */
type Folder = string;

/** Faults of policy files, each at its line; then how many. */
export function problemsGitHub(
  problems: readonly Problem[],
  folder: Folder,
  remarks: readonly Problem[] = [],
  ending: string | null = null,
): string {
  const annotated = (level: Annotation["level"]) => (problem: Problem) =>
    ({ level, title: "Policy", ...problem }) satisfies Annotation;
  const all = [...problems.map(annotated("error")), ...remarks.map(annotated("warning"))];
  return (
    orders(all, "`curfew validate`", folder) +
    plain(joined(`${count(problems.length, "error")} found.`, ending))
  );
}

/** The lines of policy that cause actions; with a base only those that this change causes, the rest counted. */
export const plansGitHub = told("the full plan", ({ plan, ...asked }: Reported) => [
  planLines(plan),
  planEnding(plan, asked),
]);

/** What somebody changed behind the policy's back, at the lines that it breaks. */
export const driftsGitHub = told("`curfew drift --all`", (one: Checked) => {
  const { plan } = one;
  const report = driftOf(plan, one);
  const elsewhere = (report.elsewhere ?? []).map((notice) => ({
    ...noticed(notice, NOTICE_TITLES[notice.kind]),
    level: "warning" as const,
  }));
  return [
    [...byLine(driftedRows(report), () => "warning", "Drift: "), ...elsewhere],
    joined(verdict(report), ...besides(plan, one)),
  ];
});

/** What failed, at the lines that wanted it. */
export const appliesGitHub = told("`curfew history`", ({ plan, outcomes, ...asked }: Applied) => {
  const { rows, verdict } = aftermath(plan, outcomes, asked);
  return [failures(rows), verdict];
});

/** A report of several targets: their faults and what `tell` gives, annotations and a verdict; `where` has all. */
function told<T extends Reported>(where: string, tell: (one: T) => [Annotation[], string]) {
  return (
    of: readonly T[],
    { folder = "", missing = [] }: Pick<RenderOptions, "folder" | "missing">,
  ): string => {
    const all = of.map((one) => ({ one, told: tell(one) }));
    const annotations = all.flatMap(({ one, told: [some] }) => [...faults(one), ...some]);
    const said = all.map(({ one, told: [, verdict] }) => plain(`${one.plan.target}: ${verdict}`));
    const lost = missing.map((one): Annotation => {
      return { level: "error", title: missingTitle(missing, of.length), message: missingLine(one) };
    });
    const first = missing.length > 0 ? [missingTitle(missing, of.length)] : [];
    const lines = [...first, ...missing.map(missingLine)].map(plain);
    return orders([...lost, ...annotations], where, folder) + [...lines, ...said].join("");
  };
}

/** A line of the log that is no order. */
function plain(text: string): string {
  return `${withoutOrders(printable(text))}\n`;
}

function rowsOf(plan: Plan): Row[] {
  return [...plan.actions.map(rowOf), ...heldRows(plan)];
}

function planLines(plan: Plan): Annotation[] {
  if (!plan.base) return byLine(rowsOf(plan), loudness);
  const [change, ...others] = partsOf(plan);
  const caused = change ? [...change.actions, ...change.held] : [];
  const averted = plan.averted ?? [];
  const rest = others.map((part) => `${part.title}: ${part.tally}.`);
  return [
    ...byLine(caused, loudness, "This change: "),
    ...(averted.length > 0
      ? [remark("This change averts", `No longer ${typesTally(averted)}.`)]
      : []),
    remark("Not by this change", rest.join(" ")),
  ];
}

function remark(title: string, message: string): Annotation {
  return { level: "notice", title, message };
}

function loudness(rows: readonly Row[]): Level {
  return rows.some(isLoud) ? "warning" : "notice";
}

/** One annotation a line of policy, those that wipe or lock most first. An action counts at each line that wants it. */
function byLine(
  wanted: readonly Row[],
  level: (rows: readonly Row[]) => Level,
  before = "",
): Annotation[] {
  const lines = new Map<string, { file: string; line: number; rows: Set<Row> }>();
  for (const row of wanted) {
    for (const { file, line } of row.reasons) {
      const key = JSON.stringify([file, line]);
      const at = lines.get(key) ?? { file, line, rows: new Set() };
      at.rows.add(row);
      lines.set(key, at);
    }
  }
  return [...lines.values()]
    .map(({ file, line, rows }) => ({ file, line, rows: [...rows] }))
    .sort((a, b) => weight(b.rows) - weight(a.rows))
    .map(({ file, line, rows }) => ({
      ...{ level: level(rows), title: before + deeds(rows), file, line },
      message: sentence(rows),
    }));
}

/** Destructive actions outweigh any number of others. */
function weight(rows: readonly Row[]): number {
  return total(rows.filter(isLoud)) * 1e9 + total(rows);
}

const VERBS: Record<Kind, (n: number) => string> = {
  "lock-and-wipe": (n) => `locks ${count(n, "user")} and wipes the devices`,
  wipe: (n) => `wipes ${count(n, "session")}`,
  lock: (n) => `locks ${count(n, "user")}`,
  "re-authenticate": (n) => `re-authenticates ${count(n, "session")}`,
  unlock: (n) => `unlocks ${count(n, "user")}`,
};

function deeds(rows: readonly Row[]): string {
  return byKind(rows)
    .map(([kind, all]) => VERBS[kind](total(all)))
    .join(", ");
}

function sentence(rows: readonly Row[]): string {
  const by = holders(rows);
  const held = by === "" ? "" : ` (held: ${by})`;
  const example = rows[0]?.reasons[0]?.message ?? "";
  return `This line ${deeds(rows)}${held}. ${total(rows) > 1 ? "The first: " : ""}${example}`;
}

/** Refusals, whom the plan leaves alone, users that the target lacks, what is over, and users who can't be judged. */
function faults({ plan, reasons = [] }: Reported): Annotation[] {
  const strict = reasons.some(({ cause }) => cause.startsWith("strict-"));
  const unjudged = plan.notices.filter(({ kind }) => NOT_JUDGED.has(kind));
  const without = withoutLedger(plan);
  return [
    ...(without === null
      ? []
      : [{ level: "warning" as const, title: "No ledger", message: without }]),
    ...leftLines(plan).map((message) => ({
      ...{ level: "warning" as const, title: "An earlier run", message },
    })),
    ...plan.refusals.map((refusal) => refused(refusal, plan)),
    ...addedErrors(plan).map((notice) => noticed(notice, "Unknown user")),
    ...idle(plan, strict),
    ...unjudged.map((notice) => noticed(notice, "A user who can't be judged")),
    ...plan.notices
      .filter(({ kind }) => LEFT_ALONE.has(kind))
      .map((notice) => ({
        ...noticed(notice, NOTICE_TITLES[notice.kind]),
        level: "notice" as const,
      })),
  ];
}

/** Lines that do nothing; those that the change adds are errors already, and with a base others count under `--strict` only. */
function idle(plan: Plan, strict: boolean): Annotation[] {
  if (plan.base && !strict) return [];
  const told = (kind: NoticeKind, level: Level, title: string) =>
    plan.notices
      .filter((notice) => notice.kind === kind && !notice.added)
      .map((notice) => ({ ...noticed(notice, title), level: strict ? "error" : level }));
  return [
    ...told("unknown-user", "warning", "Unknown user"),
    ...told("over", "notice", NOTICE_TITLES.over),
    ...told("told-elsewhere", "warning", NOTICE_TITLES["told-elsewhere"]),
  ];
}

/** Kinds of notices about users whom nothing is done to. */
const LEFT_ALONE: ReadonlySet<NoticeKind> = new Set<NoticeKind>(["protected", "foreign-lock"]);

function noticed({ message: text, user, file, line }: Notice, title: string): Annotation {
  const message = user === null || text.includes(user) ? text : `${user}: ${text}`;
  const place = file === undefined ? {} : { file, line: line ?? 1 };
  return { level: "error", title, message, ...place };
}

/** A refusal stands at the line of its limit; where the default refuses, at no line. */
function refused(refusal: Refusal, plan: Plan): Annotation {
  const { message } = refusal;
  const title = `Refused: ${refusalTitle(refusal)}`;
  for (const file of plan.policy.files) {
    const at = message.indexOf(`(${file}:`);
    const line = at < 0 ? null : /^(\d+)\)/.exec(message.slice(at + file.length + 2));
    if (line) return { level: "error", title, message, file, line: Number(line[1]) };
  }
  return { level: "error", title, message };
}

function failures(rows: readonly Row[]): Annotation[] {
  const groups = failureCauses(rows).flatMap((cause) => [
    ...Map.groupBy(cause.rows, ({ type, reasons: [reason] }) =>
      JSON.stringify([type, reason?.file, reason?.line]),
    ).values(),
  ]);
  return groups.map((all): Annotation => {
    const { note, reasons = [] } = all[0] ?? {};
    const place = reasons[0] ? { file: reasons[0].file, line: reasons[0].line } : {};
    return { level: "error", title: `Failed: ${typesTally(all)}`, message: note ?? "", ...place };
  });
}
