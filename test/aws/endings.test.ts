// @module-tag slow
/** How a run ends that may not, or could not, do all; and a person at a terminal beside the schedule. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { curfew } from "../cli/run.ts";
import { SECTIONS as LOCKS_BOB, project, user, writes } from "../cli/world.ts";
import { sumOf } from "./logs.ts";
import { describeWithMoto } from "./moto.ts";
import { stageOf } from "./stage.ts";
import { deployWorld, type World } from "./world.ts";

const FROZEN = `${LOCKS_BOB}freeze: { until: 2099-12-27, reason: Year-end change freeze }\n`;
const REPORTING = `enforcement: report\n${LOCKS_BOB}`;

describeWithMoto("a run", (moto) => {
  let world: World;
  beforeAll(async () => {
    world = await deployWorld(moto(), LOCKS_BOB, {}, { frozen: FROZEN, reporting: REPORTING });
  }, 180_000);
  afterAll(() => world?.close());

  const stage = async (target: string) => {
    const here = world.of(target);
    const estate = [user("ann", 41), user("bob", 2), user("cem", 1)];
    return stageOf(here, await here.fetch(target), estate);
  };

  test.for(["frozen", "reporting"])(
    "that is %s writes nothing, and is a success",
    async (target) => {
      const s = await stage(target);
      const before = writes(s.sandbox);
      const ran = await s.run();
      expect(ran).toMatchObject({ ok: true, payload: { ending: "Success", applied: 0, held: 2 } });
      expect(sumOf(ran.logs, "Success")).toBe(1);
      expect(sumOf(ran.logs, "Held")).toBe(2);
      expect(writes(s.sandbox)).toBe(before);
      expect(await s.alerts()).toEqual([]);
    },
  );

  test("of which a part failed does the rest, and is an error that names the target and the part, until that is done", async () => {
    const s = await stage("production");
    s.sandbox.faults = [
      // One request for each action, then.
      { kind: "404-route", match: "POST /batch" },
      { kind: "422", match: "POST /users/ann/**" },
    ];
    const failed = await s.run();
    expect(failed).toMatchObject({
      ok: false,
      error: {
        errorType: "FailedError",
        errorMessage: expect.stringMatching(/^production: re-authenticate of ann failed: /),
      },
    });
    expect(sumOf(failed.logs, "Failed")).toBe(1);
    expect(sumOf(failed.logs, "FailedActions")).toBe(1);
    expect(s.sandbox.user("bob")?.locked).toBe(true);
    s.sandbox.faults = [];
    const before = writes(s.sandbox);
    const waits = /^production: re-authenticate of ann failed before and is tried again from 20/;
    expect(await s.run()).toMatchObject({
      ok: false,
      error: { errorType: "FailedError", errorMessage: expect.stringMatching(waits) },
    });
    expect(writes(s.sandbox)).toBe(before);
  });

  describe("beside a person at a terminal", () => {
    const at = async () => {
      const s = await stage("production");
      const cwd = await project(s.sandbox.url);
      const CURFEW_LEDGER = `s3://${world.bucket}/ledger`;
      const cli = (...args: string[]) =>
        curfew(cwd, args, { env: { ...world.moto.env, CURFEW_LEDGER } });
      return { s, cwd, cli };
    };

    test("keeps the person out while it is at work, and each knows what the other did", async () => {
      const { s, cli } = await at();
      const gate = Promise.withResolvers<void>();
      const begin = { action: "s3:PutObject", resource: "*/audit/000000000001.jsonl" };
      s.proxy.faults = [{ ...begin, times: 1, does: { until: gate.promise } }];
      const begins = s.proxy.arrival(begin.action, begin.resource);
      const running = s.run();
      await begins;
      const busy = await cli("apply", "--yes");
      gate.resolve();
      expect(busy.code).toBe(6);
      expect(busy.err).toMatch(
        /run \S+ of lambda curfew-test-production on 20\S+, process .* If it died, another run takes over after 20/,
      );
      expect(await running).toMatchObject({ ok: true, payload: { applied: 2 } });

      expect(await cli("apply", "--yes")).toMatchObject({ code: 0 });
      // The person lifts nothing, since the lock is the ledger's; and nothing is drift to the schedule.
      expect(await s.run()).toMatchObject({ ok: true, payload: { applied: 0 } });
      expect((await s.ledger.verify()).faults).toEqual([]);
      const history = await cli("history", "--all");
      expect(history.out).toContain("lambda curfew-test-production");
    });

    test("leaves an inventory that plans without a credential", async () => {
      const { s, cwd, cli } = await at();
      await s.run();
      s.sandbox.unlock("bob");
      await s.run();
      await writeFile(join(cwd, "saved.jsonl"), await s.text("runs/production/inventory.jsonl"));
      const env = { TOKEN: undefined };
      const planned = await curfew(cwd, ["plan", "--inventory", "saved.jsonl"], { env });
      // As it was read: before the run locked Bob again.
      expect(planned.code).toBe(2);
      expect(planned.out).toContain("1 to lock");
      expect(planned.out).toContain("drift");
      expect((await cli("drift")).code).toBe(0);
    });
  });
});
