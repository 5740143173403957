/** The lines of a policy that name users, and on which of them one user stands: docs/contract.md, "Names". */
import type { User } from "../model/inventory.ts";
import type { Policy } from "../model/policy.ts";
import type { Source } from "../model/vocabulary.ts";
import { loosely, nameKey } from "./names.ts";

/** A line is known by its list, the group or rule that it is of, and the name: what the ledger remembers it by. */
export interface Line {
  key: string;
  list: "users.locked" | "protected" | "groups" | "exceptions";
  of: string | null;
  /** What the name is compared by. */
  name: string;
  /** The name as it is written first. */
  written: string;
  source: Source;
}

/** Line key → the id of the user who had the name when an apply first met the line. */
export type Met = Readonly<Record<string, string>>;

/** On which lines one user stands, and by what. */
export interface Standing {
  /** The lines that are about this user: those of each name by themselves, and with each those that say its id. */
  claims: Line[][];
  /** Lines with a name that several users have, this one among them. */
  doubtful: Line[];
  /** Lines that remember this user, who is called something else now. */
  moved: Line[];
  /** Those of `claims` that rest on more than the present name: they say the id, or remember this user. */
  sure: ReadonlySet<Line>;
}

type Who = Pick<User, "id" | "name" | "ambiguous" | "alike">;

export interface Lines {
  byKey: ReadonlyMap<string, Line>;
  /** The lines that fit a user's present name, whoever else has it, or its id. */
  present(user: Pick<User, "name"> & { id: string | null }): { byName: Line[]; byId: Line[] };
  standing(user: Who, met?: Met): Standing;
}

const NOBODY: Standing = { claims: [[]], doubtful: [], moved: [], sure: new Set() };

export function linesOf(policy: Policy): Lines {
  const byKey = linesByKey(policy);
  const { identify } = policy.target;
  const strict = Map.groupBy(
    [...byKey.values()].filter(({ list }) => list !== "protected"),
    ({ name }) => name,
  );
  const loose = Map.groupBy(
    [...byKey.values()].filter(({ list }) => list === "protected"),
    ({ name }) => name,
  );
  const fitting = (name: string, key: string) => [
    ...(strict.get(key) ?? []),
    ...(loose.size > 0 ? (loose.get(loosely(name)) ?? []) : []),
  ];
  const present: Lines["present"] = ({ id, name }) => {
    if (byKey.size === 0) return { byName: [], byId: [] };
    const byName = name === null ? [] : fitting(name, nameKey(name));
    if (identify === null) return { byName: [], byId: byName };
    // Where a field names users an id is no name, but it still protects.
    const byId = id === null ? [] : (loose.get(loosely(id)) ?? []);
    return { byName: byName.filter((line) => !byId.includes(line)), byId };
  };
  const remembered = rememberer(byKey, identify);
  return {
    byKey,
    present,
    standing(user, met = {}) {
      const { byName, byId } = present(user);
      const known = remembered(met).get(user.id) ?? [];
      if (byName.length + byId.length + known.length === 0) return NOBODY;
      const doubtful = byName.filter(
        (line) =>
          (user.ambiguous || (user.alike && line.list === "protected")) && !known.includes(line),
      );
      const certain = byName.filter((line) => !doubtful.includes(line));
      const moved = known.filter((line) => !byName.includes(line) && !byId.includes(line));
      const names = [certain, ...Map.groupBy(moved, ({ name }) => loosely(name)).values()];
      const claims = names.filter((lines) => lines.length > 0).map((of) => [...of, ...byId]);
      return {
        claims: claims.length > 0 ? claims : [byId],
        doubtful,
        moved,
        sure: new Set([...byId, ...known]),
      };
    },
  };
}

function linesByKey({ users, groups, exceptions, protected: guarded }: Policy): Map<string, Line> {
  const byKey = new Map<string, Line>();
  const add = (list: Line["list"], of: string | null, written: string, source: Source) => {
    const name = list === "protected" ? loosely(written) : nameKey(written);
    const key = JSON.stringify(of === null ? [list, name] : [list, of, name]);
    if (!byKey.has(key)) byKey.set(key, { key, list, of, name, written, source });
  };
  for (const entry of users.locked ?? []) add("users.locked", null, entry.user, entry.source);
  for (const { name, members } of groups)
    for (const member of members) add("groups", name, member.value, member.source);
  for (const { user, rule, source } of exceptions)
    if (user !== undefined) add("exceptions", rule, user, source);
  for (const { value, source } of guarded) add("protected", null, value, source);
  return byKey;
}

/** Who is remembered for which of these lines, by user. Names of before mean nothing where users are named by id. */
function rememberer(byKey: ReadonlyMap<string, Line>, identify: string | null) {
  let last: { met: Met; byUser: Map<string, Line[]> } | null = null;
  return (met: Met): ReadonlyMap<string, readonly Line[]> => {
    if (last?.met === met) return last.byUser;
    const byUser = new Map<string, Line[]>();
    for (const [key, user] of identify === null ? [] : Object.entries(met)) {
      const line = byKey.get(key);
      if (line) byUser.set(user, [...(byUser.get(user) ?? []), line]);
    }
    last = { met, byUser };
    return byUser;
  };
}
