/** Random worlds for the comparison: a policy file, users, and what happens between one run and the next. */
import fc from "fast-check";
import { DAY, HOUR } from "./time.ts";
import type { Exception, Field, Limit, Locked, Policy, Session, Type } from "./types.ts";

export const NOW = Date.parse("2026-11-22T10:00:00Z");
const IDS = ["ann", "bob", "cleo", "dora", "eli", "fay"];
const NAMES = ["ann@x", "bob@x", "Ann@X", "Cleo B", "dora b", "cleo b"];
const iso = (moment: number) => new Date(moment).toISOString();
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

/** What happens between two runs. */
export interface Step {
  wait: number;
  /** What an administrator, a device or the customer's own program does. */
  act: "lock" | "unlock" | "sign-in" | "connect" | "sync" | "rename" | "nothing";
  user: number;
  session: number;
  name: number;
  /** What the backend does to writes that are about these users. */
  refuses: string[];
  silent: string[];
  /** How the policy is changed before the run. */
  edit: "none" | "unlist" | "stricter";
}

export interface World {
  file: Policy;
  users: {
    id: string;
    locked: boolean;
    sessions: Session[];
    fields: Record<string, Field> | null;
  }[];
  steps: Step[];
}

/** Few moments would tie too often: the contract does not say who goes first among equals. */
const ago = fc.integer({ min: 1, max: 900 }).map((n) => NOW - n * 2 * HOUR - (n % 7) * 1000);
const moment = fc.option(ago, { nil: null, freq: 6 });

const session: fc.Arbitrary<Omit<Session, "id">> = fc.record({
  state: fc.constantFrom<Session["state"]>(
    "active",
    "active",
    "active",
    "ended",
    "wiping",
    "unused",
  ),
  signedInAt: fc.option(
    fc.oneof({ weight: 9, arbitrary: ago }, { weight: 1, arbitrary: fc.constant(NOW + DAY) }),
    { nil: null, freq: 6 },
  ),
  createdAt: moment,
  lastConnectedAt: moment,
  lastFullSyncAt: moment,
  platform: fc.constantFrom("ANDROID", "IOS", null),
  container: fc.constantFrom("20.6", "19.1.0", "x"),
  runtime: fc.constantFrom("4.85.0", "4.85.0", null),
  bundleId: fc.constant("xyz.app"),
  device: fc.constantFrom("lost", "stolen", "fine", "good", null),
  label: fc.constantFrom("Zebra TC52", "Sony", null),
});

const users = fc
  .array(
    fc.record({
      locked: fc.boolean(),
      sessions: fc.array(session, { maxLength: 3 }),
      team: fc.constantFrom("sea", "land"),
      email: fc.constantFrom(...NAMES),
      own: fc.boolean(),
      has: fc.integer({ min: 0, max: 9 }),
    }),
    { minLength: 3, maxLength: IDS.length },
  )
  .map((all) =>
    all.map(({ locked, sessions, team, email, own, has }, i): World["users"][number] => {
      const id = IDS[i] ?? "";
      const fields = has === 0 ? null : { team, email: own ? (NAMES[i] ?? email) : email };
      return { id, locked, sessions: sessions.map((s, n) => ({ ...s, id: `${id}-${n}` })), fields };
    }),
  );

const entries = (who: string[]): fc.Arbitrary<Locked[]> =>
  fc.uniqueArray(
    fc
      .record({
        user: fc.constantFrom(...who),
        from: maybe(fc.constantFrom(NOW - DAY, NOW, NOW + 3 * HOUR)),
        until: maybe(fc.constantFrom(NOW + 4 * HOUR, NOW + 60 * DAY)),
        wipe: fc.boolean(),
        urgent: fc.constantFrom(true, false, false),
        adopt: fc.boolean(),
      })
      .map(({ from, until, ...more }) => ({
        ...{ ...more, reason: "Left" },
        ...(from === undefined ? {} : { from: iso(from) }),
        ...(until === undefined ? {} : { until: iso(until) }),
      })),
    { maxLength: 3, selector: ({ user }) => user.toLowerCase() },
  );

const exception = (who: string[]): fc.Arbitrary<Exception> =>
  fc
    .record({
      user: maybe(fc.constantFrom(...who)),
      rule: fc.constantFrom("sessions.maxAge", "sessions.maxIdle", "devices.allowed"),
      allow: maybe(fc.constantFrom("45d", "60d")),
      until: fc.constantFrom(NOW + 5 * HOUR, NOW + 20 * DAY),
    })
    .map(({ user, rule, allow, until }) => ({
      ...{ rule, reason: "Rig", owner: "jane", until: iso(until) },
      ...(user === undefined ? { group: "sea" } : { user }),
      ...(allow === undefined || rule === "devices.allowed" ? {} : { allow }),
    }));

const limit: fc.Arbitrary<Limit> = fc
  .record({
    max: maybe(fc.integer({ min: 0, max: 4 })),
    percent: maybe(fc.constantFrom(0, 25, 50, 100)),
    perRun: maybe(fc.constantFrom(20, 50, 100)),
    exceed: fc.constantFrom<Limit["exceed"]>("refuse", "pace"),
  })
  .map((of) => JSON.parse(JSON.stringify(of)) as Limit);

const wipeLimit = limit.map((of): Limit => ({ ...of, exceed: "refuse" }));
const WIDE: Limit = { max: 99, percent: 100, exceed: "refuse" };
const wide = { lock: WIDE, unlock: WIDE, wipe: WIDE };

const policies: fc.Arbitrary<Policy> = fc.boolean().chain((named) => {
  const who = named ? NAMES : IDS;
  return fc
    .record({
      locked: maybe(entries(who)),
      rules: fc.record({
        maxAge: maybe(fc.constantFrom("7d", "30d")),
        maxIdle: maybe(fc.constantFrom("3d", "20d")),
        maxPerUser: maybe(fc.constantFrom(1, 2)),
        notBefore: maybe(fc.constantFrom(iso(NOW - 20 * DAY), iso(NOW + 3 * HOUR))),
      }),
      devices: maybe(
        fc.record({
          ios: fc.boolean(),
          otherwise: fc.constantFrom("re-authenticate" as const, "wipe" as const),
          lost: fc.constantFrom("re-authenticate" as const, "wipe" as const),
          unsynced: fc.constantFrom("wait" as const, "lose" as const),
        }),
      ),
      groupAge: maybe(fc.constantFrom("5d")),
      member: maybe(fc.constantFrom(...who)),
      exceptions: fc.array(exception(who), { maxLength: 2 }),
      guarded: fc.subarray(named ? [...NAMES, "fay"] : IDS, { maxLength: 2 }),
      mode: fc.constantFrom("enforce", "enforce", "enforce", "report", "rule"),
      rollout: fc.constantFrom<0 | 100>(100, 100, 100, 0),
      calm: fc.boolean(),
      limits: fc.record({ lock: limit, unlock: limit, "re-authenticate": limit, wipe: wipeLimit }),
      frozen: fc.constantFrom<Type | null>(null, null, null, "lock", "re-authenticate"),
      window: fc.constantFrom<Type | null>(null, null, null, "lock", "re-authenticate", "wipe"),
    })
    .map((p): Policy => {
      const taken = new Set((p.locked ?? []).map(({ user }) => user.toLowerCase()));
      const guarded = p.guarded.filter(
        (name, i) =>
          !taken.has(name.toLowerCase()) &&
          p.guarded.findIndex((other) => other.toLowerCase() === name.toLowerCase()) === i,
      );
      const { devices } = p;
      const group = {
        where: { team: "sea" },
        ...(p.member === undefined ? {} : { members: [p.member] }),
        sessions: p.groupAge === undefined ? {} : { maxAge: p.groupAge },
      };
      return {
        version: 1,
        target: {
          name: "production",
          provider: "journeyapps",
          url: "https://62d541f4156bc4dd685318da.backend.us.journeyapps.com/api/v4/615ae1ee8c5ef500078a4908",
          credentials: ["env:TOKEN"],
          ...(named ? { identify: "email" } : {}),
        },
        enforcement:
          p.mode === "rule" ? { default: "enforce", "sessions.maxAge": "report" } : p.mode,
        // The contract does not say which of two holds is named, nor whether a report adopts.
        rollout: p.mode === "rule" ? 100 : p.rollout,
        sessions: JSON.parse(JSON.stringify(p.rules)),
        ...(p.locked === undefined
          ? {}
          : {
              users: {
                locked:
                  p.mode === "report" ? p.locked.map((l) => ({ ...l, adopt: false })) : p.locked,
                allowEmpty: true,
              },
            }),
        ...(devices === undefined
          ? {}
          : {
              devices: {
                ...(devices.ios
                  ? { allowed: [{ platform: "IOS", container: ">=20" }, { label: "zebra*" }] }
                  : {}),
                otherwise: devices.otherwise,
                denied: [
                  {
                    id: "lost",
                    reason: "Lost",
                    ...(devices.lost === "wipe"
                      ? { action: "wipe" as const, unsynced: devices.unsynced }
                      : {}),
                  },
                  { id: "stolen", reason: "Stolen" },
                ],
              },
            }),
        groups: { sea: group },
        exceptions: p.exceptions.filter(
          (e, i) =>
            p.exceptions.findIndex(
              (o) => o.rule === e.rule && o.user?.toLowerCase() === e.user?.toLowerCase(),
            ) === i,
        ),
        protected: guarded,
        limits: p.calm ? { ...wide, "re-authenticate": { percent: 100, perRun: 100 } } : p.limits,
        ...(p.frozen === null || p.calm
          ? {}
          : { freeze: { until: iso(NOW + 6 * HOUR), reason: "Year end", allow: [p.frozen] } }),
        windows:
          p.window === null || p.calm
            ? {}
            : { [p.window]: { from: "12:00", to: "20:00", zone: "UTC" } },
      };
    });
});

const step: fc.Arbitrary<Step> = fc.record({
  wait: fc.constantFrom(HOUR / 2, HOUR, 2 * HOUR, 7 * HOUR, 25 * HOUR),
  act: fc.constantFrom<Step["act"]>(
    "lock",
    "unlock",
    "sign-in",
    "connect",
    "sync",
    "rename",
    "nothing",
  ),
  user: fc.nat({ max: 5 }),
  session: fc.nat({ max: 2 }),
  name: fc.nat({ max: NAMES.length - 1 }),
  refuses: fc.oneof(
    { weight: 3, arbitrary: fc.constant<string[]>([]) },
    fc.subarray(IDS, { maxLength: 2 }),
  ),
  silent: fc.oneof(
    { weight: 3, arbitrary: fc.constant<string[]>([]) },
    fc.subarray(IDS, { maxLength: 1 }),
  ),
  edit: fc.constantFrom<Step["edit"]>("none", "none", "unlist", "stricter"),
});

export const worlds: fc.Arbitrary<World> = fc.record({
  file: policies,
  users,
  steps: fc.array(step, { minLength: 1, maxLength: 4 }),
});

export const nameAt = (n: number): string => NAMES[n] ?? "";

/** The policy as it is written before the next run. */
export function edited(file: Policy, edit: Step["edit"]): Policy {
  if (edit === "unlist" && file.users)
    return { ...file, users: { ...file.users, locked: file.users.locked.slice(1) } };
  if (edit === "stricter") return { ...file, sessions: { ...file.sessions, maxAge: "4d" } };
  return file;
}
