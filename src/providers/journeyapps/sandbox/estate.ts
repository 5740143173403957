import type { Instant } from "../../../model/vocabulary.ts";
import { DAY, HOUR, MINUTE } from "../../../time.ts";
import { personAt } from "../../sandbox-kit/people.ts";
import {
  between,
  digits,
  pick,
  type Random,
  random,
  uuid,
  weigh,
} from "../../sandbox-kit/random.ts";
import { DEVICES, REGIONS } from "./names.ts";
import {
  type Estate,
  type ServedSession,
  type ServedUser,
  type WireObject,
  wireTime,
} from "./types.ts";

const SESSIONS = [
  [62, 1],
  [28, 2],
  [10, 3],
] as const;

const STATES = [
  [82, "ENROLLED"],
  [12, "LOCKED"],
  [3, "RESET"],
  [3, "NEVER_ENROLLED"],
] as const;

const STATES_OF_LOCKED = [
  [85, "LOCKED"],
  [15, "RESET"],
] as const;

/** How long ago somebody signed in: most within a month, and a long tail. */
const AGES = [
  [80, [5 * MINUTE, 30 * DAY]],
  [14, [30 * DAY, 120 * DAY]],
  [6, [120 * DAY, 400 * DAY]],
] as const;

/** How long ago a device connected, unless somebody signed in since. */
const IDLE = [
  [75, [0, 2 * DAY]],
  [16, [2 * DAY, 14 * DAY]],
  [9, [14 * DAY, 120 * DAY]],
] as const;

const CLIENTS = [
  [88, "current"],
  [8, "before 4.82"],
  [4, "before 4.36"],
] as const;

/**
 * Makes up a deployment: the same `users`, `seed` and `at` give the same one, and a larger one begins
 * with the users of a smaller one. Nothing in it is later than `at`.
 */
export function generateEstate(options: { users: number; seed: number; at: Instant }): Estate {
  const estate: Estate = { users: [], objects: [] };
  for (let index = 0; index < options.users; index++) {
    const next = random(options.seed, index);
    const user = makeUser(next, options.at);
    estate.users.push(user);
    estate.objects.push(makeObject(next, user.id, index, options));
  }
  return estate;
}

function makeUser(next: Random, at: Instant): ServedUser {
  const id = uuid(next);
  const locked = next() < 0.02;
  const count = weigh(next, SESSIONS);
  const sessions = Array.from({ length: count }, () => makeSession(next, at, locked));
  return { id, ...summary(locked, sessions), sessions };
}

/** The fields of a user that follow from its sessions. */
export function summary(locked: boolean, sessions: readonly ServedSession[]) {
  const connections = sessions.flatMap((session) => session.last_connected_at ?? []).sort();
  return {
    last_connected_at: connections.at(-1) ?? null,
    enrolled: !locked && sessions.some((session) => session.state === "ENROLLED"),
    locked,
  };
}

function makeSession(next: Random, at: Instant, locked: boolean): ServedSession {
  const state = weigh(next, locked ? STATES_OF_LOCKED : STATES);
  const id = uuid(next);
  const times = state === "NEVER_ENROLLED" ? NEVER : makeTimes(next, at, state === "ENROLLED");
  return { id, state, ...times, ...makeClient(next, times.last_connected_at) };
}

type Times = Pick<
  ServedSession,
  "last_authenticated_at" | "created_at" | "signed_out_at" | "last_connected_at"
>;

const NEVER: Times = {
  last_authenticated_at: null,
  created_at: null,
  signed_out_at: null,
  last_connected_at: null,
};

/** created ≤ signed in ≤ last connected ≤ `at`; `signed_out_at` also where the device enrolled again. */
function makeTimes(next: Random, at: Instant, enrolled: boolean): Times {
  const age = weigh(next, AGES);
  const idle = weigh(next, IDLE);
  const signedIn = at - between(next, ...age);
  const connected = Math.max(signedIn, at - between(next, ...idle));
  const again = next() < 0.45;
  const created = signedIn - (again ? between(next, DAY, 300 * DAY) : between(next, 0, 2_000));
  const signedOut = enrolled
    ? again && between(next, created, signedIn)
    : between(next, connected, at);
  const legacy = next() < 0.02;
  return {
    last_authenticated_at: legacy ? null : wireTime(signedIn),
    created_at: legacy ? null : wireTime(created),
    signed_out_at: signedOut === false ? null : wireTime(signedOut),
    last_connected_at: wireTime(connected),
  };
}

/** The app on the device: today's, one from before runtimes were reported, or one older than sync_status. */
function makeClient(next: Random, connected: string | null) {
  const device = pick(next, DEVICES);
  const age = weigh(next, CLIENTS);
  const version = {
    current: `${between(next, 19, 23)}.${between(next, 0, 9)}.${between(next, 0, 3)}`,
    "before 4.82": `4.${between(next, 60, 81)}.${between(next, 0, 9)}`,
    "before 4.36": `4.${between(next, 10, 35)}.${between(next, 0, 9)}`,
  }[age];
  const runtime = `4.${between(next, 82, 99)}.${between(next, 0, 9)}`;
  const lag = next() < 0.1 ? between(next, 2 * HOUR, 20 * DAY) : between(next, 0, MINUTE);
  return {
    container: { version, bundle_id: device.bundle, platform: device.platform },
    ...(age === "current" ? { runtime: { version: runtime } } : {}),
    device: { id: digits(next) },
    label: device.label,
    ...(age === "before 4.36" || connected === null
      ? {}
      : { sync_status: { last_full_sync: wireTime(Date.parse(connected) - lag) } }),
  };
}

function makeObject(
  next: Random,
  id: string,
  index: number,
  options: { seed: number; at: Instant },
): WireObject {
  const { first, last, email } = personAt(index, options.seed);
  const permanent = next() < 0.8;
  return {
    id,
    type: "user",
    updated_at: wireTime(options.at - between(next, 0, 400 * DAY)),
    display: `${first} ${last}`,
    name: `${first} ${last}`,
    email,
    employment: permanent
      ? { key: "permanent", display: "Permanent" }
      : { key: "contractor", display: "Contractor" },
    region: pick(next, REGIONS),
  };
}
