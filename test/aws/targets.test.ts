// @module-tag slow
/** Two targets in one stack: each with a function, a role and a secret of its own, and a bucket that they share. */
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deploymentKey } from "../../src/ledger/key.ts";
import { user, writes } from "../cli/world.ts";
import { clientsOf } from "./clients.ts";
import { sumOf } from "./logs.ts";
import { describeWithMoto } from "./moto.ts";
import { stageOf } from "./stage.ts";
import { deployWorld, type World } from "./world.ts";

const PRODUCTION = "sessions: { maxAge: 30d }\n";
/** As many as there are, at once. */
const STAGING = `${PRODUCTION}limits: { re-authenticate: { percent: 100, perRun: 100 } }\n`;

describeWithMoto("two targets in one stack", (moto) => {
  let world: World;
  beforeAll(async () => {
    world = await deployWorld(moto(), PRODUCTION, {}, { staging: STAGING });
  }, 180_000);
  afterAll(() => world?.close());

  const prefixOf = (target: string) => `ledger/${deploymentKey(world.of(target).sandbox.url)}/`;

  test.for([
    ["production", "staging"],
    ["staging", "production"],
  ] as const)("the run of %s knows nothing of %s, and may not", async ([mine, other]) => {
    const here = world.of(mine);
    const s = await stageOf(here, await here.fetch(mine), [user("ann", 41)]);
    const untouched = world.of(other).sandbox.requests.length;
    expect(await s.run()).toMatchObject({ ok: true, payload: { target: mine, ending: "Success" } });
    expect(world.of(other).sandbox.requests.length).toBe(untouched);
    const keys = await s.keys();
    const ofMine = [prefixOf(mine), `runs/${mine}/`];
    expect(keys.filter((key) => !ofMine.some((prefix) => key.startsWith(prefix)))).toEqual([]);

    const { s3, secrets } = clientsOf(s.proxy.url, world.deployment.region);
    const Bucket = world.bucket;
    const secretOf = (target: string) =>
      secrets.send(new GetSecretValueCommand({ SecretId: `curfew/${target}` }));
    const list = (Prefix: string) => s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
    const get = (Key: string) => s3.send(new GetObjectCommand({ Bucket, Key }));
    const put = (Key: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));

    expect((await secretOf(mine)).SecretString).toBeDefined();
    expect((await list(prefixOf(mine))).KeyCount).toBeGreaterThan(0);
    expect((await get(`${prefixOf(mine)}state.json`)).Body).toBeDefined();

    await expect(secretOf(other)).rejects.toThrow("secretsmanager:GetSecretValue");
    await expect(list(prefixOf(other))).rejects.toThrow("s3:ListBucket");
    await expect(list("ledger/")).rejects.toThrow("s3:ListBucket");
    for (const key of ["state.json", "lease.json", "audit/000000000001.jsonl"]) {
      await expect(get(prefixOf(other) + key)).rejects.toThrow("s3:GetObject");
      await expect(put(prefixOf(other) + key)).rejects.toThrow("s3:PutObject");
    }
    await expect(get(`runs/${other}/inventory.jsonl`)).rejects.toThrow("s3:GetObject");
    await expect(put(`runs/${other}/inventory.jsonl`)).rejects.toThrow("s3:PutObject");
  });

  describe("a run whose time is over in the midst of its writes", () => {
    test("hands over what is left, and the next run takes it up as its own", async () => {
      const here = world.of("staging");
      // More than one call of the batch operation takes.
      const estate = Array.from({ length: 1_002 }, (_, i) => user(`u${i}`, 41));
      const s = await stageOf(here, await here.fetch("staging"), estate);
      const before = writes(here.sandbox);
      const gate = Promise.withResolvers<void>();
      const recorded = { action: "s3:PutObject", resource: "*/audit/000000001002.jsonl" };
      s.proxy.faults = [{ ...recorded, times: 1, does: { until: gate.promise } }];
      const firstBatch = s.proxy.arrival(recorded.action, recorded.resource);
      const lambda = await s.environment();
      const running = s.send(await s.scheduled(), {}, lambda);
      await firstBatch;
      lambda.leave(70_000);
      gate.resolve();
      const first = await running;
      expect(first).toMatchObject({
        ok: true,
        payload: { ending: "Success", applied: 1_000, left: 2 },
      });
      expect(sumOf(first.logs, "HandedOver")).toBe(2);
      expect(writes(here.sandbox) - before).toBe(1_000);

      lambda.leave(900_000);
      expect(await s.send(await s.scheduled(), {}, lambda)).toMatchObject({
        ok: true,
        payload: { ending: "Success", applied: 2, left: 0 },
      });
      expect(writes(here.sandbox) - before).toBe(1_002);
      // Nobody changed the backend: what was left is no drift.
      expect(await s.alerts()).toEqual([]);
      expect((await s.ledger.verify()).faults).toEqual([]);
      expect(await s.send(await s.scheduled(), {}, lambda)).toMatchObject({
        payload: { applied: 0, left: 0 },
      });
    });
  });
});
