// @module-tag slow
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ServedUser } from "../../src/providers/journeyapps/sandbox/sandbox.ts";
import { leaks } from "../cli/run.ts";
import { user, writes } from "../cli/world.ts";
import { jsonLines, metricsOf, sumOf } from "./logs.ts";
import { describeWithMoto } from "./moto.ts";
import type { Invoked } from "./runtime.ts";
import { type Stage, stageOf } from "./stage.ts";
import { type DeployedFunction, deployWorld, storeToken, type World } from "./world.ts";

/** One lock is a tenth of a small estate, so that Bob alone may be locked, and not Eve besides. */
const SECTIONS = `sessions:
  maxAge: 30d
users:
  locked:
    - user: bob
      reason: Left the company
    - user: eve
      reason: Left the company
`;

/** Ann signed in too long ago; Dan is locked, by nobody we know. */
const ESTATE = () => [
  user("ann", 41),
  user("bob", 2),
  user("cem", 1),
  user("dan", 1, { locked: true, enrolled: false, sessions: [] }),
];

const payloadOf = (invoked: Invoked) => {
  expect(invoked).toMatchObject({ ok: true });
  return (invoked as { payload: Record<string, unknown> }).payload;
};
const errorOf = (invoked: Invoked) => {
  expect(invoked).toMatchObject({ ok: false });
  return (invoked as Invoked & { ok: false }).error;
};

describeWithMoto("what is deployed", (moto) => {
  let world: World;
  let deployed: DeployedFunction;
  beforeAll(async () => {
    world = await deployWorld(moto(), SECTIONS);
    deployed = await world.fetch("production");
  }, 180_000);
  afterAll(() => world?.close());

  const stage = (...more: ServedUser[]) => stageOf(world, deployed, [...ESTATE(), ...more]);
  /** What a user and the user's first session are now. */
  const state = ({ sandbox }: Stage, id: string) => {
    const now = sandbox.user(id);
    return [now?.locked, now?.sessions[0]?.state];
  };
  /** How many writes took effect since the stage was set. */
  const counting = ({ sandbox }: Stage) => {
    const before = writes(sandbox);
    return () => writes(sandbox) - before;
  };

  test("the first run acts and the second finds nothing", async () => {
    const s = await stage();
    const done = counting(s);
    const first = await s.run();
    const report = { target: "production", ending: "Success", held: 0, left: 0 };
    expect(payloadOf(first)).toMatchObject({ ...report, applied: 2 });
    expect(state(s, "ann")).toEqual([false, "LOCKED"]);
    expect(state(s, "bob")[0]).toBe(true);
    const second = await s.run();
    expect(payloadOf(second)).toMatchObject({ ...report, applied: 0 });
    expect(done()).toBe(2);
    expect(await s.alerts()).toEqual([]);
    expect(await s.deadLetters()).toEqual([]);
    expect(s.proxy.asked.filter(({ allowed }) => !allowed)).toEqual([]);

    const { ownLocks, runs } = await s.ledger.recall();
    expect(Object.keys(ownLocks)).toEqual(["bob"]);
    expect(runs.map(({ id }) => id)).toEqual([payloadOf(first).run, payloadOf(second).run]);
    const audit = await s.ledger.verify();
    expect(audit.faults).toEqual([]);
    expect(payloadOf(second).audit).toBe(`sha256:${audit.head}`);
  });

  test("each run leaves its report, the newest inventory, its metrics and its log", async () => {
    const s = await stage();
    const first = await s.run();
    const { run } = payloadOf(first);
    expect(await s.keys("runs/")).toEqual([
      `runs/production/${run}/report.json`,
      `runs/production/${run}/report.md`,
      "runs/production/inventory.jsonl",
    ]);
    const report = JSON.parse(await s.text(`runs/production/${run}/report.json`));
    expect(
      report.outcomes.map((o: { type: string; user: string; status: string }) => [
        o.type,
        o.user,
        o.status,
      ]),
    ).toEqual([
      ["lock", "bob", "applied"],
      ["re-authenticate", "ann", "applied"],
    ]);
    expect(await s.text("runs/production/inventory.jsonl")).toContain('"ann"');
    expect(sumOf(first.logs, "Users")).toBe(4);
    expect(sumOf(first.logs, "Applied")).toBe(2);
    expect(sumOf(first.logs, "Success")).toBe(1);
    expect(metricsOf(first.logs).find(({ name }) => name === "Success")).toMatchObject({
      namespace: "Curfew",
      dimensions: [{ service: "curfew", target: "production" }],
    });
    expect(jsonLines(first.logs).map(({ message }) => message)).toEqual(
      expect.arrayContaining(["run begins", "run ended"]),
    );
  });

  test("every alarm of ours looks at a metric that runs write, with just these dimensions", async () => {
    const s = await stage();
    const good = await s.run();
    await storeToken(world, "wrong");
    const bad = await s.run();
    const written = metricsOf(good.logs + bad.logs).flatMap(({ name, dimensions }) =>
      dimensions.map((each) => `${name} ${JSON.stringify(Object.entries(each).sort())}`),
    );
    const read = world.deployment.created
      .filter(({ type }) => type === "aws:cloudwatch/metricAlarm:MetricAlarm")
      .flatMap(({ inputs }) => [
        inputs,
        ...([inputs.metricQueries ?? []].flat() as { metric?: unknown }[]).map((q) => q.metric),
      ])
      .filter((metric) => (metric as { namespace?: string } | undefined)?.namespace === "Curfew")
      .map((metric) => metric as { metricName: string; dimensions?: Record<string, string> })
      // What Lambda itself writes to the log of a function.
      .filter(({ metricName }) => !metricName.startsWith("MemoryUsed."))
      .map(
        ({ metricName, dimensions = {} }) =>
          `${metricName} ${JSON.stringify(Object.entries(dimensions).sort())}`,
      );
    expect(read).toHaveLength(4);
    expect(written).toEqual(expect.arrayContaining(read));
  });

  test("drift that was found and closed is told", async () => {
    const s = await stage();
    await s.run();
    s.sandbox.unlock("bob");
    expect(payloadOf(await s.run())).toMatchObject({ ending: "Success", applied: 1 });
    expect(state(s, "bob")[0]).toBe(true);
    const [alert, ...more] = await s.alerts();
    expect(more).toEqual([]);
    expect(alert?.Subject).toBe("Curfew: drift on production");
    expect(alert?.Message).toContain("bob");
  });

  test("a limit that holds back is an error, and the other types go on", async () => {
    const s = await stage(user("eve", 1));
    const refused = await s.run();
    expect(errorOf(refused)).toMatchObject({ errorType: "RefusedError" });
    expect([state(s, "bob")[0], state(s, "eve")[0]]).toEqual([false, false]);
    expect(state(s, "ann")).toEqual([false, "LOCKED"]);
    expect(sumOf(refused.logs, "Refusals")).toBe(1);
    // The alarms on errors and refusals tell of it, and end by themselves.
    expect(await s.deadLetters()).toEqual([]);
  });

  test("the secret is in nothing that a run leaves", async () => {
    const s = await stage();
    const first = await s.run();
    s.sandbox.unlock("bob");
    const second = await s.run();
    const objects = await Promise.all((await s.keys()).map((key) => s.text(key)));
    const { created } = world.deployment;
    const left = [first.logs, second.logs, ...objects, await s.alerts(), deployed.fn, created];
    for (const each of left) expect(leaks(JSON.stringify(each))).toEqual([]);
    expect(s.sandbox.requests.length).toBeGreaterThan(0);
  });

  describe("is called", () => {
    test("by the bucket when other policies were deployed", async () => {
      const s = await stage();
      expect(payloadOf(await s.send(await s.deployedEvent()))).toMatchObject({ applied: 2 });
    });

    test("by a schedule that was due long ago: it acts on what is true now", async () => {
      const s = await stage();
      const before = Date.now();
      const old = await s.scheduled(new Date(Date.now() - 40 * 86_400_000));
      const { run, applied } = payloadOf(await s.send(old));
      expect(applied).toBe(2);
      const report = JSON.parse(await s.text(`runs/production/${run}/report.json`));
      expect(Date.parse(report.evaluatedAt)).toBeGreaterThanOrEqual(before);
    });

    test("twice for one event", async () => {
      const s = await stage();
      const done = counting(s);
      const event = await s.scheduled(new Date(), randomUUID());
      expect(payloadOf(await s.send(event))).toMatchObject({ applied: 2 });
      expect(payloadOf(await s.send(event))).toMatchObject({ ending: "Success", applied: 0 });
      expect(done()).toBe(2);
    });

    test("twice at once: one works, and the other says that it is busy", async () => {
      const s = await stage();
      const done = counting(s);
      const gate = Promise.withResolvers<void>();
      const begin = { action: "s3:PutObject", resource: "*/audit/000000000001.jsonl" };
      s.proxy.faults = [{ ...begin, times: 1, does: { until: gate.promise } }];
      const begins = s.proxy.arrival(begin.action, begin.resource);
      const first = s.run();
      await begins;
      const second = await s.send(await s.scheduled(), {}, await s.environment());
      gate.resolve();
      expect(payloadOf(second)).toMatchObject({ ending: "Busy", applied: 0 });
      expect(payloadOf(await first)).toMatchObject({ ending: "Success", applied: 2 });
      expect(done()).toBe(2);
      expect((await s.ledger.verify()).faults).toEqual([]);
    });
  });

  describe("meets", () => {
    test("a Secrets Manager that refuses", async () => {
      const s = await stage();
      s.proxy.faults = [{ action: "secretsmanager:*", does: "refuse" }];
      const before = s.sandbox.requests.length;
      const failed = await s.run();
      expect(errorOf(failed).errorMessage).toMatch(
        /curfew\/production.*secretsmanager:GetSecretValue/,
      );
      expect(sumOf(failed.logs, "Failed")).toBe(1);
      expect(s.sandbox.requests.length).toBe(before);
    });

    test("an S3 that throttles for a while", async () => {
      const s = await stage();
      s.proxy.faults = [{ action: "s3:*", does: "throttle", times: 3 }];
      expect(payloadOf(await s.run())).toMatchObject({ ending: "Success", applied: 2 });
    });

    test("an S3 that throttles without end: nobody is touched", async () => {
      const s = await stage();
      const done = counting(s);
      s.proxy.faults = [{ action: "s3:*", resource: "*/lease.json", does: "throttle" }];
      const failed = await s.run();
      expect(errorOf(failed).errorMessage).toMatch(
        /^production: The ledger in s3:.* S3 throttles s3:GetObject \(503 SlowDown\), however often/,
      );
      expect(sumOf(failed.logs, "Failed")).toBe(1);
      expect(done()).toBe(0);
    });

    test.for(["reset", "lose", "conflict", "break"] as const)(
      "an S3 that does this to every kind of put, once each: %s",
      async (does) => {
        const s = await stage();
        const done = counting(s);
        s.proxy.faults = [
          "*/lease.json",
          ...["*/state.json", "*/audit/000000000001.jsonl", "*/audit/000000000003.jsonl"],
          "*/audit/*",
        ].map((resource) => ({ action: "s3:PutObject", resource, does, times: 1 }));
        expect(payloadOf(await s.run())).toMatchObject({ ending: "Success", applied: 2 });
        expect(payloadOf(await s.run())).toMatchObject({ ending: "Success", applied: 0 });
        expect(done()).toBe(2);
        expect((await s.ledger.verify()).faults).toEqual([]);
      },
    );

    test("a wrong token", async () => {
      const s = await stage();
      await storeToken(world, "another-t0ken");
      const failed = await s.run();
      expect(errorOf(failed).errorMessage).toMatch(/^production: .*401/);
      expect(sumOf(failed.logs, "Unreadable")).toBe(1);
      expect(failed.logs).not.toContain("another-t0ken");
    });

    test("a backend that is down, and is back an hour later", async () => {
      const s = await stage();
      s.sandbox.fail({ kind: "refuse" });
      const failed = await s.run();
      expect(errorOf(failed).errorMessage).toContain("when it answers");
      expect(sumOf(failed.logs, "Unreadable")).toBe(1);
      s.sandbox.faults = [];
      expect(payloadOf(await s.run())).toMatchObject({ ending: "Success", applied: 2 });
    });

    test("a time-out that leaves too little time: nobody is touched", async () => {
      const s = await stage();
      const done = counting(s);
      const late = await s.run({ timeoutMs: 70_000 });
      expect(errorOf(late).errorMessage).toContain("the time is over");
      expect(sumOf(late.logs, "Unreadable")).toBe(1);
      expect(done()).toBe(0);
      expect(payloadOf(await s.run())).toMatchObject({ ending: "Success", applied: 2 });
    });

    test.for(["*/audit/000000000001.jsonl", "*/audit/000000000003.jsonl", "*/state.json"])(
      "its own end, by the time-out, before %s is put: it converges",
      async (resource) => {
        const s = await stage();
        const done = counting(s);
        s.proxy.faults = [{ action: "s3:PutObject", resource, does: "hang" }];
        const killed = await s.run({ killedAt: s.proxy.arrival("s3:PutObject", resource) });
        expect(errorOf(killed).errorType).toBe("Sandbox.Timedout");
        s.proxy.faults = [];
        expect(payloadOf(await s.run())).toMatchObject({ ending: "Busy" });
        await s.lapseLease();
        expect(payloadOf(await s.run())).toMatchObject({ ending: "Success" });
        expect(done()).toBe(2);
        expect([state(s, "ann"), state(s, "bob")[0], state(s, "dan")[0]]).toEqual([
          [false, "LOCKED"],
          true,
          true,
        ]);
        expect(Object.keys((await s.ledger.recall()).ownLocks)).toEqual(["bob"]);
        expect((await s.ledger.verify()).faults).toEqual([]);
        expect(payloadOf(await s.run())).toMatchObject({ ending: "Success", applied: 0 });
      },
    );
  });
});
