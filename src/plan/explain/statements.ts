/** What a policy says of one user, rule by rule: each line that speaks of it, which one wins, and why not the others. */
import type { Exception, SessionRules } from "../../model/policy.ts";
import type { Rule, Source } from "../../model/vocabulary.ts";
import { type Bound, candidates, isEarly, strictest } from "../../policy/effective.ts";
import { exactSpan, iso } from "../../time.ts";
import { ticketed } from "../decide/reasons.ts";
import type { Scene } from "../decide/sessions.ts";

/** One line of policy that speaks of a rule for one user. */
export interface Statement extends Source {
  /** "30 days", or "7 days in group contractors". */
  says: string;
  /** Whether it holds for this user now. */
  wins: boolean;
  /** Why it wins, or why it does not. */
  why: string;
}

/** What the policy says of a rule for the user of a scene. */
export function statements(rule: Rule, scene: Scene): Statement[] {
  switch (rule) {
    case "users.locked":
      return lockStatements(scene);
    case "devices.denied":
      return deniedStatements(scene);
    case "devices.allowed":
      return allowedStatements(scene);
    default:
      return boundStatements(rule, scene);
  }
}

const BOUNDS = {
  "sessions.notBefore": "notBefore",
  "sessions.maxAge": "maxAge",
  "sessions.maxIdle": "maxIdle",
  "sessions.maxPerUser": "maxPerUser",
} as const satisfies Partial<Record<Rule, keyof SessionRules>>;

const place = ({ file, line }: Source) => `${file}:${line}`;
const at = ({ file, line }: Source) => ({ file, line });

// ---------------------------------------------------------------- users.locked

function lockStatements({ book, policy, at: now }: Scene): Statement[] {
  const { locked, source } = book.policy.users;
  const { entries } = policy;
  if (locked && source && entries.length === 0) {
    return [{ ...at(source), says: "not locked", wins: true, why: "no entry names this user" }];
  }
  return entries.map((entry) => {
    const { from, until } = entry;
    const flags = (["wipe", "urgent", "adopt"] as const).filter((flag) => entry[flag]);
    const limits = [
      from === undefined ? "" : ` from ${iso(from)}`,
      until === undefined ? "" : ` until ${iso(until)}`,
      flags.length === 0 ? "" : `, ${flags.join(", ")}`,
    ];
    const wins = policy.locked.includes(entry);
    const why = wins
      ? "in force: users.locked has no exceptions"
      : from !== undefined && now < from
        ? `not in force before ${iso(from)}`
        : `ended at ${iso(until ?? now)}`;
    return { ...at(entry.source), says: `locked: ${ticketed(entry)}${limits.join("")}`, wins, why };
  });
}

// ---------------------------------------------------------------- devices

function deniedStatements({ user, book }: Scene): Statement[] {
  const found = user.sessions.flatMap(
    ({ attributes }) => book.denied.get(attributes.id ?? "") ?? [],
  );
  return [...new Set(found)].map((entry) => {
    const lose = entry.action === "wipe" ? `, unsynced: ${entry.unsynced}` : "";
    return {
      ...at(entry.source),
      says: `device ${entry.id} is denied: ${ticketed(entry)}, ${entry.action}${lose}`,
      wins: true,
      why: "comes before exceptions: devices.denied has none",
    };
  });
}

function allowedStatements(scene: Scene): Statement[] {
  const { book, policy } = scene;
  const { allowed, otherwise, source } = book.policy.devices;
  if (!allowed) return exceptionStatements("devices.allowed", scene, null);
  const devices = allowed.length === 1 ? "1 device" : `${allowed.length} devices`;
  const waived = policy.anyDevice;
  const list: Statement = {
    ...at(source ?? { file: "", line: 0 }),
    says: allowed.length === 0 ? "no device is allowed" : `${devices} allowed, else ${otherwise}`,
    wins: waived === null,
    why: waived ? `waived by the exception at ${place(waived.source)}` : "the only list",
  };
  return [list, ...exceptionStatements("devices.allowed", scene, list)];
}

// ---------------------------------------------------------------- sessions

function boundStatements(rule: keyof typeof BOUNDS, scene: Scene): Statement[] {
  const { book, policy, at: now } = scene;
  const key = BOUNDS[rule];
  const all = candidates(key, book.policy, policy.groups);
  const winner = policy[key];
  const strict = strictest(key, all, now);
  const waiver = winner === null ? waiverOf(rule, scene) : null;
  const relaxing = winner?.exception ?? waiver;
  const bounds = all.map((bound): Statement => {
    const wins = bound === strict && !relaxing;
    return {
      ...at(bound.source),
      says: `${boundWords(key, bound.value)}${bound.group === undefined ? "" : ` in group ${bound.group}`}`,
      wins,
      why: whyBound(key, bound, strict, relaxing, scene, all.length),
    };
  });
  const base = strict ? (bounds[all.indexOf(strict)] ?? null) : null;
  return [...bounds, ...exceptionStatements(rule, scene, base)];
}

function whyBound(
  key: keyof SessionRules,
  bound: Bound,
  strict: Bound | null,
  relaxing: Exception | null,
  { at: now }: Scene,
  of: number,
): string {
  if (isEarly(key, bound, now)) return "does nothing before its own moment";
  if (strict && bound !== strict) {
    const how = bound.value === strict.value ? "no stricter than" : "less strict than";
    return `${how} ${place(strict.source)}`;
  }
  if (relaxing) {
    const how = relaxing.allow === undefined ? "waived" : "relaxed";
    return `${how} by the exception at ${place(relaxing.source)}`;
  }
  return of === 1 ? "the only one that applies" : "the strictest that applies";
}

// ---------------------------------------------------------------- exceptions

function exceptionStatements(
  rule: Exception["rule"],
  scene: Scene,
  base: Statement | null,
): Statement[] {
  const { policy } = scene;
  const all = policy.exceptions.filter((e) => e.rule === rule);
  const winner = rule === "devices.allowed" ? policy.anyDevice : winnerOf(rule, scene);
  return all.map((exception) => {
    const { allow, until, source, owner } = exception;
    const whose = exception.group === undefined ? "" : ` for group ${exception.group}`;
    const what =
      rule === "devices.allowed" || allow === undefined
        ? "waived"
        : boundWords(BOUNDS[rule], allow);
    return {
      ...at(source),
      says: `${what}${whose} until ${iso(until)}: ${ticketed(exception)}, owner ${owner}`,
      wins: exception === winner && base !== null,
      why: whyException(exception, winner, base, scene),
    };
  });
}

/** The exception that holds for a bound, laxer or waiving. */
function winnerOf(rule: keyof typeof BOUNDS, scene: Scene): Exception | null {
  return scene.policy[BOUNDS[rule]]?.exception ?? waiverOf(rule, scene);
}

/** Whether an exception in force waives a rule that the policy has. */
export function isWaived(rule: Rule, scene: Scene): boolean {
  const { book, policy, at: now } = scene;
  if (rule === "devices.allowed") return book.devices !== null && policy.anyDevice !== null;
  if (rule === "users.locked" || rule === "devices.denied" || policy[BOUNDS[rule]]) return false;
  const key = BOUNDS[rule];
  return strictest(key, candidates(key, book.policy, policy.groups), now) !== null;
}

/** The first exception in force that waives a rule; null where none does, or there is no rule to waive. */
function waiverOf(rule: keyof typeof BOUNDS, { policy, at: now }: Scene) {
  if (policy[BOUNDS[rule]] !== null) return null;
  const all = policy.exceptions;
  return all.find((e) => e.rule === rule && e.allow === undefined && now < e.until) ?? null;
}

function whyException(
  exception: Exception,
  winner: Exception | null,
  base: Statement | null,
  { at: now }: Scene,
): string {
  if (now >= exception.until) return `ended at ${iso(exception.until)}`;
  if (base === null) return "there is no rule in force to relax";
  if (exception === winner) return "exceptions come before groups and the top level";
  if (winner === null) return `not laxer than ${place(base)}`;
  return `of several exceptions the laxest holds: ${place(winner.source)}`;
}

// ---------------------------------------------------------------- words

function boundWords(key: keyof SessionRules, value: number): string {
  if (key === "notBefore") return `signed in at ${iso(value)} or later`;
  if (key === "maxPerUser") return value === 1 ? "1 session" : `${value} sessions`;
  return exactSpan(value);
}
