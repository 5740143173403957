/** Reports as annotations on the lines of policy: `--format github`. */
import type { Problem } from "../../errors.ts";
import type { Action, Notice, Plan, Refusal } from "../../model/plan.ts";
import type { Outcome } from "../../model/run.ts";
import { printable, withoutOrders } from "../../text/safe.ts";
import { count, tally } from "../../text/words.ts";
import { applyVerdict } from "../text/apply.ts";
import { actionFinder, byHolder, byKind, type Kind, kindOf, type Wanted } from "../told/groups.ts";
import { addedErrors, partsOf, partTally } from "../told/parts.ts";
import { refusalTitle, summaryLine, typesTally } from "../told/words.ts";
import { type Annotation, type Level, orders } from "./annotations.ts";

/** Leads from the repository's top to the folder that file names start from; "" or with a slash at its end. */
type Folder = string;

/** Faults of policy files, each at its line; then how many. */
export function problemsGitHub(problems: readonly Problem[], folder: Folder): string {
  const all = problems.map(
    (problem): Annotation => ({ level: "error", title: "Policy", ...problem }),
  );
  return (
    orders(all, "`curfew validate`", folder) + plain(`${count(problems.length, "error")} found.`)
  );
}

/** The lines of policy that cause actions; with a base only those that this change causes, the rest counted. */
export function plansGitHub(plans: readonly Plan[], folder: Folder): string {
  const all = plans.flatMap((plan) => [...faults(plan), ...planLines(plan)]);
  const said = plans.map((plan) => plain(`${plan.target}: ${summaryLine(plan)}`));
  return orders(all, "the full plan", folder) + said.join("");
}

/** What somebody changed behind the policy's back, at the lines that it breaks. */
export function driftsGitHub(plans: readonly Plan[], folder: Folder): string {
  const all = plans.flatMap((plan) => {
    const drift = wantedOf(plan).filter(({ cause }) => cause === "drift");
    return [...faults(plan), ...byLine(drift, () => "warning", "Drift: ")];
  });
  const said = plans.map((plan) => {
    const drift = wantedOf(plan).filter(({ cause }) => cause === "drift").length;
    return plain(`${plan.target}: ${drift === 0 ? "no drift" : `${drift} drifted`}.`);
  });
  return orders(all, "`curfew drift --all`", folder) + said.join("");
}

/** What failed, at the lines that wanted it. */
export function appliesGitHub(
  applied: readonly { plan: Plan; outcomes: readonly Outcome[] }[],
  folder: Folder,
): string {
  const all = applied.flatMap(({ plan, outcomes }) => [
    ...faults(plan),
    ...failures(plan, outcomes),
  ]);
  const said = applied.map(({ plan, outcomes }) =>
    plain(`${plan.target}: ${applyVerdict(plan, outcomes)}`),
  );
  return orders(all, "`curfew history`", folder) + said.join("");
}

/** A line of the log that is no order. */
function plain(text: string): string {
  return `${withoutOrders(printable(text))}\n`;
}

function wantedOf(plan: Plan): Wanted[] {
  return [...plan.actions, ...plan.held];
}

function planLines(plan: Plan): Annotation[] {
  if (!plan.base) return byLine(wantedOf(plan), loudness);
  const [change, ...others] = partsOf(plan);
  const caused = change ? [...change.actions, ...change.held] : [];
  const averted = plan.averted ?? [];
  const rest = others.map((part) => `${part.title}: ${partTally(part)}.`);
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

const LOUD: ReadonlySet<Kind> = new Set<Kind>(["lock-and-wipe", "wipe", "lock"]);

function loudness(actions: readonly Wanted[]): Level {
  return actions.some((action) => LOUD.has(kindOf(action))) ? "warning" : "notice";
}

/** One annotation a line of policy, those that wipe or lock most first. An action counts at each line that wants it. */
function byLine(
  wanted: readonly Wanted[],
  level: (actions: readonly Wanted[]) => Level,
  before = "",
): Annotation[] {
  const lines = new Map<string, { file: string; line: number; actions: Set<Wanted> }>();
  for (const action of wanted) {
    for (const { file, line } of action.reasons) {
      const key = JSON.stringify([file, line]);
      const at = lines.get(key) ?? { file, line, actions: new Set() };
      at.actions.add(action);
      lines.set(key, at);
    }
  }
  return [...lines.values()]
    .map(({ file, line, actions }) => ({ file, line, actions: [...actions] }))
    .sort((a, b) => weight(b.actions) - weight(a.actions))
    .map(({ file, line, actions }) => ({
      ...{ level: level(actions), title: before + deeds(actions), file, line },
      message: sentence(actions),
    }));
}

/** Destructive actions outweigh any number of others. */
function weight(actions: readonly Action[]): number {
  const loud = actions.filter((action) => LOUD.has(kindOf(action))).length;
  return loud * 1e9 + actions.length;
}

const VERBS: Record<Kind, (n: number) => string> = {
  "lock-and-wipe": (n) => `locks ${count(n, "user")} and wipes the devices`,
  wipe: (n) => `wipes ${count(n, "session")}`,
  lock: (n) => `locks ${count(n, "user")}`,
  "re-authenticate": (n) => `signs out ${count(n, "session")}`,
  unlock: (n) => `unlocks ${count(n, "user")}`,
};

function deeds(actions: readonly Wanted[]): string {
  return byKind(actions)
    .map(([kind, all]) => VERBS[kind](all.length))
    .join(", ");
}

function sentence(actions: readonly Wanted[]): string {
  const held = actions.filter((action) => "by" in action);
  const holders = byHolder(held).map(([by, all]) => [`by ${by}`, all.length] as const);
  const [first] = actions;
  const example = first?.reasons[0]?.message ?? "";
  return `This line ${deeds(actions)}${held.length > 0 ? ` (held: ${tally(holders)})` : ""}. ${actions.length > 1 ? "The first: " : ""}${example}`;
}

/** Refusals, users that the change adds and the target lacks, and users who can't be judged. */
function faults(plan: Plan): Annotation[] {
  const unjudged = plan.notices.filter(
    ({ kind }) => kind === "unreadable-user" || kind === "ambiguous-name",
  );
  return [
    ...plan.refusals.map((refusal) => refused(refusal, plan)),
    ...addedErrors(plan).map((notice) => noticed(notice, "Unknown user")),
    ...unjudged.map((notice) => noticed(notice, "A user who can't be judged")),
  ];
}

function noticed({ message, file, line }: Notice, title: string): Annotation {
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

function failures(plan: Plan, outcomes: readonly Outcome[]): Annotation[] {
  const find = actionFinder(plan.actions);
  const failed = outcomes.filter(({ status }) => status === "failed");
  const groups = Map.groupBy(failed, (outcome) => {
    const [reason] = find(outcome)?.reasons ?? [];
    return JSON.stringify([
      outcome.type,
      outcome.error ?? "no reason given",
      reason?.file,
      reason?.line,
    ]);
  });
  return [...groups.values()].map((all): Annotation => {
    const [one] = all;
    const [reason] = (one && find(one)?.reasons) ?? [];
    const place = reason ? { file: reason.file, line: reason.line } : {};
    const title = `Failed: ${typesTally(all)}`;
    return { level: "error", title, message: one?.error ?? "no reason given", ...place };
  });
}
