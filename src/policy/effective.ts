/**
 * The policy of one user, worked out in one place: protection, locks, groups, exceptions, rollout.
 * docs/contract.md, "Precedence": protected, then devices.denied, then exceptions (of several the laxest),
 * then the strictest of the top level and all groups that apply.
 */
import { createHash } from "node:crypto";
import type { Capabilities } from "../model/capabilities.ts";
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
import { capabilitiesOf } from "../providers/catalog.ts";
import { type DeviceMatcher, deviceMatcher } from "./devices.ts";
import { type Line, type Lines, linesOf, type Met, type Standing } from "./lines.ts";
import { nameKey } from "./names.ts";

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
  /** Whether the protection rests on more than the present name: on the id, or on an earlier apply. */
  protectedSurely: boolean;
  /** The lock entries in force. */
  locked: LockedEntry[];
  /** All lock entries, also those not in force. */
  entries: LockedEntry[];
  /** All exceptions, also those that have ended. */
  exceptions: Exception[];
  /** Lines with a name that several users have, this one among them: nothing is done that rests on them. */
  doubtful: readonly Line[];
  /** Whether one of those may protect the user: then only devices.denied and notBefore hold. */
  spared: boolean;
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
  /** What the backend can do. */
  can: Capabilities;
  /** null: any device is allowed. */
  devices: DeviceMatcher | null;
  denied: ReadonlyMap<string, DeniedDevice>;
  /** Every name of a user that the policy mentions, with where it first does. */
  named: ReadonlyMap<string, Source>;
  /** The lines that name users. */
  lines: Lines;
  /** All entries for a name, also those not in force. */
  lockedEntries(name: string): readonly LockedEntry[];
  /** `met`: what the ledger remembers of who had which name. */
  forUser(user: User, at: Instant, met?: Met): UserPolicy;
  /** What the lines ask that are claimed of a user, and those that are in doubt. */
  judge(user: User, at: Instant, lines: readonly Line[], standing: Standing): UserPolicy;
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
  return isUnreached(rule, inRollout) ? "rollout" : null;
}

/** Whether a rule does not reach a user yet, whatever its enforcement. */
export function isUnreached(rule: Rule, inRollout: boolean): boolean {
  return !inRollout && ROLLOUT_RULES.has(rule);
}

/** Indexes a policy. Reads no clock: the moment comes with each question. */
export function rulebook(
  policy: Policy,
  can: Capabilities = capabilitiesOf(policy.target),
): Rulebook {
  const locked = Map.groupBy(policy.users.locked ?? [], (entry) => nameKey(entry.user));
  const denied = new Map(policy.devices.denied.map((entry) => [entry.id, entry]));
  const lines = linesOf(policy);
  const exceptionsOf = exceptionFinder(policy);
  const wheres = policy.groups.some(({ where }) => where !== undefined);
  /** Of most users. Only its notBefore makes one moment differ from another. */
  const early = boundsOf(policy, [], [], Number.NEGATIVE_INFINITY);
  const late = boundsOf(policy, [], [], Number.POSITIVE_INFINITY);
  const { notBefore } = policy.sessions;
  const topLevel = (at: Instant) => (notBefore && at < notBefore.value ? early : late);

  const judge: Rulebook["judge"] = (user, at, own, { doubtful, sure }) => {
    const crews = namesOf("groups", own);
    const groups =
      wheres || crews.size > 0
        ? policy.groups.filter(
            ({ name, where }) => crews.has(name) || (where !== undefined && hasFields(user, where)),
          )
        : [];
    const exceptions = exceptionsOf(groups, own, doubtful);
    const waivers = exceptions.filter((e) => at < e.until);
    const spared = doubtful.some(({ list }) => list === "protected");
    const entries = own.flatMap(({ list, name }) =>
      list === "users.locked" ? (locked.get(name) ?? []) : [],
    );
    const guards = own.filter(({ list }) => list === "protected");
    const guard = guards.find((line) => sure.has(line)) ?? guards[0];
    const bounds =
      groups.length + waivers.length === 0 ? topLevel(at) : boundsOf(policy, groups, waivers, at);
    return {
      protected: guard?.source ?? null,
      protectedSurely: guard !== undefined && sure.has(guard),
      locked: spared ? [] : entries.filter((entry) => inForce(entry, at)),
      ...{ entries, groups, exceptions, doubtful, spared },
      ...(spared ? { ...NO_BOUNDS, notBefore: bounds.notBefore } : bounds),
      anyDevice: waivers.find((e) => e.rule === "devices.allowed") ?? null,
      inRollout: policy.rollout >= 100 || rolloutPlace(user.id) < policy.rollout,
    };
  };
  return {
    policy,
    can,
    devices: policy.devices.allowed ? deviceMatcher(policy.devices.allowed) : null,
    denied,
    named: namedUsers(lines),
    lines,
    lockedEntries: (name) => locked.get(nameKey(name)) ?? [],
    judge,
    forUser(user, at, met) {
      const standing = lines.standing(user, met);
      return judge(user, at, [...new Set(standing.claims.flat())], standing);
    },
  };
}

/** The groups or rules of the lines of one list. */
function namesOf(list: Line["list"], lines: readonly Line[]): Set<string> {
  return new Set(lines.flatMap((line) => (line.list === list ? (line.of ?? []) : [])));
}

/**
 * All exceptions of a user, also those that have ended. One that may be the user's waives its rule, so that nobody is
 * touched whom it could except; but sessions.notBefore, the rule after an incident, waits for no doubt.
 */
function exceptionFinder({ exceptions }: Policy) {
  const onLine = ({ rule, user }: Exception, lines: readonly Line[]) =>
    user !== undefined &&
    lines.some((l) => l.list === "exceptions" && l.of === rule && l.name === nameKey(user));
  return (groups: readonly Group[], own: readonly Line[], doubtful: readonly Line[]) => {
    if (exceptions.length === 0 || groups.length + own.length + doubtful.length === 0) return [];
    const crews = new Set(groups.map(({ name }) => name));
    const perhaps = namesOf("groups", doubtful);
    const holds = (e: Exception) => {
      const { group = "" } = e;
      if (crews.has(group) || onLine(e, own)) return [e];
      const mayHold = perhaps.has(group) || onLine(e, doubtful);
      const { allow: _, ...waived } = e;
      return mayHold && e.rule !== "sessions.notBefore" ? [waived] : [];
    };
    const ofGroups = exceptions.filter((e) => e.user === undefined);
    return [...ofGroups, ...exceptions.filter((e) => e.user !== undefined)].flatMap(holds);
  };
}

const NO_BOUNDS = { maxAge: null, maxIdle: null, maxPerUser: null };

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
function namedUsers({ byKey }: Lines): Map<string, Source> {
  const named = new Map<string, Source>();
  for (const { written, source } of byKey.values()) {
    if (!named.has(written)) named.set(written, source);
  }
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
