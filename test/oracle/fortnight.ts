/** Two weeks of a field force of thousands, hour by hour: what people, devices, administrators and the policy's authors do. */
import { DAY, HOUR } from "./time.ts";
import type { Policy, Session } from "./types.ts";
import { NOW, type Step, type World } from "./worlds.ts";

const TARGET = {
  ...{ name: "production", provider: "journeyapps", credentials: ["env:TOKEN"] },
  url: "https://62d541f4156bc4dd685318da.backend.us.journeyapps.com/api/v4/615ae1ee8c5ef500078a4908",
};
const QUIET: Omit<Step, "act" | "user" | "session"> = {
  ...{ wait: 0, name: 0, edit: "none", refuses: [], silent: [] },
};

/** Numbers from 0 up to, not including, 1: the same for the same seed (a linear congruential generator, as of Knuth). */
export function dice(seed: number): () => number {
  let state = BigInt(seed);
  return () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number(state >> 11n) / 2 ** 53;
  };
}

const idOf = (n: number) => `u-${String(n).padStart(5, "0")}`;

/** Every moment is another: the contract does not say who goes first among equals. */
function ago(n: number, days: number, roll: () => number): number {
  return NOW - Math.floor(roll() * days * DAY) - n;
}

function sessionsOf(n: number, roll: () => number): Session[] {
  return Array.from({ length: 1 + Math.floor(roll() * 2) }, (_, i): Session => {
    const signedInAt = ago(n * 2 + i, 45, roll);
    const lastConnectedAt = Math.max(signedInAt, ago(n * 2 + i, 20, roll));
    const kind = roll();
    const synced = roll() < 0.8 ? lastConnectedAt : null;
    return {
      ...{
        id: `${idOf(n)}-${i}`,
        state: kind < 0.85 ? "active" : kind < 0.95 ? "ended" : "unused",
      },
      ...{ signedInAt, createdAt: signedInAt, lastConnectedAt, lastFullSyncAt: synced },
      ...{ platform: roll() < 0.5 ? "IOS" : "ANDROID", container: "20.6.1", runtime: "4.85.0" },
      ...{ bundleId: "xyz.app", device: `d-${n}-${i}`, label: null },
    };
  });
}

export function fieldForce(size: number, roll: () => number): World {
  const users = Array.from({ length: size }, (_, n) => ({
    ...{ id: idOf(n), locked: roll() < 0.01, sessions: sessionsOf(n, roll) },
    fields: { team: n % 10 === 0 ? "sea" : "land" },
  }));
  const file: Policy = {
    ...{ version: 1, target: TARGET, sessions: { maxAge: "30d", maxIdle: "21d" } },
    users: { locked: [{ user: idOf(1), reason: "Left" }] },
    groups: { sea: { where: { team: "sea" }, sessions: { maxAge: "14d" } } },
    protected: [idOf(2), idOf(3), idOf(4)],
    limits: { lock: { max: 8 } },
  };
  return { file, users, steps: [] };
}

/** What the policy's authors merge before the run of an hour. */
export function merged(file: Policy, hour: number): Policy {
  const day = hour / 24;
  const locked = file.users?.locked ?? [];
  const more = (...entries: typeof locked): Policy => ({
    ...file,
    users: { locked: [...locked, ...entries] },
  });
  // No more than the ledger keeps of policies while something is held (src/ledger/last-run.ts).
  if (hour % 48 === 5) return more({ user: idOf(100 + hour), reason: "Left" });
  if (day === 1)
    return more(
      { user: idOf(50), reason: "Left", wipe: true },
      { user: idOf(51), reason: "Now", urgent: true },
    );
  if (day === 2)
    return {
      ...file,
      devices: { denied: [5, 6, 7].map((n) => ({ id: `d-${n}-0`, reason: "Lost" })) },
    };
  if (day === 3)
    return more(
      ...Array.from({ length: 20 }, (_, n) => ({ user: idOf(200 + n), reason: "Plant" })),
    );
  if (day === 4) {
    const raise = { type: "lock", max: 60, until: iso(NOW + 5 * DAY), reason: "Plant" } as const;
    return { ...file, limits: { ...file.limits, raise: [raise] } };
  }
  if (day === 5) return { ...file, users: { locked: locked.filter((_, n) => n % 4 !== 0) } };
  if (day === 6) return { ...file, sessions: { ...file.sessions, maxAge: "25d" } };
  if (day === 7)
    return { ...file, freeze: { until: iso(NOW + 8 * DAY), reason: "Change", allow: ["lock"] } };
  if (day === 9) {
    const allowed = [{ platform: "IOS" }, { platform: "ANDROID", container: ">=20" }];
    return { ...file, devices: { ...file.devices, allowed } };
  }
  if (day === 10) return { ...file, sessions: { ...file.sessions, notBefore: iso(NOW + 9 * DAY) } };
  if (day === 12) return { ...file, enforcement: "report" };
  if (day === 12.5) return { ...file, enforcement: "enforce" };
  return file;
}

const iso = (moment: number) => new Date(moment).toISOString();

/** What happens in an hour; the first step lets it pass. Some users' writes fail always, some for hours. */
export function hourOf(hour: number, size: number, roll: () => number): Step[] {
  const any = () => Math.floor(roll() * size);
  const act = (what: Step["act"], user: number): Step => {
    return { ...QUIET, act: what, user, session: Math.floor(roll() * 2) };
  };
  const often = (n: number, what: Step["act"]) => Array.from({ length: n }, () => act(what, any()));
  // Not 50: of a lock's wipe that waits while its session signs in anew the contract does not say which cause it has.
  const failing = [52, 105, 300, 301, 302].map(idOf);
  const ill = hour % 30 < 6 ? Array.from({ length: 40 }, (_, n) => idOf(400 + n)) : [];
  const steps = [
    ...often(20, "sign-in"),
    ...often(60, "connect"),
    ...often(30, "sync"),
    ...(hour % 5 === 1 ? [act("lock", any())] : []),
    ...(hour % 7 === 2 ? [act("unlock", 1), act("unlock", 105 + 48 * Math.floor(roll() * 4))] : []),
  ];
  const [first = act("nothing", 0), ...others] = steps;
  const trouble = { refuses: [...failing, ...ill], silent: hour % 11 === 3 ? [idOf(any())] : [] };
  return [{ ...first, wait: HOUR }, ...others].map((step) => ({ ...step, ...trouble }));
}
