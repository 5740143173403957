/**
 * What of a run is news, and what was told before. Pure. What goes on for hours is a condition: it has a key, is told
 * when it begins, and is remembered while it lasts. A lock is no condition: it happens once, and is told by its run.
 */
import { createHash } from "node:crypto";
import { canonical } from "../canonical.ts";
import { NOT_JUDGED } from "../exit.ts";
import type { Action, Plan } from "../model/plan.ts";
import type { Exception, NotifyEvent, Policy } from "../model/policy.ts";
import type { Outcome, StopReason } from "../model/run.ts";
import type { Message, Told } from "../model/told.ts";
import type { Instant } from "../model/vocabulary.ts";
import { DAY, iso } from "../time.ts";
import {
  type Content,
  driftContent,
  exceptionContent,
  failedContent,
  freezeContent,
  freezeOverContent,
  lockContent,
  overContent,
  refusalContent,
  stoppedContent,
  type Threshold,
  unclearContent,
} from "./words.ts";

/** What came of a run. */
export type Happened = {
  run: string;
  at: Instant;
} & (
  | {
      /** Whether the run was about everybody and by the whole policy, so that it can tell what is over. */
      whole: boolean;
      plan: Plan;
      outcomes: readonly Outcome[];
    }
  | { stopped: { why: StopReason; message: string } }
);

type Conditions = Told["conditions"];

/** Something that goes on, or is done already. */
interface Standing {
  key: string;
  /** Done in this very run: told, and news again when it comes back. */
  closed?: boolean;
}

/** Conditions of one kind; the new ones are told in one message. */
interface EventKind {
  event: NotifyEvent;
  type: string;
  found: readonly Standing[];
  /** Of those with these keys. */
  say(keys: ReadonlySet<string>): Content;
}

function kind<C extends Standing>(
  event: NotifyEvent,
  found: readonly C[],
  say: (fresh: C[]) => Content,
): EventKind {
  const type = `curfew.${event}`;
  return { event, type, found, say: (keys) => say(found.filter(({ key }) => keys.has(key))) };
}

/** A message in the making. */
interface News {
  event: NotifyEvent;
  type: string;
  /** What it is about. */
  keys: string[];
  content: Content;
}

/** The news of a run, and what goes on after it. `before`: what went on when last looked at. */
export function judge(
  policy: Policy,
  happened: Happened,
  before: Conditions,
): { messages: Message[]; conditions: Conditions } {
  const known = new Map(Object.entries(before));
  const kinds = "stopped" in happened ? stoppedKinds(happened.stopped) : ended(policy, happened);
  const lasting = kinds.flatMap(({ found }) => found).filter(({ closed }) => !closed);
  const now = new Map(lasting.map(({ key }) => [key, known.get(key) ?? happened.at]));
  const begun = kinds.flatMap(({ found, say, ...what }): News[] => {
    const keys = new Set(found.map(({ key }) => key)).difference(known);
    return keys.size === 0 ? [] : [{ ...what, keys: [...keys], content: say(keys) }];
  });
  // What a run did not look at goes on as far as anybody knows.
  const whole = "whole" in happened && happened.whole;
  const news = [...begun, ...(whole ? endings(known, now) : [])];
  return {
    messages: news.map((one) => messageOf(policy, happened, one)),
    conditions: Object.fromEntries(whole ? now : [...known, ...now]),
  };
}

/** What was told and is no more, where that is worth a message of its own. */
function endings(known: ReadonlyMap<string, Instant>, now: ReadonlyMap<string, Instant>): News[] {
  const gone = [...known].filter(([key]) => !now.has(key));
  const errors = gone.filter(([key]) => key.startsWith(ERROR));
  const freezes = gone.filter(([key]) => key.startsWith(FREEZE));
  const frozen = [...now.keys()].some((key) => key.startsWith(FREEZE));
  const news: News[] = [];
  if (errors.length > 0) {
    const faults = errors.map(([key, since]) => ({ fault: key.slice(ERROR.length), since }));
    const keys = errors.map(([key]) => key);
    news.push({ event: "error", type: "curfew.error.over", keys, content: overContent(faults) });
  }
  if (freezes.length > 0 && !frozen) {
    const keys = freezes.map(([key]) => key);
    news.push({ event: "freeze", type: "curfew.freeze.over", keys, content: freezeOverContent() });
  }
  return news;
}

const ERROR = "error ";
const FREEZE = "freeze ";

/** Answers to whoever started the run, and no fault of the target or of the set-up. */
const NO_NEWS: ReadonlySet<StopReason> = new Set<StopReason>([
  "busy",
  "stale",
  "not-agreed",
  "interrupted",
]);

function stoppedKinds(stopped: { why: StopReason; message: string }): EventKind[] {
  if (NO_NEWS.has(stopped.why)) return [];
  return [errorKind(stopped.why, true, () => stoppedContent(stopped))];
}

type Ended = Extract<Happened, { plan: Plan }>;

function ended(policy: Policy, { run, at, plan, outcomes }: Ended): EventKind[] {
  const failed = [...outcomes.filter(({ status }) => status === "failed"), ...waiting(plan)];
  const unclear = plan.notices.filter((notice) => NOT_JUDGED.has(notice.kind));
  const refused = plan.refusals.map((refusal) => ({
    key: canonical(["refusal", refusal.type, refusal.limit, policy.digest]),
    refusal,
  }));
  return [
    kind("refusal", refused, (fresh) => refusalContent(fresh.map(({ refusal }) => refusal))),
    errorKind("failed", failed.length > 0, () =>
      failedContent(failed, [...plan.actions, ...plan.held]),
    ),
    errorKind("unclear", unclear.length > 0, () => unclearContent(unclear)),
    locks(run, plan, outcomes),
    drift(plan, outcomes),
    exceptions(policy, at),
    freezing(policy, at),
  ];
}

function errorKind(fault: string, happens: boolean, say: () => Content): EventKind {
  return kind("error", happens ? [{ key: `${ERROR}${fault}` }] : [], say);
}

/** What failed in an earlier run and waits to be tried again: it is not over. */
function waiting({ held }: Plan): Outcome[] {
  const error = "it waits to be tried again";
  return held
    .filter(({ by }) => by === "retry")
    .map(({ type, user, session }) => ({ status: "failed", type, user, session, error }));
}

function locks(run: string, plan: Plan, outcomes: readonly Outcome[]): EventKind {
  const applied = appliedOf(outcomes);
  const locked = plan.actions.filter((action) => action.type === "lock" && applied(action));
  const found = locked.length > 0 ? [{ key: `lock ${run}`, closed: true }] : [];
  return kind("lock", found, () => lockContent(locked));
}

function drift(plan: Plan, outcomes: readonly Outcome[]): EventKind {
  const applied = appliedOf(outcomes);
  const found = [...plan.actions, ...plan.held]
    .filter(({ cause }) => cause === "drift")
    .map((action) => ({
      key: canonical(["drift", action.type, action.user, action.session]),
      closed: applied(action),
      action,
    }));
  return kind("drift", found, driftContent);
}

function appliedOf(outcomes: readonly Outcome[]): (action: Action) => boolean {
  const keyOf = ({ type, user, session }: Pick<Action, "type" | "user" | "session">) =>
    JSON.stringify([type, user, session]);
  const applied = new Set(outcomes.filter(({ status }) => status === "applied").map(keyOf));
  return (action) => applied.has(keyOf(action));
}

/** Days before its end at which an exception is told of; the last one that is passed counts. */
const THRESHOLDS: readonly Threshold[] = [3, 14];

function exceptions(policy: Policy, at: Instant): EventKind {
  const found = policy.exceptions.flatMap((exception) => {
    const days = THRESHOLDS.find((threshold) => exception.until - at <= threshold * DAY);
    if (days === undefined || exception.until <= at) return [];
    return [{ key: canonical(["exception", ...subjectOf(exception), days]), exception }];
  });
  return kind("exception-expiring", found, (fresh) =>
    exceptionContent(
      fresh.map(({ exception }) => exception),
      at,
    ),
  );
}

/** What it is about, wherever it is written. */
function subjectOf({ user, group, rule, until }: Exception): unknown[] {
  return [user ?? null, group ?? null, rule, until];
}

function freezing({ freeze }: Policy, at: Instant): EventKind {
  const found =
    freeze !== null && at < freeze.until ? [{ key: `${FREEZE}${iso(freeze.until)}`, freeze }] : [];
  return kind("freeze", found, (fresh) => freezeContent(fresh.map((one) => one.freeze)));
}

function messageOf(
  policy: Policy,
  { run, at }: Happened,
  { event, type, keys, content: { title, lines, data } }: News,
): Message {
  const { target, commit, digest, files } = policy;
  return {
    id: eventId(target.url, type, keys, at),
    event,
    type,
    time: new Date(at).toISOString(),
    title: `${target.name}: ${title}`,
    lines: [...lines, `Policy: ${files[0]}, commit ${commit?.slice(0, 12) ?? "unknown"}`],
    data: { target: target.name, run, policy: { digest, commit, file: files[0] ?? null }, ...data },
  };
}

/** The id of an event: the same for the same deployment, type, subjects and moment. */
export function eventId(url: string, type: string, keys: readonly string[], at: Instant): string {
  const text = canonical([url, type, [...keys].sort(), at]);
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
