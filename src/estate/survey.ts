/** What a policy for an estate as it is must cover: counts and extremes, not the estate (docs/design.md, "What must hold" 9). */
import type { SemVer } from "semver";
import type { Sink } from "../inventory/read.ts";
import type { Session, UnreadableUser, User } from "../model/inventory.ts";
import type { Duration, Instant } from "../model/vocabulary.ts";
import { connectedAt, signInOf } from "../plan/decide/session.ts";
import { readVersion } from "../policy/devices.ts";
import { DAY } from "../time.ts";

/** Limits for which is counted how many sessions they would end. */
export const STEPS: readonly Duration[] = [1, 7, 14, 30, 60, 90, 180, 365].map((n) => n * DAY);

/** More platforms than that are no list for people to read. */
export const MOST_PLATFORMS = 20;

/** How long ago something happened to the active sessions. */
export interface Ages {
  known: number;
  /** Sessions of which it can't be told. */
  unknown: number;
  /** 0 where none is known. */
  oldest: Duration;
  /** Of STEPS, in their order: how many of the known are older. */
  older: number[];
}

/** The active sessions of one platform. */
export interface Platform {
  /** As the backend writes it; platforms that differ in case only are one. */
  name: string;
  sessions: number;
  container: Versions;
  runtime: Versions;
}

interface Versions {
  /** Sessions whose version can't be compared: absent, unreadable, or not surely this one. */
  unknown: number;
  lowest: SemVer | null;
}

/** A user who is locked now. */
export interface LockedUser {
  id: string;
  /** null where the user has none, or shares it with others. */
  name: string | null;
  /** Sessions that are active all the same. */
  active: number;
}

export interface Survey {
  users: number;
  active: number;
  locked: LockedUser[];
  age: Ages;
  idle: Ages;
  /** How many users have so many active sessions; without those who have none. */
  perUser: ReadonlyMap<number, number>;
  /** By name; null where some session names none, or there are more than MOST_PLATFORMS. */
  platforms: Platform[] | null;
  unreadable: UnreadableUser[];
}

export interface Surveyor extends Sink {
  result(): Survey;
}

/** Surveys an estate as it is at one moment. */
export function surveyor(at: Instant): Surveyor {
  const survey = {
    users: 0,
    active: 0,
    locked: [] as LockedUser[],
    age: noAges(),
    idle: noAges(),
  };
  const perUser = new Map<number, number>();
  const unreadable: UnreadableUser[] = [];
  const devices = platformMeter();

  const addUser = (user: User) => {
    const active = user.sessions.filter(({ state }) => state === "active");
    survey.active += active.length;
    if (user.locked) {
      const name = user.ambiguous ? null : user.name;
      survey.locked.push({ id: user.id, name, active: active.length });
    }
    if (active.length > 0) perUser.set(active.length, (perUser.get(active.length) ?? 0) + 1);
    for (const session of active) {
      addAge(survey.age, signInOf(session), at);
      addAge(survey.idle, connectedAt(session), at);
      devices.add(session);
    }
  };

  return {
    add(record) {
      survey.users += 1;
      if ("user" in record) addUser(record.user);
      else unreadable.push(record.unreadable);
    },
    result: () => ({ ...survey, perUser, unreadable, platforms: devices.result() }),
  };
}

function noAges(): Ages {
  return { known: 0, unknown: 0, oldest: 0, older: STEPS.map(() => 0) };
}

function addAge(ages: Ages, from: Instant | null, at: Instant): void {
  if (from === null) {
    ages.unknown += 1;
    return;
  }
  const age = at - from;
  ages.known += 1;
  ages.oldest = Math.max(ages.oldest, age);
  for (const [i, step] of STEPS.entries()) {
    if (age > step) ages.older[i] = (ages.older[i] ?? 0) + 1;
  }
}

function platformMeter(): { add(session: Session): void; result(): Platform[] | null } {
  const platforms = new Map<string, Platform>();
  let countable = true;
  return {
    add({ attributes: { platform = null, container = null, runtime = null } }) {
      // A name with spaces around it is none that a policy can hold.
      if (platform === null || !/^\S(?:.*\S)?$/.test(platform)) countable = false;
      if (!countable || platform === null) return;
      const key = platform.toUpperCase();
      const known = platforms.get(key) ?? newPlatform(platform);
      platforms.set(key, known);
      if (platforms.size > MOST_PLATFORMS) countable = false;
      known.sessions += 1;
      if (platform < known.name) known.name = platform;
      // Without a runtime the container's version may be the runtime's: docs/contract.md, "Versions".
      addVersion(known.container, runtime === null ? null : container);
      addVersion(known.runtime, runtime);
    },
    result() {
      const all = [...platforms.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
      return countable ? all : null;
    },
  };
}

function newPlatform(name: string): Platform {
  const versions = (): Versions => ({ unknown: 0, lowest: null });
  return { name, sessions: 0, container: versions(), runtime: versions() };
}

function addVersion(versions: Versions, text: string | null): void {
  const read = text === null ? null : readVersion(text);
  if (read === null) versions.unknown += 1;
  else if (versions.lowest === null || read.compare(versions.lowest) < 0) versions.lowest = read;
}
