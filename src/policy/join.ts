/** A policy file and its fragments → one. Lists and group names are joined; what can be said only once is checked for it. */
import { canonical } from "../canonical.ts";
import type { Problem } from "../errors.ts";
import { show } from "../text/show.ts";
import { below, entries, type Placed, placeName, problemAt } from "./parse/positions.ts";
import type { Fragment } from "./schema/policy.ts";

type Section<K extends keyof Fragment> = NonNullable<Fragment[K]>;
type Entry<L> = L extends readonly (infer E)[] ? E : never;
type Maybe<T> = Placed<T> | undefined;
type Keys<T> = { [K in keyof T]-?: Maybe<Exclude<T[K], undefined>> };

type RawSessions = Section<"sessions">;
type RawLimits = Section<"limits">;

export interface JoinedGroup {
  name: string;
  /** Where it first stands. */
  place: Placed<unknown>;
  /** Absent where no file gives it. */
  members: Placed<string>[] | undefined;
  where: Maybe<Record<string, string | number | boolean>>;
  sessions: Keys<RawSessions>;
}

/** All sections of a policy, each value with its place. `undefined`: no file says it. */
export interface Joined {
  sessions: Keys<RawSessions>;
  devices: {
    place: Maybe<unknown>;
    allowed: Placed<Entry<Section<"devices">["allowed"]>>[] | undefined;
    allowEmpty: Maybe<boolean>;
    otherwise: Maybe<"re-authenticate" | "wipe">;
    denied: Placed<Entry<Section<"devices">["denied"]>>[];
  };
  users: {
    place: Maybe<unknown>;
    locked: Placed<Entry<Section<"users">["locked"]>>[] | undefined;
    allowEmpty: Maybe<boolean>;
  };
  groups: JoinedGroup[];
  exceptions: Placed<Entry<Section<"exceptions">>>[];
  protected: Placed<string>[];
  limits: Omit<Keys<RawLimits>, "raise"> & { raise: Placed<Entry<RawLimits["raise"]>>[] };
  windows: Keys<Section<"windows">>;
  freeze: Maybe<Section<"freeze">>;
  notify: {
    place: Maybe<unknown>;
    channels: Placed<Entry<Section<"notify">["channels"]>>[];
    users: Maybe<NonNullable<Section<"notify">["users"]>>;
  };
}

/** Joins the parts in their order. What is given twice is a problem that names both places. */
export function join(parts: readonly Placed<Fragment>[]): { joined: Joined; problems: Problem[] } {
  const tools = new Tools();
  const { only, list } = tools;
  const joined: Joined = {
    sessions: sessionRules(below(parts, "sessions"), tools),
    devices: devicesOf(below(parts, "devices"), tools),
    users: usersOf(below(parts, "users"), tools),
    groups: groupsOf(below(parts, "groups"), tools),
    exceptions: list(
      below(parts, "exceptions"),
      () => "the same exception",
      ({ user, group, rule, allow, until }) => [user, group, rule, allow, until],
    ),
    protected: list(below(parts, "protected"), show),
    limits: limitsOf(below(parts, "limits"), tools),
    windows: windowsOf(below(parts, "windows"), tools),
    freeze: only(below(parts, "freeze")),
    notify: notifyOf(below(parts, "notify"), tools),
  };
  return { joined, problems: tools.problems };
}

/** Joining, and the problems met on the way. */
class Tools {
  readonly problems: Problem[] = [];

  /** The one value that there may be. */
  readonly only = <T>(found: readonly Placed<T>[]): Maybe<T> => {
    const [first, ...others] = found;
    for (const other of others) {
      this.problems.push(problemAt(other, `is given twice: also at ${first && placeName(first)}`));
    }
    return first;
  };

  /** All entries; two with an equal `keyOf` are a problem that calls them by `nameOf`. */
  readonly list = <T>(
    lists: readonly Placed<readonly T[]>[],
    nameOf: (entry: T) => string,
    keyOf: (entry: T) => unknown = nameOf,
  ): Placed<T>[] => {
    const seen = new Map<string, Placed<T>>();
    const all = entries(lists);
    for (const entry of all) {
      const key = canonical(keyOf(entry.value));
      const first = seen.get(key);
      if (!first) seen.set(key, entry);
      else {
        const message = `${nameOf(entry.value)} is listed twice: also at ${placeName(first)}`;
        this.problems.push(problemAt(entry, message));
      }
    }
    return all;
  };
}

function sessionRules(found: readonly Placed<RawSessions>[], { only }: Tools): Keys<RawSessions> {
  return {
    maxAge: only(below(found, "maxAge")),
    maxIdle: only(below(found, "maxIdle")),
    maxPerUser: only(below(found, "maxPerUser")),
    notBefore: only(below(found, "notBefore")),
  };
}

function devicesOf(found: readonly Placed<Section<"devices">>[], { only, list }: Tools) {
  const allowed = below(found, "allowed");
  return {
    place: allowed[0] ?? found[0],
    allowed:
      allowed.length > 0
        ? list(
            allowed,
            () => "the same device",
            (entry) => entry,
          )
        : undefined,
    allowEmpty: only(below(found, "allowEmpty")),
    otherwise: only(below(found, "otherwise")),
    denied: list(below(found, "denied"), (entry) => show(entry.id)),
  };
}

function usersOf(found: readonly Placed<Section<"users">>[], { only, list }: Tools) {
  const locked = below(found, "locked");
  const name = (entry: Entry<Section<"users">["locked"]>) => show(entry.user);
  return {
    place: locked[0],
    locked: locked.length > 0 ? list(locked, name, (entry) => entry) : undefined,
    allowEmpty: only(below(found, "allowEmpty")),
  };
}

function groupsOf(found: readonly Placed<Section<"groups">>[], tools: Tools): JoinedGroup[] {
  const names = new Set(found.flatMap(({ value }) => Object.keys(value)));
  return [...names].flatMap((name) => {
    const group = below(found, name);
    const [place] = group;
    const members = below(group, "members");
    if (!place) return [];
    return {
      name,
      place,
      members: members.length > 0 ? tools.list(members, show) : undefined,
      where: tools.only(below(group, "where")),
      sessions: sessionRules(below(group, "sessions"), tools),
    };
  });
}

function limitsOf(found: readonly Placed<RawLimits>[], { only, list }: Tools): Joined["limits"] {
  return {
    lock: only(below(found, "lock")),
    unlock: only(below(found, "unlock")),
    "re-authenticate": only(below(found, "re-authenticate")),
    wipe: only(below(found, "wipe")),
    urgent: only(below(found, "urgent")),
    denied: only(below(found, "denied")),
    inventoryDrop: only(below(found, "inventoryDrop")),
    exceptionsLast: only(below(found, "exceptionsLast")),
    raise: list(
      below(found, "raise"),
      () => "the same raise",
      ({ reason: _reason, ...raise }) => raise,
    ),
  };
}

function windowsOf(found: readonly Placed<Section<"windows">>[], { only }: Tools) {
  return {
    lock: only(below(found, "lock")),
    unlock: only(below(found, "unlock")),
    "re-authenticate": only(below(found, "re-authenticate")),
    wipe: only(below(found, "wipe")),
  };
}

function notifyOf(found: readonly Placed<Section<"notify">>[], { only, list }: Tools) {
  return {
    place: found[0],
    channels: list(
      below(found, "channels"),
      () => "the same channel",
      ({ slack, webhook, sns }) => [slack, webhook, sns],
    ),
    users: only(below(found, "users")),
  };
}
