// @module-tag worlds
/** What fails a policy test, what is said of it, and what a policy's tests touch. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Action, Held } from "../../src/model/plan.ts";
import type { Policy } from "../../src/model/policy.ts";
import { type Coverage, coverageMeter } from "../../src/policy-tests/coverage.ts";
import { parseTests } from "../../src/policy-tests/parse.ts";
import { runTests, type TestResult } from "../../src/policy-tests/run.ts";
import { differenceWords } from "../../src/report/told/policy-tests.ts";
import { iso } from "../../src/time.ts";
import {
  DAY,
  deniedOf,
  exceptionOf,
  groupOf,
  lockedOf,
  memoryOf,
  NOW,
  planned,
  policyOf,
  source,
  usersLocked,
  written,
} from "../kit/builders.ts";
import { RUNS } from "../kit/runs.ts";
import { worlds } from "../kit/worlds.ts";

const HEAD = "version: 1\npolicy: ../p.yaml\nat: 2026-11-22T10:00:00Z\ntests:\n";

async function run(
  tests: string,
  policy: Policy,
  head = HEAD,
): Promise<{ results: TestResult[]; coverage: Coverage }> {
  const { tests: placed, problems } = parseTests("tests/t.yaml", head + tests);
  if (!placed) throw new Error(JSON.stringify(problems));
  const meter = coverageMeter(policy);
  const { tests: results } = await runTests(placed, policy, meter);
  return { results, coverage: meter.result() };
}

/** The words of every difference, each with its lines of policy. */
const told = (results: readonly TestResult[]) =>
  results.flatMap(({ differences, file }) =>
    differences.map((d) =>
      [differenceWords(d, file), ...d.reasons.map((r) => `${r.line} ${r.message}`)].join("; "),
    ),
  );

const maxAge = policyOf({ sessions: { maxAge: written(30 * DAY, 31) } });
const OLD = "sessions: { phone: { signedIn: 41 days ago } }";

describe("a policy test", () => {
  it("passes where all is as expected, and nothing else", async () => {
    const { results } = await run(
      `  - name: Old sessions end
    users:
      ann: { ${OLD}, expect: [re-authenticate phone] }
      bob: { sessions: { desk: {} } }
`,
      maxAge,
    );
    expect(results).toEqual([
      { name: "Old sessions end", file: "tests/t.yaml", line: 5, passed: true, differences: [] },
    ]);
  });

  it("fails for an action that nobody expected, with the line of policy that causes it", async () => {
    const { results } = await run(`  - { name: a, users: { ann: { ${OLD} } } }\n`, maxAge);
    expect(results[0]?.passed).toBe(false);
    expect(told(results)).toEqual([
      "ann: re-authenticate phone was not expected (tests/t.yaml:5); 31 signed in 41 days ago, 30 days allowed",
    ]);
  });

  it("fails for an expected action that is absent, with what the rules compared", async () => {
    const { results } = await run(
      `  - name: a
    users:
      ann:
        sessions: { phone: { signedIn: 3 days ago } }
        expect:
          - lock
          - re-authenticate phone
`,
      maxAge,
    );
    expect(told(results)).toEqual([
      "ann: lock was expected (tests/t.yaml:10), and is absent",
      "ann: re-authenticate phone was expected (tests/t.yaml:11), and is absent; 31 30 days: signed in 3 days ago, 30 days allowed: due 2026-12-19T10:00:00.001Z",
    ]);
  });

  it("tells what is held from what is done, and a lock from one with a wipe", async () => {
    const policy = policyOf({
      sessions: { maxAge: written(30 * DAY, 31) },
      users: usersLocked(lockedOf("bob", { wipe: true })),
      enforcement: { default: "enforce", rules: { "sessions.maxAge": "report" } },
    });
    policy.limits.types.wipe = { max: 5, exceed: "refuse", source: source(9) };
    const of = async (ann: string, bob: string) => {
      const tests = `  - { name: a, users: { ann: { ${OLD}, ${ann} }, bob: { sessions: { desk: {} }, ${bob} } } }\n`;
      return told((await run(tests, policy)).results);
    };
    expect(
      await of("held: { report: [re-authenticate phone] }", "expect: [lock-and-wipe]"),
    ).toEqual([]);
    expect(await of("expect: [re-authenticate phone]", "expect: [lock]")).toEqual([
      expect.stringMatching(/^ann: re-authenticate phone, held by report was not expected/),
      expect.stringMatching(
        /^ann: re-authenticate phone was expected .*, and is absent: it is re-authenticate phone, held by report; /,
      ),
      expect.stringMatching(/^bob: lock-and-wipe was not expected/),
      expect.stringMatching(/^bob: lock was expected .*: it is lock-and-wipe; 40 locked: /),
    ]);
  });

  it("compares rules, causes and notices where they are given", async () => {
    const of = async (more: string, policy = maxAge) =>
      told(
        (
          await run(
            `  - { name: a, ledger: { lastRun: 1 hour ago }, users: { ann: { ${OLD}, ${more} } } }\n`,
            policy,
          )
        ).results,
      );
    const action = "action: re-authenticate phone";
    expect(await of(`expect: [{ ${action}, because: [sessions.maxAge], cause: drift }]`)).toEqual(
      [],
    );
    expect(await of(`expect: [{ ${action}, because: [sessions.maxIdle], cause: due }]`)).toEqual([
      expect.stringMatching(
        /expected because of sessions\.maxIdle, and it is because of sessions\.maxAge; 31 /,
      ),
      expect.stringMatching(/expected with the cause due, and it is drift/),
    ]);
    const guarded = { ...maxAge, protected: [written("ann", 70)] };
    expect(await of("notices: [protected]", guarded)).toEqual([]);
    expect(await of("locked: false", guarded)).toEqual([]);
    expect(await of("notices: [flapping]", guarded)).toEqual([
      expect.stringMatching(/^ann: notice protected was not expected .*: protected, so not done: /),
      "ann: notice flapping was expected (tests/t.yaml:5), and is absent",
    ]);
  });

  it("knows names, other users for percentages, and what the last 24 hours used", async () => {
    const policy = policyOf({
      target: { ...policyOf().target, identify: "email" },
      users: usersLocked(lockedOf("ann@x.org")),
    });
    policy.limits.types.lock = { percent: 1, exceed: "refuse", source: source(9) };
    const of = async (more: string, expected: string) =>
      told(
        (
          await run(
            `  - { name: a, ${more}users: { u1: { fields: { email: ann@x.org }, ${expected} } } }\n`,
            policy,
          )
        ).results,
      );
    const held = "held: { limit: [lock] }";
    expect(await of("", "expect: [lock]")).toEqual([]);
    expect(await of("ledger: { used: { lock: 9 } }, ", "expect: [lock]")).toEqual([]);
    expect(await of("ledger: { used: { lock: 10 } }, ", held)).toEqual([]);
    expect(await of("others: 199, ledger: { used: { lock: 1 } }, ", "expect: [lock]")).toEqual([]);
    expect(await of("others: 198, ledger: { used: { lock: 1 } }, ", held)).toEqual([]);
  });

  it("has the other users' sessions for percentages, too", async () => {
    const policy = policyOf({ sessions: { maxAge: { value: 30 * DAY, source: source(9) } } });
    const of = async (more: string, expected: string) =>
      told(
        (
          await run(
            `  - { name: a, ${more}users: { ann: { sessions: { s1: { signedIn: 41 days ago } }, expect: [re-authenticate s1] }, ben: { sessions: { s2: { signedIn: 40 days ago } }, ${expected} } } }\n`,
            policy,
          )
        ).results,
      );
    expect(await of("", "expect: [re-authenticate s2]")).toEqual([]);
    // One in twenty a run: one of 39, two of 40.
    expect(await of("others: 37, ", "held: { pace: [re-authenticate s2] }")).toEqual([]);
    expect(await of("others: 38, ", "expect: [re-authenticate s2]")).toEqual([]);
  });

  it("knows own locks, wiped sessions and wipes that are owed", async () => {
    const policy = policyOf({
      users: usersLocked(),
      devices: {
        otherwise: "re-authenticate",
        denied: [deniedOf("d", { action: "wipe", unsynced: "lose" })],
        source: source(29),
      },
    });
    policy.limits.types.wipe = { max: 5, exceed: "refuse", source: source(9) };
    const { results } = await run(
      `  - name: a
    ledger: { wiped: [old] }
    users:
      ann: { locked: by-us, expect: [unlock] }
      bob: { locked: true, notices: [foreign-lock] }
      cem:
        sessions:
          old: { state: ended, device: { id: d } }
          new: { state: ended, device: { id: d } }
        expect: [wipe new]
`,
      policy,
    );
    expect(told(results)).toEqual([]);
  });
});

describe("coverage", () => {
  const policy = policyOf({
    sessions: { maxAge: written(30 * DAY, 31), maxIdle: written(7 * DAY, 32) },
    devices: {
      allowed: [
        { platform: "IOS", source: source(25) },
        { platform: "TIZEN", source: source(26) },
      ],
      otherwise: "re-authenticate",
      denied: [deniedOf("lost"), deniedOf("stolen", { source: source(33) })],
      source: source(24),
    },
    users: usersLocked(lockedOf("bob"), lockedOf("eve", { source: source(41) })),
    groups: [
      groupOf("sea", { members: [written("ann")], sessions: { maxAge: written(DAY, 51) } }),
      groupOf("land", { members: [written("zoe")], source: source(52) }),
    ],
    exceptions: [
      exceptionOf("sessions.maxAge", { user: "cem", allow: 60 * DAY }),
      exceptionOf("sessions.maxAge", { user: "cem", allow: 40 * DAY, source: source(61) }),
    ],
    protected: [written("dan", 70), written("kim", 71)],
  });

  it("is what the tests break, hold and have, and the rest is named with its line", async () => {
    const device = "device: { platform: IOS }\n";
    const { results, coverage } = await run(
      `  - name: a
    users:
      ann: { ${OLD}, expect: [re-authenticate phone] }
      bob: { expect: [lock] }
      cem: { sessions: { c: { signedIn: 50 days ago } } }
      dan: { sessions: { d: { device: { platform: IOS, id: lost } } } }
`,
      policy,
      HEAD.replace("tests:", `${device}tests:`),
    );
    expect(told(results)).toEqual([]);
    expect(coverage).toMatchObject({ target: "production", all: 16 });
    expect(coverage.untouched.map(({ line, what }) => `${line} ${what}`)).toEqual([
      "31 sessions.maxAge",
      "32 sessions.maxIdle",
      "24 devices.allowed",
      "26 an allowed device",
      "33 the denied device stolen",
      "41 the lock of eve",
      "52 the group land",
      "61 the exception of cem from sessions.maxAge",
      "71 the protection of kim",
    ]);
  });
});

describe("for any policy and estate", () => {
  it("a test that expects what the plan says passes, and one that expects nothing fails", () =>
    fc.assert(
      fc.asyncProperty(worlds, async ({ policy: any, users, memory }) => {
        // What a test's short form can't say is left out of the world.
        const own = memoryOf({ ownLocks: memory.ownLocks });
        const policy = { ...any, limits: { ...any.limits, urgent: 9 } };
        for (const type of Object.values(policy.limits.types)) delete type.perRun;
        for (const type of Object.values(policy.limits.types)) delete type.percent;
        const since = Object.fromEntries(
          Object.keys(own.ownLocks).map((id) => [id, NOW - 7 * DAY]),
        );
        const { plan } = planned(users, policy, { memory: { ownLocks: since } });
        const nameOf = (a: Action | Held) =>
          [a.type === "lock" && a.wipe ? "lock-and-wipe" : a.type, a.session ?? ""]
            .join(" ")
            .trim();
        const when = (at: number | null) => (at === null ? "unknown" : iso(at));
        const short = (expecting: boolean) => ({
          name: "a",
          users: Object.fromEntries(
            users.map((user) => [
              user.id,
              {
                locked: user.locked ? (Object.hasOwn(since, user.id) ? "by-us" : true) : false,
                fields: user.fields,
                sessions: Object.fromEntries(
                  user.sessions.map((s) => [
                    s.id,
                    {
                      state: s.state,
                      signedIn: when(s.signedInAt),
                      created: when(s.createdAt),
                      connected: when(s.lastConnectedAt),
                      synced: when(s.lastFullSyncAt),
                      device: Object.fromEntries(
                        Object.entries({
                          ...s.attributes,
                        }).filter(([, value]) => value !== null),
                      ),
                    },
                  ]),
                ),
                expect: expecting ? plan.actions.filter((a) => a.user === user.id).map(nameOf) : [],
                ...(expecting
                  ? {
                      held: Object.fromEntries(
                        [
                          ...Map.groupBy(
                            plan.held.filter((h) => h.user === user.id),
                            (h) => h.by,
                          ),
                        ].map(([by, all]) => [by, all.map(nameOf)]),
                      ),
                    }
                  : {}),
              },
            ]),
          ),
        });
        // Own locks of users who are not locked can't be said.
        fc.pre(users.every((user) => user.locked || !Object.hasOwn(since, user.id)));
        const of = async (expecting: boolean) =>
          (await run(`  - ${JSON.stringify(short(expecting))}\n`, policy)).results;
        expect(told(await of(true))).toEqual([]);
        const wanted = plan.actions.length + plan.held.length;
        expect((await of(false))[0]?.passed).toBe(wanted === 0);
      }),
      { ...RUNS, numRuns: Math.ceil(RUNS.numRuns / 2) },
    ));
});
