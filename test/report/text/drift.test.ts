import { describe, expect, test } from "vitest";
import { driftText } from "../../../src/report/text/drift.ts";
import { driftOf } from "../../../src/report/told/drift.ts";
import * as build from "../builders.ts";

const LAST = "2026-11-22T09:00:00.000Z";
const options = {
  colour: false,
  width: 80,
  all: false,
  lastRunAt: LAST,
  ownLocks: { [build.OMAR]: Date.parse("2026-11-20T09:00:03Z") },
};

const estate = () =>
  build.plan({
    actions: [
      build.lock({ cause: "drift", name: "omar@acme.example" }),
      build.reAuthenticate({ cause: "sign-in" }),
      ...build.manySignOuts(2),
      build.unlock({ cause: "retry" }),
    ],
    held: build.held("freeze", [
      build.wipe({ cause: "drift" }),
      build.reAuthenticate({ cause: "policy" }),
    ]),
    notices: [
      build.foreignLock(build.id(4)),
      {
        kind: "orphaned-lock",
        user: build.id(6),
        message: "locked by Curfew, managed by no policy",
      },
      { kind: "protected", user: build.LINA, message: "spared" },
    ],
  });

describe("the drift report as text", () => {
  test("what somebody changed comes first, held or not; the verdict last", () => {
    expect(driftText(estate(), options)).toMatchInlineSnapshot(`
      "Drift report for production
        address     https://62d541f4156bc4dd685318da.backend.us.journeyapps.com/api/
                    v4/615ae1ee8c5ef500078a4908
        evaluated   2026-11-22 10:00:00 UTC
        last run    2026-11-22 09:00:00 UTC, 1 hour ago
        policy      policies/production.yaml, policies/shared/devices.yaml
        version     commit 68d79a1b0c3d, sha256:1f2e1f2e1f2e
        inventory   1,247 users, 2,080 sessions, 1,861 active

      Changed behind the policy's back: 2
        Wipe 1 session
        ! 066b26c4-8418-11e7-9ba9-04017e679e01  Sony C6903  held by freeze
          This device has not been wiped although the policy wipes it.
          device 3456 is denied: Lost in Durban            policies/production.yaml:44
          (SEC-502); unsynced data may be lost

        Lock 1 user
        - omar@acme.example  c8c8c4f8-5013-11e7-a8c7-04017e679e01
          Somebody unlocked this user; Curfew locked it on 2026-11-20 09:00:03 UTC (2
          days ago).
          Left the company (HR-812)  policies/production.yaml:61

      Signed in since the last run: 1
        Re-authenticate 1 session
        ~ 5571fb26-54f7-11e7-a8f8-040151508301  Zebra TC52  since 2026-11-11
          signed in 41 days ago, 30 days allowed  policies/production.yaml:18

      Fallen due since the last run: 2
        Re-authenticate 2 sessions
        ~ 00000000-54f7-11e7-a8f8-040151508301  Zebra 0  since 2026-11-11
          signed in 41 days ago, 30 days allowed  policies/production.yaml:18
        ~ 00000001-54f7-11e7-a8f8-040151508301  Zebra 1  since 2026-11-11
          signed in 41 days ago, 30 days allowed  policies/production.yaml:18

      Wanted by a change of the policy: 1
        Re-authenticate 1 session
        ~ 5571fb26-54f7-11e7-a8f8-040151508301  Zebra TC52  since 2026-11-11
          held by freeze
          signed in 41 days ago, 30 days allowed  policies/production.yaml:18

      Tried before without success: 1
        Unlock 1 user
        + 066b26c4-8418-11e7-9ba9-04017e679e01
          was locked until 2026-11-20T00:00:00Z: On leave  policies/production.yaml:66

      Managed by nobody: 2
        Locked, and not managed by Curfew (1)
          00000004-54f7-11e7-a8f8-040151508301
            locked in the backend, not managed by Curfew: left as it is
        Locked by Curfew, managed by no policy (1)
          00000006-54f7-11e7-a8f8-040151508301
            locked by Curfew, managed by no policy

      Pending for other causes: 1 sign-in, 2 due, 1 policy, 1 retry.
      Drift: 2 changes were made behind the policy's back.
      "
    `);
  });

  test("no drift, and nothing pending", () => {
    const text = driftText(build.plan(), options);
    expect(text).toMatch(/active\n\nNo drift\.\n$/);
  });

  test("before the first run nothing can be drift, and the report says so", () => {
    const text = driftText(build.plan(), { ...options, lastRunAt: null });
    expect(text).toContain(
      "last run    none on the whole target, so only a lock of ours that is gone",
    );
  });

  test("several changes", () => {
    const text = driftText(
      build.plan({ actions: build.manyLocks(2, { cause: "drift" }) }),
      options,
    );
    expect(text).toMatch(/\nDrift: 2 changes were made behind the policy's back\.\n$/);
  });

  test("drift never folds, what is pending does", () => {
    const drifted = build.manySignOuts(30, { cause: "drift" });
    const due = build.manySignOuts(40).slice(30);
    const more = build.manySignOuts(60).slice(40);
    const text = driftText(build.plan({ actions: [...drifted, ...due, ...more] }), options);
    for (const { user } of drifted) expect(text).toContain(user);
    expect(text).toContain("… and 20 more to re-authenticate (--all shows them)");
    expect(text).not.toContain(build.id(59));
  });

  test.each([
    [
      build.lock({ since: "2026-11-19T10:00:00Z" }),
      "Somebody unlocked this user; the policy locks it, since 2026-11-19 10:00:00 UTC (3 days).",
    ],
    [
      build.reAuthenticate(),
      "This session is open although the policy ends it, since 2026-11-11 10:00:00 UTC (11 days).",
    ],
    [build.wipe(), "This device has not been wiped although the policy wipes it."],
    [build.unlock(), "This user is locked although the policy no longer locks it."],
  ])("what differs and since when: %#", (action, sentence) => {
    const plan = build.plan({ actions: [{ ...action, cause: "drift" }] });
    expect(driftText(plan, { ...options, width: 160, ownLocks: {} })).toContain(
      `    ${sentence}\n`,
    );
  });

  test("refusals are told in full", () => {
    const { refusals } = build.busyPlan();
    expect(driftText(build.plan({ refusals }), options)).toContain(
      "Refused: 120 to lock, 50 left of limits.lock.max\n",
    );
  });
});

describe("the drift report as a value", () => {
  test("actions and held together, by cause, and the moment of our own lock", () => {
    const report = driftOf(estate(), options);
    expect(report.summary).toEqual({
      drift: 2,
      "sign-in": 1,
      due: 2,
      policy: 1,
      retry: 1,
      unmanaged: 2,
    });
    expect(report.drift).toMatchObject([
      { type: "lock", user: build.OMAR, lockedAt: "2026-11-20T09:00:03Z" },
      { type: "wipe", by: "freeze" },
    ]);
    expect(report.pending.policy).toMatchObject([{ type: "re-authenticate", by: "freeze" }]);
    expect(report.unmanaged.map((n) => n.kind)).toEqual(["foreign-lock", "orphaned-lock"]);
  });

  test("an id that is a key of every object is no own lock", () => {
    const plan = build.plan({ actions: [build.lock({ user: "constructor", cause: "drift" })] });
    expect(driftOf(plan, options).drift[0]).not.toHaveProperty("lockedAt");
  });
});
