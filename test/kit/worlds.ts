/** Random worlds for properties: a policy, an estate that meets it, and what a ledger may remember of it. */
import fc from "fast-check";
import type { Session, User } from "../../src/model/inventory.ts";
import type { Exception, Limit, LockedEntry, Policy } from "../../src/model/policy.ts";
import type { Attempt, Memory } from "../../src/model/run.ts";
import type { ActionType } from "../../src/model/vocabulary.ts";
import {
  attemptOf,
  DAY,
  deniedOf,
  exceptionOf,
  groupOf,
  HOUR,
  limitsOf,
  lockedOf,
  memoryOf,
  NOW,
  noLimits,
  onlyTizen,
  policyOf,
  raiseOf,
  sessionOf,
  settledOf,
  source,
  userOf,
  usersLocked,
  written,
} from "./builders.ts";

export interface World {
  policy: Policy;
  users: User[];
  memory: Memory;
}

const IDS = ["ann", "bob", "cleo", "dora", "eli", "fay"];
const who = fc.constantFrom(...IDS);
const moment = fc.constantFrom(
  NOW - 60 * DAY,
  NOW - 30 * DAY - 1,
  NOW - 30 * DAY,
  NOW - 7 * DAY,
  NOW - DAY,
  NOW - HOUR,
  NOW,
);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const moments = fc.option(moment, { nil: null, freq: 4 });

const session: fc.Arbitrary<Session> = fc
  .record({
    state: fc.constantFrom<Session["state"]>(
      "active",
      "active",
      "active",
      "ended",
      "wiping",
      "unused",
    ),
    signedInAt: moments,
    createdAt: moments,
    lastConnectedAt: moments,
    lastFullSyncAt: moments,
    platform: fc.constantFrom("ANDROID", "TIZEN", null),
    runtime: fc.constantFrom("4.85.0", null),
    device: fc.constantFrom("lost", "stolen", "fine", null),
  })
  .map((more) => sessionOf("", more));

const users: fc.Arbitrary<User[]> = fc
  .array(
    fc.record({
      locked: fc.boolean(),
      sessions: fc.array(session, { maxLength: 4 }),
      team: fc.constantFrom("sea", "land"),
    }),
    { minLength: IDS.length, maxLength: IDS.length },
  )
  .map((all) =>
    all.map(({ locked, sessions, team }, i) => {
      const id = IDS[i] ?? "";
      const own = sessions.map((s, n) => ({ ...s, id: `${id}-${n}` }));
      return userOf(id, own, { locked, fields: { team } });
    }),
  );

const entry: fc.Arbitrary<LockedEntry> = fc
  .record({
    user: who,
    from: maybe(moment),
    until: maybe(fc.constantFrom(NOW, NOW + 1, NOW + DAY)),
    wipe: fc.boolean(),
    urgent: fc.boolean(),
    adopt: fc.boolean(),
  })
  .map(({ user, from, until, ...flags }) =>
    lockedOf(user, {
      ...flags,
      ...(from === undefined ? {} : { from }),
      ...(until === undefined ? {} : { until }),
    }),
  );

const exception: fc.Arbitrary<Exception> = fc
  .record({
    user: maybe(who),
    rule: fc.constantFrom<Exception["rule"]>(
      "sessions.maxAge",
      "sessions.maxIdle",
      "devices.allowed",
    ),
    allow: maybe(fc.constantFrom(DAY, 45 * DAY)),
    until: fc.constantFrom(NOW, NOW + 20 * DAY),
  })
  .map(({ user, rule, allow, until }) =>
    exceptionOf(rule, {
      until,
      ...(user === undefined ? { group: "sea" } : { user }),
      ...(allow === undefined || rule === "devices.allowed" ? {} : { allow }),
    }),
  );

const limit = (exceed: fc.Arbitrary<Limit["exceed"]>): fc.Arbitrary<Partial<Limit>> =>
  fc
    .record({
      max: maybe(fc.integer({ min: 0, max: 4 })),
      percent: maybe(fc.constantFrom(0, 1, 25, 50, 100)),
      perRun: maybe(fc.constantFrom(0, 5, 40, 100)),
      exceed,
    })
    .map(({ max, percent, perRun, exceed: how }) => ({
      exceed: how,
      ...(max === undefined ? {} : { max }),
      ...(percent === undefined ? {} : { percent }),
      ...(perRun === undefined ? {} : { perRun }),
    }));

const limits = fc
  .record({
    types: fc.record({
      lock: limit(fc.constantFrom("refuse", "pace")),
      unlock: limit(fc.constantFrom("refuse", "pace")),
      "re-authenticate": limit(fc.constantFrom("refuse", "pace")),
      wipe: limit(fc.constantFrom("refuse", "pace")),
    }),
    urgent: fc.integer({ min: 0, max: 2 }),
    raised: fc.boolean(),
  })
  .map(({ types, urgent, raised }) =>
    limitsOf(types, { urgent, raise: raised ? [raiseOf("lock", { max: 3 })] : [] }),
  );

const devices: fc.Arbitrary<Policy["devices"]> = fc
  .record({
    allowed: fc.boolean(),
    otherwise: fc.constantFrom("re-authenticate", "wipe"),
    lost: fc.constantFrom("re-authenticate", "wipe"),
    unsynced: fc.constantFrom("wait", "lose"),
  })
  .map(({ allowed, otherwise, lost, unsynced }) => {
    const denied = [
      deniedOf("lost", { action: lost, unsynced }),
      deniedOf("stolen", { action: "re-authenticate" }),
    ];
    const { allowed: tizen, ...rest } = onlyTizen({ otherwise, denied });
    return allowed && tizen ? { ...rest, allowed: tizen } : rest;
  });

const mode = fc.constantFrom<Policy["enforcement"]["default"]>("enforce", "enforce", "report");

/** `calm`: no brakes but enforcement by rule and protection, so that one run can do all that is wanted. */
const policies = (calm: boolean): fc.Arbitrary<Policy> =>
  fc
    .record({
      managed: fc.boolean(),
      locked: fc.array(entry, { maxLength: 4 }),
      maxAge: maybe(fc.constantFrom(HOUR, 30 * DAY)),
      maxIdle: maybe(fc.constantFrom(DAY)),
      maxPerUser: maybe(fc.constantFrom(1, 2)),
      notBefore: maybe(fc.constantFrom(NOW - DAY, NOW + 1)),
      groupAge: maybe(fc.constantFrom(DAY)),
      devices,
      exceptions: fc.array(exception, { maxLength: 3 }),
      guarded: fc.subarray(IDS, { maxLength: 2 }),
      denied: mode,
      allowed: mode,
      age: mode,
      default: mode,
      rollout: fc.constantFrom(0, 30, 60, 100, 100),
      limits,
      frozen: fc.constantFrom<ActionType | null>(null, null, "lock", "wipe", "re-authenticate"),
      window: fc.constantFrom<ActionType | null>(null, null, "re-authenticate", "lock", "wipe"),
    })
    .map((p): Policy => {
      const rule = <T>(key: string, value: T | undefined) =>
        value === undefined ? {} : { [key]: written(value) };
      const rules = {
        "devices.denied": p.denied,
        "devices.allowed": p.allowed,
        "sessions.maxAge": p.age,
      };
      const shut = { from: 0, to: 60, zone: "UTC", days: ["mon" as const], source: source(80) };
      const locked = p.locked.filter((l) => !p.guarded.includes(l.user));
      return policyOf({
        users: p.managed ? usersLocked(...locked) : { source: null },
        sessions: {
          ...rule("maxAge", p.maxAge),
          ...rule("maxIdle", p.maxIdle),
          ...rule("maxPerUser", p.maxPerUser),
          ...rule("notBefore", p.notBefore),
        },
        groups: [groupOf("sea", { where: { team: "sea" }, sessions: rule("maxAge", p.groupAge) })],
        devices: p.devices,
        exceptions: p.exceptions,
        protected: p.guarded.map((id) => written(id, 70)),
        enforcement: { default: p.default, rules },
        rollout: p.rollout,
        limits: calm ? noLimits({ urgent: 0 }) : p.limits,
        ...(calm || p.frozen === null
          ? {}
          : {
              freeze: {
                until: NOW + 1,
                reason: "Year end",
                allow: [p.frozen],
                source: source(90),
              },
            }),
        windows: calm || p.window === null ? {} : { [p.window]: shut },
      });
    });

/** Attempts of the last days on users and sessions that may be there; each of a run of its own. */
const attempts: fc.Arbitrary<Attempt[]> = fc
  .array(
    fc.record({
      type: fc.constantFrom<ActionType>("lock", "unlock", "wipe", "re-authenticate"),
      user: fc.constantFrom(...IDS, "gone"),
      n: fc.integer({ min: 0, max: 3 }),
      at: fc.constantFrom(NOW - 2 * DAY, NOW - DAY, NOW - DAY + 1, NOW - HOUR),
      signedInAt: moments,
      status: fc.constantFrom<Attempt["status"]>("intent", "applied", "failed", "skipped"),
      apart: fc.boolean(),
    }),
    { maxLength: 6 },
  )
  .map((all) =>
    all
      .map(({ type, user, n, at, signedInAt, status, apart }, i) => {
        const onUser = type === "lock" || type === "unlock";
        return attemptOf(type, user, {
          run: `run-${i}`,
          at,
          status,
          session: onUser ? null : `${user}-${n}`,
          signedInAt: onUser ? null : signedInAt,
          ...(type === "lock" && apart ? { counts: "urgent" as const } : {}),
          ...(type === "re-authenticate" && apart ? { counts: "none" as const } : {}),
        });
      })
      .sort((a, b) => a.at - b.at),
  );

const memories: fc.Arbitrary<Memory> = fc
  .record({
    own: fc.subarray(IDS),
    owed: fc.subarray(IDS),
    wiped: fc.subarray(IDS),
    signedIn: moments,
    attempts,
    last: fc.option(policies(false), { nil: null }),
  })
  .map(({ own, owed, wiped, signedIn, attempts: tried, last }) =>
    memoryOf({
      ownLocks: Object.fromEntries(own.map((id) => [id, NOW - DAY])),
      owedWipes: Object.fromEntries(owed.map((id) => [`${id}-0`, signedIn])),
      wiped: Object.fromEntries(wiped.map((id) => [`${id}-1`, signedIn])),
      attempts: tried,
      last: last && settledOf(last, NOW - DAY),
    }),
  );

export const worlds: fc.Arbitrary<World> = fc.record({
  policy: policies(false),
  users,
  memory: memories,
});

/** Worlds in which one run may do all that is wanted. */
export const calmWorlds: fc.Arbitrary<World> = fc.record({
  policy: policies(true),
  users,
  memory: memories,
});
