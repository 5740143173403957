import { describe, expect, test } from "vitest";
import { planText } from "../../../src/report/text/plan.ts";
import * as build from "../builders.ts";

const plain = { colour: false, width: 80, all: false };
const info = { label: "Field App", environment: "production", region: "us" };

const lines = (text: string) => text.split("\n");
const hasEscape = (text: string) => text.includes("\x1b");

describe("a plan as text", () => {
  test("one of everything, at 80 columns", () => {
    expect(planText(build.busyPlan(), { ...plain, info })).toMatchInlineSnapshot(`
      "Plan for production
        deployment  Field App · production · us
        address     https://62d541f4156bc4dd685318da.backend.us.journeyapps.com/api/
                    v4/615ae1ee8c5ef500078a4908
        evaluated   2026-11-22 10:00:00 UTC
        good until  2026-11-22 14:00:00 UTC
        policy      policies/production.yaml, policies/shared/devices.yaml
        version     commit 68d79a1b0c3d, sha256:1f2e1f2e1f2e
        inventory   1,247 users, 2,080 sessions, 1,861 active

        Lock 1 user and wipe the devices
        ! jane.doe@acme.example  5571fb26-54f7-11e7-a8f8-040151508301  urgent
          drift    Left the company (HR-812)  policies/production.yaml:61

        Wipe 1 session
        ! 066b26c4-8418-11e7-9ba9-04017e679e01  Sony C6903
          policy   device 3456 is denied: Lost in Durban   policies/production.yaml:44
                   (SEC-502); unsynced data may be lost

        Lock 1 user
        - omar@acme.example  c8c8c4f8-5013-11e7-a8c7-04017e679e01
          policy   Left the company (HR-812)  policies/production.yaml:61

        Re-authenticate 13 sessions
        ~ 00000000-54f7-11e7-a8f8-040151508301  Zebra 0
          due      signed in 41 days ago, 30 days allowed  policies/production.yaml:18
        ~ 00000001-54f7-11e7-a8f8-040151508301  Zebra 1
          due      signed in 41 days ago, 30 days allowed  policies/production.yaml:18
        ~ 00000002-54f7-11e7-a8f8-040151508301  Zebra 2
          due      signed in 41 days ago, 30 days allowed  policies/production.yaml:18
        ~ 00000003-54f7-11e7-a8f8-040151508301  Zebra 3
          due      signed in 41 days ago, 30 days allowed  policies/production.yaml:18
        ~ 00000004-54f7-11e7-a8f8-040151508301  Zebra 4
          due      signed in 41 days ago, 30 days allowed  policies/production.yaml:18
        ~ 00000005-54f7-11e7-a8f8-040151508301  Zebra 5
          due      signed in 41 days ago, 30 days allowed  policies/production.yaml:18
        ~ 00000006-54f7-11e7-a8f8-040151508301  Zebra 6
          due      signed in 41 days ago, 30 days allowed  policies/production.yaml:18
        ~ 00000007-54f7-11e7-a8f8-040151508301  Zebra 7
          due      signed in 41 days ago, 30 days allowed  policies/production.yaml:18
        ~ 00000008-54f7-11e7-a8f8-040151508301  Zebra 8
          due      signed in 41 days ago, 30 days allowed  policies/production.yaml:18
        ~ 00000009-54f7-11e7-a8f8-040151508301  Zebra 9
          due      signed in 41 days ago, 30 days allowed  policies/production.yaml:18
        … and 3 more to re-authenticate (--all shows them)
          of all 13, by broken rule: 1 devices.allowed, 13 sessions.maxAge
          by cause: 12 due, 1 sign-in

        Unlock 1 user
        + 066b26c4-8418-11e7-9ba9-04017e679e01
          due      was locked until 2026-11-20T00:00:00Z:  policies/production.yaml:66
                   On leave

      Notices: 3
        Protected: left alone (1)
          c8c8c4f8-5013-11e7-a8c7-04017e679e01
            protected, so not done: lock (users.locked: Left the company)
            (policies/production.yaml:90)
        Locked, and not managed by Curfew (2)
          00000005-54f7-11e7-a8f8-040151508301
          00000006-54f7-11e7-a8f8-040151508301
            locked in the backend, not managed by Curfew: left as it is

      Held, not done now: 302
        By limit: 2 to lock. A limit holds them back; a reviewed \`limits.raise\` lets
        them go.
        - 0000004d-54f7-11e7-a8f8-040151508301
          policy   Left the company (HR-812)  policies/production.yaml:61
        - 0000004e-54f7-11e7-a8f8-040151508301
          policy   Left the company (HR-812)  policies/production.yaml:61

        By pace: 300 to re-authenticate. The next runs take them, oldest sign-in
        first.
        ~ 00000000-54f7-11e7-a8f8-040151508301  Zebra 0
          policy   signed in 41 days ago, 30 days allowed  policies/production.yaml:18
        ~ 00000001-54f7-11e7-a8f8-040151508301  Zebra 1
          policy   signed in 41 days ago, 30 days allowed  policies/production.yaml:18
        ~ 00000002-54f7-11e7-a8f8-040151508301  Zebra 2
          policy   signed in 41 days ago, 30 days allowed  policies/production.yaml:18
        … and 297 more to re-authenticate (--all shows them)
          of all 300, by broken rule: 300 sessions.maxAge
          by cause: 300 policy

      Refused: 120 to lock, 50 left of limits.lock.max
        120 locks are wanted and 50 are left of limits.lock.max in 24 hours: no user
        is locked in this run. Check the change, then raise the limit with a
        \`limits.raise\` entry.

      Ledger only, no write to the backend: 1 lock found in place is adopted; 2 locks
      that somebody lifted and nobody wants are forgotten.
        adopt   00000009-54f7-11e7-a8f8-040151508301
        forget  0000000a-54f7-11e7-a8f8-040151508301
        forget  0000000b-54f7-11e7-a8f8-040151508301

      Plan: 2 to lock (1 with a wipe), 1 to wipe, 13 to re-authenticate, 1 to unlock;
      302 held; 1 refusal.
      Digest sha256:abababababababababababababababababababababababababababababababab
      "
    `);
  });

  test("nothing to do", () => {
    expect(planText(build.plan(), plain)).toMatchInlineSnapshot(`
      "Plan for production
        address     https://62d541f4156bc4dd685318da.backend.us.journeyapps.com/api/
                    v4/615ae1ee8c5ef500078a4908
        evaluated   2026-11-22 10:00:00 UTC
        good until  2026-11-22 14:00:00 UTC
        policy      policies/production.yaml, policies/shared/devices.yaml
        version     commit 68d79a1b0c3d, sha256:1f2e1f2e1f2e
        inventory   1,247 users, 2,080 sessions, 1,861 active

      Nothing to do: production is as the policy says.
      Digest sha256:abababababababababababababababababababababababababababababababab
      "
    `);
  });

  test("at 120 columns", () => {
    const { actions } = build.busyPlan();
    expect(
      planText(build.plan({ actions: actions.slice(0, 3) }), { ...plain, width: 120 }),
    ).toMatchInlineSnapshot(`
      "Plan for production
        address     https://62d541f4156bc4dd685318da.backend.us.journeyapps.com/api/v4/615ae1ee8c5ef500078a4908
        evaluated   2026-11-22 10:00:00 UTC
        good until  2026-11-22 14:00:00 UTC
        policy      policies/production.yaml, policies/shared/devices.yaml
        version     commit 68d79a1b0c3d, sha256:1f2e1f2e1f2e
        inventory   1,247 users, 2,080 sessions, 1,861 active

        Lock 1 user and wipe the devices
        ! jane.doe@acme.example  5571fb26-54f7-11e7-a8f8-040151508301  urgent
          drift    Left the company (HR-812)  policies/production.yaml:61

        Wipe 1 session
        ! 066b26c4-8418-11e7-9ba9-04017e679e01  Sony C6903
          policy   device 3456 is denied: Lost in Durban (SEC-502); unsynced data may be lost  policies/production.yaml:44

        Lock 1 user
        - omar@acme.example  c8c8c4f8-5013-11e7-a8c7-04017e679e01
          policy   Left the company (HR-812)  policies/production.yaml:61

      Plan: 2 to lock (1 with a wipe), 1 to wipe, 0 to re-authenticate, 0 to unlock.
      Digest sha256:abababababababababababababababababababababababababababababababab
      "
    `);
  });

  test.each([48, 60, 80, 120, 200])("no line is wider than %i columns", (width) => {
    const text = planText(build.busyPlan(), { ...plain, width, info });
    for (const line of lines(text)) expect(line.length).toBeLessThanOrEqual(width);
  });

  test("a policy that was never committed says so", () => {
    const plan = build.plan();
    const text = planText({ ...plan, policy: { ...plan.policy, commit: null } }, plain);
    expect(text).toContain("version     no commit, sha256:1f2e1f2e1f2e\n");
  });
});

describe("who and what", () => {
  test("an id is never shortened, with a name or without, however narrow", () => {
    const name = "a.very.long.name.of.somebody@a.very.long.domain.example";
    const actions = [build.lock({ name }), build.lock({ user: build.JANE })];
    const text = planText(build.plan({ actions }), { ...plain, width: 44 });
    expect(text).toContain(build.OMAR);
    expect(text).toContain(build.JANE);
    expect(text).toContain("a.very.long.name.of.somebody@a.very.lon…");
    expect(text).toContain("(no name)");
  });

  test("a device goes by its label, by its session where it has none, by both where the label is not enough", () => {
    const twin = { user: build.JANE, label: "iPad" };
    const actions = [
      build.reAuthenticate({ ...twin, session: build.id(1) }),
      build.reAuthenticate({ ...twin, session: build.id(2) }),
      build.reAuthenticate({ user: build.OMAR, session: build.id(3), label: "iPad" }),
      build.reAuthenticate({ user: build.LINA, session: build.id(4), label: "" }),
    ];
    const text = planText(build.plan({ actions }), { ...plain, width: 120 });
    const heads = lines(text).filter((line) => line.startsWith("  ~"));
    expect(heads.map((line) => line.split(/\s{2,}/).slice(2))).toEqual([
      ["iPad", build.id(1)],
      ["iPad", build.id(2)],
      ["iPad"],
      [build.id(4)],
    ]);
  });

  test("a lock that wipes is told apart from a lock", () => {
    const text = planText(
      build.plan({ actions: [build.lock(), build.lock({ wipe: true })] }),
      plain,
    );
    const order = ["Lock 1 user and wipe the devices\n", "Lock 1 user\n"].map((t) =>
      text.indexOf(t),
    );
    expect(order[0]).toBeGreaterThan(0);
    expect(order[1]).toBeGreaterThan(order[0] ?? 0);
    expect(text).toContain("2 to lock (1 with a wipe)");
  });

  test("a long message wraps beside its source and is never cut", () => {
    const words = Array.from({ length: 60 }, (_, i) => `word${i}`).join(" ");
    const actions = [build.lock({ reasons: [build.reason({ message: words })] })];
    const text = planText(build.plan({ actions }), plain);
    for (const word of words.split(" ")) expect(text).toMatch(new RegExp(`\\b${word}\\b`));
    expect(text).toContain("policies/production.yaml:18");
  });

  test("a source that leaves no room for the message stands below it, whole", () => {
    const file = "policies/a/folder/with/a/long/name/production.yaml";
    const actions = [build.lock({ reasons: [build.reason({ file })] })];
    expect(lines(planText(build.plan({ actions }), plain))).toContain(`             ${file}:18`);
  });
});

describe("folding", () => {
  test("sign-outs and unlocks beyond ten fold, with a count and a breakdown", () => {
    const actions = [
      ...build.manySignOuts(1244),
      ...Array.from({ length: 11 }, () => build.unlock()),
    ];
    const text = planText(build.plan({ actions }), plain);
    expect(text).toContain("  … and 1,234 more to re-authenticate (--all shows them)\n");
    expect(text).toContain("    of all 1,244, by broken rule: 1,244 sessions.maxAge\n");
    expect(text).toContain("  … and 1 more to unlock (--all shows them)\n");
  });

  test("--all shows every one", () => {
    const text = planText(build.plan({ actions: build.manySignOuts(1244) }), {
      ...plain,
      all: true,
    });
    expect(text).toContain(build.id(1243));
    expect(text).not.toContain("more to");
  });

  test("wipes and locks never fold, held or not", () => {
    const wipes = Array.from({ length: 50 }, (_, i) =>
      build.wipe({ session: build.id(5000 + i), label: "" }),
    );
    const held = build.held("limit", build.manyLocks(60));
    const text = planText(build.plan({ actions: wipes, held }), plain);
    for (const { session } of wipes) expect(text).toContain(session ?? "");
    for (const { user } of held) expect(text).toContain(user);
  });

  test("protected users never fold, other notices do", () => {
    const notices = Array.from({ length: 15 }, (_, i) => [
      build.foreignLock(build.id(i)),
      { kind: "protected" as const, user: build.id(100 + i), message: "spared" },
    ]).flat();
    const text = planText(build.plan({ notices }), plain);
    expect(text).toContain("    … and 5 more (--all shows them)\n");
    expect(text).not.toContain(build.id(10));
    expect(text).toContain(build.id(114));
  });

  test("50,000 actions and 50,000 held", () => {
    const plan = build.plan({
      actions: build.manyLocks(50_000),
      held: build.held("pace", build.manySignOuts(50_000)),
    });
    const text = planText(plan, plain);
    expect(text).toContain(build.id(49_999));
    expect(text).toContain("… and 49,997 more to re-authenticate");
    expect(text).toContain(
      "Plan: 50,000 to lock, 0 to wipe, 0 to re-authenticate, 0 to unlock; 50,000 held.",
    );
  });
});

describe("what is held", () => {
  test.each([
    ["limit", "limits.raise"],
    ["pace", "The next runs take them"],
    ["window", "windows"],
    ["freeze", "freeze.allow"],
    ["report", "enforcement"],
    ["rollout", "rollout"],
  ] as const)("by %s says what releases it", (by, release) => {
    const text = planText(build.plan({ held: build.held(by, build.manySignOuts(2)) }), {
      ...plain,
      width: 200,
    });
    const line = lines(text).find((l) => l.startsWith(`  By ${by}: 2 to re-authenticate.`));
    expect(line).toContain(release);
    expect(text).toContain("; 2 held.");
    expect(text).not.toContain("Nothing to do");
  });
});

describe("colour", () => {
  test("is there where it is asked for and only there", () => {
    expect(hasEscape(planText(build.busyPlan(), plain))).toBe(false);
    const coloured = planText(build.busyPlan(), { ...plain, colour: true });
    expect(coloured).toContain("\x1b[31mWipe 1 session\x1b[39m");
    expect(coloured).toContain("\x1b[35mLock 1 user\x1b[39m");
    expect(coloured).toContain("\x1b[33mRe-authenticate 13 sessions\x1b[39m");
    expect(coloured).toContain("\x1b[32mUnlock 1 user\x1b[39m");
  });

  test("changes nothing but colour", () => {
    const options = { ...plain, width: 66 };
    const coloured = planText(build.busyPlan(), { ...options, colour: true });
    const colourCode = new RegExp(`${"\x1b"}\\[\\d+m`, "g");
    const stripped = lines(coloured.replace(colourCode, "")).map((line) => line.trimEnd());
    expect(stripped).toEqual(
      lines(planText(build.busyPlan(), options)).map((line) => line.trimEnd()),
    );
  });
});

test("a hostile backend can't write to the terminal", () => {
  const evil = "\x1b[2J\nPlan: 0 to lock.\u202e\r";
  const actions = [
    build.lock({
      name: evil,
      user: `u${evil}`,
      reasons: [build.reason({ message: evil, file: evil })],
    }),
    build.reAuthenticate({ label: evil, session: `s${evil}` }),
  ];
  const plan = build.plan({
    actions,
    target: evil,
    url: `https://x/${evil}`,
    notices: [{ kind: "unclear", user: evil, message: evil }],
    refusals: [{ type: "lock", limit: "max", wanted: 2, allowed: 1, message: evil }],
    ledger: { adopt: [evil], forget: [evil] },
  });
  const text = planText(plan, { ...plain, info: { label: evil, environment: evil, region: null } });
  expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(lines(text).filter((line) => line.startsWith("Plan: 0"))).toEqual([]);
  expect(text).toContain("\\x1b[2J\\nPlan:");
});
