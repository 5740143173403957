/** The ledger's blobs: their JSON, and the proof that what is read has the shape that was written. */
import * as z from "zod";
import { byId, instant, parseBlob } from "../json.ts";
import type { Memory } from "../model/run.ts";
import { ACTION_TYPES } from "../model/vocabulary.ts";
import { lastPolicy } from "../policy/stored.ts";
import { type Head, head } from "./log/line.ts";
import type { RunEvent, RunIntent } from "./memory.ts";

const STATE_FORMAT = "curfew/ledger/1";
const EVENT_FORMAT = "curfew/ledger-event/1";

/** Who wrote a blob, and what the audit log held by then. */
interface Stamp {
  /** The fence of the writer's lease; 0 without one. */
  fence: number;
  /** null where nothing was written yet. */
  audit: Head | null;
}

/** The compacted memory, and the keys of the events that it contains: they may not have been removed yet. */
export interface State extends Stamp {
  memory: Memory;
  folded: string[];
}

export interface StoredEvent extends Stamp {
  event: RunEvent;
}

const bySession = byId(instant.nullable());
const type = z.enum(ACTION_TYPES);
const count = z.int().nonnegative();

const attempt = z.object({
  run: z.string(),
  at: instant,
  type,
  user: z.string(),
  session: z.string().nullable(),
  wipe: z.boolean(),
  urgent: z.boolean(),
  exempt: z.boolean(),
  signedInAt: instant.nullable(),
  wipes: bySession,
  status: z.enum(["intent", "applied", "failed", "skipped"]),
});

const outcome = z.object({
  status: z.enum(["applied", "failed", "skipped"]),
  type,
  user: z.string(),
  session: z.string().nullable(),
  error: z.string().exactOptional(),
});

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

const memory = z.object({
  ownLocks: byId(instant),
  lockedAs: byId(z.string()).prefault({}),
  wiped: bySession,
  owedWipes: bySession,
  last: z.object({ at: instant, policy: lastPolicy }).nullable().catch(null),
  inventoryUsers: count.nullable(),
  attempts: z.array(attempt),
  runs: z.array(runSummary),
}) satisfies z.ZodType<Memory>;

/** More than any deployment sees runs or audit lines: what is beyond would leave no next one, and stop every run. */
const MOST = 1e12;

/** Ledgers of before the lease and the audit log have none. */
const stamp = {
  fence: count.max(MOST).default(0),
  audit: head
    .extend({ seq: head.shape.seq.max(MOST) })
    .nullable()
    .default(null),
};

const state = z.object({
  ...memory.shape,
  ...stamp,
  format: z.literal(STATE_FORMAT),
  folded: z.array(z.string()),
});

const begin = z.object({
  id: z.string(),
  at: instant,
  attempts: z.array(attempt),
  owedWipes: bySession,
  plan: z.object({
    digest: z.string(),
    ledger: z.object({
      adopt: z.array(z.string()),
      forget: z.array(z.string()),
      names: byId(z.string()).exactOptional(),
    }),
  }),
}) satisfies z.ZodType<RunIntent>;

const event = z.discriminatedUnion("kind", [
  z.object({ format: z.literal(EVENT_FORMAT), ...stamp, kind: z.literal("begin"), begin }),
  z.object({
    format: z.literal(EVENT_FORMAT),
    ...stamp,
    kind: z.literal("outcomes"),
    run: z.string(),
    outcomes: z.array(outcome),
  }),
]);

/** `url` is for people who look into the folder. */
export function stateText(url: string, { memory, ...rest }: State): string {
  return `${JSON.stringify({ format: STATE_FORMAT, url, ...memory, ...rest })}\n`;
}

/** Throws DamagedBlobError. */
export function parseState(text: string): State {
  const { format: _, folded, fence, audit, ...memory } = parseBlob(state, STATE_FORMAT, text);
  return { memory, folded, fence, audit };
}

/** Of the begin of a run only what its replay needs: the plan is the audit log's. */
export function eventText({ event, fence, audit }: StoredEvent): string {
  const told = event.kind === "begin" ? slim(event.begin) : event;
  return `${JSON.stringify({ format: EVENT_FORMAT, fence, audit, ...told })}\n`;
}

/** Throws DamagedBlobError. */
export function parseEvent(text: string): StoredEvent {
  const { format: _, fence, audit, ...parsed } = parseBlob(event, EVENT_FORMAT, text);
  return { event: parsed, fence, audit };
}

function slim({ id, at, attempts, owedWipes, plan }: RunIntent): RunEvent {
  const { digest, ledger } = plan;
  return { kind: "begin", begin: { id, at, attempts, owedWipes, plan: { digest, ledger } } };
}
