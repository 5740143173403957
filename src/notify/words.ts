/** What messages say. Pure: short, printable lines for people, and the same as plain data for programs. */
import type { Action, Notice, Refusal } from "../model/plan.ts";
import type { Exception, Freeze } from "../model/policy.ts";
import type { Outcome, StopReason } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import { rowOf } from "../report/told/rows.ts";
import { kindWords, typesTally } from "../report/told/words.ts";
import { clip } from "../text/safe.ts";
import { count, moment, sourceOf } from "../text/words.ts";
import { iso, span } from "../time.ts";

/** A message but for what all have in common. The target's name is put before the title. */
export interface Content {
  title: string;
  lines: string[];
  data: Record<string, unknown>;
}

/** Days before the end of an exception. */
export type Threshold = 3 | 14;

/** Subjects that a message names to people. */
const NAMED = 5;
/** Subjects that a message lists for programs; the count is always of all. */
const LISTED = 50;
/** Characters of a line, and of a name in it. */
const LINE = 600;
const NAME = 80;

/** Limits that held all of a type back. Their own message ends with the remedy. */
export function refusalContent(refusals: readonly Refusal[]): Content {
  return {
    title: `refused: ${refusals.map(({ type, wanted, allowed }) => `${wanted} to ${type}, ${allowed} allowed`).join("; ")}`,
    lines: refusals.map(({ message }) => sentence(message)),
    data: { refusals },
  };
}

const STOPPED: Partial<Record<StopReason, string>> = {
  unreadable: "the target can't be read",
  error: "the run ended in an error",
};

/** A run that ended in an error. */
export function stoppedContent({ why, message }: { why: StopReason; message: string }): Content {
  return {
    title: STOPPED[why] ?? `the run ended: ${why}`,
    lines: [sentence(message), "The next run tries again; you are told when it is over."],
    data: { fault: why, message },
  };
}

/** Actions that the backend did not take. */
export function failedContent(failed: readonly Outcome[], actions: readonly Action[]): Content {
  const names = new Map(actions.map(({ user, name }) => [user, name]));
  const lines = failed.map(({ type, user, error = "no reason given" }) =>
    sentence(`${type} of ${nameOf({ user, name: names.get(user) })} failed: ${error}`),
  );
  return {
    title: `${count(failed.length, "action")} failed`,
    lines: [...some(lines), "Later runs try again; you are told when it is over."],
    data: { fault: "failed", count: failed.length, outcomes: failed.slice(0, LISTED) },
  };
}

/** Users to whom nothing can be done, for they can't be told. */
export function unclearContent(notices: readonly Notice[]): Content {
  return {
    title: `${count(notices.length, "user")} can't be judged: nothing is done to them`,
    lines: some(notices.map(({ message }) => sentence(message))),
    data: { fault: "unclear", count: notices.length, notices: notices.slice(0, LISTED) },
  };
}

const FAULTS: Record<string, string> = {
  unreadable: "the target can be read again",
  error: "runs end without an error again",
  failed: "no action fails any more",
  unclear: "every user can be judged again",
};

/** Errors that were told and are no more. */
export function overContent(faults: readonly { fault: string; since: Instant }[]): Content {
  return {
    title: `over: ${faults.map(({ fault }) => FAULTS[fault] ?? fault).join(", and ")}`,
    lines: faults.map(({ since }) => `It was so since ${moment(iso(since))}.`),
    data: { faults: faults.map(({ fault, since }) => ({ fault, since: iso(since) })) },
  };
}

/** Users who were locked by this run. */
export function lockContent(locked: readonly Action[]): Content {
  const wiped = locked.some(({ wipe }) => wipe);
  return {
    title: `${count(locked.length, "user")} locked${wiped ? ", with a wipe of their devices" : ""}`,
    lines: [
      ...some(locked.map(actionLine)),
      "To undo one, remove its line: the next run lifts the lock.",
    ],
    data: { count: locked.length, actions: locked.slice(0, LISTED).map(actionData) },
  };
}

/** What somebody changed away from the policy, and whether this run has put it right. */
export function driftContent(found: readonly { action: Action; closed?: boolean }[]): Content {
  const actions = found.map(({ action }) => action);
  const open = found.filter(({ closed }) => !closed).length;
  const state =
    open === 0
      ? "Put right by this run."
      : `${count(open, "change")} not put right yet: a limit, a window, a freeze or enforcement holds the action back, or it failed.`;
  return {
    title: `drift: somebody changed the backend (${typesTally(actions)})`,
    lines: [
      ...some(actions.map(actionLine)),
      state,
      "Find out who did it; if it was meant, change the policy.",
    ],
    data: {
      count: found.length,
      open,
      actions: found
        .slice(0, LISTED)
        .map(({ action, closed = false }) => ({ ...actionData(action), closed })),
    },
  };
}

/** Exceptions that end soon. */
export function exceptionContent(exceptions: readonly Exception[], at: Instant): Content {
  const lines = exceptions.map((one) => {
    const who = one.user === undefined ? `group ${short(one.group ?? "")}` : short(one.user);
    return sentence(
      `${who}, ${one.rule}: ends in ${span(one.until - at)}, at ${moment(iso(one.until))}; owner ${short(one.owner)} (${sourceOf(one.source)})`,
    );
  });
  return {
    title: `${count(exceptions.length, "exception")} ${exceptions.length === 1 ? "ends" : "end"} soon`,
    lines: [
      ...some(lines),
      "Then the rule holds again. If one is still needed, let its owner move `until` by a reviewed change.",
    ],
    data: {
      count: exceptions.length,
      exceptions: exceptions.slice(0, LISTED).map(({ source, until, allow: _, ...one }) => ({
        ...one,
        until: iso(until),
        ...source,
      })),
    },
  };
}

/** A freeze that has begun. */
export function freezeContent(freezes: readonly Freeze[]): Content {
  const [freeze] = freezes;
  if (freeze === undefined) throw new RangeError("no freeze");
  const { until, reason, allow, source } = freeze;
  const but = allow.length > 0 ? `nothing is done but ${allow.join(", ")}` : "nothing is done";
  return {
    title: `a freeze is in force: ${but}`,
    lines: [
      sentence(`Until ${moment(iso(until))}: ${reason} (${sourceOf(source)})`),
      "It ends by itself; to end it now, remove the line.",
    ],
    data: { until: iso(until), reason, allow, ...source },
  };
}

/** A freeze that was told and is no more. */
export function freezeOverContent(): Content {
  return {
    title: "the freeze is over",
    lines: ["What waited for it is done by this run and the next ones, within the limits."],
    data: {},
  };
}

function actionLine(action: Action): string {
  const { kind, name, user, reasons } = rowOf(action);
  const [reason] = reasons;
  const why = reason ? `: ${reason.message} (${sourceOf(reason)})` : "";
  return sentence(`${kindWords(kind)} ${nameOf({ user, name })}${why}`);
}

function actionData({ type, user, name, session, wipe, cause, reasons, since }: Action) {
  return {
    ...{ type, user, session, cause, reasons },
    ...(name !== undefined && { name }),
    ...(wipe && { wipe }),
    ...(since !== undefined && { since }),
  };
}

function nameOf({ user, name }: { user: string; name?: string | null | undefined }): string {
  return short(name ?? user);
}

/** The first few lines, and how many are left out. */
function some(lines: readonly string[]): string[] {
  const more = lines.length - NAMED;
  return [...lines.slice(0, NAMED), ...(more > 0 ? [`… and ${more} more`] : [])];
}

const short = (text: string) => clip(text, NAME);
const sentence = (text: string) => clip(text, LINE);
