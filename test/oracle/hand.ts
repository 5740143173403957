/** Short ways to write down a user, a session, a policy and what was done, for examples worked out by hand. */
import { planOf } from "./brakes.ts";
import { DAY, HOUR } from "./time.ts";
import { type Attempt, EMPTY, type Memory, type Policy, type Session, type User } from "./types.ts";

export const NOW = Date.parse("2026-11-22T10:00:00Z");
export const iso = (moment: number) => new Date(moment).toISOString();

export function session(id: string, more: Partial<Session> = {}): Session {
  const device = {
    platform: "IOS",
    container: "20.6",
    runtime: "4.85.0",
    bundleId: "x",
    label: "Sony",
  };
  const times = { signedInAt: NOW - DAY, createdAt: NOW - 9 * DAY, lastConnectedAt: NOW - HOUR };
  const rest = { lastFullSyncAt: NOW - HOUR, device: `device-${id}`, state: "active" as const };
  return { id, ...device, ...times, ...rest, ...more };
}

export function user(id: string, sessions: Session[] = [], more: Partial<User> = {}): User {
  return { id, locked: false, sessions, profile: null, ...more };
}

const FREE = { max: 99, percent: 100, exceed: "refuse" as const };
export const OPEN = {
  lock: FREE,
  unlock: FREE,
  wipe: FREE,
  "re-authenticate": { percent: 100, perRun: 100 },
};
export const policy = (more: Partial<Policy> = {}): Policy => ({
  version: 1,
  target: {},
  limits: OPEN,
  ...more,
});
export const leaver = (name: string, more = {}) => ({
  users: { locked: [{ user: name, reason: "Left", ...more }] },
});

export function planned(users: User[], of: Policy, memory: Partial<Memory> = {}, at = NOW) {
  const { taken, held, refused } = planOf(users, of, at, { ...EMPTY, ...memory });
  return {
    taken: taken.map((want) => `${want.type} ${want.session ?? want.user}`).sort(),
    held: held.map(({ want, by }) => `${want.type} ${want.session ?? want.user} ${by}`).sort(),
    refused,
  };
}

export const nothing = { taken: [], held: [], refused: [] };

export function attempt(type: Attempt["type"], of: string, more: Partial<Attempt> = {}): Attempt {
  const base = { session: null, signIn: null, at: NOW - HOUR, status: "applied" as const };
  return { type, user: of, ...base, outside: null, ended: [], undone: false, lines: "", ...more };
}
