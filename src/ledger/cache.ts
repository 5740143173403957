/**
 * The cache of the log: `<key>/state.json`, the state that a run left, with the line of the log that proves it. That
 * line is the last of its run, and carries the hash of the state's text.
 */
import { hash } from "node:crypto";
import * as z from "zod";
import { UsageError } from "../errors.ts";
import { byId, DamagedBlobError, instant, parseBlob } from "../json.ts";
import type { Head } from "../model/run.ts";
import { ACTION_TYPES } from "../model/vocabulary.ts";
import { attempt, failure, lastRun } from "../policy/stored.ts";
import { deploymentKey } from "./key.ts";
import { lineAt } from "./log/audit.ts";
import { fence, head, parseLine } from "./log/line.ts";
import type { State } from "./state.ts";
import type { BlobStore } from "./store/contract.ts";

const FORMAT = "curfew/ledger/2";

/** Where a ledger is. */
export interface Place {
  store: BlobStore;
  /** What its blobs are kept under. */
  key: string;
  /** What it is called in messages. */
  place: string;
}

/** The line that proves a state, and the blob that it lies in. */
export interface ProvingLine extends Head {
  /** The number of the first line of the blob. */
  first: number;
}

/** What is known of the cache. */
export interface Cache {
  /** The blob's tag and text; null where there is none. */
  blob: { tag: string; text: string } | null;
  /** null where there is none, or none that is proved. */
  proved: { state: State; by: ProvingLine } | null;
  /** The line that the state names, also where that is not there; null where it can't be told. */
  named: ProvingLine | null;
  /** Why it is damaged, as the end of a sentence; null where it is not. */
  why: string | null;
}

const bySession = byId(instant.nullable());
const type = z.enum(ACTION_TYPES);
const count = z.int().nonnegative();

const runSummary = z.object({
  id: z.string(),
  at: instant,
  policyDigest: z.string(),
  commit: z.string().nullable(),
  planDigest: z.string(),
  inventory: z.object({ users: count, sessions: count, active: count, digest: z.string() }),
  summary: z.record(type, count),
  held: count,
  refusals: count,
  outcomes: z.object({ applied: count, failed: count, skipped: count }),
});

const line = count.max(head.shape.seq.maxValue ?? 0);

const state = z.object({
  locks: byId(z.object({ since: instant, line, lifted: z.literal(true).exactOptional() })),
  met: byId(z.string()),
  asked: byId(instant).optional(),
  wiped: bySession,
  owedWipes: bySession,
  last: lastRun.nullable().catch(null),
  inventoryUsers: count.nullable(),
  attempts: z.array(attempt),
  failures: z.array(failure),
  wholeRuns: count,
  told: instant.nullable(),
  runs: z.array(runSummary),
  fence,
}) satisfies z.ZodType<State>;

const cache = z.object({
  format: z.literal(FORMAT),
  url: z.string(),
  log: head.extend({ first: line }),
  state,
});

export function stateKey(key: string): string {
  return `${key}/state.json`;
}

/** The text of a state, and its hash: what its line of the log carries. */
export function stateText(of: State): { text: string; hash: string } {
  const text = JSON.stringify(of);
  return { text, hash: hash("sha256", text) };
}

/** `text` is the state's. `url` is for people who look into the folder. */
export function cacheText(url: string, log: ProvingLine, text: string): string {
  const front = JSON.stringify({ format: FORMAT, url, log });
  return `${front.slice(0, -1)},"state":${text}}\n`;
}

const FRONT = /^\{"format":"[^"]*","url":"(?:[^"\\]|\\.)*","log":\{[^{}]*\},"state":/;

/** Reads the cache, and the line that proves it. Throws UsageError where it is of another version of Curfew. */
export async function readCache(at: Place): Promise<Cache> {
  const { store, key } = at;
  const blob = await store.get(stateKey(key));
  if (blob === null) return { blob, proved: null, named: null, why: null };
  const damaged = (why: string, named: ProvingLine | null): Cache => ({
    blob,
    proved: null,
    named,
    why,
  });
  let parsed: z.output<typeof cache>;
  try {
    parsed = parseBlob(cache, FORMAT, blob.text);
  } catch (error) {
    if (!(error instanceof DamagedBlobError)) throw error;
    if (error.message.includes('"curfew/ledger/1"')) throw ofAnotherVersion(at);
    return damaged(error.message, null);
  }
  const { url, log, state } = parsed;
  if (!URL.canParse(url) || deploymentKey(url) !== key)
    return damaged("is that of another deployment", null);
  const proof = await lineAt(store, key, log);
  const n = `line ${log.seq} of the audit log`;
  if (proof === null) return damaged(`rests on ${n}, which is gone`, log);
  if (!fits(proof.text, log, stateOf(blob.text))) return damaged(`does not fit ${n}`, log);
  return { blob, proved: { state, by: log }, named: log, why: null };
}

/** The number of the last line that a cache holds; null where the text is none. */
export function reachOfCache(text: string): number | null {
  try {
    return parseBlob(cache, FORMAT, text).log.seq;
  } catch (error) {
    if (error instanceof DamagedBlobError) return null;
    throw error;
  }
}

/** A ledger of which this version can make nothing. */
export function ofAnotherVersion({ place }: Place): UsageError {
  return new UsageError(
    `The ledger in ${place} was written by Curfew 0.1, and this version can't read it: put it aside, and take its locks over with \`adopt: true\` (docs/recipes.md, "Take over the locks of a ledger of 0.1").`,
  );
}

/** The text of the state in that of its blob. */
function stateOf(text: string): string {
  const front = FRONT.exec(text);
  return front === null ? "" : text.slice(front[0].length, -"}\n".length);
}

/** Whether a line of the log is the one that is named, and proves the text of a state. */
function fits(line: string, { seq, hash: named }: ProvingLine, text: string): boolean {
  try {
    const { line: said, intact } = parseLine(line);
    if (!intact || said.kind !== "run-ended") return false;
    return said.seq === seq && said.hash === named && said.state === hash("sha256", text);
  } catch (error) {
    if (error instanceof DamagedBlobError) return false;
    throw error;
  }
}
