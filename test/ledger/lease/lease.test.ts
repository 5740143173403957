import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BusyError } from "../../../src/errors.ts";
import { deploymentKey } from "../../../src/ledger/key.ts";
import { acquireLease, LeaseLostError, RENEW_EVERY } from "../../../src/ledger/lease/lease.ts";
import { type Every, hasEnded, thisHolder } from "../../../src/ledger/lease/process.ts";
import { openLedger, type StoredLedger } from "../../../src/ledger/ledger.ts";
import { type BlobStore, ConflictError } from "../../../src/ledger/store/contract.ts";
import type { Holder } from "../../../src/model/ports.ts";
import {
  attempt,
  beginRun,
  clockAt,
  deadHolder,
  end,
  foreignHolder,
  outcome,
  start,
  URL_A,
} from "../samples.ts";
import type { Place, TestStore } from "../store/store-suite.ts";
import { inEachStore } from "../stores.ts";

const T = 1_800_000_000_000;
const MINUTE = 60_000;
const LEASE = "k/lease.json";

inEachStore((fresh) => {
  let place: Place;
  let store: TestStore;

  beforeEach(async () => {
    place = await fresh();
    store = place.open();
  });
  afterEach(() => place.close());

  /** Takes the lease at a moment. */
  function take(holder: Holder, time = T) {
    return acquireLease(store, "k", holder, clockAt(time), { place: "here" });
  }

  async function stored(): Promise<{ fence: number; expiresAt: number; holder: Holder | null }> {
    return JSON.parse((await store.get(LEASE))?.text ?? "null");
  }

  async function errorOf(work: () => unknown): Promise<Error> {
    try {
      await work();
    } catch (error) {
      if (error instanceof Error) return error;
    }
    throw new Error("nothing was thrown");
  }

  describe("taking a lease", () => {
    it("writes who holds it, until when, and a fence", async () => {
      const holder = thisHolder("run-1", "jane");
      const lease = await take(holder);
      expect(lease).toMatchObject({ fence: 1, holder });
      expect(await stored()).toEqual({
        format: "curfew/lease/1",
        fence: 1,
        holder,
        since: T,
        log: null,
        expiresAt: T + MINUTE,
      });
    });

    it("that is held says who holds it, since when, until when, and what to do", async () => {
      await take(foreignHolder("run-1"));
      const error = await errorOf(() => take(thisHolder("run-2"), T + 30_000));
      expect(error).toBeInstanceOf(BusyError);
      expect(error).toMatchObject({ exitCode: 6 });
      expect(error.message).toBe(
        "Another run is at work on the ledger in here: run run-1 of joe on elsewhere.example, process 7, " +
          "since 2027-01-15T08:00:00Z. Let it end, and run again. If it died, a run on elsewhere.example takes over " +
          "at once, and one elsewhere after 2027-01-15T08:01:00Z.",
      );
    });

    it("that a Lambda holds says when others take over, as nobody sees that its process has ended", async () => {
      await take(thisHolder("run-1", "lambda curfew", "2026/11/22/[$LATEST]0a1b"));
      const error = await errorOf(() => take(thisHolder("run-2"), T + 30_000));
      expect(error.message).toContain(" of lambda curfew on 2026/11/22/[$LATEST]0a1b, process ");
      expect(error.message).toMatch(
        /\. If it died, another run takes over after 2027-01-15T08:01:00Z\.$/,
      );
    });

    it("of a process that ended on this machine succeeds at once", async () => {
      const holder = deadHolder("run-1");
      expect(hasEnded(holder)).toBe(true);
      await take(holder);
      expect((await take(thisHolder("run-2"))).fence).toBe(2);
    });

    it("of a living process of this machine waits for its end", async () => {
      expect(hasEnded(thisHolder("run-1"))).toBe(false);
      await take(thisHolder("run-1"));
      await expect(take(thisHolder("run-2"), T + MINUTE - 1)).rejects.toThrow(BusyError);
      expect((await take(thisHolder("run-2"), T + MINUTE)).fence).toBe(2);
    });

    it.runIf(process.platform === "linux")(
      "of a process whose id another one has by now succeeds at once",
      async () => {
        const holder = thisHolder("run-1");
        const reused = { ...holder, started: `${holder.started}1` };
        expect(hasEnded(reused)).toBe(true);
        await take(reused);
        expect((await take(holder)).fence).toBe(2);
      },
    );

    it.each([
      ["of another machine", (h: Holder): Holder => ({ ...h, host: "elsewhere.example" })],
      ["of another boot or container", (h: Holder): Holder => ({ ...h, started: "boot/1/2" })],
    ])("%s waits for its expiry, whatever processes are here", async (_, other) => {
      const holder = other(deadHolder("run-1"));
      expect(hasEnded(holder)).toBe(false);
      const clock = clockAt(T);
      const lease = await acquireLease(store, "k", holder, clock);
      clock.pass(20_000);
      await lease.renew();
      await expect(take(thisHolder("run-2"), T + 20_000 + MINUTE - 1)).rejects.toThrow(BusyError);
      expect((await take(thisHolder("run-2"), T + 20_000 + MINUTE)).fence).toBe(2);
    });

    it("that was given back succeeds at once, also where the clock was set back", async () => {
      await (await take(foreignHolder("run-1"))).release();
      expect(await stored()).toMatchObject({ holder: null, fence: 1 });
      expect((await take(foreignHolder("run-2"), T - 1_000 * MINUTE)).fence).toBe(2);
    });

    it("from a clock that is ahead says so, and how to go on", async () => {
      await take(foreignHolder("run-1"), T + 10 * MINUTE);
      const error = await errorOf(() => take(foreignHolder("run-2")));
      expect(error).toBeInstanceOf(BusyError);
      expect(error.message).toMatch(
        /clock of elsewhere\.example is ahead .* delete k\/lease\.json/,
      );
    });

    it("lets one of several at once have it", async () => {
      const all = [1, 2, 3, 4, 5].map((n) => take(foreignHolder(`run-${n}`)));
      const results = await Promise.allSettled(all);
      const won = results.filter((result) => result.status === "fulfilled");
      expect(won).toHaveLength(1);
      for (const result of results) {
        if (result.status === "rejected") expect(result.reason).toBeInstanceOf(BusyError);
      }
      expect((await stored()).fence).toBe(1);
    });

    it.each([
      ["{", "JSON"],
      ['{"format":"curfew/lease/1","fence":1e999}', "number"],
      ['{"format":"curfew/lease/1","fence":1,"holder":{"pid":-1},"since":0,"expiresAt":0}', "id"],
    ])("that can't be understood (%s) waits a minute and keeps it aside", async (text) => {
      await store.put(LEASE, text);
      const options = { place: "here", lastFence: async () => 41 };
      const taking = (time: number) =>
        acquireLease(store, "k", thisHolder("run-1"), clockAt(time), options);
      expect((await errorOf(() => taking(T))).message).toMatch(
        /was damaged, .* run again after 2027-01-15T08:01:00Z/,
      );
      const [aside] = await store.list("k/damaged/");
      expect((await store.get(aside ?? "none"))?.text).toBe(text);
      await expect(taking(T + MINUTE - 1)).rejects.toThrow(BusyError);
      expect((await taking(T + MINUTE)).fence).toBeGreaterThan(42);
    });
  });

  describe("a lease that is held", () => {
    it("may be written under while it is young, by the clock and by elapsed time", async () => {
      const clock = clockAt(T);
      const lease = await acquireLease(store, "k", thisHolder("run-1"), clock);
      clock.pass(30_000);
      lease.check();
      clock.pass(1);
      expect(() => lease.check()).toThrow(LeaseLostError);
      await lease.renew();
      lease.check();
      clock.ticks += 30_001;
      expect(() => lease.check()).toThrow(/was not renewed for/);
      await lease.renew();
      clock.time += 30_001;
      expect(() => lease.check()).toThrow(LeaseLostError);
    });

    it("gets no younger by a clock that is set back", async () => {
      const clock = clockAt(T);
      const lease = await acquireLease(store, "k", thisHolder("run-1"), clock);
      clock.time -= 1_000 * MINUTE;
      lease.check();
      clock.pass(30_001);
      expect(() => lease.check()).toThrow(LeaseLostError);
    });

    it("is as old as the renewal's beginning, not as its end", async () => {
      const clock = clockAt(T);
      let pause = 0;
      const slow: BlobStore = {
        ...wrapped(),
        put: (...args) => {
          clock.pass(pause);
          return store.put(...args);
        },
      };
      const lease = await acquireLease(slow, "k", thisHolder("run-1"), clock);
      pause = 30_001;
      await lease.renew();
      expect(() => lease.check()).toThrow(LeaseLostError);
    });

    it("that was taken over is lost for good, and the sentence says to whom", async () => {
      const lease = await take(foreignHolder("run-1"));
      const next = await take(foreignHolder("run-2"), T + MINUTE);
      for (const use of [() => lease.renew(), () => lease.confirm(), () => lease.check()]) {
        const error = await errorOf(use);
        expect(error).toBeInstanceOf(LeaseLostError);
        expect(error).toMatchObject({ exitCode: 6 });
        expect(error.message).toMatch(/in here was taken over by run run-2 of joe on elsewhere/);
      }
      await lease.release();
      await next.confirm();
    });

    it.each([
      ["is gone", () => store.delete(LEASE)],
      ["is damaged", () => store.put(LEASE, "{")],
    ])("that %s counts as lost", async (what, spoil) => {
      const lease = await take(foreignHolder("run-1"));
      await spoil();
      await expect(lease.confirm()).rejects.toThrow(what);
      expect(() => lease.check()).toThrow(LeaseLostError);
    });

    it("is given back once, and not to be used afterwards", async () => {
      const lease = await take(foreignHolder("run-1"));
      await lease.release();
      const text = (await store.get(LEASE))?.text;
      await lease.release();
      expect((await store.get(LEASE))?.text).toBe(text);
      expect(() => lease.check()).toThrow(LeaseLostError);
      await expect(lease.renew()).rejects.toThrow(LeaseLostError);
    });

    it("is not given back when another has it", async () => {
      const lease = await take(foreignHolder("run-1"));
      const next = await take(foreignHolder("run-2"), T + MINUTE);
      await lease.release();
      await next.confirm();
      expect((await stored()).holder?.run).toBe("run-2");
    });

    it("stays ours where the answer to a put was lost", async () => {
      let lose: "answer" | "tag" | null = null;
      const lossy: BlobStore = {
        ...wrapped(),
        put: async (key, text, condition) => {
          const tag = await store.put(key, text, condition);
          if (lose === "answer") throw new Error("connection reset");
          if (lose === "tag") throw new ConflictError(key);
          return tag;
        },
      };
      const clock = clockAt(T);
      lose = "tag";
      const lease = await acquireLease(lossy, "k", thisHolder("run-1"), clock);
      clock.pass(1_000);
      await lease.renew();
      lose = "answer";
      clock.pass(1_000);
      await expect(lease.renew()).rejects.toThrow("connection reset");
      lose = null;
      clock.pass(1_000);
      await lease.renew();
      expect((await stored()).expiresAt).toBe(T + 3_000 + MINUTE);
    });

    it("is renewed by its heartbeat until it is given back; a failure shows in check", async () => {
      const beats: { ms: number; work: () => void }[] = [];
      const every: Every = (ms, work) => {
        const beat = { ms, work };
        beats.push(beat);
        return () => beats.splice(beats.indexOf(beat), 1);
      };
      let fault: Error | null = null;
      const faulty: BlobStore = {
        ...wrapped(),
        put: async (...args) => {
          if (fault) throw fault;
          return store.put(...args);
        },
      };
      const clock = clockAt(T);
      const lease = await acquireLease(faulty, "k", thisHolder("run-1"), clock);
      lease.keep(every);
      expect(beats.map(({ ms }) => ms)).toEqual([RENEW_EVERY]);
      for (let beat = 0; beat < 10; beat++) {
        clock.pass(RENEW_EVERY);
        beats[0]?.work();
        await lease.renew();
        lease.check();
      }
      fault = new Error("disk full");
      clock.pass(RENEW_EVERY);
      beats[0]?.work();
      await expect(lease.renew()).rejects.toThrow("disk full");
      lease.check();
      clock.pass(RENEW_EVERY + 1);
      expect(await errorOf(() => lease.check())).toMatchObject({ cause: fault });
      fault = null;
      await lease.renew();
      lease.check();
      await lease.release();
      expect(beats).toEqual([]);
    });

    it("heartbeat stops when the lease was taken over", async () => {
      let running = 0;
      const lease = await take(foreignHolder("run-1"));
      lease.keep(() => {
        running++;
        return () => running--;
      });
      await take(foreignHolder("run-2"), T + MINUTE);
      await expect(lease.renew()).rejects.toThrow(LeaseLostError);
      expect(running).toBe(0);
    });
  });

  describe("a ledger under a lease", () => {
    const KEY = deploymentKey(URL_A);
    const ann = attempt("run-1", T, "ann");

    function open(): StoredLedger {
      return openLedger(store, { url: URL_A, place: ".curfew" });
    }

    it("carries the fence in its plan and its state", async () => {
      const ledger = open();
      await (await ledger.lock(foreignHolder("run-0"), clockAt(T))).release();
      const lease = await ledger.lock(foreignHolder("run-1"), clockAt(T));
      expect(lease.fence).toBe(2);
      await beginRun(ledger, start("run-1", T, [ann]));
      await ledger.finish(end("run-1", T));
      for await (const line of ledger.audit()) if (line.kind === "plan") expect(line.fence).toBe(2);
      const { state } = JSON.parse((await store.get(`${KEY}/state.json`))?.text ?? "{}");
      expect(state.fence).toBe(2);
    });

    it("refuses begin, record and finish once another run has it, and writes nothing", async () => {
      const ledger = open();
      await ledger.lock(foreignHolder("run-1"), clockAt(T));
      await beginRun(ledger, start("run-1", T, [ann]));
      await open().lock(foreignHolder("run-2"), clockAt(T + MINUTE));
      const before = await store.list("");
      for (const write of [
        () => beginRun(ledger, start("run-1", T, [ann])),
        () => ledger.record("run-1", [outcome(ann, "applied")]),
        () => ledger.finish(end("run-1", T)),
      ]) {
        await expect(write()).rejects.toThrow(LeaseLostError);
      }
      expect(await store.list("")).toEqual(before);
    });

    it("refuses after it was given back", async () => {
      const ledger = open();
      const lease = await ledger.lock(foreignHolder("run-1"), clockAt(T));
      await lease.release();
      await expect(beginRun(ledger, start("run-1", T, []))).rejects.toThrow(LeaseLostError);
    });

    it("refuses who writes without one, and lets everybody read", async () => {
      await open().lock(foreignHolder("run-1"), clockAt(T));
      const other = open();
      await other.recall();
      await expect(beginRun(other, start("run-2", T, []))).rejects.toThrow(/and this run has none/);
      await expect(other.record("run-2", [outcome(ann, "failed")])).rejects.toThrow(LeaseLostError);
      await expect(other.finish(end("run-2", T))).rejects.toThrow(LeaseLostError);
    });

    it("goes on with a higher fence where the lease was deleted", async () => {
      const ledger = open();
      for (const run of ["run-1", "run-2", "run-3"]) {
        const lease = await ledger.lock(foreignHolder(run), clockAt(T));
        await beginRun(ledger, start(run, T, []));
        await ledger.finish(end(run, T));
        await lease.release();
      }
      await store.delete(`${KEY}/lease.json`);
      await expect(beginRun(ledger, start("run-3", T, []))).rejects.toThrow(LeaseLostError);
      await expect(beginRun(open(), start("run-4", T, []))).rejects.toThrow(/A later run wrote/);
      expect((await open().lock(foreignHolder("run-4"), clockAt(T))).fence).toBe(4);
    });

    it("replays dead runs in the order of the log where the clock went back", async () => {
      const unlock = attempt("run-2", T - MINUTE, "ann", { type: "unlock" });
      const first = open();
      await first.lock(deadHolder("run-1"), clockAt(T));
      await beginRun(first, start("run-1", T, [ann]));
      const second = open();
      await second.lock(deadHolder("run-2"), clockAt(T - MINUTE));
      await beginRun(second, start("run-2", T - MINUTE, [unlock]));
      await second.record("run-2", [outcome(unlock, "applied")]);
      expect((await open().recall()).ownLocks).toEqual({});
    });
  });

  /** The store's methods, to change one of them. */
  function wrapped(): BlobStore {
    return {
      get: (key) => store.get(key),
      put: (key, text, condition) => store.put(key, text, condition),
      list: (prefix) => store.list(prefix),
    };
  }
});
