// @module-tag worlds
/** Whatever becomes of a ledger's blobs: it is read or said to be damaged, and a run can go on; no change of the log is missed. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { BusyError, CurfewError } from "../../src/errors.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import { chain } from "../../src/ledger/log/line.ts";
import type { Memory } from "../../src/model/run.ts";
import { FUZZ } from "../kit/runs.ts";
import {
  attempt,
  beginRun,
  clockAt,
  end,
  foreignHolder,
  HOUR,
  outcome,
  start,
  URL_A,
} from "../ledger/samples.ts";
import { memoryStore } from "./memory-store.ts";
import { memoryShape } from "./model-shape.ts";
import { mutated, mutatedJson } from "./mutate.ts";

const T = 1_800_000_000_000;
const ledgerOn = (blobs: Map<string, string>) =>
  openLedger(memoryStore(blobs), { url: URL_A, place: "test" });

/** A ledger of a run that ended, one that died, and one that is at work. */
let sound: Map<string, string>;
let memory: Memory;

beforeAll(async () => {
  sound = new Map();
  const [a1, a2] = [
    attempt("a", T, "ann"),
    attempt("a", T, "bob", { wipe: true, wipes: { s1: 1 } }),
  ];
  await under(sound, "a", T, async (ledger) => {
    await beginRun(ledger, start("a", T, [a1, a2], { adopt: ["cid"], owedWipes: { s2: 2 } }));
    await ledger.record("a", [outcome(a1, "applied"), outcome(a2, "failed")]);
    await ledger.finish(end("a", T));
  });
  for (const [run, user] of [
    ["b", "dee"],
    ["c", "eve"],
  ] as const) {
    const at = T + HOUR;
    await under(sound, run, at, async (ledger) => {
      await beginRun(ledger, start(run, at, [attempt(run, at, user)]));
      if (run === "b") await ledger.record(run, [outcome(attempt(run, at, user), "applied")]);
    });
  }
  memory = await ledgerOn(sound).recall();
  expect(Object.keys(memory.ownLocks).sort()).toEqual(["ann", "cid", "dee", "eve"]);
  expect((await ledgerOn(sound).verify()).faults).toEqual([]);
});

/** Works on the ledger under its lease; the lease of who comes before has ended. */
async function under(
  blobs: Map<string, string>,
  run: string,
  at: number,
  work: (ledger: ReturnType<typeof ledgerOn>) => Promise<void>,
): Promise<void> {
  const ledger = ledgerOn(blobs);
  const lease = await ledger.lock(foreignHolder(run), clockAt(at));
  await work(ledger);
  await lease.release();
}

/** What becomes of one blob: the n-th, by the order of their keys. */
type Change = { n: number } & ({ put: string } | { do: "remove" | "empty" | "rename" | "swap" });

const changes = (of: Map<string, string>): fc.Arbitrary<Change> => {
  const texts = [...of.values()];
  const which = fc.nat(texts.length - 1);
  const rewritten = which.chain((n): fc.Arbitrary<Change> => {
    const text = texts[n] ?? "";
    const json = JSON.parse(text.trim().split("\n").at(-1) ?? "null");
    const lines = mutatedJson(json).map((value) => `${JSON.stringify(value)}\n`);
    return fc.oneof(mutated(text), lines).map((put) => ({ n, put }));
  });
  const whole = fc.record({
    n: which,
    do: fc.constantFrom<"remove" | "empty" | "rename" | "swap">(
      "remove",
      "empty",
      "rename",
      "swap",
    ),
  });
  return fc.oneof({ weight: 3, arbitrary: rewritten }, { weight: 1, arbitrary: whole });
};

/** The ledger with these changes, as far as they are of blobs that `only` fits. */
function changed(edits: readonly Change[], only = /./): Map<string, string> {
  const blobs = new Map(sound);
  const keys = [...sound.keys()];
  for (const edit of edits) {
    const key = keys[edit.n] ?? "";
    const text = sound.get(key) ?? "";
    if (!only.test(key)) continue;
    if ("put" in edit) blobs.set(key, edit.put);
    else if (edit.do === "empty") blobs.set(key, "");
    else if (edit.do === "swap") {
      const other = keys[(edit.n + 1) % keys.length] ?? "";
      if (!only.test(other)) continue;
      blobs.set(key, sound.get(other) ?? "").set(other, text);
    } else {
      blobs.delete(key);
      if (edit.do === "rename") blobs.set(key.replace(/\d(?=\D*$)/, "9"), text);
    }
  }
  return blobs;
}

/** Drawn late: the ledger that is changed is made before the tests. */
const edited = fc
  .constant(null)
  .chain(() => fc.array(changes(sound), { minLength: 1, maxLength: 3 }));

describe("a ledger of which blobs were changed", () => {
  it("is read, as a memory of the right shape, and what can't be understood is told", async () => {
    let told = 0;
    await fc.assert(
      fc.asyncProperty(edited, async (edits) => {
        const blobs = changed(edits, /\/(state\.json|audit\/)/);
        const before = new Map(blobs);
        const ledger = ledgerOn(blobs);
        const read = await ledger.recall();
        expect(memoryShape.safeParse(read).error).toBeUndefined();
        // Reading repairs nothing.
        expect(blobs).toEqual(before);
        const damage = ledger.damage();
        if (damage === null) return;
        told++;
        expect(damage).toMatch(/^The ledger in test\/\S+ is damaged: /);
      }),
      FUZZ,
    );
    expect(told).toBeGreaterThan(FUZZ.numRuns / 10);
  });

  it("is verified without an error, and a run goes on with it, or says why it can't", () =>
    fc.assert(
      fc.asyncProperty(edited, async (edits) => {
        const blobs = changed(edits);
        await ledgerOn(blobs).verify();
        const at = T + 3 * HOUR;
        try {
          await under(blobs, "d", at, async (ledger) => {
            await ledger.recall();
            const made = attempt("d", at, "gus");
            await beginRun(ledger, start("d", at, [made]));
            await ledger.record("d", [outcome(made, "applied")]);
            await ledger.finish(end("d", at));
          });
        } catch (error) {
          if (!(error instanceof CurfewError)) throw error;
          expect(error.message).toMatch(/\. /);
          return;
        }
        const ledger = ledgerOn(blobs);
        expect(Object.keys((await ledger.recall()).ownLocks)).toContain("gus");
        expect(ledger.damage()).toBeNull();
      }),
      FUZZ,
    ));

  // docs/design.md, "What must hold" 6: what can't be understood is damaged, and a sentence says so.
  it.each([
    ["at", "+999999-01-01T00:00:00.000Z", true],
    ["at", "2027-01-15T09:00:00.000Z", false],
    ["wipes", { s1: "+999999-01-01T00:00:00.000Z" }, true],
    ["wipes", { s1: "+012027-01-15T09:00:00.000Z" }, false],
  ])(
    "is damaged where an instant is none that a date can hold: %s %j",
    async (key, to, damaged) => {
      const names = [...sound.keys()].filter((name) => name.includes("/audit/")).sort();
      const nth = names.findIndex((name) =>
        /"kind":"intent".*"run":"b"/.test(sound.get(name) ?? ""),
      );
      const blobs = new Map(sound);
      for (const name of names.slice(nth)) blobs.delete(name);
      // The lease knows how far the log reached.
      for (const name of blobs.keys()) if (name.endsWith("/lease.json")) blobs.delete(name);
      const name = names[nth] ?? "";
      const said = (sound.get(name) ?? "")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      const changed = said.map(({ seq: _s, prev: _p, hash: _h, ...told }) =>
        told.kind === "intent" ? { ...told, [key]: to } : told,
      );
      const { lines } = chain(changed, { seq: said[0].seq - 1, hash: said[0].prev });
      const ledger = ledgerOn(blobs.set(name, lines));
      await ledger.recall();
      expect(ledger.damage() !== null).toBe(damaged);
    },
  );

  it("keeps others out or is taken, when it is the lease", () =>
    fc.assert(
      fc.asyncProperty(edited, async (edits) => {
        const blobs = changed(edits, /lease\.json$/);
        try {
          const lease = await ledgerOn(blobs).lock(foreignHolder("d"), clockAt(T + 3 * HOUR));
          expect(lease.fence).toBeGreaterThan(0);
          await lease.release();
        } catch (error) {
          if (!(error instanceof BusyError)) throw error;
        }
      }),
      FUZZ,
    ));
});

it("no change of the audit log is missed", async () => {
  const key = [...sound.keys()]
    .find((name) => name.includes("/audit/"))
    ?.replace(/\d+\.jsonl$/, "");
  const linesOf = (blobs: Map<string, string>) =>
    [...blobs]
      .filter(([name]) => name.startsWith(key ?? "none"))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, text]) => `${name} ${text.replace(/\n$/, "")}`);
  let found = 0;
  await fc.assert(
    fc.asyncProperty(edited, async (edits) => {
      const blobs = changed(edits, /\/audit\//);
      const { faults } = await ledgerOn(blobs).verify();
      const same = JSON.stringify(linesOf(blobs)) === JSON.stringify(linesOf(sound));
      expect(faults.length > 0, JSON.stringify(faults)).toBe(!same);
      if (!same) found++;
    }),
    FUZZ,
  );
  expect(found).toBeGreaterThan(FUZZ.numRuns / 10);
});
