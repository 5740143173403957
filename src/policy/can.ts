/** What a provider can't hold of a policy, each at its line with the reason. Pure: docs/backends/README.md. */
import type { Problem } from "../errors.ts";
import type { Capabilities } from "../model/capabilities.ts";
import type { Duration, Rule } from "../model/vocabulary.ts";
import { capabilitiesOf } from "../providers/catalog.ts";
import { count } from "../text/words.ts";
import { DAY, HOUR, MINUTE } from "../time.ts";
import type { Joined } from "./join.ts";
import { type Path, type Placed, problemAt } from "./parse/positions.ts";
import type { PolicyFile } from "./schema/policy.ts";
import { targetOf } from "./target.ts";

type Sessions = Joined["sessions"];

/** What the provider of a policy's target can do; null where the policy has a fault that hides it. */
export function canOf(policy: Placed<PolicyFile> | null): Capabilities | null {
  return policy && capabilitiesOf(targetOf(policy));
}

/** All rules of a policy that its target's provider can't hold. */
export function unheld(policy: Joined, can: Capabilities): Problem[] {
  const { users, devices, groups } = policy;
  const problems: Problem[] = [];
  const tell = (
    rule: Rule | "wipe" | "where",
    place: Placed<unknown> | undefined,
    why: string | null,
    path: Path = [],
  ) => {
    if (!place || why === null) return;
    const instead = can.instead[rule];
    problems.push(problemAt(place, instead === undefined ? why : `${why}: ${instead}`, path));
  };

  if (!can.lock)
    tell("users.locked", users.place, `${can.name} has no call that locks a user`, ["locked"]);
  const noWipe = can.wipe ? null : `${can.name} has no call that wipes a device`;
  for (const entry of users.locked ?? [])
    if (entry.value.wipe) tell("wipe", entry, noWipe, ["wipe"]);
  if (devices.otherwise?.value === "wipe") tell("wipe", devices.otherwise, noWipe);
  for (const entry of devices.denied) {
    tell("devices.denied", entry, deniedFault(can));
    if (entry.value.action === "wipe") tell("wipe", entry, noWipe, ["action"]);
  }
  for (const entry of devices.allowed ?? []) {
    const fault = devicesFault(can);
    if (fault !== null) tell("devices.allowed", entry, fault);
    else
      for (const name of Object.keys(entry.value))
        tell("devices.allowed", entry, attributeFault(can, name), [name]);
  }
  const noFields = can.fields ? null : `${can.name} tells no fields of its users`;
  for (const { where } of groups) tell("where", where, noFields);
  for (const sessions of [policy.sessions, ...groups.map((group) => group.sessions)]) {
    for (const [rule, place, why] of sessionFaults(sessions, can)) {
      if (!can.compares.includes(rule)) tell(rule, place, why);
    }
  }
  return problems;
}

function sessionFaults(
  { maxAge, maxIdle, maxPerUser, notBefore }: Sessions,
  can: Capabilities,
): [Rule, Placed<unknown> | undefined, string | null][] {
  return [
    ["sessions.maxAge", maxAge, ageFault(can)],
    ["sessions.notBefore", notBefore, ageFault(can)],
    ["sessions.maxIdle", maxIdle, maxIdle ? idleFault(can, maxIdle.value) : null],
    ["sessions.maxPerUser", maxPerUser, numberFault(can)],
  ];
}

const endsNone = ({ name }: Capabilities) => `${name} has no call that ends a session`;

function ageFault(can: Capabilities): string | null {
  if (can.end === null) return endsNone(can);
  const told = can.moments.signedInAt ?? can.moments.createdAt;
  return told === null ? `${can.name} does not tell when a session signed in` : null;
}

function idleFault(can: Capabilities, limit: Duration): string | null {
  if (can.end === null) return endsNone(can);
  const grain = can.moments.lastConnectedAt;
  if (grain === null) return `${can.name} does not tell when a session was last used`;
  if (limit > grain) return null;
  return `${can.name} notes the use of a session every ${span(grain)} only: give more than that`;
}

function numberFault(can: Capabilities): string | null {
  if (can.end === null) return endsNone(can);
  return can.end === "session"
    ? null
    : `${can.name} ends only all sessions of a user at once, so none could stay`;
}

function devicesFault(can: Capabilities): string | null {
  if (can.end === null) return endsNone(can);
  if (can.end === "user") {
    return `${can.name} ends only all sessions of a user at once, so one device can't be signed out`;
  }
  const none = Object.keys(can.attributes).length === 0;
  return none ? `${can.name} tells nothing of a session's device` : null;
}

function deniedFault(can: Capabilities): string | null {
  const fault = devicesFault(can);
  if (fault !== null) return fault;
  return "id" in can.attributes ? null : `${can.name} does not tell which device a session is on`;
}

function attributeFault(can: Capabilities, name: string): string | null {
  if (name in can.attributes) return null;
  return `${can.name} does not tell it of a session: give ${Object.keys(can.attributes).join(", ")}`;
}

/** A grain in words, e.g. `1 day`. */
function span(grain: Duration): string {
  for (const [unit, word] of UNITS) if (grain >= unit) return count(Math.round(grain / unit), word);
  return count(Math.round(grain / 1000), "second");
}

const UNITS = [
  [DAY, "day"],
  [HOUR, "hour"],
  [MINUTE, "minute"],
] as const;
