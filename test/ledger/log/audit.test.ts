import { createHash } from "node:crypto";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canonical } from "../../../src/canonical.ts";
import { deploymentKey } from "../../../src/ledger/key.ts";
import type { FencedLease } from "../../../src/ledger/lease/lease.ts";
import { openLedger, type StoredLedger } from "../../../src/ledger/ledger.ts";
import type { TokenRequest } from "../../../src/ledger/log/entries.ts";
import type { AuditLine } from "../../../src/ledger/log/line.ts";
import { type BlobStore, ConflictError } from "../../../src/ledger/store/contract.ts";
import type { Action, Plan } from "../../../src/model/plan.ts";
import type { RunStop } from "../../../src/model/run.ts";
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
} from "../samples.ts";
import type { Place, TestStore } from "../store/store-suite.ts";
import { inEachStore } from "../stores.ts";

const T = 1_800_000_000_000;
const KEY = deploymentKey(URL_A);
const ROOT = "0".repeat(64);

inEachStore((fresh, kind) => {
  let place: Place;
  let store: TestStore;

  beforeEach(async () => {
    place = await fresh();
    store = place.open();
  });
  afterEach(() => place.close());

  function open(on: BlobStore = store): StoredLedger {
    return openLedger(on, { url: URL_A, place: ".curfew" });
  }

  async function linesOf(ledger: Pick<StoredLedger, "audit">): Promise<AuditLine[]> {
    const lines: AuditLine[] = [];
    for await (const line of ledger.audit()) lines.push(line);
    return lines;
  }

  /** `kind`, and what is told of it. */
  function told(lines: readonly AuditLine[]): string[] {
    return lines.map((line) => {
      if (line.kind === "intent") return `intent ${line.type} ${line.user}`;
      if (line.kind === "outcome") return `outcome ${line.user} ${line.status}`;
      if (line.kind === "run-died") return `run-died ${line.died}`;
      return line.kind;
    });
  }

  /** Locks each user; some outcomes are told, and, but for a run that dies, its end. */
  async function lock(id: string, at: number, users: string[], dies = false): Promise<FencedLease> {
    const ledger = open();
    const lease = await ledger.lock(deadHolder(id), clockAt(at));
    const attempts = users.map((user) => attempt(id, at, user));
    await beginRun(ledger, start(id, at, attempts));
    for (const one of attempts.slice(dies ? 1 : 0))
      await ledger.record(id, [outcome(one, "applied")]);
    if (dies) return lease;
    await ledger.finish({ ...end(id, at), policy: null });
    await lease.release();
    return lease;
  }

  describe("what the audit log tells", () => {
    it("of a run, in the order in which it happened, with the reasons and who ran it", async () => {
      const ledger = open();
      const clock = clockAt(T + 5_000);
      const holder = deadHolder("r");
      await ledger.lock(holder, clock);
      const ann = attempt("r", T, "ann", {
        wipe: true,
        wipes: { s1: 1, s2: null },
        counts: "urgent",
      });
      const bob = attempt("r", T, "bob", {
        ...{ type: "re-authenticate", session: "s3", counts: "none", signedInAt: T - HOUR },
      });
      const owedWipes = { s4: 7, s5: null };
      const begin = start("r", T, [ann, bob], { adopt: ["cid"], forget: ["dee"], owedWipes });
      await beginRun(ledger, { ...begin, plan: planned(begin.plan) });
      clock.pass(1_000);
      await ledger.record("r", [outcome(ann, "failed")]);
      await ledger.record("r", [{ ...outcome(ann, "applied"), confirmed: true }]);
      const counts = { held: 3, refusals: 1, outcomes: { applied: 0, failed: 2, skipped: 0 } };
      const run = end("r", T, counts);
      await ledger.finish(run);

      const top = { run: "r", prev: expect.any(String), hash: expect.any(String) };
      const began = { ...top, at: "2027-01-15T08:00:00.000Z" };
      const later = { ...top, at: "2027-01-15T08:00:06.000Z" };
      const commit = "abc123";
      expect(await linesOf(open())).toEqual([
        {
          ...began,
          ...{
            seq: 1,
            kind: "plan",
            plan: "sha256:plan",
            policy: "sha256:policy",
            commit,
            fence: 1,
          },
          ...{ files: ["policies/production.yaml"], target: "production", version: "0.1.0" },
          inventory: { users: 47, sessions: 80, active: 61, digest: "sha256:inventory" },
          summary: { lock: 1, wipe: 0, "re-authenticate": 1, unlock: 0 },
          held: { limit: 2, freeze: 1 },
          owed: { s4: "1970-01-01T00:00:00.007Z", s5: null },
          by: { who: "jane", host: holder.host, pid: holder.pid },
        },
        {
          ...began,
          ...{ seq: 2, kind: "refusal", type: "unlock", limit: "max", wanted: 2, allowed: 0 },
          message: "2 unlocks, 0 allowed",
        },
        {
          ...began,
          ...{ seq: 3, kind: "adopted", user: "cid", commit, message: "was locked already" },
          ...{ file: "policies/production.yaml", line: 44 },
        },
        { ...began, seq: 4, kind: "forgotten", user: "dee", commit },
        { ...began, seq: 5, kind: "met", line: "protected ann", user: "ann" },
        {
          ...began,
          ...{ seq: 6, kind: "intent", type: "lock", user: "ann", session: null, commit },
          ...{ wipe: true, wipes: { s1: "1970-01-01T00:00:00.001Z", s2: null }, signedIn: null },
          ...{ counts: "urgent", ends: {}, line: "", was: null, cause: "policy" },
          reasons: [
            { rule: "users.locked", file: "policies/production.yaml", line: 40, message: "left" },
          ],
          ...{ name: "ann@acme.example", label: null },
        },
        {
          ...began,
          ...{
            seq: 7,
            kind: "intent",
            type: "re-authenticate",
            user: "bob",
            session: "s3",
            commit,
          },
          ...{ wipe: false, wipes: {}, signedIn: "2027-01-15T07:00:00.000Z" },
          ...{ counts: "none", ends: {}, line: "", was: null },
          ...{ cause: null, reasons: [], name: null, label: null },
        },
        {
          ...later,
          ...{ seq: 8, kind: "outcome", type: "lock", user: "ann", session: null },
          ...{ status: "failed", error: "refused", confirmed: null, passing: false },
        },
        {
          ...later,
          ...{ seq: 9, kind: "outcome", type: "lock", user: "ann", session: null },
          ...{ status: "applied", error: null, confirmed: true, passing: false },
        },
        { ...later, seq: 10, kind: "policy", said: run.policy },
        {
          ...later,
          ...{ seq: 11, kind: "run-ended", plan: "sha256:plan", policy: "sha256:r", commit: null },
          began: "2027-01-15T08:00:00.000Z",
          inventory: { users: 47, sessions: 80, active: 61, digest: "sha256:inventory" },
          summary: { lock: 0, wipe: 0, "re-authenticate": 0, unlock: 0 },
          outcomes: { applied: 0, failed: 2, skipped: 0 },
          ...{ confirmed: 0, unknown: 1, held: 3, refusals: 1, whole: true },
          state: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      ]);
    });

    it("of a run that died: which, and what of it has no outcome", async () => {
      await lock("dead", T, ["ann", "bob"], true);
      await lock("next", T + HOUR, ["cid"]);
      const lines = await linesOf(open());
      expect(told(lines)).toEqual([
        ...["plan", "intent lock ann", "intent lock bob", "outcome bob applied"],
        ...["plan", "intent lock cid", "outcome cid applied", "run-died dead", "run-ended"],
      ]);
      expect(lines.at(-2)).toMatchObject({
        run: "next",
        began: "2027-01-15T08:00:00.000Z",
        unknown: [{ type: "lock", user: "ann", session: null }],
      });
    });

    it("each run once, though its end had to be written again", async () => {
      await lock("dead", T, ["ann"], true);
      let others = 2;
      const asked = { user: "eve", name: null, target: "production", commit: null };
      const request = (id: string): TokenRequest => ({ id, at: T, by: deadHolder(id), ...asked });
      const raced: BlobStore = {
        get: (key) => store.get(key),
        list: (prefix) => store.list(prefix),
        put: async (key, text, condition) => {
          if (text.includes('"run-ended"') && key.includes("/audit/") && others-- > 0)
            await open().token(request(`t${others}`));
          return store.put(key, text, condition);
        },
      };
      const ledger = open(raced);
      await ledger.lock(deadHolder("next"), clockAt(T));
      await beginRun(ledger, start("next", T, []));
      await ledger.finish(end("next", T));
      expect(told(await linesOf(open())).slice(2)).toEqual([
        ...["plan", "token", "token", "run-died dead", "policy", "run-ended"],
      ]);
      expect((await open().verify()).faults).toEqual([]);
    });

    it("of damage of the state, before it is put aside", async () => {
      await lock("r", T, ["ann"]);
      await store.put(`${KEY}/state.json`, "{");
      await lock("next", T + HOUR, []);
      const damaged = (await linesOf(open())).find((line) => line.kind === "ledger-damaged");
      expect(damaged).toMatchObject({
        run: "next",
        blob: "state.json",
        message: "state.json is not JSON",
      });
      expect(await store.list(`${KEY}/damaged/`)).toEqual([`${KEY}/${damaged?.aside}`]);
      expect((await open().verify()).faults).toEqual([]);
    });

    it("in one blob a step, and the state at the end", async () => {
      const order: string[] = [];
      const watched: BlobStore = {
        get: (key) => store.get(key),
        list: (prefix) => store.list(prefix),
        put: (key, text, condition) => {
          order.push(key.slice(KEY.length + 1).split("/")[0] ?? "");
          return store.put(key, text, condition);
        },
      };
      const ledger = open(watched);
      const ann = attempt("r", T, "ann");
      await beginRun(ledger, start("r", T, [ann]));
      await ledger.record("r", [outcome(ann, "applied")]);
      await ledger.finish(end("r", T));
      expect(order).toEqual(["audit", "audit", "audit", "audit", "state.json"]);
    });
  });

  describe("the chain", () => {
    it("is sha256 over the canonical JSON of each line, from 64 zeros on", async () => {
      await lock("a", T, ["ann", "__proto__", "\u{1F512} \ud800"]);
      await lock("b", T + HOUR, ["bob"]);
      let prev = ROOT;
      let seq = 0;
      for (const key of await store.list(`${KEY}/audit/`)) {
        expect(key).toBe(`${KEY}/audit/${String(seq + 1).padStart(12, "0")}.jsonl`);
        for (const text of ((await store.get(key))?.text ?? "").trimEnd().split("\n")) {
          const { hash, ...line } = JSON.parse(text);
          expect(line).toMatchObject({ seq: ++seq, prev });
          expect(createHash("sha256").update(canonical(line)).digest("hex")).toBe(hash);
          prev = hash;
        }
      }
      expect(await open().verify()).toEqual({ lines: seq, proved: seq, head: prev, faults: [] });
      const state = JSON.parse((await store.get(`${KEY}/state.json`))?.text ?? "{}");
      expect(state.log).toEqual({ first: seq, seq, hash: prev });
      const last = (await linesOf(open())).at(-1);
      const { hash, line } = { hash: createHash("sha256"), line: JSON.stringify(state.state) };
      expect(last).toMatchObject({ kind: "run-ended", state: hash.update(line).digest("hex") });
    });

    it("is empty where nothing ran", async () => {
      expect(await open().verify()).toEqual({ lines: 0, proved: 0, head: null, faults: [] });
    });

    it("does not fork where several write at once", async () => {
      const ledgers = [1, 2, 3, 4].map(() => open());
      await Promise.all(
        ledgers.flatMap((ledger, w) => [1, 2, 3].map((n) => ledger.stop(stopOf(`w${w}-${n}`)))),
      );
      expect(await open().verify()).toMatchObject({ lines: 12, proved: 12, faults: [] });
      const runs = (await linesOf(open())).map(({ run }) => run);
      expect(new Set(runs).size).toBe(12);
    });

    it("passes over what is none of its own", async () => {
      await store.put(`${KEY}/audit/notes.txt`, "x");
      await store.put(`${KEY}/audit/more/000000000007.jsonl`, "x");
      await lock("a", T, ["ann"]);
      expect((await open().verify()).proved).toBe(4);
    });

    it("takes a put whose answer was lost for its own", async () => {
      const lossy: BlobStore = {
        get: (key) => store.get(key),
        list: (prefix) => store.list(prefix),
        put: async (key, text, condition) => {
          await store.put(key, text, condition);
          throw new ConflictError(key);
        },
      };
      await open(lossy).stop(stopOf("r"));
      expect(await open().verify()).toMatchObject({ lines: 1, faults: [] });
    });
  });

  describe("tampering is found:", () => {
    beforeEach(async () => {
      await lock("a", T, ["ann", "bob", "cid"]); // lines 1, 2 to 4, 5, 6, 7, 8
      await lock("b", T + HOUR, ["dan"]); // lines 9, 10, 11, 12
    });

    const name = (first: number) => `audit/${String(first).padStart(12, "0")}.jsonl`;

    async function change(first: number, edit: (lines: string[]) => string[]): Promise<void> {
      const key = `${KEY}/${name(first)}`;
      const lines = ((await store.get(key))?.text ?? "").trimEnd().split("\n");
      await store.put(
        key,
        edit(lines)
          .map((line) => `${line}\n`)
          .join(""),
      );
    }

    /** What is wrong with the log itself; what follows for the locks is in test/ledger/verify.test.ts. */
    async function faults(): Promise<string[]> {
      const report = await open().verify();
      const log = report.faults.filter(({ about }) => about === "log");
      for (const { blob, line, message } of log)
        expect(message).toContain(line === null ? "" : `${blob}, line ${line}`);
      return log.map(({ message }) => message);
    }

    /** A line changed by somebody who mends its hash too. */
    function forged(line: string, from: string, to: string): string {
      const { hash: _, ...said } = JSON.parse(line.replace(from, to));
      const body = canonical(said);
      const hash = createHash("sha256").update(body).digest("hex");
      return `{"hash":"${hash}",${body.slice(1)}`;
    }

    it("a changed line", async () => {
      await change(2, ([a = "", b = "", c = ""]) => [a, b.replace('"bob"', '"eve"'), c]);
      expect(await faults()).toEqual([
        `${name(2)}, line 2 was changed: its hash does not fit what it says.`,
      ]);
      expect(await open().verify()).toMatchObject({ proved: 2, lines: 11 });
    });

    it.each([
      ["a space", (line: string) => line.replace('"at":', '"at": ')],
      [
        "a key that is given twice",
        (line: string) => line.replace('"cause"', '"user":"x","cause"'),
      ],
      ["another order of keys", (line: string) => `${line.slice(0, -1)},"run":"a"}`],
    ])("%s", async (_, edit) => {
      await change(2, ([a = "", b = "", c = ""]) => [a, edit(b), c]);
      expect(await faults()).toEqual([expect.stringMatching(/line 2 was changed/)]);
    });

    it("a changed line with a mended hash", async () => {
      await change(2, ([a = "", b = "", c = ""]) => [a, forged(b, '"bob"', '"eve"'), c]);
      expect(await faults()).toEqual([
        `${name(2)}, line 3 does not follow the line before: that one was changed, or this one put in.`,
      ]);
    });

    it("the last line, changed with a mended hash", async () => {
      await change(12, ([a = ""]) => [forged(a, '"failed":0', '"failed":1')]);
      expect(await faults()).toEqual([
        ...["state.json", "lease.json"].map(
          (by) =>
            `${name(12)}, line 1 is another than ${by} knows: the log was rewritten up to here, or ${by} is of another log.`,
        ),
      ]);
      expect(await open().verify()).toMatchObject({ proved: 0 });
    });

    it("a dropped line", async () => {
      await change(2, ([a = "", , c = ""]) => [a, c]);
      expect(await faults()).toEqual([
        `${name(2)}, line 2 comes too early: line 3 of the log is missing before it.`,
      ]);
      expect(await open().verify()).toMatchObject({ proved: 2, lines: 11 });
    });

    it("a dropped blob, at the beginning or in the middle", async () => {
      for (const first of [1, 2, 11]) await store.delete(`${KEY}/${name(first)}`);
      expect(await faults()).toEqual([
        `${name(5)}, line 1 comes too early: lines 1 to 4 of the log are missing before it.`,
        `${name(12)}, line 1 comes too early: line 11 of the log is missing before it.`,
      ]);
    });

    it("a tail that was cut off, by the head that the state keeps", async () => {
      await store.delete(`${KEY}/${name(12)}`);
      const message = (by: string) =>
        `The audit log ends with line 11, and ${by} knows of 12 lines: those after it were removed.`;
      expect(await faults()).toEqual([message("state.json"), message("lease.json")]);
      await lock("c", T + 2 * HOUR, []);
      expect(await faults()).toEqual([
        `${name(12)}, line 1 begins the chain anew, and says why: the audit log ends with line 11 of 12: those after it were removed.`,
      ]);
    });

    it("a tail of a run that died, by the head that its lease keeps, also by the next run", async () => {
      const lease = await lock("dead", T, ["dee", "eve"], true); // lines 13, 14 and 15, 16
      await lease.renew();
      await store.delete(`${KEY}/${name(16)}`);
      expect(await faults()).toEqual([
        "The audit log ends with line 15, and lease.json knows of 16 lines: those after it were removed.",
      ]);
      await lock("next", T + HOUR, []);
      expect(await faults()).toEqual([
        `${name(16)}, line 1 begins the chain anew, and says why: the audit log ends with line 15 of 16: those after it were removed.`,
      ]);
      const told = (await linesOf(open())).find((line) => line.kind === "ledger-damaged");
      expect(told?.message).toBe(
        "the audit log ends with line 15 of 16: those after it were removed",
      );
      expect((await open().recall()).ownLocks).toEqual({});
    });

    it("a blob that is gone from what a run told that died", async () => {
      await lock("dead", T, ["dee", "eve", "fay"], true); // lines 13, 14 to 16, 17, 18
      await store.delete(`${KEY}/${name(17)}`);
      expect(await faults()).toEqual([
        `${name(18)}, line 1 comes too early: line 17 of the log is missing before it.`,
      ]);
    });

    it("all of it, removed", async () => {
      for (const key of await store.list(`${KEY}/audit/`)) await store.delete(key);
      expect(await faults()).toEqual([
        expect.stringMatching(/ends with line 0, and state\.json knows of 12 lines/),
        expect.stringMatching(/ends with line 0, and lease\.json knows of 12 lines/),
      ]);
    });

    it("lines that changed places", async () => {
      await change(2, ([a = "", b = "", c = ""]) => [a, c, b]);
      expect(await faults()).toEqual([
        `${name(2)}, line 2 comes too early: line 3 of the log is missing before it.`,
        `${name(2)}, line 3 has the number 3 where 5 is due: it was moved, or put in twice.`,
      ]);
    });

    it("a line that is there twice", async () => {
      await change(2, ([a = "", b = "", c = ""]) => [a, b, b, c]);
      expect(await faults()).toEqual([
        `${name(2)}, line 3 has the number 3 where 4 is due: it was moved, or put in twice.`,
      ]);
    });

    it("a blob that is there twice, or under another name", async () => {
      const text = (await store.get(`${KEY}/${name(5)}`))?.text ?? "";
      await store.put(`${KEY}/${name(13)}`, text);
      expect(await faults()).toEqual([
        `${name(13)}, line 1 has the number 5, which is not the blob's: it was moved or renamed.`,
        `${name(13)}, line 1 has the number 5 where 13 is due: it was moved, or put in twice.`,
      ]);
    });

    it("lines and blobs that say nothing", async () => {
      await change(2, ([a = "", , c = ""]) => [a, "{", c]);
      await store.put(`${KEY}/${name(6)}`, "");
      await change(10, ([a = ""]) => [a.replace('"kind":"intent"', '"kind":"nothing"')]);
      await store.put(`${KEY}/audit/notes.txt`, "x");
      expect(await faults()).toEqual([
        `${name(2)}, line 2 is not JSON.`,
        `${name(6)}, line 1 is empty.`,
        `${name(10)}, line 1 has a wrong shape at kind.`,
        `audit/notes.txt, line 1 is not JSON.`,
      ]);
      expect(await open().verify()).toMatchObject({ proved: 2 });
    });

    it("a state that can't tell how long the log is, or is gone", async () => {
      await store.put(`${KEY}/state.json`, "{");
      expect(await faults()).toEqual([
        expect.stringMatching(/^state\.json is not JSON: it can't be told whether lines/),
      ]);
      await store.delete(`${KEY}/state.json`);
      expect(await faults()).toEqual([expect.stringMatching(/^state\.json is gone, though/)]);
    });

    it("whatever byte is changed, line dropped or blob removed", async () => {
      const keys = await store.list(`${KEY}/audit/`);
      const texts = new Map<string, string>();
      for (const key of keys) texts.set(key, (await store.get(key))?.text ?? "");
      const key = fc.constantFrom(...keys);
      const share = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
      const damage = fc.constantFrom("change", "drop", "insert", "remove");
      const property = fc.asyncProperty(key, share, damage, async (key, share, damage) => {
        const text = texts.get(key) ?? "";
        const at = Math.floor(share * (text.length - 1));
        const other = text[at] === "x" ? "y" : "x";
        if (damage === "remove") await store.delete(key);
        else if (damage === "change")
          await store.put(key, text.slice(0, at) + other + text.slice(at + 1));
        else if (damage === "insert")
          await store.put(key, text.slice(0, at) + other + text.slice(at));
        else await store.put(key, text.slice(0, at) + text.slice(at + 1));
        const { faults, proved } = await open().verify();
        await store.put(key, text);
        expect(faults).not.toEqual([]);
        expect(proved).toBeLessThan(12);
      });
      await fc.assert(property, { numRuns: kind === "S3" ? 15 : 150 });
    });
  });

  describe("after damage of its end", () => {
    it("the log goes on by a new chain, and the run is told as it ended", async () => {
      await lock("a", T, ["ann"]); // lines 1, 2, 3, 4
      await store.put(`${KEY}/audit/000000000004.jsonl`, '{"half a li');
      await lock("b", T + HOUR, ["bob"]);
      const report = await open().verify();
      expect(report.faults.map(({ message }) => message)).toEqual([
        "audit/000000000004.jsonl, line 1 is not JSON.",
        expect.stringMatching(
          /^audit\/000000000005\.jsonl, line 1 begins the chain anew, and says/,
        ),
      ]);
      expect(report).toMatchObject({ proved: 3, lines: 11 });
      expect(told(await linesOf(open())).slice(3)).toEqual([
        ...["ledger-damaged", "plan", "intent lock bob", "outcome bob applied"],
        ...["ledger-damaged", "ledger-damaged", "run-died a", "run-ended"],
      ]);
    });

    it.each([
      ["cut", (text: string) => text.slice(0, text.length / 2)],
      ["changed", (text: string) => text.replace('"bob"', '"eve"')],
      ["empty", () => ""],
    ])("that is %s, of a run that died: a new chain says why", async (_, spoil) => {
      await lock("a", T, ["ann"], true); // lines 1, 2
      const [, key = ""] = await store.list(`${KEY}/audit/`);
      await store.put(key, spoil(((await store.get(key))?.text ?? "").replace('"ann"', '"bob"')));
      await lock("b", T + HOUR, ["bob"]);
      const lines = await linesOf(open());
      const anchor = lines.find((line) => line.kind === "ledger-damaged");
      expect(anchor).toMatchObject({ prev: ROOT, run: "b", blob: "audit/000000000002.jsonl" });
      expect(
        told(lines)
          .filter((what) => what !== "run-died a")
          .slice(-6),
      ).toEqual([
        ...["ledger-damaged", "plan", "intent lock bob", "outcome bob applied"],
        ...["ledger-damaged", "run-ended"],
      ]);
      const { faults } = await open().verify();
      expect(faults.map(({ message }) => message).join("\n")).toMatch(
        /begins the chain anew, and says why: The last line of audit\/000000000002\.jsonl is not as/,
      );
    });
  });

  function planned(plan: Plan): Plan {
    const file = "policies/production.yaml";
    const lock: Action = {
      ...{ type: "lock", user: "ann", session: null, wipe: true, cause: "policy", expects: {} },
      reasons: [{ rule: "users.locked", file, line: 40, message: "left" }],
      name: "ann@acme.example",
    };
    return {
      ...plan,
      policy: { ...plan.policy, commit: "abc123" },
      summary: { lock: 1, wipe: 0, "re-authenticate": 1, unlock: 0 },
      actions: [lock],
      held: [
        { ...lock, by: "limit" },
        { ...lock, by: "limit" },
        { ...lock, by: "freeze" },
      ],
      heldSummary: { lock: { limit: 2, freeze: 1 } },
      refusals: [
        { type: "unlock", limit: "max", wanted: 2, allowed: 0, message: "2 unlocks, 0 allowed" },
      ],
      ledger: { ...plan.ledger, met: { "protected ann": "ann" } },
      notices: [
        { kind: "adopted-lock", user: "cid", message: "was locked already", file, line: 44 },
        { kind: "foreign-lock", user: "cid", message: "another's" },
      ],
    };
  }

  function stopOf(id: string): RunStop {
    const [target, message] = ["production", "another run is at work"];
    return { id, at: T, why: "busy", message, target, policy: null, commit: null, plan: null };
  }
});
