/** Whatever is damaged is found and told, and nothing of it lifts a lock. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deploymentKey } from "../../src/ledger/key.ts";
import { openLedger, type StoredLedger } from "../../src/ledger/ledger.ts";
import { auditKey } from "../../src/ledger/log/audit.ts";
import { type AuditEntry, chain, ROOT } from "../../src/ledger/log/line.ts";
import {
  attempt,
  beginRun,
  clockAt,
  deadHolder,
  end,
  HOUR,
  outcome,
  start,
  URL_A,
  URL_B,
} from "./samples.ts";
import type { TestStore } from "./store/store-suite.ts";
import { inEachStore, type Stores } from "./stores.ts";

const T = 1_800_000_000_000;
const KEY = deploymentKey(URL_A);
const STATE = `${KEY}/state.json`;
const STOP = {
  at: T,
  why: "unreadable" as const,
  message: "x",
  target: "production",
  policy: "sha256:p",
  commit: null,
  plan: null,
};

inEachStore((fresh) => {
  let place: Stores;
  let store: TestStore;

  beforeEach(async () => {
    place = await fresh();
    store = place.open();
  });
  afterEach(() => place.close());

  function open(url = URL_A): StoredLedger {
    return openLedger(store, { url, place: ".curfew" });
  }

  /** A run that locks each of these users. */
  async function lock(
    ledger: StoredLedger,
    id: string,
    at: number,
    users: string[],
  ): Promise<void> {
    const attempts = users.map((user) => attempt(id, at, user));
    await beginRun(ledger, start(id, at, attempts));
    await ledger.record(
      id,
      attempts.map((a) => outcome(a, "applied")),
    );
    await ledger.finish(end(id, at));
  }

  const log = (first: number) => auditKey(KEY, first);

  /** What the log tells of damage. */
  async function told(ledger: StoredLedger): Promise<string> {
    const messages: string[] = [];
    for await (const line of ledger.audit())
      if (line.kind === "ledger-damaged") messages.push(line.message);
    return messages.join("\n");
  }

  async function planLine() {
    const elsewhere = openLedger(place.open("second"), { url: URL_A, place: "" });
    await beginRun(elsewhere, start("r", T, []));
    for await (const line of elsewhere.audit()) if (line.kind === "plan") return line;
    throw new Error("no plan");
  }

  async function replaceIn(key: string, change: (text: string) => string): Promise<string> {
    const text = change((await store.get(key))?.text ?? "");
    await store.put(key, text);
    return text;
  }

  describe("damage of the state", () => {
    it.each([
      ["is not JSON", (text: string) => text.slice(0, 100)],
      ["is not JSON", () => ""],
      ["names no format", () => "[]"],
      ["names no format", () => "null"],
      ['has the format "curfew/ledger/3"', (t: string) => t.replace("ledger/2", "ledger/3")],
      ["has a wrong shape at state.attempts.0.at", (t: string) => t.replace('r","at"', 'r","b"')],
      ["has a wrong shape at state.locks", (t: string) => t.replace("locks", "other")],
      ["does not fit line 5 of the audit log", (t: string) => t.replace("ann", "eve")],
      ["does not fit line 5 of the audit log", (t: string) => t.replaceAll(`${T}`, `${T - 1}`)],
      [
        "does not fit line 5 of the audit log",
        (t: string) => t.replace(/("hash":")(.)/, (_, k, c) => k + (c === "0" ? 1 : 0)),
      ],
      [
        "rests on line 5 of the audit log, which is gone",
        (t: string) => t.replace('"first":4', '"first":2'),
      ],
      ["is that of another deployment", (t: string) => t.replace("615a", "615b")],
    ])("that %s: it is built again from the log, and kept", async (why, change) => {
      await lock(open(), "r", T, ["ann"]);
      const before = await open().recall();
      const text = await replaceIn(STATE, change);

      const ledger = open();
      expect(await ledger.recall()).toEqual(before);
      expect(ledger.damage()).toContain(`.curfew/${KEY} is damaged: state.json ${why}`);
      expect(ledger.damage()).toContain("nothing is lost. It is not deleted: the next apply keeps");
      expect((await store.get(STATE))?.text).toBe(text);

      await lock(ledger, "next", T + HOUR, ["bob"]);
      expect((await open().recall()).ownLocks).toEqual({ ann: T, bob: T + HOUR });
      const [kept, ...others] = await store.list(`${KEY}/damaged/`);
      expect(others).toEqual([]);
      expect((await store.get(kept ?? "none"))?.text).toBe(text);
      expect(await told(ledger)).toContain(`state.json ${why}`);
      await ledger.recall();
      expect(ledger.damage()).toBeNull();
    });

    it("another ledger's in its place, of another deployment or of this one", async () => {
      await lock(open(), "r", T, ["ann"]);
      const before = await open().recall();
      const elsewhere = place.open("second");
      for (const url of [URL_A, URL_B])
        await lock(openLedger(elsewhere, { url, place: "" }), "other", T, ["eve"]);
      for (const url of [URL_A, URL_B]) {
        const other = await elsewhere.get(`${deploymentKey(url)}/state.json`);
        await store.put(STATE, other?.text ?? "");
        const ledger = open();
        expect(await ledger.recall()).toEqual(before);
        expect(ledger.damage()).toMatch(/does not fit line 5|is that of another deployment/);
        expect((await ledger.verify()).faults).not.toEqual([]);
      }
    });

    it("an earlier one in its place is none: what the log tells since is known", async () => {
      await lock(open(), "r", T, ["ann"]);
      const earlier = (await store.get(STATE))?.text ?? "";
      await lock(open(), "next", T + HOUR, ["bob"]);
      const before = await open().recall();
      await store.put(STATE, earlier);
      const ledger = open();
      expect(await ledger.recall()).toEqual(before);
      expect(ledger.damage()).toBeNull();
      expect((await ledger.verify()).faults).toEqual([]);
    });

    it("none at all loses nothing", async () => {
      await lock(open(), "r", T, ["ann"]);
      const before = await open().recall();
      await store.delete(STATE);
      const ledger = open();
      expect(await ledger.recall()).toEqual(before);
      expect(ledger.damage()).toBeNull();
      await lock(ledger, "next", T + HOUR, ["bob"]);
      expect((await open().recall()).ownLocks).toEqual({ ann: T, bob: T + HOUR });
    });

    it("is told for the latest reading", async () => {
      const ledger = open();
      expect(ledger.damage()).toBeNull();
      await store.put(STATE, "x");
      await ledger.recall();
      expect(ledger.damage()).not.toBeNull();
      await store.delete(STATE);
      await ledger.recall();
      expect(ledger.damage()).toBeNull();
    });

    it("that rests on a line which is gone: the log was cut off, and all locks are foreign", async () => {
      await lock(open(), "r", T, ["ann"]);
      await store.delete(log(4));
      const ledger = open();
      expect((await ledger.recall()).ownLocks).toEqual({});
      expect(ledger.damage()).toMatch(
        /state\.json rests on line 5 of the audit log, which is gone/,
      );
      expect(ledger.damage()).toMatch(/count as foreign and are not lifted/);
      await lock(ledger, "next", T + HOUR, ["bob"]);
      const after = open();
      expect((await after.recall()).ownLocks).toEqual({ bob: T + HOUR });
      expect(after.damage()).toBeNull();
      const [fault] = (await after.verify()).faults;
      expect(fault?.message).toMatch(/line 1 begins the chain anew, .* ends with line 3 of 5/);
    });
  });

  describe("damage of the log", () => {
    const [ann, bob] = [attempt("r", T, "ann"), attempt("r", T, "bob")];

    it.each([
      ["is not JSON", (text: string) => text.slice(0, 100)],
      ["is empty", () => ""],
      ["was changed", (text: string) => text.replace('"ann"', '"eve"')],
      ["is not JSON", (text: string) => `${text}{\n`],
    ])(
      "after the state, that %s: locks of before are foreign, and what comes after counts",
      async (why, change) => {
        await lock(open(), "zero", T - HOUR, ["zoe"]);
        await beginRun(open(), start("r", T, [ann, bob]));
        await open().record("r", [outcome(ann, "failed")]);
        await open().record("r", [outcome(bob, "failed")]);
        const text = await replaceIn(log(9), change);

        const reader = open();
        const { ownLocks, attempts } = await reader.recall();
        expect(ownLocks).toEqual({});
        expect(attempts.map(({ user }) => user)).toEqual(["zoe", "ann", "bob"]);
        expect(reader.damage()).toMatch(new RegExp(`audit/000000000009\\.jsonl, line . ${why}`));
        expect(reader.damage()).toMatch(/What it said is lost; locks that were ours by then count/);

        await lock(reader, "next", T + HOUR, ["cid"]);
        const after = open();
        expect((await after.recall()).ownLocks).toEqual({ cid: T + HOUR });
        expect(after.damage()).toBeNull();
        expect((await store.get(log(9)))?.text).toBe(text);
        expect(await told(after)).toMatch(new RegExp(`audit/000000000009\\.jsonl, line . ${why}`));
        // Nor does what is no part of the state any more come back, where that is built again.
        await store.delete(STATE);
        expect((await open().recall()).ownLocks).toEqual({ cid: T + HOUR });
      },
    );

    it("within a run: what the run does since counts", async () => {
      const ledger = open();
      await lock(ledger, "zero", T - HOUR, ["zoe"]);
      await beginRun(ledger, start("r", T, [ann, bob]));
      await replaceIn(log(7), () => "{");
      const other = open();
      await other.recall();
      await beginRun(other, start("s", T, [attempt("s", T, "cid")]));
      await other.finish(end("s", T));
      expect((await open().recall()).ownLocks).toEqual({ cid: T });
    });

    it("at its end, which the lease knows: a lock that is begun after it is ours, though its run dies", async () => {
      await lock(open(), "zero", T - HOUR, ["zoe"]); // lines 1 to 5
      const first = open();
      const lease = await first.lock(deadHolder("r"), clockAt(T));
      await beginRun(first, start("r", T, [ann])); // lines 6, 7
      await first.record("r", [outcome(ann, "applied")]);
      await lease.renew();
      await store.delete(log(8));

      const second = open();
      const held = await second.lock(deadHolder("s"), clockAt(T));
      expect((await second.recall()).ownLocks).toEqual({});
      expect(second.damage()).toMatch(/the audit log ends with line 7 of 8: those after it were/);
      await beginRun(
        second,
        start(
          "s",
          T,
          [bob].map((one) => ({ ...one, run: "s" })),
        ),
      );
      await held.renew();

      const third = open();
      await third.lock(deadHolder("t"), clockAt(T));
      for (const ledger of [third, open()])
        expect((await ledger.recall()).ownLocks).toEqual({ bob: T });
      await beginRun(third, start("t", T, []));
      await third.finish(end("t", T));
      expect((await open().recall()).ownLocks).toEqual({ bob: T });
    });

    it("before the state is none of a recall, and is found by a verification", async () => {
      await lock(open(), "r", T, ["ann"]);
      await replaceIn(log(2), (text) => text.replace('"ann"', '"eve"'));
      const ledger = open();
      expect((await ledger.recall()).ownLocks).toEqual({ ann: T });
      expect(ledger.damage()).toBeNull();
      expect((await ledger.verify()).faults).not.toEqual([]);
    });

    it("behind the line that proves the state is none of a recall, and the state stands", async () => {
      await lock(open(), "r", T, ["ann"]);
      const [last = ""] = (await store.list(`${KEY}/audit/`)).slice(-1);
      await replaceIn(last, (text) => `${text}garbage{\n`);
      const ledger = open();
      expect((await ledger.recall()).ownLocks).toEqual({ ann: T });
      expect(ledger.damage()).toBeNull();
      expect((await ledger.verify()).faults).toMatchObject([{ blob: last.slice(KEY.length + 1) }]);
      await lock(ledger, "s", T + HOUR, ["bob"]);
      expect((await open().recall()).ownLocks).toEqual({ ann: T, bob: T + HOUR });
    });

    it("that cut off the end stays told, however many lines were written since by whom no lease holds", async () => {
      const first = open();
      const lease = await first.lock(deadHolder("r"), clockAt(T));
      await lock(first, "r", T, ["ann"]);
      await lease.release();
      const [last = ""] = (await store.list(`${KEY}/audit/`)).slice(-1);
      await store.delete(last);
      await store.delete(STATE);
      for (const n of [1, 2, 3]) await open().stop({ ...STOP, id: `stop-${n}` });
      expect((await open().recall()).ownLocks).toEqual({});
      const next = open();
      const held = await next.lock(deadHolder("s"), clockAt(T + HOUR));
      await lock(next, "s", T + HOUR, ["bob"]);
      await held.release();
      expect((await open().recall()).ownLocks).toEqual({ bob: T + HOUR });
      expect((await open().verify()).faults).not.toEqual([]);
    });

    it("that put another line in place of the one that the lease knows lifts nothing", async () => {
      const first = open();
      const lease = await first.lock(deadHolder("r"), clockAt(T));
      await beginRun(first, start("r", T, [ann]));
      await first.record("r", [outcome(ann, "applied")]);
      await lease.renew();
      const names = await store.list(`${KEY}/audit/`);
      const before = (await store.get(names.at(-2) ?? ""))?.text.trimEnd().split("\n").at(-1) ?? "";
      await replaceIn(names.at(-1) ?? "", (text) => {
        const { seq, prev: _p, hash: _h, ...told } = JSON.parse(text);
        const forged = { ...told, status: "failed" } as AuditEntry;
        return chain([forged], { seq: seq - 1, hash: JSON.parse(before).hash }).lines;
      });
      const looking = open();
      expect((await looking.recall()).ownLocks).toEqual({});
      expect(looking.damage()).toMatch(/is another than lease\.json knows/);
    });

    it.each([9007199254740991, 900000000000])(
      "that gives a line the number %i stops no run",
      async (n) => {
        await lock(open(), "r", T, ["ann"]);
        await beginRun(open(), start("s", T + HOUR, []));
        const [last = ""] = (await store.list(`${KEY}/audit/`)).slice(-1);
        await replaceIn(last, (text) => text.replace(/"seq":\d+/, `"seq":${n}`));
        const next = open();
        const held = await next.lock(deadHolder("t"), clockAt(T + 2 * HOUR));
        await lock(next, "t", T + 2 * HOUR, ["bob"]);
        await held.release();
        expect((await open().recall()).ownLocks).toEqual({ bob: T + 2 * HOUR });
        const after = open();
        const again = await after.lock(deadHolder("u"), clockAt(T + 3 * HOUR));
        await lock(after, "u", T + 3 * HOUR, ["cid"]);
        await again.release();
        expect((await open().recall()).ownLocks).toEqual({ bob: T + 2 * HOUR, cid: T + 3 * HOUR });
      },
    );

    it("that cut off the end is told to whoever only looks, as to the run that follows", async () => {
      const first = open();
      const lease = await first.lock(deadHolder("r"), clockAt(T));
      await lock(first, "r", T, ["ann"]);
      await lease.release();
      const [last = ""] = (await store.list(`${KEY}/audit/`)).slice(-1);
      await store.delete(last);
      await store.delete(STATE);
      const looking = open();
      expect((await looking.recall()).ownLocks).toEqual({});
      expect(looking.damage()).toMatch(/those after it were removed/);
    });

    it("and of the state: what the log says without a gap counts, and no lock of before it", async () => {
      await lock(open(), "r", T, ["ann"]);
      await lock(open(), "s", T + HOUR, ["bob"]);
      await replaceIn(log(2), (text) => text.replace('"ann"', '"eve"'));
      await store.delete(STATE);
      const ledger = open();
      const { ownLocks, runs } = await ledger.recall();
      expect(ownLocks).toEqual({ bob: T + HOUR });
      expect(runs.map(({ id }) => id)).toEqual(["r", "s"]);
      expect(ledger.damage()).toMatch(/audit\/000000000002\.jsonl, line 1 was changed/);
    });
  });

  it("of Curfew 0.1 is met with a sentence, by whoever reads or writes it", async () => {
    const old = JSON.stringify({ format: "curfew/ledger/1", url: URL_A, ownLocks: { ann: T } });
    await store.put(STATE, old);
    const sentence = `The ledger in .curfew/${KEY} was written by Curfew 0.1, and this version can't read it: put it aside`;
    for (const use of [
      () => open().recall(),
      () => open().verify(),
      () => beginRun(open(), start("r", T, [])),
      () => open().finish(end("r", T)),
    ])
      await expect(use()).rejects.toThrow(sentence);
    expect(await store.list("")).toEqual([STATE]);

    await store.delete(STATE);
    const { seq: _, prev: _p, hash: _h, owed: _o, ...plan } = await planLine();
    const { lines } = chain([plan as AuditEntry], { seq: 0, hash: ROOT });
    await store.put(log(1), lines);
    await expect(open().recall()).rejects.toThrow(sentence);
  });
});
