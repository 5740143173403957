import { describe, expect, test } from "vitest";
import type { ReadLine } from "../../../src/ledger/log/audit.ts";
import { damagedEntry, diedEntry, stopEntry } from "../../../src/ledger/log/entries.ts";
import type { AuditEntry } from "../../../src/ledger/log/line.ts";
import { idsOf, type Selection, selected } from "../../../src/ledger/log/selection.ts";
import type { AuditFault, AuditReport } from "../../../src/ledger/verify.ts";
import { STOP_REASONS } from "../../../src/model/run.ts";
import { historiesJson, verificationsJson } from "../../../src/report/machine/json.ts";
import { type HistoryFacts, historyText } from "../../../src/report/text/history.ts";
import { verificationText } from "../../../src/report/text/verification.ts";
import { pastRuns } from "../../../src/report/told/runs.ts";
import { HOUR } from "../../../src/time.ts";
import * as build from "../builders.ts";
import { log, run, T } from "../past.ts";

const plain = { colour: false, width: 96, all: false };
const EVERYTHING: Selection = { users: null, since: null };
const HEAD = "3f".repeat(32);
const PROVED: AuditReport = { lines: 14, proved: 14, head: HEAD, faults: [] };

/** The history of `entries` as text; the proof of the log is a test of its own. */
async function told(
  entries: readonly AuditEntry[],
  {
    most = 20,
    all = false,
    ...more
  }: Partial<HistoryFacts> & { most?: number; all?: boolean } = {},
): Promise<string> {
  const facts = {
    ...{ target: "production", place: ".curfew/62d5-615a", user: null, since: null },
    ...{ report: PROVED },
    ...more,
  };
  const lines = log(entries);
  const users = facts.user === null ? null : await idsOf(lines, facts.user);
  const past = await pastRuns(selected(lines, { users, since: facts.since }), most, all);
  return historyText(past, facts, { ...plain, all });
}

/** What stands above the proof. */
const body = async (...given: Parameters<typeof told>) =>
  (await told(...given)).split("\nAudit log: ")[0] ?? "";

const LOCK = build.lock({ name: "omar@acme.example" });

describe("the history as text", () => {
  test("a run: who, by which commit, each action with its reasons, and how far all is proved", async () => {
    const plan = build.plan({
      actions: [LOCK, build.reAuthenticate({ cause: "drift" })],
      held: build.held("pace", build.manySignOuts(300)),
    });
    expect(
      await told(run({ id: "run-1", plan, outcomes: build.outcomesOf(plan.actions) })),
    ).toMatchInlineSnapshot(`
      "History of production

      2026-11-22 10:00:00 UTC  run-1
        by        jane on build-7.example, process 4711, Curfew 0.1.0
        policy    commit 68d79a1b0c3d, policies/production.yaml, policies/shared/devices.yaml
        held      300 by pace
        result    2 applied

        Applied: 1 lock, 1 re-authenticate
          Lock 1 user
          - omar@acme.example  c8c8c4f8-5013-11e7-a8c7-04017e679e01
            policy   Left the company (HR-812)  policies/production.yaml:61

          Re-authenticate 1 session
          ~ 5571fb26-54f7-11e7-a8f8-040151508301  Zebra TC52
            drift    signed in 41 days ago, 30 days allowed  policies/production.yaml:18

      Audit log: 14 lines, all proved; head
      sha256:3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f
      "
    `);
  });

  test("what failed, what has no outcome, what a later read confirmed, and what was skipped", async () => {
    const [failed, lost, seen] = [build.lock(), build.wipe(), build.unlock()];
    const [gone] = build.outcomesOf([build.reAuthenticate()], "skipped");
    const plan = build.plan({ actions: [failed, lost, seen] });
    const outcomes = [
      ...build.outcomesOf([failed]),
      ...build.outcomesOf([failed], "failed").map((o) => ({
        ...o,
        error: "the backend accepted it and did not do it",
        confirmed: false,
      })),
      ...build.outcomesOf([seen]).map((o) => ({ ...o, confirmed: true })),
      ...(gone ? [{ ...gone, error: "not wanted any more" }] : []),
    ];
    expect(await body(run({ id: "run-1", plan, outcomes }))).toMatchInlineSnapshot(`
      "History of production

      2026-11-22 10:00:00 UTC  run-1
        by        jane on build-7.example, process 4711, Curfew 0.1.0
        policy    commit 68d79a1b0c3d, policies/production.yaml, policies/shared/devices.yaml
        result    2 applied, 1 failed, 1 skipped

        Failed: 1 lock
          - c8c8c4f8-5013-11e7-a8c7-04017e679e01
            the backend accepted it and did not do it
            policy   Left the company (HR-812)  policies/production.yaml:61

        No outcome known, may have taken effect: 1 wipe
          ! 066b26c4-8418-11e7-9ba9-04017e679e01  Sony C6903
            policy   device 3456 is denied: Lost in Durban (SEC-502);      policies/production.yaml:44
                     unsynced data may be lost

        Applied, and confirmed by a later read: 1 unlock
          + 066b26c4-8418-11e7-9ba9-04017e679e01
            due      was locked until 2026-11-20T00:00:00Z: On leave  policies/production.yaml:66

        Skipped: 1 re-authenticate
          ~ 5571fb26-54f7-11e7-a8f8-040151508301  77aa26c4-8418-11e7-9ba9-04017e679e01
            not wanted any more
      "
    `);
  });

  test("a refusal, and what changed in the ledger alone", async () => {
    const { refusals, ledger } = build.busyPlan();
    const notice = {
      kind: "adopted-lock" as const,
      user: build.id(9),
      message: "locked by somebody else until now",
      file: "policies/production.yaml",
      line: 70,
    };
    const plan = build.plan({ refusals, ledger, notices: [notice] });
    const damaged = {
      blob: "state.json",
      message: "state.json is not JSON",
      aside: "damaged/1.json",
    };
    const entries = [
      ...run({ id: "run-1", plan, outcomes: [] }),
      damagedEntry({ run: "run-1", at: T }, damaged),
    ];
    expect(await body(entries)).toMatchInlineSnapshot(`
      "History of production

      2026-11-22 10:00:00 UTC  run-1
        by        jane on build-7.example, process 4711, Curfew 0.1.0
        policy    commit 68d79a1b0c3d, policies/production.yaml, policies/shared/devices.yaml

        In the ledger
          The lock of 00000009-54f7-11e7-a8f8-040151508301 became ours: locked by somebody else until
          now (policies/production.yaml:70)
          The lock of 0000000a-54f7-11e7-a8f8-040151508301 is ours no longer: somebody lifted it, and
          the policy no longer wants it.
          The lock of 0000000b-54f7-11e7-a8f8-040151508301 is ours no longer: somebody lifted it, and
          the policy no longer wants it.
          The ledger was damaged: state.json is not JSON; it is kept as damaged/1.json

        Refused: 120 to lock, 50 left of limits.lock.max
          120 locks are wanted and 50 are left of limits.lock.max in 24 hours: no user is locked in
          this run. Check the change, then raise the limit with a \`limits.raise\` entry.
      "
    `);
  });

  test("what a later run found of what had no answer, and what it tried again", async () => {
    const [done, not, again] = [build.lock(), build.unlock(), build.reAuthenticate()];
    const plan = build.plan({ actions: [done, not, again, build.wipe()] });
    const found = [done, not].map(({ type, user, session }) => {
      return { run: "run-1", type, user, session, done: type === "lock" };
    });
    const next = build.plan({ actions: [again] });
    const outcomes = build.outcomesOf([again]);
    const entries = [
      ...run({ id: "run-1", plan, outcomes: [], ends: false }),
      ...run({ id: "run-2", at: T + HOUR, plan: next, outcomes, found }),
      diedEntry({ run: "run-2", at: T + HOUR }, { id: "run-1", at: T }, []),
    ];
    expect(await body(entries)).toMatchInlineSnapshot(`
      "History of production

      2026-11-22 10:00:00 UTC  run-1
        by        jane on build-7.example, process 4711, Curfew 0.1.0
        policy    commit 68d79a1b0c3d, policies/production.yaml, policies/shared/devices.yaml

        No outcome known, may have taken effect: 1 wipe
          ! 066b26c4-8418-11e7-9ba9-04017e679e01  Sony C6903
            policy   device 3456 is denied: Lost in Durban (SEC-502);      policies/production.yaml:44
                     unsynced data may be lost

        Without an answer, found not done by a later run: 1 unlock
          + 066b26c4-8418-11e7-9ba9-04017e679e01
            Run run-2 found it not done on 2026-11-22 11:00:00 UTC.
            due      was locked until 2026-11-20T00:00:00Z: On leave  policies/production.yaml:66

        Without an answer, tried again by a later run: 1 re-authenticate
          ~ 5571fb26-54f7-11e7-a8f8-040151508301  Zebra TC52
            Run run-2 tried it again on 2026-11-22 11:00:00 UTC.
            due      signed in 41 days ago, 30 days allowed  policies/production.yaml:18

        Without an answer, found done by a later run: 1 lock
          - c8c8c4f8-5013-11e7-a8c7-04017e679e01
            Run run-2 found it done on 2026-11-22 11:00:00 UTC.
            policy   Left the company (HR-812)  policies/production.yaml:61

        It died, as run-2 found on 2026-11-22 11:00:00 UTC.

      2026-11-22 11:00:00 UTC  run-2
        by        jane on build-7.example, process 4711, Curfew 0.1.0
        policy    commit 68d79a1b0c3d, policies/production.yaml, policies/shared/devices.yaml
        result    1 applied

        Applied: 1 re-authenticate
          ~ 5571fb26-54f7-11e7-a8f8-040151508301  Zebra TC52
            due      signed in 41 days ago, 30 days allowed  policies/production.yaml:18
      "
    `);
  });

  test("a run that died, one of which nobody knows, and one without a plan", async () => {
    const plan = build.plan({ actions: [LOCK] });
    const dies = { plan, outcomes: [], ends: false };
    const writer = { run: "run-2", at: T + HOUR };
    const entries = [
      ...run({ id: "run-1", ...dies }),
      ...run({ id: "run-2", at: T + HOUR, plan: build.plan(), outcomes: [] }),
      diedEntry(writer, { id: "run-1", at: T }, []),
      ...run({ id: "run-3", at: T + 2 * HOUR, ...dies, leased: false }),
      ...run({ id: "run-4", plan, outcomes: build.outcomesOf(plan.actions) }).slice(1),
    ];
    expect(await body(entries)).toMatchInlineSnapshot(`
      "History of production

      2026-11-22 10:00:00 UTC  run-1
        by        jane on build-7.example, process 4711, Curfew 0.1.0
        policy    commit 68d79a1b0c3d, policies/production.yaml, policies/shared/devices.yaml

        Without an answer, tried again by a later run: 1 lock
          - omar@acme.example  c8c8c4f8-5013-11e7-a8c7-04017e679e01
            Run run-3 tried it again on 2026-11-22 12:00:00 UTC.
            policy   Left the company (HR-812)  policies/production.yaml:61

        It died, as run-2 found on 2026-11-22 11:00:00 UTC.

      … 1 run that did nothing

      2026-11-22 12:00:00 UTC  run-3
        by        nobody named, Curfew 0.1.0
        policy    commit 68d79a1b0c3d, policies/production.yaml, policies/shared/devices.yaml

        Without an answer, tried again by a later run: 1 lock
          - omar@acme.example  c8c8c4f8-5013-11e7-a8c7-04017e679e01
            Run run-4 tried it again on 2026-11-22 10:00:00 UTC.
            policy   Left the company (HR-812)  policies/production.yaml:61

        It has not ended: it is at work, or it died and the next run finds out.

      2026-11-22 10:00:00 UTC  run-4
        by        unknown: the line that tells of its plan is missing
        result    1 applied

        Applied: 1 lock
          - omar@acme.example  c8c8c4f8-5013-11e7-a8c7-04017e679e01
            policy   Left the company (HR-812)  policies/production.yaml:61
      "
    `);
  });

  test("long lists fold, but never what failed, a lock or a wipe; --all shows all", async () => {
    const actions = [...build.manySignOuts(30), ...build.manyLocks(15)];
    const plan = build.plan({ actions });
    const outcomes = build
      .outcomesOf(actions)
      .map((o, i) => (i < 12 ? { ...o, status: "failed" as const, error: "refused" } : o));
    const entries = run({ id: "run-1", plan, outcomes });
    const text = await told(entries);
    expect(text).toContain("\n    … and 8 more to re-authenticate (--all shows them)\n");
    for (const { user } of [...actions.slice(0, 22), ...actions.slice(30)])
      expect(text).toContain(user);
    const all = await told(entries, { all: true });
    expect(all).not.toContain("--all");
    for (const { session, label } of actions) expect(all).toContain(label ?? session ?? "");
  });

  test("the last runs that did something, and how many there are before and between them", async () => {
    const does = (i: number) => i % 3 === 0 && i < 75;
    const many = Array.from({ length: 80 }, (_, i) => {
      const actions = does(i) ? [LOCK] : [];
      const plan = build.plan({ actions });
      const outcomes = build.outcomesOf(actions);
      return run({ id: `run-${i}.`, at: T + i * HOUR, plan, outcomes });
    }).flat();
    const text = await told(many);
    expect(text.match(/ run-\d+\./g)).toEqual(
      Array.from({ length: 20 }, (_, i) => ` run-${15 + 3 * i}.`),
    );
    expect(text).toMatch(
      /^History of production\n\n… 13 earlier runs \(--all shows them\)\n\n… 2 runs/,
    );
    expect(text.match(/\n\n… 2 runs that did nothing\n\n/g)).toHaveLength(20);
    expect(text).toContain(
      "\n\n… 7 runs that did nothing, the last on 2026-11-25 17:00:00 UTC\n\nAudit log: ",
    );
    const all = await told(many, { most: Number.POSITIVE_INFINITY, all: true });
    expect(all.match(/ run-\d+\./g)).toHaveLength(80);
    expect(all).not.toContain("…");
    const none = await told(many.filter((line) => line.run === "run-1."));
    expect(none).toMatch(/\n\n… 1 run that did nothing, the last on 2026-11-22 11:00:00 UTC\n/);
  });

  test("nothing that a terminal acts on is raw, wherever it comes from", async () => {
    const evil = "\x1b[2J\x9b\u202e\u200b\u{e0041}\u2028\n";
    const reasons = [build.reason({ message: evil, file: evil })];
    const plan = build.plan({
      actions: [
        build.lock({ user: evil, name: evil, reasons }),
        build.reAuthenticate({ label: evil }),
      ],
      refusals: build.busyPlan().refusals.map((refusal) => ({ ...refusal, message: evil })),
      ledger: { adopt: [`adopt${evil}`], forget: [evil] },
      policy: { digest: evil, commit: evil, files: [evil] },
      version: evil,
    });
    const outcomes = build.outcomesOf(plan.actions, "failed").map((o) => ({ ...o, error: evil }));
    const entries = [
      ...run({ id: evil, plan, outcomes }),
      damagedEntry({ run: evil, at: T }, { blob: evil, message: evil, aside: evil }),
      ...run({ id: `2${evil}`, plan, outcomes: [], ends: false }),
      diedEntry({ run: evil, at: T }, { id: `2${evil}`, at: T }, []),
    ];
    for (const user of [null, evil]) {
      const text = await told(entries, { target: evil, place: evil, user });
      expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }
  });

  test("the lines keep to the width of the terminal, but for the head", async () => {
    const plan = build.busyPlan();
    const entries = run({ id: "20261122T100000000Z-1a2b3c4d", plan, outcomes: [] });
    const past = await pastRuns(log(entries), 20, false);
    for (const width of [60, 80, 120]) {
      const facts = { target: "production", place: "x", user: null, since: null, report: PROVED };
      const lines = historyText(past, facts, { ...plain, width }).split("\n");
      for (const line of lines.filter((text) => !text.startsWith("sha256:")))
        expect(line.length).toBeLessThanOrEqual(width);
    }
  });
});

describe("the history of one user", () => {
  const entries = [
    ...run({
      id: "run-1",
      plan: build.plan({
        actions: [LOCK, build.reAuthenticate()],
        ledger: { adopt: [build.LINA], forget: [] },
      }),
      outcomes: build.outcomesOf([LOCK, build.reAuthenticate()]),
    }),
    ...run({
      id: "run-2",
      at: T + HOUR,
      plan: build.plan({ ...build.busyPlan(), actions: [build.reAuthenticate()] }),
      outcomes: [],
    }),
    ...run({
      id: "run-3",
      at: T + 2 * HOUR,
      plan: build.plan({ actions: [build.unlock({ user: build.OMAR, name: "o@new.example" })] }),
      outcomes: [],
      ends: false,
    }),
    diedEntry({ run: "run-4", at: T + 3 * HOUR }, { id: "run-3", at: T + 2 * HOUR }, []),
  ];

  test("by the name: only the runs that did something, with what led to it", async () => {
    expect(await body(entries, { user: "omar@acme.example" })).toMatchInlineSnapshot(`
      "History of production, user omar@acme.example

      2026-11-22 10:00:00 UTC  run-1
        by        jane on build-7.example, process 4711, Curfew 0.1.0
        policy    commit 68d79a1b0c3d, policies/production.yaml, policies/shared/devices.yaml

        Applied: 1 lock
          - omar@acme.example  c8c8c4f8-5013-11e7-a8c7-04017e679e01
            policy   Left the company (HR-812)  policies/production.yaml:61

      2026-11-22 12:00:00 UTC  run-3
        by        jane on build-7.example, process 4711, Curfew 0.1.0
        policy    commit 68d79a1b0c3d, policies/production.yaml, policies/shared/devices.yaml

        No outcome known, may have taken effect: 1 unlock
          + o@new.example  c8c8c4f8-5013-11e7-a8c7-04017e679e01
            due      was locked until 2026-11-20T00:00:00Z: On leave  policies/production.yaml:66

        It died, as run-4 found on 2026-11-22 13:00:00 UTC.
      "
    `);
  });

  test("by the id the same, whatever the policy called the user", async () => {
    const byId = await body(entries, { user: build.OMAR });
    expect(byId.split("\n").slice(1)).toEqual(
      (await body(entries, { user: "o@new.example" })).split("\n").slice(1),
    );
    expect(byId).toContain("run-3");
  });

  test("a lock that was only adopted is told too, by id", async () => {
    const text = await body(entries, { user: build.LINA });
    expect(text).toContain(`The lock of ${build.LINA} became ours: it was found in place`);
    expect(text).not.toContain("run-2");
  });

  test("a name with an @ is the same in any case", async () => {
    const told = async (user: string) => (await body(entries, { user })).split("\n").slice(1);
    expect(await told("Omar@ACME.example")).toEqual(await told("omar@acme.example"));
    expect(await told("Omar@ACME.example")).toContainEqual(expect.stringContaining("run-1"));
  });

  test("a user of whom nothing is told; an id in another case is another id", async () => {
    const user = build.OMAR.toUpperCase();
    expect(await body(entries, { user })).toMatchInlineSnapshot(`
      "The audit log of production tells nothing of C8C8C4F8-5013-11E7-A8C7-04017E679E01: no run did
      anything to a user of this id, or of this name.
      "
    `);
  });
});

test("--since takes the runs that began then or later, whole", async () => {
  const entries = [0, 1, 2].flatMap((i) =>
    run({
      id: `run-${i}`,
      at: T + i * HOUR,
      plan: build.plan({ actions: [LOCK] }),
      outcomes: build.outcomesOf([LOCK]),
    }),
  );
  const lines = log(entries);
  for (const [since, runs] of [
    [T + HOUR, ["run-1", "run-2"]],
    [T + HOUR + 1, ["run-2"]],
  ] as const) {
    const found = [];
    for await (const line of selected(lines, { users: null, since })) found.push(line);
    expect(found).toEqual(lines.filter((line) => runs.some((id) => id === line.run)));
  }
  expect(await body(entries, { since: T + 3 * HOUR })).toMatchInlineSnapshot(`
    "Nothing was done since 2026-11-22 13:00:00 UTC: the ledger in .curfew/62d5-615a tells of no
    later run on production.
    "
  `);
});

test("an empty log is a sentence", async () => {
  const report = { lines: 0, proved: 0, head: null, faults: [] };
  expect(await told([], { report })).toMatchInlineSnapshot(`
    "Nothing was done yet: the ledger in .curfew/62d5-615a tells of no run on production.

    Audit log: no lines.
    "
  `);
});

const CHANGED: AuditFault = {
  ...{ about: "log", blob: "audit/000000000001.jsonl", line: 2 },
  message: "audit/000000000001.jsonl, line 2 was changed: its hash does not fit what it says.",
};
const CLAIMED: AuditFault = {
  ...{ about: "state", blob: "state.json", line: null },
  message: "state.json says that the lock of eve is ours, and the audit log does not prove it.",
};

test("a log with faults says so at the top and at the foot, and what the ledger says at the foot", async () => {
  const entries = run({ id: "r", plan: build.plan(), outcomes: [] });
  const report = { ...PROVED, proved: 1, faults: [CHANGED, CLAIMED] };
  expect(await told(entries, { report })).toMatchInlineSnapshot(`
    "Warning: the audit log is not as it was written (1 fault), so what follows may be untrue.
    --verify names what is wrong.

    History of production

    … 1 run that did nothing, the last on 2026-11-22 10:00:00 UTC

    1 fault in the audit log, 1 of its lines proved: --verify names them.
    "
  `);
  const claimed = await told(entries, { report: { ...PROVED, faults: [CLAIMED] } });
  expect(claimed).toMatch(/^History of production\n/);
  expect(claimed.split("\n\n").at(-1)).toMatchInlineSnapshot(`
    "Audit log: 14 lines, all proved; head
    sha256:3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f
    The ledger and its audit log do not agree (1 fault): --verify names what is wrong.
    "
  `);
});

test("a run of which lines were changed is marked, also where it seems to have done nothing", async () => {
  const plan = build.plan({ actions: [LOCK] });
  const outcomes = build.outcomesOf([LOCK]);
  const lines = log([
    ...run({ id: "run-1", plan, outcomes }),
    ...run({ id: "run-2", at: T + HOUR, plan: build.plan(), outcomes: [] }),
    ...run({ id: "run-3", at: T + 2 * HOUR, plan, outcomes: [], ends: false }),
    diedEntry({ run: "run-4", at: T + 3 * HOUR }, { id: "run-3", at: T + 2 * HOUR }, []),
  ]);
  const altered = new Set(["run-1 plan", "run-1 intent", "run-2 run-ended", "run-4 run-died"]);
  const read = lines.map((line): ReadLine => {
    return altered.has(`${line.run} ${line.kind}`) ? { ...line, intact: false } : line;
  });
  const { runs } = await pastRuns(read, 20, false);
  expect(runs.map(({ id, altered }) => [id, altered])).toEqual([
    ["run-1", 2],
    ["run-2", 1],
    ["run-3", 1],
  ]);
  const facts = { target: "production", place: "x", user: null, since: null, report: PROVED };
  const text = historyText({ runs, earlier: 0, quiet: { count: 0, last: null } }, facts, plain);
  expect(text.split("\nAudit log: ")[0]).toMatchInlineSnapshot(`
    "History of production

    2026-11-22 10:00:00 UTC  run-1
      by        jane on build-7.example, process 4711, Curfew 0.1.0
      policy    commit 68d79a1b0c3d, policies/production.yaml, policies/shared/devices.yaml
      result    1 applied

      Not as written: 2 lines of this run were changed later, so what stands here may be untrue.

      Applied: 1 lock
        - omar@acme.example  c8c8c4f8-5013-11e7-a8c7-04017e679e01
          policy   Left the company (HR-812)  policies/production.yaml:61

    2026-11-22 11:00:00 UTC  run-2
      by        jane on build-7.example, process 4711, Curfew 0.1.0
      policy    commit 68d79a1b0c3d, policies/production.yaml, policies/shared/devices.yaml

      Not as written: 1 line of this run was changed later, so what stands here may be untrue.

    2026-11-22 12:00:00 UTC  run-3
      by        jane on build-7.example, process 4711, Curfew 0.1.0
      policy    commit 68d79a1b0c3d, policies/production.yaml, policies/shared/devices.yaml

      Not as written: 1 line of this run was changed later, so what stands here may be untrue.

      No outcome known, may have taken effect: 1 lock
        - omar@acme.example  c8c8c4f8-5013-11e7-a8c7-04017e679e01
          policy   Left the company (HR-812)  policies/production.yaml:61

      It died, as run-4 found on 2026-11-22 13:00:00 UTC.
    "
  `);
  const honest = await pastRuns(lines, 20, false);
  expect(historyText(honest, facts, plain)).not.toContain("Not as written");
});

test("runs that ended before they wrote anything are told with their reason", async () => {
  const stops = STOP_REASONS.map((why, i) =>
    stopEntry({
      ...{ id: `run-${i}`, at: T + i * HOUR, why, message: `What it met (${why}).` },
      ...{ target: "production", plan: null, policy: "sha256:policy" },
      commit: i === 0 ? "68d79a1b0c3d5e6f" : null,
    }),
  );
  expect(await body(stops)).toMatchInlineSnapshot(`
    "History of production

    2026-11-22 10:00:00 UTC  run-0
      policy    commit 68d79a1b0c3d

      It did nothing, since the target could not be read: What it met (unreadable).

    2026-11-22 11:00:00 UTC  run-1

      It did nothing, since the saved plan was stale: What it met (stale).

    2026-11-22 12:00:00 UTC  run-2

      It did nothing, since nobody agreed to the plan: What it met (not-agreed).

    2026-11-22 13:00:00 UTC  run-3

      It did nothing, since another run was at work: What it met (busy).

    2026-11-22 14:00:00 UTC  run-4

      It did nothing, since somebody stopped it: What it met (interrupted).

    2026-11-22 15:00:00 UTC  run-5

      It did nothing, since an error ended it: What it met (error).
    "
  `);
  const saved = stops.slice(1, 2).map((stop) => ({ ...stop, plan: "sha256:saved" }));
  expect(await body(saved)).toContain("\n  plan      sha256:saved\n");
  const [first] = stops;
  expect(await body(first ? [first] : [], { user: build.OMAR })).toMatch(/tells nothing of/);
});

test("JSON: the lines as they are stored, of one target or several, and nothing raw", async () => {
  const plan = build.plan({ actions: [build.lock({ name: "\x9b\u202e" })] });
  const lines = log(run({ id: "run-1", plan, outcomes: build.outcomesOf(plan.actions) }));
  const found = [];
  for await (const line of selected(lines, EVERYTHING)) found.push(line);
  const report = {
    ...{ format: "curfew/history/1" as const, target: "production", lines: found },
    faults: [CHANGED],
  };
  const text = historiesJson([report], false);
  const faults = [CHANGED];
  expect(JSON.parse(text)).toEqual({
    ...{ format: "curfew/history/1", target: "production", lines, faults },
  });
  expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
  expect(JSON.parse(historiesJson([report], true))).toEqual({
    format: "curfew/histories/1",
    histories: [report],
  });
});

describe("the check of the log as text", () => {
  const fault = (line: number): AuditFault => ({
    ...{ about: "log", blob: "audit/000000000001.jsonl", line },
    message: `audit/000000000001.jsonl, line ${line} was changed: its hash does not fit what it says.`,
  });

  test("sound", () => {
    expect(verificationText("production", PROVED, plain)).toMatchInlineSnapshot(`
      "The audit log of production holds 14 lines; all are proved to be there, as they were written and
      in order.
      Head:
      sha256:3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f
      "
    `);
    const none = { lines: 0, proved: 0, head: null, faults: [] };
    expect(verificationText("production", none, plain)).toMatchInlineSnapshot(`
      "The audit log of production holds 0 lines.
      "
    `);
  });

  test("with faults: each is named, and what is proved all the same", () => {
    const some = { lines: 9, proved: 3, head: HEAD, faults: [fault(4), fault(7)] };
    expect(verificationText("production", some, plain)).toMatchInlineSnapshot(`
      "The audit log of production is not as it was written: 2 faults.
        audit/000000000001.jsonl, line 4 was changed: its hash does not fit what it says.
        audit/000000000001.jsonl, line 7 was changed: its hash does not fit what it says.

      Proved: the first 3 lines are as written and in order, with none missing.
      6 other lines are as written, but not proved to be in order and without a gap.
      "
    `);
    const all = { lines: 9, proved: 0, head: HEAD, faults: [fault(1)] };
    expect(verificationText("production", all, plain)).toContain("\nNothing of it is proved.\n");
  });

  test("what the ledger says against a log that is sound, or not", () => {
    const sound = { ...PROVED, faults: [CLAIMED] };
    expect(verificationText("production", sound, plain)).toMatchInlineSnapshot(`
      "The audit log of production holds 14 lines; all are proved to be there, as they were written and
      in order.
      Head:
      sha256:3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f3f

      The ledger and its audit log do not agree: 1 fault.
        state.json says that the lock of eve is ours, and the audit log does not prove it.
      "
    `);
    const both = { ...PROVED, lines: 9, proved: 1, faults: [CHANGED, CLAIMED] };
    expect(verificationText("production", both, plain)).toMatchInlineSnapshot(`
      "The audit log of production is not as it was written: 1 fault.
        audit/000000000001.jsonl, line 2 was changed: its hash does not fit what it says.

      Proved: the first line is as written.
      8 other lines are as written, but not proved to be in order and without a gap.

      The ledger and its audit log do not agree: 1 fault.
        state.json says that the lock of eve is ours, and the audit log does not prove it.
      "
    `);
  });

  test.each([
    [
      { line: 12, holds: true },
      "It is line 12 of the log: all up to there is as it was when you noted it.",
    ],
    [
      { line: 12, holds: false },
      "It is line 12 of the log, but not all lines up to it are proved: see above.",
    ],
    [
      { line: null, holds: false },
      "No line of the log has this hash: the log was rewritten or cut off since, or the head is another\nlog's.",
    ],
  ])("the head that was noted: %o", (noted, verdict) => {
    const report = { ...PROVED, noted: { head: `sha256:${HEAD}`, ...noted } };
    const text = verificationText("production", report, plain);
    expect(text.split("\n\n")[1]).toBe(`The head that you noted:\nsha256:${HEAD}\n${verdict}\n`);
  });

  test("many faults fold", () => {
    const faults = Array.from({ length: 30 }, (_, i) => fault(i + 1));
    const many = { lines: 9, proved: 0, head: HEAD, faults };
    const text = verificationText("production", many, plain);
    expect(text).toContain("… and 10 more (--all shows them)");
    expect(text).not.toContain("line 21 ");
    expect(verificationText("production", many, { ...plain, all: true })).toContain("line 30 ");
  });

  test("JSON, of one target or several", () => {
    const report = { format: "curfew/verification/1" as const, target: "production", ...PROVED };
    expect(JSON.parse(verificationsJson([report], false))).toEqual(report);
    expect(JSON.parse(verificationsJson([report], true))).toEqual({
      format: "curfew/verifications/1",
      verifications: [report],
    });
  });
});
