/**
 * The policy of one user, worked out in one place: protection, locks, groups, exceptions, rollout.
 * docs/contract.md, "Precedence": protected, then devices.denied, then exceptions (of several the laxest),
 * then the strictest of the top level and all groups that apply.
 */
import { createHash } from "node:crypto";
import type { User } from "../model/inventory.ts";
import type {
  DeniedDevice,
  Exception,
  ExceptionRule,
  Group,
  LockedEntry,
  Policy,
  SessionRules,
} from "../model/policy.ts";
import type { Field, Instant, Rule, Source } from "../model/vocabulary.ts";
import { type DeviceMatcher, deviceMatcher } from "./devices.ts";

/** A bound that applies to one user: milliseconds, a count or an instant, by the rule. */
export interface Bound {
  value: number;
  source: Source;
  /** The group whose bound is the strictest; absent where the top level's is. */
  group?: string;
  /** The exception that relaxed it. */
  exception?: Exception;
}

/** What the policy asks of one user at one moment. */
export interface UserPolicy {
  protected: Source | null;
  /** The lock entries in force. */
  locked: LockedEntry[];
  groups: Group[];
  maxAge: Bound | null;
  maxIdle: Bound | null;
  maxPerUser: Bound | null;
  notBefore: Bound | null;
  /** The exception that waives devices.allowed, if one does. */
  anyDevice: Exception | null;
  /** False where the rollout has not reached this user. */
  inRollout: boolean;
}

/** A policy indexed for quick questions about many users. */
export interface Rulebook {
  policy: Policy;
  /** null: any device is allowed. */
  devices: DeviceMatcher | null;
  denied: ReadonlyMap<string, DeniedDevice>;
  /** Every name of a user that the policy mentions, with where it first does. */
  named: ReadonlyMap<string, Source>;
  /** All entries for a user, also those not in force. */
  lockedEntries(name: string): readonly LockedEntry[];
  /** All exceptions of a user in these groups, also those that have ended. */
  exceptionsFor(user: User, groups: readonly Group[]): Exception[];
  forUser(user: User, at: Instant): UserPolicy;
}

/** Rules that a rollout may hold back: docs/contract.md, "The policy file". */
const ROLLOUT_RULES: ReadonlySet<Rule> = new Set<Rule>([
  "sessions.maxAge",
  "sessions.maxIdle",
  "sessions.maxPerUser",
  "sessions.notBefore",
  "devices.allowed",
]);

/** What keeps a broken rule from being acted on for this user, before any limit is asked; null: nothing does. */
export function holdOf(
  policy: Policy,
  rule: Rule,
  inRollout: boolean,
): "report" | "rollout" | null {
  const enforcement = policy.enforcement.rules[rule] ?? policy.enforcement.default;
  if (enforcement === "report") return "report";
  return !inRollout && ROLLOUT_RULES.has(rule) ? "rollout" : null;
}

/** Indexes a policy. Reads no clock: the moment comes with each question. */
export function rulebook(policy: Policy): Rulebook {
  const locked = Map.groupBy(policy.users.locked ?? [], (entry) => entry.user);
  const denied = new Map(policy.devices.denied.map((entry) => [entry.id, entry]));
  const guarded = new Map(policy.protected.map((entry) => [entry.value, entry.source]));
  const members = new Map(
    policy.groups.map((group) => [group.name, new Set(group.members.map((m) => m.value))]),
  );
  const belongs = (user: User, group: Group): boolean =>
    (user.name !== null && members.get(group.name)?.has(user.name) === true) ||
    (group.where !== undefined && hasFields(user, group.where));

  const byUser = Map.groupBy(policy.exceptions, (e) => e.user ?? null);
  const exceptionsFor = (user: User, groups: readonly Group[]): Exception[] => {
    if (policy.exceptions.length === 0) return [];
    const inGroup = new Set(groups.map((group) => group.name));
    return [
      ...(byUser.get(null) ?? []).filter((e) => inGroup.has(e.group ?? "")),
      ...(user.name === null ? [] : (byUser.get(user.name) ?? [])),
    ];
  };
  /** Of most users. Only its notBefore makes one moment differ from another. */
  const early = boundsOf(policy, [], [], Number.NEGATIVE_INFINITY);
  const late = boundsOf(policy, [], [], Number.POSITIVE_INFINITY);
  const { notBefore } = policy.sessions;
  const topLevel = (at: Instant) => (notBefore && at < notBefore.value ? early : late);

  return {
    policy,
    devices: policy.devices.allowed ? deviceMatcher(policy.devices.allowed) : null,
    denied,
    named: namedUsers(policy),
    lockedEntries: (name) => locked.get(name) ?? [],
    exceptionsFor,
    forUser(user, at) {
      const groups = policy.groups.filter((group) => belongs(user, group));
      const exceptions = exceptionsFor(user, groups).filter((e) => at < e.until);
      const own = user.name === null ? undefined : locked.get(user.name);
      const bounds =
        groups.length + exceptions.length === 0
          ? topLevel(at)
          : boundsOf(policy, groups, exceptions, at);
      return {
        protected: (user.name !== null && guarded.get(user.name)) || null,
        locked: own ? own.filter((entry) => inForce(entry, at)) : [],
        groups,
        ...bounds,
        anyDevice: exceptions.find((e) => e.rule === "devices.allowed") ?? null,
        inRollout: policy.rollout >= 100 || rolloutPlace(user.id) < policy.rollout,
      };
    },
  };
}

type Bounds = Pick<UserPolicy, "maxAge" | "maxIdle" | "maxPerUser" | "notBefore">;

function boundsOf(policy: Policy, groups: Group[], exceptions: Exception[], at: Instant): Bounds {
  const bound = (key: keyof SessionRules) =>
    relaxed(key, strictest(key, candidates(key, policy, groups), at), exceptions);
  return {
    maxAge: bound("maxAge"),
    maxIdle: bound("maxIdle"),
    maxPerUser: bound("maxPerUser"),
    notBefore: bound("notBefore"),
  };
}

/** An entry is in force at `from` and no longer at `until`: docs/contract.md, "Time". */
function inForce(entry: LockedEntry, at: Instant): boolean {
  return (
    (entry.from === undefined || at >= entry.from) &&
    (entry.until === undefined || at < entry.until)
  );
}

function hasFields(user: User, where: Record<string, Field>): boolean {
  return Object.entries(where).every(([field, wanted]) => {
    const actual = Object.hasOwn(user.fields, field) ? user.fields[field] : undefined;
    if (actual === undefined || actual === null || wanted === null) return actual === wanted;
    return String(actual) === String(wanted);
  });
}

/** notBefore is strict when late, the other bounds when small. */
const strictness = (key: keyof SessionRules, value: number) =>
  key === "notBefore" ? value : -value;

/** What the policy has for a rule of a user in these groups, before exceptions: the top level first. */
export function candidates(
  key: keyof SessionRules,
  policy: Policy,
  groups: readonly Group[],
): Bound[] {
  const of = (rules: SessionRules, group?: string): Bound[] => {
    const written = rules[key];
    if (!written) return [];
    const { value, source } = written;
    return [{ value, source, ...(group === undefined ? {} : { group }) }];
  };
  return [...of(policy.sessions), ...groups.flatMap(({ sessions, name }) => of(sessions, name))];
}

/** notBefore does nothing before its own moment, so a later one does not hide one already in force. */
export function isEarly(key: keyof SessionRules, { value }: Bound, at: Instant): boolean {
  return key === "notBefore" && at < value;
}

/** Of the candidates that are in force the strictest; of equals the first. */
export function strictest(
  key: keyof SessionRules,
  bounds: readonly Bound[],
  at: Instant,
): Bound | null {
  let found: Bound | null = null;
  for (const bound of bounds) {
    if (isEarly(key, bound, at)) continue;
    if (found && strictness(key, bound.value) <= strictness(key, found.value)) continue;
    found = bound;
  }
  return found;
}

function relaxed(
  key: keyof SessionRules,
  bound: Bound | null,
  exceptions: Exception[],
): Bound | null {
  if (!bound) return null;
  const rule: ExceptionRule = `sessions.${key}`;
  let laxest = bound;
  for (const exception of exceptions) {
    if (exception.rule !== rule) continue;
    if (exception.allow === undefined) return null;
    if (strictness(key, exception.allow) < strictness(key, laxest.value)) {
      laxest = { ...bound, value: exception.allow, exception };
    }
  }
  return laxest;
}

/** Where a user stands in any rollout: 0 to under 100, by the id alone, so that a larger share contains the smaller. */
export function rolloutPlace(userId: string): number {
  return (createHash("sha256").update(userId).digest().readUInt32BE(0) / 2 ** 32) * 100;
}

/** Every name of a user that the policy mentions, with where it first does. */
function namedUsers(policy: Policy): Map<string, Source> {
  const named = new Map<string, Source>();
  const note = (name: string, source: Source) => {
    if (!named.has(name)) named.set(name, source);
  };
  for (const entry of policy.users.locked ?? []) note(entry.user, entry.source);
  for (const group of policy.groups)
    for (const member of group.members) note(member.value, member.source);
  for (const exception of policy.exceptions)
    if (exception.user !== undefined) note(exception.user, exception.source);
  for (const entry of policy.protected) note(entry.value, entry.source);
  return named;
}

/** The fields of the app's user model that the policy compares; empty where the user model need not be read. */
export function neededFields(policy: Policy): string[] {
  const fields = new Set<string>();
  if (policy.target.identify) fields.add(policy.target.identify);
  for (const group of policy.groups)
    for (const field of Object.keys(group.where ?? {})) fields.add(field);
  return [...fields].sort();
}
