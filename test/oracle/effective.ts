/** docs/contract.md, "Precedence": what holds for one user, by the lines that mean this user. */
import { type Line, lineOf, type Meant, meantBy, type Section } from "./names.ts";
import { isInForce, lengthOf, momentOf } from "./time.ts";
import type { Exception, Locked, Memory, Policy, SessionRules, User } from "./types.ts";

/** A limit of one rule for one user; null: no such limit. */
type Rules = { [K in "maxAge" | "maxIdle" | "maxPerUser" | "notBefore"]: number | null };

/** Which of the lines that mean a user are taken: those of the name now, those of a remembered name, or both. */
export type Names = "now" | "remembered" | "both";

export interface Effective {
  locked: Locked[];
  isProtected: boolean;
  rules: Rules;
  /** `devices.allowed` is waived. */
  anyDevice: boolean;
  /** Several have the name of a line that locks this user: a lock that is ours stays. */
  lockUnclear: boolean;
  /** Several have the name of a line that could protect this user. */
  spared: boolean;
  /** Rules of which a line with a name of several could except this user. */
  perhapsExcepted: Set<string>;
}

/** All that is asked of the names, so that each line is looked up once. */
export function nameBook(policy: Policy, users: readonly User[], memory: Memory) {
  const known = new Map<string, Meant>();
  return (section: Section, name: string, of = ""): Meant => {
    const line: Line = lineOf(section, name, of);
    const found = known.get(line.key) ?? meantBy(line, users, policy, memory.met);
    known.set(line.key, found);
    return found;
  };
}

export type NameBook = ReturnType<typeof nameBook>;

export function effective(
  user: User,
  policy: Policy,
  at: number,
  book: NameBook,
  names: Names,
): Effective {
  const hits = (meant: Meant) => {
    if (!meant.users.has(user.id)) return false;
    return names === "both" || meant.remembered.has(user.id) === (names === "remembered");
  };
  const { locked = [] } = policy.users ?? {};
  const inForce = locked.filter((entry) => isInForce(entry, at));
  const guards = (policy.protected ?? []).map((name) => book("protected", name));
  const groups = groupsOf(user, policy, book, hits);
  const exceptions = (policy.exceptions ?? []).filter((e) => isInForce({ until: e.until }, at));
  const mine = exceptions.filter(({ user: name, rule, group }) =>
    name === undefined ? groups.sure.has(group ?? "") : hits(book("exception", name, rule)),
  );
  const perhaps = exceptions.filter(({ user: name, rule, group }) =>
    name === undefined
      ? groups.several.has(group ?? "")
      : book("exception", name, rule).several.has(user.id),
  );
  const sets = [...groups.sure].map((name) => policy.groups?.[name]?.sessions ?? {});
  return {
    locked: inForce.filter((entry) => hits(book("locked", entry.user))),
    isProtected: guards.some(hits),
    rules: rulesOf([policy.sessions ?? {}, ...sets], mine),
    anyDevice: mine.some(({ rule }) => rule === "devices.allowed"),
    lockUnclear: inForce.some((entry) => book("locked", entry.user).several.has(user.id)),
    spared: guards.some(({ several }) => several.has(user.id)),
    perhapsExcepted: new Set(perhaps.map(({ rule }) => rule)),
  };
}

function groupsOf(user: User, policy: Policy, book: NameBook, hits: (meant: Meant) => boolean) {
  const sure = new Set<string>();
  const several = new Set<string>();
  for (const [name, { members = [], where }] of Object.entries(policy.groups ?? {})) {
    const meant = members.map((member) => book("member", member, name));
    if (meant.some(hits) || (where !== undefined && fits(user, where))) sure.add(name);
    else if (meant.some((one) => one.several.has(user.id))) several.add(name);
  }
  return { sure, several };
}

function fits({ profile }: User, where: Record<string, unknown>): boolean {
  if (profile === null || profile === "unreadable") return false;
  return Object.entries(where).every(([field, value]) => profile[field] === value);
}

/** The strictest of the top level and the groups, unless the laxest exception is laxer. */
function rulesOf(sets: readonly SessionRules[], exceptions: readonly Exception[]): Rules {
  const rule = (key: keyof Rules): number | null => {
    const written = sets.flatMap((set) => set[key] ?? []).map((value) => numberOf(key, value));
    if (written.length === 0) return null;
    const laxer = exceptions.filter((e) => e.rule === `sessions.${key}`);
    if (laxer.some(({ allow }) => allow === undefined)) return null;
    const allowed = laxer.flatMap(({ allow }) => allow ?? []).map((value) => numberOf(key, value));
    // An earlier notBefore is the laxer one, of all others the larger number.
    if (key === "notBefore") return Math.min(Math.max(...written), ...allowed);
    return Math.max(Math.min(...written), ...allowed);
  };
  return {
    maxAge: rule("maxAge"),
    maxIdle: rule("maxIdle"),
    maxPerUser: rule("maxPerUser"),
    notBefore: rule("notBefore"),
  };
}

function numberOf(key: keyof Rules, value: string | number): number {
  if (typeof value === "number") return value;
  return key === "notBefore" ? momentOf(value, "notBefore") : lengthOf(value);
}
