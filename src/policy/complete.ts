/** The joined files → the Policy: defaults filled in, positions reduced to sources. The defaults are docs/contract.md's. */
import {
  type Channel,
  DAYS,
  type Exception,
  type Limit,
  type Limits,
  type LockedEntry,
  NOTIFY_EVENTS,
  type Policy,
  type SessionRules,
  type Window,
} from "../model/policy.ts";
import { ACTION_TYPES, type ActionType } from "../model/vocabulary.ts";
import { HOUR } from "../time.ts";
import { allowance, DEFAULT_EXCEPTIONS_LAST, DEFAULT_LIMITS } from "./checks.ts";
import { policyDigest } from "./digest.ts";
import type { Joined, JoinedGroup } from "./join.ts";
import { type Placed, sourceOf, written } from "./parse/positions.ts";
import type { PolicyFile } from "./schema/policy.ts";
import { targetOf } from "./target.ts";

const DEFAULT_URGENT = 5;
const DEFAULT_DENIED = 20;
const DEFAULT_INVENTORY_DROP = 20;
const DEFAULT_PLAN_EXPIRES = 4 * HOUR;

/** Makes the Policy of a file without problems. `files` as the user named them, the policy's own first. */
export function complete(
  own: Placed<PolicyFile>,
  joined: Joined,
  files: readonly string[],
  commit: string | null,
): Policy {
  const { value } = own;
  const { allowed } = joined.devices;
  const { locked } = joined.users;
  const policy: Policy = {
    target: targetOf(own),
    enforcement: enforcementOf(value.enforcement),
    rollout: value.rollout ?? 100,
    sessions: sessionRules(joined.sessions),
    devices: {
      ...(allowed && { allowed: allowed.map(withSource) }),
      otherwise: joined.devices.otherwise?.value ?? "re-authenticate",
      denied: joined.devices.denied.map((entry) => ({
        action: "re-authenticate",
        unsynced: "wait",
        ...withSource(entry),
      })),
      source: joined.devices.place ? sourceOf(joined.devices.place) : null,
    },
    users: {
      ...(locked && { locked: locked.map(lockedEntry) }),
      source: joined.users.place ? sourceOf(joined.users.place) : null,
    },
    groups: joined.groups.map(groupOf),
    exceptions: joined.exceptions.map(exceptionOf),
    protected: joined.protected.map(written),
    limits: limitsOf(joined.limits),
    windows: windowsOf(joined.windows),
    freeze: joined.freeze ? { allow: [], ...withSource(joined.freeze) } : null,
    ...(joined.notify.place && { notify: notifyOf(joined.notify) }),
    planExpires: value.planExpires ?? DEFAULT_PLAN_EXPIRES,
    digest: "",
    commit,
    files: [...files],
  };
  return { ...policy, digest: policyDigest(policy) };
}

function withSource<T extends object>(placed: Placed<T>) {
  return { ...placed.value, source: sourceOf(placed) };
}

function lockedEntry(placed: NonNullable<Joined["users"]["locked"]>[number]): LockedEntry {
  return { wipe: false, urgent: false, adopt: false, ...withSource(placed) };
}

function enforcementOf(given: PolicyFile["enforcement"]): Policy["enforcement"] {
  if (typeof given === "string") return { default: given, rules: {} };
  const { default: otherwise = "enforce", ...rules } = given ?? {};
  return { default: otherwise, rules };
}

function sessionRules(joined: Joined["sessions"]): SessionRules {
  const { maxAge, maxIdle, maxPerUser, notBefore } = joined;
  return {
    ...(maxAge && { maxAge: written(maxAge) }),
    ...(maxIdle && { maxIdle: written(maxIdle) }),
    ...(maxPerUser && { maxPerUser: written(maxPerUser) }),
    ...(notBefore && { notBefore: written(notBefore) }),
  };
}

function groupOf({ name, place, members, where, sessions }: JoinedGroup): Policy["groups"][number] {
  return {
    name,
    members: members?.map(written) ?? [],
    ...(where && { where: where.value }),
    sessions: sessionRules(sessions),
    source: sourceOf(place),
  };
}

function exceptionOf(placed: Joined["exceptions"][number]): Exception {
  const { allow, ...rest } = withSource(placed);
  const value = allow === undefined ? null : allowance(rest.rule, allow);
  return { ...rest, ...(value !== null && { allow: value }) };
}

function limitsOf(joined: Joined["limits"]): Limits {
  const limitOf = (type: ActionType): Limit => {
    const given = joined[type];
    return { ...DEFAULT_LIMITS[type], ...given?.value, source: given ? sourceOf(given) : null };
  };
  return {
    types: {
      lock: limitOf("lock"),
      wipe: limitOf("wipe"),
      "re-authenticate": limitOf("re-authenticate"),
      unlock: limitOf("unlock"),
    },
    urgent: joined.urgent?.value ?? DEFAULT_URGENT,
    denied: joined.denied?.value ?? DEFAULT_DENIED,
    inventoryDrop: joined.inventoryDrop?.value ?? DEFAULT_INVENTORY_DROP,
    exceptionsLast: joined.exceptionsLast?.value ?? DEFAULT_EXCEPTIONS_LAST,
    raise: joined.raise.map(withSource),
  };
}

function windowsOf(joined: Joined["windows"]): Policy["windows"] {
  const windows: Partial<Record<ActionType, Window>> = {};
  for (const type of ACTION_TYPES) {
    const given = joined[type];
    if (given) windows[type] = { days: [...DAYS], ...withSource(given) };
  }
  return windows;
}

function notifyOf({ channels, users }: Joined["notify"]): NonNullable<Policy["notify"]> {
  return {
    channels: channels.flatMap(channelOf),
    ...(users && { users: withSource(users) }),
  };
}

/** None where the entry names none: checks.ts has said so. */
function channelOf(placed: Joined["notify"]["channels"][number]): Channel[] {
  const { slack, webhook, sns, secret, on = NOTIFY_EVENTS } = placed.value;
  const rest = { on: [...on], source: sourceOf(placed) };
  if (slack !== undefined) return [{ via: "slack", to: slack, ...rest }];
  if (sns !== undefined) return [{ via: "sns", to: sns, ...rest }];
  if (webhook === undefined || secret === undefined) return [];
  return [{ via: "webhook", to: webhook, secret, ...rest }];
}
