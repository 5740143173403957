// @module-tag worlds
/** A forecast, against hand-made cases and against runs that really follow each other. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { User } from "../../../src/model/inventory.ts";
import type { Action } from "../../../src/model/plan.ts";
import type { Policy } from "../../../src/model/policy.ts";
import type { Owned } from "../../../src/plan/decide/want.ts";
import { withoutIdleness } from "../../../src/plan/forecast/apart.ts";
import { type Forecast, forecastMeter } from "../../../src/plan/forecast/forecast.ts";
import { EVERYTHING } from "../../../src/plan/scope.ts";
import { reconcile } from "../../../src/reconcile.ts";
import { backendOf, ledgerOf } from "../../kit/backend.ts";
import {
  DAY,
  deniedOf,
  denying,
  exceptionOf,
  FILE,
  groupOf,
  HOUR,
  knownOf,
  lockedOf,
  NOW,
  onlyTizen,
  policyOf,
  sessionOf,
  userOf,
  usersLocked,
  written,
} from "../../kit/builders.ts";
import { RUNS } from "../../kit/runs.ts";
import { calmWorlds, type World } from "../../kit/worlds.ts";

function forecast(
  users: readonly User[],
  policy: Policy,
  { owned, days = 30 }: { owned?: Partial<Owned>; days?: number } = {},
): Forecast {
  const meter = forecastMeter(knownOf(policy, owned), days);
  for (const user of users) meter.add({ user });
  return meter.result();
}

/** `date type user session` of the first of each day. */
function told({ now, days }: Forecast): string[] {
  const of = (when: string, all: Forecast["now"]["first"]) =>
    all.map(({ type, user, session }) => [when, type, user, session ?? ""].join(" ").trim());
  return [...of("now", now.first), ...days.flatMap((day) => of(day.date, day.first))];
}

/** As `told`, of what only silence would bring. */
function toldIdle({ days }: Forecast): string[] {
  return days.flatMap(({ date, idle }) =>
    idle.first.map(({ type, user, session }) => [date, type, user, session].join(" ")),
  );
}

const signedIn = (id: string, ago: number) => sessionOf(id, { signedInAt: NOW - ago });

describe("a forecast", () => {
  const maxAge = policyOf({ sessions: { maxAge: written(30 * DAY, 31) } });

  it("puts a session on the day of UTC on which its limit is passed, not met", () => {
    const midnight = Date.parse("2026-11-25T00:00:00Z");
    const at = (id: string, passes: number) =>
      userOf(id, [signedIn(`${id}-1`, NOW - passes + 30 * DAY)]);
    const result = forecast(
      [at("met", midnight - 1), at("late", midnight), at("old", NOW - 1), at("edge", NOW)],
      maxAge,
    );
    expect(told(result)).toEqual([
      "now re-authenticate old old-1",
      "2026-11-22 re-authenticate edge edge-1",
      "2026-11-25 re-authenticate met met-1",
      "2026-11-25 re-authenticate late late-1",
    ]);
    expect(result).toMatchObject({
      from: "2026-11-22T10:00:00Z",
      end: "2026-12-22T00:00:00Z",
      days: { length: 30 },
    });
  });

  it("names the rule's line, counts types, and gives the first of a day in order", () => {
    const users = Array.from({ length: 8 }, (_, i) =>
      userOf(`u${i}`, [signedIn(`s${i}`, 29 * DAY - i * HOUR)]),
    );
    const { days } = forecast(users.reverse(), maxAge);
    const day = days[1];
    expect(day).toMatchObject({
      date: "2026-11-23",
      total: 8,
      held: 0,
      due: { lock: 0, wipe: 0, "re-authenticate": 8, unlock: 0 },
      rules: [{ rule: "sessions.maxAge", file: FILE, line: 31, count: 8 }],
    });
    expect(day?.first.map(({ user }) => user)).toEqual(["u0", "u1", "u2", "u3", "u4"]);
    expect(day?.first[0]).toMatchObject({
      at: "2026-11-23T10:00:00.001Z",
      session: "s0",
      reasons: [{ line: 31 }],
    });
  });

  it("takes the strictest limit that applies to the user", () => {
    const policy = policyOf({
      sessions: { maxAge: written(30 * DAY), maxIdle: written(5 * DAY) },
      groups: [groupOf("sea", { where: { team: "sea" }, sessions: { maxAge: written(2 * DAY) } })],
    });
    const idle = sessionOf("s", { lastConnectedAt: NOW - 3 * DAY });
    const users = [userOf("ann", [idle]), userOf("bob", [idle], { fields: { team: "sea" } })];
    const result = forecast(users, policy);
    expect(told(result)).toEqual([
      "2026-11-23 re-authenticate bob s",
      "2026-12-21 re-authenticate ann s",
    ]);
    expect(toldIdle(result)).toEqual(["2026-11-24 re-authenticate ann s"]);
  });

  it.each([
    ["who works today", 0, []],
    ["who has been silent for less than half of the limit", 7 * DAY - 1, []],
    ["who has been silent for half of it", 7 * DAY, ["2026-11-29 re-authenticate u s"]],
    ["who has been silent for nearly all of it", 13 * DAY, ["2026-11-23 re-authenticate u s"]],
  ])("idleness is no certainty: %s", (_, ago, idle) => {
    const policy = policyOf({ sessions: { maxIdle: written(14 * DAY, 32) } });
    const user = userOf("u", [sessionOf("s", { lastConnectedAt: NOW - ago })]);
    const result = forecast([user], policy);
    expect([told(result), toldIdle(result)]).toEqual([[], idle]);
    // What is idle already is no question of time.
    const over = userOf("u", [sessionOf("s", { lastConnectedAt: NOW - 15 * DAY })]);
    expect(told(forecast([over], policy))).toEqual(["now re-authenticate u s"]);
  });

  it("what is certain is told also of a session that idleness would end before", () => {
    const group = groupOf("sea", {
      members: [written("u")],
      sessions: { maxIdle: written(10 * DAY, 41) },
    });
    const policy = policyOf({ sessions: { maxAge: written(30 * DAY, 31) }, groups: [group] });
    const session = { signedInAt: NOW - 10 * DAY, lastConnectedAt: NOW - 8 * DAY };
    const result = forecast([userOf("u", [sessionOf("s", session)])], policy);
    expect(told(result)).toEqual(["2026-12-12 re-authenticate u s"]);
    expect(toldIdle(result)).toEqual(["2026-11-24 re-authenticate u s"]);
    expect(result.days[2]).toMatchObject({ total: 0, rules: [], idle: { total: 1 } });
  });

  it("knows exceptions, until they end", () => {
    const until = NOW + 3 * DAY;
    const exceptions = [
      exceptionOf("sessions.maxAge", { user: "ann", until }),
      exceptionOf("sessions.maxAge", { user: "bob", until, allow: 32 * DAY }),
      exceptionOf("sessions.maxAge", { user: "cem", until: NOW + 40 * DAY }),
      exceptionOf("devices.allowed", { user: "dan", until }),
    ];
    const policy = policyOf({
      sessions: { maxAge: written(30 * DAY) },
      exceptions,
      devices: onlyTizen(),
    });
    const tizen = (id: string) => [
      { ...signedIn(id, 31 * DAY), attributes: { platform: "TIZEN" } },
    ];
    const users = [
      ...["ann", "bob", "cem"].map((id) => userOf(id, tizen(id))),
      userOf("dan", [sessionOf("dan")]),
    ];
    expect(told(forecast(users, policy))).toEqual([
      "2026-11-23 re-authenticate bob bob",
      "2026-11-25 re-authenticate ann ann",
      "2026-11-25 re-authenticate dan dan",
    ]);
  });

  it("knows locks that begin and end, and lifts only what is ours", () => {
    const from = NOW + 2 * DAY;
    const policy = policyOf({
      users: usersLocked(
        lockedOf("leave", { from, until: NOW + 9 * DAY }),
        lockedOf("back", { until: NOW + DAY }),
        lockedOf("foreign", { until: NOW + DAY }),
      ),
      sessions: { maxAge: written(10 * DAY) },
    });
    const users = [
      userOf("leave", [sessionOf("s-leave")]),
      userOf("back", [], { locked: true }),
      userOf("foreign", [], { locked: true }),
    ];
    const result = forecast(users, policy, { owned: { ownLocks: { back: NOW - DAY } } });
    // The session of whom is locked by then does not fall due as well.
    expect(told(result)).toEqual([
      "2026-11-23 unlock back",
      "2026-11-24 lock leave",
      "2026-12-01 unlock leave",
    ]);
  });

  it("knows a notBefore that comes, denied devices, and leaves the protected alone", () => {
    const policy = policyOf({
      sessions: { notBefore: written(NOW + 4 * DAY) },
      devices: denying(deniedOf("device-lost")),
      protected: [written("cem")],
    });
    const users = [
      userOf("ann", [sessionOf("a")]),
      userOf("bob", [sessionOf("lost")]),
      userOf("cem", [sessionOf("c")]),
    ];
    expect(told(forecast(users, policy))).toEqual([
      "now re-authenticate bob lost",
      "2026-11-26 re-authenticate ann a",
    ]);
  });

  it("counts apart what is only reported, or outside the rollout", () => {
    const users = [userOf("ann", [signedIn("s", 29 * DAY)])];
    const sessions = { maxAge: written(30 * DAY) };
    const ways: Partial<Policy>[] = [
      { enforcement: { default: "report", rules: {} } },
      { rollout: 0 },
    ];
    for (const more of ways) {
      const { days } = forecast(users, policyOf({ sessions, ...more }));
      expect(days[1]).toMatchObject({ total: 0, held: 1, rules: [], first: [] });
      expect(days.filter((day) => day.held > 0)).toHaveLength(1);
    }
    // Reported first, and acted on by another rule later: it falls due then, once.
    const policy = policyOf({
      sessions: { ...sessions, notBefore: written(NOW + 5 * DAY) },
      enforcement: { default: "enforce", rules: { "sessions.maxAge": "report" } },
    });
    const { days } = forecast(users, policy);
    expect(days.map(({ total, held }) => total + held).filter(Boolean)).toEqual([1]);
    expect(days[5]).toMatchObject({ total: 1, held: 0 });
    const silent = [userOf("ann", [sessionOf("s", { lastConnectedAt: NOW - 4 * DAY })])];
    const idle = forecast(
      silent,
      policyOf({ sessions: { maxIdle: written(5 * DAY) }, rollout: 0 }),
    );
    expect(idle.days[1]).toMatchObject({ total: 0, held: 0, idle: { total: 0, held: 1 } });
  });

  it("counts who can't be read, and does not lift the lock of who may have been renamed", () => {
    const policy = policyOf({
      target: { ...policyOf().target, identify: "email" },
      users: usersLocked(lockedOf("jane@acme.example")),
    });
    const meter = () => forecastMeter(knownOf(policy, { ownLocks: { u1: NOW - DAY } }), 3);
    const renamed = userOf("u1", [], { locked: true, name: "j.doe@acme.example" });
    const jane = userOf("u2", [], { name: "jane@acme.example" });
    const alone = meter();
    alone.add({ user: renamed });
    alone.add({ unreadable: { id: "u3", field: "sessions", message: "sessions: is text" } });
    expect(alone.result()).toMatchObject({ unreadable: 1, now: { total: 0 } });
    const both = meter();
    for (const user of [renamed, jane]) both.add({ user });
    expect(both.result()).toMatchObject({ unreadable: 0, now: { due: { unlock: 1 } } });
  });
});

describe("for any policy, estate and ledger", () => {
  const DAYS = 3;
  const END = Date.parse("2026-11-25T00:00:00Z");
  /** Every moment of builders and worlds is a whole hour before or after NOW, or a millisecond from one. */
  const MOMENTS = [0, 1, ...Array.from({ length: DAYS * 8 }, (_, i) => 3 * i * HOUR + HOUR + 1)]
    .map((after) => NOW + after)
    .filter((at) => at < END);

  /** `date type user session` of all that runs do, one after the other, an hour apart. */
  async function truth({ policy, users, memory }: World): Promise<string[]> {
    const provider = backendOf(users, { writeSize: 100, pageSize: 100, lockWipes: "all" });
    const ledger = ledgerOf({ ...memory, attempts: [], inventoryUsers: null });
    const done: string[] = [];
    const seen = new Set<string>();
    for (const at of MOMENTS) {
      for (let again = 0; again < 4; again++) {
        const parts = { policy, source: provider, ledger, version: "0.0.0-test" };
        const hands = { provider, ledger, run: `run-${at}-${again}`, check: () => {} };
        const run = await reconcile(parts, at, EVERYTHING, { ...hands, agree: () => true });
        for (const action of run.planned.plan.actions) {
          done.push(line(at === NOW ? "now" : new Date(at).toISOString().slice(0, 10), action));
          seen.add(subject(action));
        }
        if (run.planned.plan.actions.length === 0) break;
      }
    }
    return done.sort();
  }

  const subject = ({ type, user, session }: Pick<Action, "type" | "user" | "session">) =>
    session === null ? `${type} ${user}` : session;
  const line = (when: string, { type, user, session }: Pick<Action, "type" | "user" | "session">) =>
    [when, type, user, session ?? ""].join(" ").trim();

  it("it foretells what runs do, if nobody signs in", () =>
    fc.assert(
      fc.asyncProperty(calmWorlds, async (world) => {
        // Idleness comes of silence alone, which runs can show and a forecast of certainties leaves out.
        const policy = withoutIdleness(world.policy);
        const { users, memory } = world;
        const meter = forecastMeter({ policy, at: NOW, memory }, DAYS);
        for (const user of users) meter.add({ user });
        const { now, days } = meter.result();
        const actual = await truth({ ...world, policy });
        const count = (when: string) => actual.filter((l) => l.startsWith(`${when} `)).length;
        expect([now.total, ...days.map((day) => day.total)]).toEqual([
          count("now"),
          ...days.map(({ date }) => count(date)),
        ]);
        // A day names its first five.
        for (const named of told({ now, days } as Forecast)) expect(actual).toContain(named);
      }),
      { ...RUNS, numRuns: Math.ceil(RUNS.numRuns / 2) },
    ));

  it("it is the same in whatever order the users come", () =>
    fc.assert(
      fc.property(calmWorlds, ({ policy, users, memory }) => {
        const of = (all: readonly User[]) => {
          const meter = forecastMeter({ policy, at: NOW, memory }, DAYS);
          for (const user of all) meter.add({ user });
          return meter.result();
        };
        expect(of(users.toReversed())).toEqual(of(users));
      }),
      RUNS,
    ));
});
