// @module-tag slow
/** A ledger over an S3 that throttles, refuses for a moment, and loses answers. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { openLedger } from "../../../../src/ledger/ledger.ts";
import { openS3 } from "../../../../src/ledger/store/s3/s3.ts";
import type { Memory } from "../../../../src/model/run.ts";
import { describeWithMoto } from "../../../aws/moto.ts";
import {
  attempt,
  beginRun,
  clockAt,
  end,
  foreignHolder,
  outcome,
  start,
  URL_A,
} from "../../samples.ts";
import { createBucket } from "../../stores.ts";
import { account, clientConfig, type Fault, type S3Proxy, s3Error, startS3Proxy } from "./proxy.ts";

const T = 1_800_000_000_000;
const PASS: Fault = { do: "pass" };

describeWithMoto("a ledger in S3", (moto) => {
  let proxy: S3Proxy;

  beforeEach(async () => {
    proxy = await startS3Proxy(moto().url);
  });
  afterEach(() => proxy.stop());

  async function freshLedger() {
    const place = { bucket: await createBucket(moto().url, true), prefix: "p" };
    const options = { now: () => T, env: {}, account, client: clientConfig(proxy.url) };
    return () => openLedger(openS3(place, options), { url: URL_A, place: "s3://b/p" });
  }

  /** Two runs, of which the first dies; what is remembered in the end. */
  async function twoRuns(open: Awaited<ReturnType<typeof freshLedger>>): Promise<Memory> {
    const [ann, bob] = [attempt("r1", T, "ann"), attempt("r2", T + 1, "bob")];
    const first = open();
    await first.lock(foreignHolder("r1"), clockAt(T));
    await beginRun(first, start("r1", T, [ann]));
    await first.record("r1", [outcome(ann, "applied")]);
    const second = open();
    const lease = await second.lock(foreignHolder("r2"), clockAt(T + 60_000));
    await lease.renew();
    await beginRun(second, start("r2", T + 1, [bob]));
    await second.record("r2", [outcome(bob, "applied")]);
    await second.finish(end("r2", T + 1));
    await lease.release();
    expect((await second.verify()).faults).toEqual([]);
    return open().recall();
  }

  it.each<[string, RegExp, Fault]>([
    ["409", /^PUT/, s3Error(409, "ConditionalRequestConflict")],
    ["503", /^PUT/, s3Error(503, "SlowDown")],
    ["reset", /./, { do: "reset" }],
    ["lost answer", /./, { do: "lose" }],
    ["answer cut off", /^GET \S+\.jsonl?/, { do: "cut" }],
  ])(
    "remembers all, once, where every request meets a %s and is repeated",
    async (_, fits, fault) => {
      const undisturbed = await twoRuns(await freshLedger());
      const open = await freshLedger();
      const before = proxy.seen.length;
      proxy.fault(fits, ...Array.from({ length: 200 }, (_, n) => (n % 2 === 0 ? fault : PASS)));
      expect(await twoRuns(open)).toEqual(undisturbed);
      const met = proxy.seen.slice(before).filter((line) => fits.test(line));
      expect(met.length).toBeGreaterThan(15);
      expect(proxy.waiting()).toBe(200 - met.length);
    },
  );

  it("writes each line of the log once where the answers to all of its writes were lost", async () => {
    const open = await freshLedger();
    proxy.fault(/^PUT \S+\/audit\//, ...Array.from({ length: 5 }, (): Fault => ({ do: "lose" })));
    const memory = await twoRuns(open);
    expect(Object.keys(memory.ownLocks)).toEqual(["ann", "bob"]);
    const seen: unknown[] = [];
    for await (const { seq, kind } of open().audit()) seen.push([seq, kind]);
    expect(seen).toEqual([
      [1, "plan"],
      [2, "intent"],
      [3, "outcome"],
      [4, "plan"],
      [5, "intent"],
      [6, "outcome"],
      [7, "run-died"],
      [8, "policy"],
      [9, "run-ended"],
    ]);
  });
});
