/** The history of a target, and the check of its audit log: what was done, to whom, why, and by which reviewed line. */
import type { LineOf } from "../../ledger/log/selection.ts";
import type { AuditReport } from "../../ledger/verify.ts";
import type { StopReason } from "../../model/run.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { paragraph } from "../../text/layout.ts";
import { printable } from "../../text/safe.ts";
import { count, moment, sourceOf, tally } from "../../text/words.ts";
import { iso } from "../../time.ts";
import type { Fact } from "../told/head.ts";
import type { Fate, Row } from "../told/rows.ts";
import { lineOf, linesOf, type PastRun, type PastRuns } from "../told/runs.ts";
import { typeCounts } from "../told/words.ts";
import { actionSections, FOLD, factLines, folded, refusalLines } from "./blocks.ts";
import { type Pen, pen, type TextOptions } from "./pen.ts";
import { faultsBy, proofLines } from "./verification.ts";

/** Whose history it is and what was asked for. */
export interface HistoryFacts {
  target: string;
  /** Where the ledger is, e.g. `.curfew/62d5…`. */
  place: string;
  /** The user that was asked for, by id or name; null for all. */
  user: string | null;
  since: Instant | null;
  report: AuditReport;
}

const LABEL_COLUMN = 10;

/** The runs as text, newest last; ends with a newline. */
export function historyText(past: PastRuns, facts: HistoryFacts, options: TextOptions): string {
  const p = pen(options);
  const { runs, earlier, quiet } = past;
  const about = facts.user === null ? "" : `, user ${printable(facts.user)}`;
  const last = quiet.last === null ? "" : `, the last on ${moment(quiet.last)}`;
  const lines =
    runs.length + quiet.count === 0
      ? paragraph(nothing(facts), p.width)
      : [
          p.style.title(`History of ${printable(facts.target)}${about}`),
          ...aside(earlier, "earlier run", " (--all shows them)", p),
          ...runs.flatMap((run) => [
            ...aside(run.quietBefore, QUIET, "", p),
            "",
            ...runLines(run, facts.user !== null, p),
          ]),
          ...aside(quiet.count, QUIET, last, p),
        ];
  const all = [...warningLines(facts.report, p), ...lines, "", ...proofLines(facts.report, p)];
  return `${all.join("\n")}\n`;
}

/** At the top: who reads on must not take for true what somebody may have made up. */
function warningLines(report: AuditReport, p: Pen): string[] {
  const found = faultsBy(report).log.length;
  if (found === 0) return [];
  const warning = `Warning: the audit log is not as it was written (${count(found, "fault")}), so what follows may be untrue. --verify names what is wrong.`;
  return [...paragraph(warning, p.width, 0, p.style.alarm), ""];
}

const QUIET = "run that did nothing";

/** How many runs are not shown in this place. */
function aside(n: number, one: string, more: string, p: Pen): string[] {
  if (n === 0) return [];
  const line = `… ${count(n, one, one.replace("run", "runs"))}${more}`;
  return ["", ...paragraph(line, p.width, 0, p.style.dim)];
}

function nothing({ target, place, user, since }: HistoryFacts): string {
  const [name, where] = [printable(target), printable(place)];
  const late = since === null ? "" : ` since ${moment(iso(since))}`;
  if (user !== null) {
    return `The audit log of ${name} tells nothing of ${printable(user)}${late}: no run did anything to a user of this id, or of this name.`;
  }
  return since === null
    ? `Nothing was done yet: the ledger in ${where} tells of no run on ${name}.`
    : `Nothing was done${late}: the ledger in ${where} tells of no later run on ${name}.`;
}

/** `one`: only what is about one user. */
function runLines(run: PastRun, one: boolean, p: Pen): string[] {
  const title = `${run.at === null ? "At an unknown time" : moment(run.at)}  ${printable(run.id)}`;
  const inner = { ...p, width: p.width - 2 };
  const body = [
    ...markLines(run, inner),
    ...fateLines(run.rows, one, inner),
    ...ledgerLines(run, inner),
    ...refusalLines(linesOf(run, "refusal"), inner),
    ...tokenLines(run, inner),
    ...endLines(run, inner),
  ];
  return [
    ...paragraph(title, p.width, 0, p.style.title),
    ...factLines(facts(run, one), p, LABEL_COLUMN),
    ...body.map((line) => (line === "" ? "" : `  ${line}`)),
  ];
}

function facts(run: PastRun, one: boolean): Fact[] {
  const [plan, ended] = [lineOf(run, "plan"), lineOf(run, "run-ended")];
  const [token] = linesOf(run, "token");
  const asked = token ?? lineOf(run, "released");
  const only = asked ?? lineOf(run, "run-stopped");
  if (only) {
    const policy = only.commit === null ? "" : policyOf({ ...only, files: [] });
    const plan = "plan" in only ? only.plan : null;
    return [
      ["by", asked ? printable(processOf(asked.by)) : ""],
      ["policy", policy],
      ["plan", plan === null ? "" : printable(plan)],
    ];
  }
  const held = Object.entries(plan?.held ?? {}).map(([by, n]) => [`by ${by}`, n] as const);
  const result = Object.entries(ended?.outcomes ?? {}).filter(([, n]) => n > 0);
  return [
    ["by", plan ? writer(plan) : "unknown: the line that tells of its plan is missing"],
    ["policy", plan ? policyOf(plan) : ""],
    ["plan", plan?.reviewed === undefined ? "" : `saved, ${printable(plan.reviewed)}`],
    ["held", one ? "" : tally(held)],
    ["result", one ? "" : tally(result)],
  ];
}

type PlanLine = LineOf<"plan">;

function writer({ by, version }: PlanLine): string {
  return printable(`${processOf(by)}, Curfew ${version}`);
}

function processOf(by: PlanLine["by"]): string {
  return by === null ? "nobody named" : `${by.who} on ${by.host}, process ${by.pid}`;
}

function policyOf({ commit, files }: Pick<PlanLine, "commit" | "files">): string {
  const version = commit === null ? "no commit" : `commit ${commit.slice(0, 12)}`;
  return printable([version, ...files].join(", "));
}

/** Actions with the same fate, what did not go well first. */
const FATES: readonly (readonly [
  Fate | "confirmed",
  title: string,
  "alarm" | "warn" | "good" | "dim",
])[] = [
  ["failed", "Failed", "alarm"],
  ["unknown", "No outcome known, may have taken effect", "warn"],
  ["undone", "Without an answer, found not done by a later run", "warn"],
  ["again", "Without an answer, tried again by a later run", "warn"],
  ["done", "Without an answer, found done by a later run", "good"],
  ["confirmed", "Applied, and confirmed by a later read", "good"],
  ["applied", "Applied", "good"],
  ["skipped", "Skipped", "dim"],
];

function fateLines(rows: readonly Row[], one: boolean, p: Pen): string[] {
  return FATES.flatMap(([fate, title, paint]) => {
    const some = rows.filter((row) => fateOf(row) === fate);
    if (some.length === 0) return [];
    const sections = actionSections(
      some,
      {
        causes: some.every(({ cause }) => cause !== null),
        fold: one ? Number.POSITIVE_INFINITY : FOLD,
        titles: "several",
      },
      p,
    );
    const heading = `${title}: ${tally(typeCounts(some))}`;
    return [
      "",
      ...paragraph(heading, p.width, 0, p.style[paint]),
      ...sections.slice(sections[0] === "" ? 1 : 0),
    ];
  });
}

function fateOf({ status, confirmed }: Row): Row["status"] | "confirmed" {
  return status === "applied" && confirmed === true ? "confirmed" : status;
}

/** What changed in the ledger alone. */
function ledgerLines(run: PastRun, p: Pen): string[] {
  const told = [
    ...linesOf(run, "adopted").map(({ user, message, file, line }) => {
      const where = file === null ? "" : ` (${sourceOf({ file, line: line ?? 1 })})`;
      return `The lock of ${printable(user)} became ours: ${printable(message ?? "it was found in place")}${where}`;
    }),
    ...linesOf(run, "forgotten").map(
      ({ user }) =>
        `The lock of ${printable(user)} is ours no longer: somebody lifted it, and the policy no longer wants it.`,
    ),
    ...linesOf(run, "released").map(
      ({ user, name }) =>
        `The lock of ${whom(user, name)} was given up: it is foreign from then on.`,
    ),
    ...linesOf(run, "ledger-damaged").map(({ message, aside }) => {
      const kept = aside === null ? "" : `; it is kept as ${printable(aside)}`;
      return `The ledger was damaged: ${printable(message)}${kept}`;
    }),
  ];
  if (told.length === 0) return [];
  const lines = (shown: readonly string[]) => shown.flatMap((line) => paragraph(line, p.width, 2));
  return ["", p.style.title("In the ledger"), ...folded(told, FOLD, p, lines)];
}

/** That it can't be believed as it stands. */
function markLines({ altered }: PastRun, p: Pen): string[] {
  if (altered === 0) return [];
  const mark = `Not as written: ${count(altered, "line")} of this run ${altered === 1 ? "was" : "were"} changed later, so what stands here may be untrue.`;
  return ["", ...paragraph(mark, p.width, 0, p.style.alarm)];
}

const STOPPED: Record<StopReason, string> = {
  unreadable: "the target could not be read",
  stale: "the saved plan was stale",
  "not-agreed": "nobody agreed to the plan",
  busy: "another run was at work",
  interrupted: "somebody stopped it",
  error: "an error ended it",
};

/** Whoever had the token could sign in as the user. */
function tokenLines(run: PastRun, p: Pen): string[] {
  return linesOf(run, "token").flatMap(({ user, name }) => {
    const sentence = `A temporary token was asked for, to enroll a device as ${whom(user, name)}.`;
    return ["", ...paragraph(sentence, p.width)];
  });
}

function whom(user: string, name: string | null): string {
  return name === null ? printable(user) : `${printable(name)} (${printable(user)})`;
}

function endLines(run: PastRun, p: Pen): string[] {
  if (run.lines.some(({ kind }) => kind === "token" || kind === "released")) return [];
  const stopped = lineOf(run, "run-stopped");
  if (stopped === null && lineOf(run, "run-ended") !== null) return [];
  const sentence =
    stopped === null
      ? unended(run)
      : `It did nothing, since ${STOPPED[stopped.why]}: ${printable(stopped.message)}`;
  return ["", ...paragraph(sentence, p.width, 0, p.style.warn)];
}

function unended({ died }: PastRun): string {
  if (died === null)
    return "It has not ended: it is at work, or it died and the next run finds out.";
  return `It died, as ${printable(died.run)} found${died.at === null ? "" : ` on ${moment(died.at)}`}.`;
}
