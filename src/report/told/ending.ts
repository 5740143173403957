/** The last line of a report, and the exit code that it gives the reason of: the same in every format. */
import { codesOf, type ExitCause, type ExitReason, heldCount, NOT_JUDGED } from "../../exit.ts";
import type { Notice, NoticeKind, Plan } from "../../model/plan.ts";
import { ACTION_TYPES } from "../../model/vocabulary.ts";
import { clip, printable } from "../../text/safe.ts";
import { count, number } from "../../text/words.ts";
import { cutLine } from "./held.ts";

/** What a report was asked for, and what its exit code rests on. */
export interface Occasion {
  /** Why which exit codes apply, as src/exit.ts finds them; none where absent. */
  reasons?: readonly ExitReason[];
  /** The only user that was asked for; null or absent: everybody. */
  only?: string | null;
  /** The saved plan that was to be carried out: how many it lists as held. */
  saved?: { held: number } | null;
}

/** "Plan: 2 to lock, 0 to wipe, 61 to re-authenticate, 1 to unlock; 300 held; 1 refusal.", and what else is to be said. */
export function planEnding(plan: Plan, asked: Occasion = {}): string {
  return joined(planVerdict(plan, asked), ...besides(plan, asked));
}

/** What stands behind a verdict: what is not listed, unknown, over or unclear, and the reason of the exit code. */
export function besides(
  plan: Pick<Plan, "held" | "heldSummary" | "notices">,
  { reasons = [] }: Occasion,
): (string | null)[] {
  return [cutLine(plan), seenLine(plan), exitLine(reasons)];
}

/** Sentences in one line; those that are null are left out. */
export function joined(...sentences: (string | null)[]): string {
  return sentences.filter((sentence) => sentence !== null).join(" ");
}

function planVerdict(plan: Plan, asked: Occasion): string {
  const { actions, refusals, summary } = plan;
  if (isQuiet(plan, asked)) return nothingToDo(plan, asked);
  const wiping = actions.filter(({ type, wipe }) => type === "lock" && wipe).length;
  const counts = ACTION_TYPES.map((type) => {
    const wipes = type === "lock" && wiping > 0 ? ` (${number(wiping)} with a wipe)` : "";
    return `${number(summary[type])} to ${type}${wipes}`;
  });
  const parts = [counts.join(", ")];
  const held = heldCount(plan);
  if (held > 0) parts.push(`${number(held)} held`);
  if (refusals.length > 0) parts.push(count(refusals.length, "refusal"));
  const left = asked.saved?.held ?? 0;
  if (left > 0) parts.push(`${number(left)} held in the saved plan, and not taken by it`);
  return `Plan: ${parts.join("; ")}.`;
}

/** Whether nothing is wanted, held or unclear. */
export function isQuiet(plan: Plan, { saved }: Occasion): boolean {
  const { actions, refusals, notices } = plan;
  const unclear = notices.some(({ kind, added }) => added || NOT_JUDGED.has(kind));
  return actions.length + heldCount(plan) + refusals.length + (saved?.held ?? 0) === 0 && !unclear;
}

/** "Nothing to do", and of what. Only for a plan that is quiet. */
export function nothingToDo({ target, reviewed }: Plan, { only, saved }: Occasion): string {
  const name = printable(target);
  if (saved || reviewed !== undefined)
    return `Nothing to do of the saved plan for ${name}: none of it is wanted now.`;
  if (only) return `Nothing to do for ${printable(only)} on ${name}.`;
  return `Nothing to do: ${name} is as the policy says.`;
}

/** So many are named in a line. */
const NAMED = 5;
const LONGEST_NAME = 40;

/** Who is unknown, what is over and what is unclear, in one sentence; null where nothing is. */
function seenLine({ notices }: Pick<Plan, "notices">): string | null {
  const of = (kind: NoticeKind) => notices.filter((notice) => notice.kind === kind);
  const [unknown, over, unclear] = [of("unknown-user"), of("over"), of("unclear")];
  const parts = [
    ...(unknown.length > 0
      ? [
          `${count(unknown.length, "user that the policy names is", "users that the policy names are")} unknown${named(unknown)}`,
        ]
      : []),
    ...(over.length > 0 ? [`${count(over.length, "line is", "lines are")} over`] : []),
    ...(unclear.length > 0 ? [`${number(unclear.length)} unclear${named(unclear)}`] : []),
  ];
  return parts.length > 0 ? `${parts.join("; ")}.` : null;
}

/** ": Cem, zoe and 3 more". */
function named(notices: readonly Notice[]): string {
  const users = [...new Set(notices.flatMap(({ user }) => user ?? []))];
  if (users.length === 0) return "";
  const rest = users.length - NAMED;
  const some = users.slice(0, NAMED).map((user) => clip(user, LONGEST_NAME));
  return `: ${some.join(", ")}${rest > 0 ? ` and ${number(rest)} more` : ""}`;
}

const WHY: Record<ExitCause, (n: number) => string> = {
  interrupted: (n) =>
    `interrupted: ${n === 0 ? "nothing is open" : "the next run takes up what is open"}`,
  "strict-unknown": (n) => count(n, "unknown user"),
  "strict-over": (n) => count(n, "line is over", "lines are over"),
  "strict-elsewhere": (n) => `${number(n)} told elsewhere`,
  failed: (n) => (n === 1 ? "an action failed" : "actions failed"),
  added: (n) => `this change names ${count(n, "user")} that the target lacks`,
  unclear: (n) => `${number(n)} unclear`,
  clock: () => "moments lie in the future",
  waiting: (n) => `${number(n)} failed before and ${n === 1 ? "waits" : "wait"} to be tried again`,
  "no-ledger": () => "without a ledger drift can't be told",
  refused: (n) => `${count(n, "type was", "types were")} refused by a limit`,
  wanted: (n) => `${number(n)} wanted`,
  elsewhere: (n) => `${count(n, "setting differs", "settings differ")} in the backend`,
  drift: (n) => `${number(n)} drifted`,
};

/** "Exit code 1: 64 failed."; null where all is well, and for 2, which only says that something is wanted. */
export function exitLine(reasons: readonly ExitReason[]): string | null {
  const [code] = codesOf(reasons);
  if (code === undefined || code === 2) return null;
  const why = reasons.filter((reason) => reason.code === code);
  const said = (of: readonly ExitReason[]) => of.map(({ cause, n }) => WHY[cause](n));
  const isStrict = ({ cause }: ExitReason) => cause.startsWith("strict-");
  const strict = said(why.filter(isStrict)).join(" and ");
  const others = said(why.filter((reason) => !isStrict(reason)));
  const all = strict === "" ? others : [...others, `${strict}, and --strict was given`];
  return `Exit code ${code}: ${all.join("; ")}.`;
}
