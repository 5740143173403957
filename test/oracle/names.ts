/** docs/contract.md, "Names": whom each line of a policy means. */
import type { Memory, Policy, User } from "./types.ts";

/** A line that names a user: where it stands, and the name. */
export interface Line {
  key: string;
  name: string;
  /** Compared without case and without spaces around it, whatever it holds. */
  folded: boolean;
}

export type Section = "locked" | "protected" | "member" | "exception";

export function lineOf(section: Section, name: string, of = ""): Line {
  return { key: `${section}:${of}:${name}`, name, folded: section === "protected" };
}

/** Who a line means. */
export interface Meant {
  /** Who has the name now, or had it when the line was first met. */
  users: Set<string>;
  /** Those of them who are only remembered: they have another name now, or none. */
  remembered: Set<string>;
  /** Several have the name, so nobody is touched by the line. */
  several: Set<string>;
}

const fold = (name: string) => name.trim().toLowerCase();

export function isNamed(line: Line, name: string): boolean {
  const loosely = line.folded || line.name.includes("@");
  return loosely ? fold(line.name) === fold(name) : line.name === name;
}

/** What the policy calls a user: the id, or a field of the user model; null where there is none. */
export function nameOf(user: User, policy: Policy): string | null {
  const { identify } = policy.target;
  if (identify === undefined) return user.id;
  if (user.profile === null || user.profile === "unreadable") return null;
  const value = user.profile[identify];
  return typeof value === "string" && value.trim() !== "" ? value : null;
}

export function meantBy(
  line: Line,
  users: readonly User[],
  policy: Policy,
  met: Memory["met"],
): Meant {
  const named = users.find((user) => user.id === line.name);
  const none = { remembered: new Set<string>(), several: new Set<string>() };
  // Where a field names users an id is no name, but it still protects.
  if (policy.target.identify !== undefined && named && line.folded)
    return { users: new Set([named.id]), ...none };
  const now = users.filter((user) => {
    const name = nameOf(user, policy);
    return name !== null && isNamed(line, name);
  });
  const ids = new Set(now.map((user) => user.id));
  if (policy.target.identify === undefined) return { users: ids, ...none };
  const first = Object.hasOwn(met, line.key) ? met[line.key] : undefined;
  const remembered = new Set(first !== undefined && !ids.has(first) ? [first] : []);
  // Who was met first keeps what the line says, also where others have the name now.
  const kept = new Set(first === undefined ? [] : [first]);
  const several = new Set([...ids].filter((id) => !kept.has(id)));
  if (ids.size > 1) return { users: kept, remembered, several };
  return { users: new Set([...ids, ...remembered]), remembered, several: new Set() };
}

/** Every line of a policy that names a user. */
export function linesOf(policy: Policy): Line[] {
  const groups = Object.entries(policy.groups ?? {});
  return [
    ...(policy.users?.locked ?? []).map((entry) => lineOf("locked", entry.user)),
    ...(policy.protected ?? []).map((name) => lineOf("protected", name)),
    ...groups.flatMap(([group, { members = [] }]) =>
      members.map((name) => lineOf("member", name, group)),
    ),
    ...(policy.exceptions ?? []).flatMap(({ user, rule }) =>
      user === undefined ? [] : [lineOf("exception", user, rule)],
    ),
  ];
}

/** After an apply: what was met before stays while its line does; what is met now joins where one user has the name. */
export function metAfter(
  policy: Policy,
  users: readonly User[],
  met: Memory["met"],
): Memory["met"] {
  if (policy.target.identify === undefined) return {};
  const after: Memory["met"] = {};
  for (const line of linesOf(policy)) {
    const before = Object.hasOwn(met, line.key) ? met[line.key] : undefined;
    const [now, ...others] = meantBy(line, users, policy, {}).users;
    if (line.folded && users.some(({ id }) => id === line.name)) continue;
    if (before !== undefined) after[line.key] = before;
    else if (now !== undefined && others.length === 0) after[line.key] = now;
  }
  return after;
}
