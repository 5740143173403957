// @module-tag worlds
/** The promises that hold over a sequence of runs, on random worlds; and that each of them can be seen broken. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RUNS } from "../kit/runs.ts";
import { type Seen, violations } from "./invariants.ts";
import { type Stage, stageOf } from "./stage.ts";
import { DAY, HOUR } from "./time.ts";
import type { Policy, Session, User } from "./types.ts";
import { NOW, type Step, type World, worlds } from "./worlds.ts";

async function seenOf(stage: Stage): Promise<Seen> {
  const before = stage.users();
  await stage.run();
  return { at: stage.at, policy: stage.file, before, after: stage.users() };
}

const quiet: Step = {
  ...{ wait: HOUR, act: "nothing", user: 0, session: 0, name: 0, edit: "none" },
  ...{ refuses: [], silent: [] },
};

const session = (id: string, more: Partial<Session> = {}): Session => ({
  ...{ id, state: "active", signedInAt: NOW - 40 * DAY, createdAt: null, platform: null },
  ...{ lastConnectedAt: NOW - HOUR, lastFullSyncAt: NOW - HOUR, container: null, runtime: null },
  ...{ bundleId: null, device: id, label: null },
  ...more,
});

test("no sequence of runs breaks a promise", async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async (world) => {
      const stage = stageOf(world);
      const seen = [await seenOf(stage)];
      for (const step of world.steps) {
        stage.take(step);
        seen.push(await seenOf(stage));
      }
      expect(violations(seen)).toEqual([]);
    }),
    RUNS,
  );
});

const TARGET = {
  ...{ name: "production", provider: "journeyapps", credentials: ["env:TOKEN"] },
  url: "https://62d541f4156bc4dd685318da.backend.us.journeyapps.com/api/v4/615ae1ee8c5ef500078a4908",
};

const worldOf = (file: Partial<Policy>, users: World["users"]): World => ({
  file: { version: 1, target: TARGET, ...file },
  users,
  steps: [],
});

test("a lock of ours that an administrator lifts is set again by the next run, as drift", async () => {
  const file = { users: { locked: [{ user: "ann", reason: "Left" }] } };
  const stage = stageOf(worldOf(file, [{ id: "ann", locked: false, sessions: [], fields: null }]));
  await stage.run();
  stage.take({ ...quiet, act: "unlock" });
  const { actions } = await stage.run();
  expect(actions.map(({ type, user, cause }) => ({ type, user, cause }))).toEqual([
    { type: "lock", user: "ann", cause: "drift" },
  ]);
});

test("where nothing fails and no limit is in the way, the second plan is empty", async () => {
  const file: Partial<Policy> = {
    sessions: { maxAge: "30d" },
    limits: { "re-authenticate": { percent: 100, perRun: 100 } },
  };
  const users = ["ann", "bob"].map((id) => ({
    id,
    locked: false,
    fields: null,
    sessions: [session(id)],
  }));
  const stage = stageOf(worldOf(file, users));
  expect((await stage.run()).actions).toHaveLength(2);
  stage.take(quiet);
  const { actions, held } = await stage.run();
  expect([...actions, ...held]).toEqual([]);
});

test("everybody who stays wanted is reached in as many runs as the limit asks for", async () => {
  const file: Partial<Policy> = {
    sessions: { maxAge: "30d" },
    limits: { "re-authenticate": { max: 2, percent: 100, perRun: 100, exceed: "pace" } },
  };
  const ids = ["ann", "bob", "cleo", "dora", "eli"];
  const users = ids.map((id) => ({ id, locked: false, fields: null, sessions: [session(id)] }));
  const stage = stageOf(worldOf(file, users));
  for (let run = 0; run < 3; run++) {
    await stage.run();
    stage.take({ ...quiet, wait: 25 * HOUR });
  }
  expect(
    stage.users().flatMap(({ sessions }) => sessions.filter((s) => s.state === "active")),
  ).toEqual([]);
});

describe("each promise can be seen broken", () => {
  const user = (more: Partial<User> = {}): User => ({
    id: "ann",
    locked: false,
    sessions: [],
    profile: null,
    ...more,
  });
  const locked = user({ locked: true });
  const policy = (more: Partial<Policy> = {}): Policy => ({ version: 1, target: TARGET, ...more });
  const run = (of: Policy, before: User[], after: User[], at = NOW): Seen => ({
    at,
    policy: of,
    before,
    after,
  });

  test("who is protected, and what is only reported", () => {
    expect(violations([run(policy({ protected: ["ANN"] }), [user()], [locked])])).toHaveLength(1);
    expect(violations([run(policy({ enforcement: "report" }), [user()], [locked])])).toHaveLength(
      1,
    );
  });

  test("somebody else's lock", () => {
    expect(violations([run(policy(), [locked], [user()])])).toHaveLength(1);
    expect(
      violations([run(policy(), [user()], [locked]), run(policy(), [locked], [user()])]),
    ).toEqual([]);
  });

  test("data that was not synced", () => {
    const before = user({ sessions: [session("a", { lastFullSyncAt: null })] });
    const after = user({ sessions: [session("a", { state: "wiping", lastFullSyncAt: null })] });
    expect(violations([run(policy(), [before], [after])])).toHaveLength(1);
  });

  test("a name that several have, and too many locks in a day", () => {
    const profile = { email: "ann@x" };
    const by = policy({
      target: { ...TARGET, identify: "email" },
      users: { locked: [{ user: "ann@x", reason: "Left" }] },
    });
    const two = [user({ profile }), user({ id: "bob", profile })];
    const after = [user({ profile, locked: true }), user({ id: "bob", profile })];
    expect(violations([run(by, two, after)])).toHaveLength(1);
    const none = policy({ limits: { lock: { max: 0 } } });
    expect(violations([run(none, [user()], [locked])])).toHaveLength(1);
  });
});
