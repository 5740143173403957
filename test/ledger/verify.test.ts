/** What `verifyAudit` finds, at every place of a small log. test/ledger/log/audit.test.ts has the wording of each fault. */
import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { canonical } from "../../src/canonical.ts";
import { deploymentKey } from "../../src/ledger/key.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import { verifyAudit } from "../../src/ledger/verify.ts";
import { MemoryStore } from "./memory-store.ts";
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

const T = 1_800_000_000_000;
const KEY = deploymentKey(URL_A);
const OTHER = deploymentKey(URL_B);

/** The blobs of an audit log by name, each as its lines. */
type Log = Map<string, string[]>;

const store = new MemoryStore();
const AT = { store, key: KEY, place: ".curfew" };
let log: Log;
let other: Log;

beforeAll(async () => {
  for (const [url, runs] of [
    [URL_A, 2],
    [URL_B, 4],
  ] as const) {
    for (let n = 0; n < runs; n++)
      await lock(url, `${n}`, T + n * HOUR, [`ann-${runs}-${n}`, `bob-${n}`]);
  }
  log = await read(KEY);
  other = await read(OTHER);
  expect([...log].map(([name, lines]) => [name, lines.length])).toEqual([
    ...[
      [named(1), 1],
      [named(2), 2],
      [named(4), 1],
      [named(5), 1],
      [named(6), 1],
    ],
    ...[
      [named(7), 1],
      [named(8), 2],
      [named(10), 1],
      [named(11), 1],
      [named(12), 1],
    ],
  ]);
});

async function lock(url: string, run: string, at: number, users: string[]): Promise<void> {
  const ledger = openLedger(store, { url, place: ".curfew" });
  const lease = await ledger.lock(deadHolder(run), clockAt(at));
  const attempts = users.map((user) => attempt(run, at, user));
  await beginRun(ledger, start(run, at, attempts));
  for (const one of attempts) await ledger.record(run, [outcome(one, "applied")]);
  await ledger.finish({ ...end(run, at), policy: null });
  await lease.release();
}

function named(first: number): string {
  return `audit/${String(first).padStart(12, "0")}.jsonl`;
}

async function read(key: string): Promise<Log> {
  const blobs: Log = new Map();
  for (const name of await store.list(`${key}/audit/`)) {
    const text = (await store.get(name))?.text ?? "";
    blobs.set(name.slice(key.length + 1), text.trimEnd().split("\n"));
  }
  return blobs;
}

/** Puts this log in place of the one that is there. */
async function write(blobs: Log): Promise<void> {
  for (const name of await store.list(`${KEY}/audit/`)) await store.delete(name);
  for (const [name, lines] of blobs)
    await store.put(`${KEY}/${name}`, lines.map((line) => `${line}\n`).join(""));
}

/** Expects that this log is found to be another than was written, and not proved past `proved` lines. */
async function expectFound(what: string, blobs: Log, proved: number): Promise<void> {
  await write(blobs);
  const report = await verifyAudit(AT);
  await write(log);
  const faults = report.faults.filter(({ about }) => about === "log");
  expect(faults, what).not.toEqual([]);
  expect(report.proved, what).toBeLessThanOrEqual(proved);
}

/** The log with other lines in one blob. */
function withLines(name: string, edit: (lines: string[]) => string[]): Log {
  return new Map([...log].map(([each, lines]) => [each, each === name ? edit(lines) : lines]));
}

/** Every line: its blob, its place there from 0, and its number in the log. */
function places(): { name: string; at: number; seq: number }[] {
  let seq = 0;
  return [...log].flatMap(([name, lines]) => lines.map((_, at) => ({ name, at, seq: ++seq })));
}

/** The line with another user or run, and with the hash that fits that. */
function mended(line: string): string {
  const { hash: _, ...said } = JSON.parse(line);
  const body = canonical({ ...said, run: "9" });
  return `{"hash":"${createHash("sha256").update(body).digest("hex")}",${body.slice(1)}`;
}

test("the log as it was written has no fault", async () => {
  await write(log);
  expect(await verifyAudit(AT)).toMatchObject({ lines: 12, proved: 12, faults: [] });
});

describe("at every line it is found that it was", () => {
  const edits: Record<string, (line: string) => string[]> = {
    changed: (line) => [line.replace(/"run":"(.)"/, '"run":"9"')],
    "changed, with a mended hash": (line) => [mended(line)],
    "given another hash": (line) => [line.replace(/"hash":"./, (of) => of.replace(/.$/, "x"))],
    "cut off": (line) => [line.slice(0, -1)],
    emptied: () => [""],
    dropped: () => [],
    duplicated: (line) => [line, line],
    "preceded by a made-up one": (line) => [mended(line), line],
    "followed by a made-up one": (line) => [line, mended(line)],
  };

  test.each(Object.entries(edits))("%s", async (_, edit) => {
    for (const { name, at, seq } of places()) {
      const blobs = withLines(name, (lines) => lines.flatMap((l, i) => (i === at ? edit(l) : [l])));
      expect(blobs.get(name), `line ${seq}`).not.toEqual(log.get(name));
      await expectFound(`line ${seq}`, blobs, seq);
    }
  });

  test("moved to any other place", async () => {
    for (const from of places()) {
      for (const to of places()) {
        if (from.seq === to.seq) continue;
        const line = log.get(from.name)?.[from.at] ?? "";
        const without = withLines(from.name, (lines) => lines.filter((l) => l !== line));
        const target = without.get(to.name) ?? [];
        without.set(to.name, target.toSpliced(to.at, 0, line));
        const same = [...log].every(([name, lines]) => `${lines}` === `${without.get(name)}`);
        if (!same) await expectFound(`${from.seq} to ${to.seq}`, without, 11);
      }
    }
  });

  test("swapped with any other", async () => {
    for (const a of places()) {
      for (const b of places().slice(a.seq)) {
        const [one = "", two = ""] = [log.get(a.name)?.[a.at], log.get(b.name)?.[b.at]];
        const swap = (line: string) => (line === one ? two : line === two ? one : line);
        const blobs: Log = new Map([...log].map(([name, lines]) => [name, lines.map(swap)]));
        await expectFound(`${a.seq} and ${b.seq}`, blobs, a.seq - 1);
      }
    }
  });
});

describe("at every blob it is found that it was", () => {
  const free = named(40);
  const edits: Record<string, (name: string, lines: string[]) => [string, string[]][]> = {
    emptied: (name) => [[name, []]],
    removed: () => [],
    renamed: (_, lines) => [[free, lines]],
    "copied under another name": (name, lines) => [
      [name, lines],
      [free, lines],
    ],
    "copied under a name that is no number": (name, lines) => [
      [name, lines],
      ["audit/copy.jsonl", lines],
    ],
    "put into another order": (name, lines) => [[name, lines.toReversed()]],
    "replaced by that of another ledger": (name) => [[name, other.get(name) ?? []]],
    "followed by one of another ledger": (name, lines) => [
      [name, [...lines, ...(other.get(name) ?? [])]],
    ],
  };

  test.each(Object.entries(edits))("%s", async (_, edit) => {
    for (const name of log.keys()) {
      const blobs: Log = new Map(
        [...log].flatMap(([each, lines]) => (each === name ? edit(name, lines) : [[each, lines]])),
      );
      const same = blobs.size === log.size && `${[...blobs]}` === `${[...log]}`;
      if (!same) await expectFound(name, blobs, 12);
    }
  });

  test("replaced by any other of the log", async () => {
    for (const [name] of log) {
      for (const [from, lines] of log) {
        if (from !== name)
          await expectFound(
            `${name} by ${from}`,
            withLines(name, () => lines),
            11,
          );
      }
    }
  });
});

test("blobs of another ledger are found behind the log, and in place of all of it", async () => {
  const next = [...other].filter(([name]) => name > named(12)).slice(0, 1);
  expect(next.map(([name]) => name)).toEqual([named(13)]);
  await expectFound("behind", new Map([...log, ...next]), 12);
  await expectFound("in its place", other, 0);
});

test("a log that is cut off after any line is found", async () => {
  for (const { seq } of places().slice(0, -1)) {
    const left: Log = new Map();
    let n = 0;
    for (const [name, lines] of log) {
      const kept = lines.filter(() => ++n <= seq);
      if (kept.length > 0) left.set(name, kept);
    }
    await expectFound(`after line ${seq}`, left, seq);
  }
});
