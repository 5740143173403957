/** The history of a target, and the check of its audit log: what was done, to whom, why, and by which reviewed line. */
import type { ReadLine } from "../../ledger/log/audit.ts";
import type { StopReason } from "../../ledger/log/line.ts";
import type { AuditFault, AuditReport } from "../../ledger/log/verify.ts";
import type { Action } from "../../model/plan.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { jsonReport } from "../../text/escape.ts";
import { labelled, paragraph } from "../../text/layout.ts";
import { printable } from "../../text/safe.ts";
import type { Paint } from "../../text/style.ts";
import { count, moment, number, sourceOf, tally } from "../../text/words.ts";
import { iso } from "../../time.ts";
import { type Deed, fate, type PastRun, type PastRuns } from "../told/runs.ts";
import { typeCounts } from "../told/words.ts";
import { actionSections, FOLD, refusalLines } from "./blocks.ts";
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
    ...FATES.flatMap((group) => deedLines(group, run.deeds, one, inner)),
    ...ledgerLines(run, inner),
    ...refusalLines(run.refusals, inner),
    ...tokenLines(run, inner),
    ...endLines(run, inner),
  ];
  return [
    ...paragraph(title, p.width, 0, p.style.title),
    ...facts(run, one).flatMap(([label, value]) => labelled(label, value, LABEL_COLUMN, p.width)),
    ...body.map((line) => (line === "" ? "" : `  ${line}`)),
  ];
}

function facts({ plan, ended, stopped, tokens }: PastRun, one: boolean): [string, string][] {
  const [token] = tokens;
  if (token) {
    const by: [string, string] = ["by", printable(processOf(token.by))];
    return token.commit === null ? [by] : [by, ["policy", policyOf({ ...token, files: [] })]];
  }
  if (stopped !== null)
    return stopped.commit === null ? [] : [["policy", policyOf({ ...stopped, files: [] })]];
  const whole: [string, string][] = [
    ["held", plan ? tally(Object.entries(plan.held).map(([by, n]) => [`by ${by}`, n])) : ""],
    ["result", ended ? tally(Object.entries(ended.outcomes).filter(([, n]) => n > 0)) : ""],
  ];
  const all: [string, string][] = [
    ["by", plan ? writer(plan) : "unknown: the line that tells of its plan is missing"],
    ["policy", plan ? policyOf(plan) : ""],
    ...(one ? [] : whole),
  ];
  return all.filter(([, value]) => value !== "");
}

type PlanLine = NonNullable<PastRun["plan"]>;

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

/** A heading for actions with the same fate. What did not go well says why, or is listed in full. */
interface Fate {
  title: string;
  paint: (style: Pen["style"]) => Paint;
  of: (deed: Deed) => boolean;
  why?: true;
  folds?: true;
}

const FATES: readonly Fate[] = [
  {
    title: "Failed",
    paint: (style) => style.alarm,
    of: (deed) => fate(deed) === "failed",
    why: true,
  },
  {
    title: "No outcome known, may have taken effect",
    paint: (style) => style.warn,
    of: (deed) => fate(deed) === "unknown",
  },
  {
    title: "Applied, and confirmed by a later read",
    paint: (style) => style.good,
    of: ({ outcome }) => outcome?.status === "applied" && outcome.confirmed === true,
    folds: true,
  },
  {
    title: "Applied",
    paint: (style) => style.good,
    of: ({ outcome }) => outcome?.status === "applied" && outcome.confirmed !== true,
    folds: true,
  },
  {
    title: "Skipped",
    paint: (style) => style.dim,
    of: (deed) => fate(deed) === "skipped",
    why: true,
    folds: true,
  },
];

function deedLines(
  { title, paint, of, why, folds }: Fate,
  deeds: readonly Deed[],
  one: boolean,
  p: Pen,
): string[] {
  const some = new Map(deeds.filter(of).map((deed) => [actionOf(deed), deed]));
  if (some.size === 0) return [];
  const error = (action: Action) => some.get(action)?.outcome?.error ?? "no reason given";
  const list = {
    causes: [...some.values()].every(({ intent }) => intent !== null && intent.cause !== null),
    fold: folds && !one ? FOLD : Number.POSITIVE_INFINITY,
    titles: "several" as const,
    ...(why ? { sentence: (action: Action) => printable(error(action)) } : {}),
  };
  const actions = [...some.keys()];
  const sections = actionSections(actions, list, p);
  const heading = paragraph(`${title}: ${tally(typeCounts(actions))}`, p.width, 0, paint(p.style));
  return ["", ...heading, ...sections.slice(sections[0] === "" ? 1 : 0)];
}

/** As an action of a plan, for the lists that all reports share. */
function actionOf({ intent, outcome }: Deed): Action {
  const line = intent ?? outcome;
  if (line === null) throw new RangeError("a deed has an intent or an outcome");
  const { type, user, session } = line;
  const action: Action = { type, user, session, cause: "policy", reasons: [], expects: {} };
  if (intent === null) return action;
  const { wipe, cause, reasons, name, label, urgent } = intent;
  return {
    ...action,
    ...{ wipe, reasons, cause: cause ?? action.cause },
    ...(name === null ? {} : { name }),
    ...(label === null ? {} : { label }),
    ...(urgent ? { urgent: true as const } : {}),
  };
}

/** What changed in the ledger alone. */
function ledgerLines({ adopted, forgotten, damages }: PastRun, p: Pen): string[] {
  const told = [
    ...adopted.map(({ user, message, file, line }) => {
      const where = file === null ? "" : ` (${sourceOf({ file, line: line ?? 1 })})`;
      return `The lock of ${printable(user)} became ours: ${printable(message ?? "it was found in place")}${where}`;
    }),
    ...forgotten.map(
      ({ user }) =>
        `The lock of ${printable(user)} is ours no longer: somebody lifted it, and the policy no longer wants it.`,
    ),
    ...damages.map(({ message, aside }) => {
      const kept = aside === null ? "" : `; it is kept as ${printable(aside)}`;
      return `The ledger was damaged: ${printable(message)}${kept}`;
    }),
  ];
  if (told.length === 0) return [];
  const shown = p.all ? told : told.slice(0, FOLD);
  const more = told.length - shown.length;
  return [
    "",
    p.style.title("In the ledger"),
    ...shown.flatMap((line) => paragraph(line, p.width, 2)),
    ...(more > 0 ? [`  … and ${number(more)} more (--all shows them)`] : []),
  ];
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
  error: "an error ended it",
};

/** Whoever had the token could sign in as the user. */
function tokenLines({ tokens }: PastRun, p: Pen): string[] {
  return tokens.flatMap(({ user, name }) => {
    const who = name === null ? printable(user) : `${printable(name)} (${printable(user)})`;
    const sentence = `A temporary token was asked for, to enroll a device as ${who}.`;
    return ["", ...paragraph(sentence, p.width)];
  });
}

function endLines({ ended, died, stopped, tokens }: PastRun, p: Pen): string[] {
  if (tokens.length > 0) return [];
  if (stopped !== null) {
    const sentence = `It did nothing, since ${STOPPED[stopped.why]}: ${printable(stopped.message)}`;
    return ["", ...paragraph(sentence, p.width, 0, p.style.warn)];
  }
  if (ended !== null) return [];
  const sentence =
    died === null
      ? "It has not ended: it is at work, or it died and the next run finds out."
      : `It died, as ${printable(died.run)} found${died.at === null ? "" : ` on ${moment(died.at)}`}.`;
  return ["", ...paragraph(sentence, p.width, 0, p.style.warn)];
}

/** What `curfew history --format json` prints of one target. */
export interface HistoryReport {
  format: "curfew/history/1";
  target: string;
  /** As they are stored; one that is not as it was written has `intact: false` besides. */
  lines: ReadLine[];
  /** What is wrong with the log or the state, as `--verify` finds it. */
  faults: AuditFault[];
}

/** One report, or `{ "format": "curfew/histories/1", "histories": [ … ] }` of several targets. */
export function historiesJson(of: readonly HistoryReport[], several: boolean): string {
  return jsonReport(several ? { format: "curfew/histories/1", histories: of } : of[0]);
}
