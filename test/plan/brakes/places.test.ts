/** Who gets a place, and what is done outside the brakes: docs/contract.md, "Limits". */
import { describe, expect, it } from "vitest";
import type { User } from "../../../src/model/inventory.ts";
import type { Attempt, Failure } from "../../../src/model/run.ts";
import {
  attemptOf,
  DAY,
  deniedOf,
  denying,
  estateOf,
  HOUR,
  limitsOf,
  NOW,
  planned,
  policyOf,
  raiseOf,
  sessionOf,
  userOf,
  written,
} from "../../kit/builders.ts";

const signOut = (user: User): Failure => ({
  ...{ type: "re-authenticate", user: user.id, session: user.sessions[0]?.id ?? null },
  ...{ signedInAt: user.sessions[0]?.signedInAt ?? null, times: 1, at: NOW - 30 * HOUR, line: "" },
});

/** Users whose sessions are all too old; the first of them failed long ago, and are due again. */
function failing(count: number, more: { of: number; perRun: number; took?: number }) {
  const users = estateOf(more.of, (i) => ({ signedInAt: NOW - 100 * DAY + i * HOUR }));
  const policy = policyOf({
    sessions: { maxAge: written(HOUR) },
    limits: limitsOf({ "re-authenticate": { perRun: more.perRun, exceed: "pace" } }),
  });
  const failures = users.slice(0, count).map(signOut);
  const took = { "re-authenticate": more.took ?? 0, lock: 9 };
  const { plan } = planned(users, policy, { memory: { failures, took } });
  const failed = new Set(failures.map(({ user }) => user));
  return {
    taken: plan.actions.length,
    again: plan.actions.filter((a) => failed.has(a.user)).length,
  };
}

describe("what failed", () => {
  it("has one place in ten", () => {
    expect(failing(50, { of: 200, perRun: 15 })).toEqual({ taken: 30, again: 3 });
  });

  it("has one place in every tenth run that took something of the type, where there are fewer than ten", () => {
    const of = (took: number) => failing(5, { of: 100, perRun: 4, took });
    const runs = Array.from({ length: 20 }, (_, n) => of(n).again);
    expect(runs.flatMap((again, n) => (again > 0 ? [n, again] : []))).toEqual([9, 1, 19, 1]);
    expect(of(9).taken).toBe(4);
  });

  it("takes what nobody else needs", () => {
    expect(failing(5, { of: 6, perRun: 60 })).toEqual({ taken: 3, again: 2 });
  });
});

describe("a device without dates that comes back every hour", () => {
  it("takes no place of others", () => {
    const undated = userOf("undated", [
      sessionOf("back", { signedInAt: null, createdAt: null, lastConnectedAt: null }),
    ]);
    const users = [undated, ...estateOf(9, (i) => ({ signedInAt: NOW - (50 - i) * DAY }))];
    const policy = policyOf({
      sessions: { maxAge: written(HOUR) },
      limits: limitsOf({ "re-authenticate": { perRun: 10, exceed: "pace" } }),
    });
    const first = planned(users, policy).plan.actions;
    expect(first.map(({ user }) => user)).toEqual(["undated"]);
    const attempts: Attempt[] = [attemptOf("re-authenticate", "undated", { session: "back" })];
    const next = planned(users, policy, { memory: { attempts } }).plan.actions;
    expect(next.map(({ user }) => user)).toEqual(["u000"]);
  });
});

describe("denied devices", () => {
  const users = estateOf(18);
  const denied = users.flatMap(({ sessions }) =>
    sessions.map((s) => deniedOf(s.attributes.id ?? "")),
  );
  const policy = policyOf({ devices: denying(...denied) });
  const ended = (n: number): Attempt[] =>
    Array.from({ length: n }, (_, i) =>
      attemptOf("re-authenticate", `gone-${i}`, { session: `gone-${i}`, counts: "denied" }),
    );

  it("are all signed out at once, up to limits.denied a day", () => {
    expect(planned(users, policy).plan.actions).toHaveLength(18);
    const { actions, held } = planned(users, policy, { memory: { attempts: ended(15) } }).plan;
    // Five outside the brakes, and one by pacing: 5 % of 33.
    expect([actions.length, held.length]).toEqual([6, 12]);
    expect(new Set(held.map(({ by }) => by))).toEqual(new Set(["pace"]));
  });

  it("go on in a freeze, and what is beyond the limit waits for its end", () => {
    const freeze = { until: NOW + DAY, reason: "Quiet", allow: [] };
    const frozen = policyOf({
      ...policy,
      freeze: { ...freeze, source: raiseOf("lock", {}).source },
    });
    const { actions, held } = planned(users, frozen, { memory: { attempts: ended(15) } }).plan;
    expect(actions).toHaveLength(5);
    expect(new Set(held.map(({ by }) => by))).toEqual(new Set(["freeze"]));
  });
});

describe("a denied device without dates that comes back", () => {
  const freeze = {
    until: NOW + 2 * DAY,
    reason: "Quiet",
    allow: [],
    source: raiseOf("lock", {}).source,
  };
  const back = userOf("back", [
    sessionOf("back", { device: "back", signedInAt: null, createdAt: null }),
  ]);
  const stolen = userOf("stolen", [sessionOf("stolen", { device: "stolen" })]);
  const policy = policyOf({
    devices: denying(deniedOf("back"), deniedOf("stolen")),
    limits: limitsOf({}, { denied: 1 }),
    freeze,
  });
  const taken = (users: User[], at: number) => {
    const attempts = [attemptOf("re-authenticate", "back", { session: "back", counts: "denied" })];
    return planned(users, policy, { memory: { attempts }, at }).plan.actions.map((a) => a.user);
  };

  it("is ended again at no cost, but keeps no place from one that waits", () => {
    expect(taken([back], NOW + HOUR)).toEqual(["back"]);
    expect(taken([back, stolen], NOW + HOUR)).toEqual([]);
    expect(taken([back, stolen], NOW + DAY)).toEqual(["stolen"]);
  });
});

describe("wipes of sessions that ended long ago", () => {
  const users = estateOf(120, (i) =>
    i < 100 ? { state: "ended", signedInAt: NOW - 90 * DAY, signedOutAt: NOW - 90 * DAY } : {},
  );
  const denied = users
    .slice(0, 100)
    .flatMap(({ sessions }) =>
      sessions.map((s) => deniedOf(s.attributes.id ?? "", { action: "wipe", unsynced: "lose" })),
    );
  const wiping = (percent: number) =>
    planned(
      users,
      policyOf({
        devices: denying(...denied),
        limits: limitsOf({ wipe: { percent, exceed: "pace" } }),
      }),
    ).plan;

  it("are a share of the sessions that are not active", () => {
    expect(wiping(10).summary.wipe).toBe(10);
    expect(wiping(50).summary.wipe).toBe(50);
  });
});

describe("a wipe that was accepted and never shown", () => {
  const session = sessionOf("s1", { state: "ended", device: "lost" });
  const user = userOf("ann", [session]);
  const policy = policyOf({
    devices: denying(deniedOf("lost", { action: "wipe", unsynced: "lose" })),
    limits: limitsOf({ wipe: { max: 9 } }),
  });
  const { line } = planned([user], policy).steps[0]?.attempt ?? { line: "" };
  const sent = (at: number): Attempt =>
    attemptOf("wipe", "ann", {
      ...{ session: "s1", was: "ended", at, line },
      signedInAt: NOW - DAY,
    });

  it("has failed: it waits, and is a retry", () => {
    const { held, actions } = planned([user], policy, {
      memory: { attempts: [sent(NOW - 49 * 60_000)] },
    }).plan;
    expect(actions).toEqual([]);
    expect(held).toMatchObject([{ type: "wipe", by: "retry", cause: "retry", failed: 1 }]);
    const due = planned([user], policy, { memory: { attempts: [sent(NOW - HOUR)] } }).plan;
    expect(due.actions).toMatchObject([{ type: "wipe", cause: "retry" }]);
    const twice = [sent(NOW - 3 * HOUR), sent(NOW - HOUR)];
    const again = planned([user], policy, { memory: { attempts: twice } }).plan;
    expect(again.held).toMatchObject([{ by: "retry", failed: 2 }]);
  });
});
