/** The ledger's blobs: their JSON, and the proof that what is read has the shape that was written. */
import { z } from "zod";
import { ACTION_TYPES, type Memory, type Policy } from "../model.ts";
import type { RunEvent, RunIntent } from "./memory.ts";

const STATE_FORMAT = "curfew/ledger/1";
const EVENT_FORMAT = "curfew/ledger-event/1";

/** The compacted memory, and the keys of the events that it contains: they may not have been removed yet. */
export interface State {
  memory: Memory;
  folded: string[];
}

/** Text that is no such blob; the message is the end of a sentence, e.g. `is not JSON`. */
export class DamagedBlobError extends Error {}

const instant = z.number();
const bySession = z.record(z.string(), instant.nullable());
const type = z.enum(ACTION_TYPES);
const count = z.number();

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
  inventory: z.object({ users: count, sessions: count, enrolled: count, digest: z.string() }),
  summary: z.record(type, count),
  held: count,
  refusals: count,
  outcomes: z.object({ applied: count, failed: count, skipped: count }),
});

/** Another version's policy may have another shape; a last policy that can't be told is none, never an error. */
const lastPolicy = z.custom<Policy>(
  (value) => z.looseObject({ digest: z.string() }).safeParse(value).success,
);

const memory = z.object({
  ownLocks: z.record(z.string(), instant),
  wiped: bySession,
  owedWipes: bySession,
  last: z.object({ at: instant, policy: lastPolicy }).nullable().catch(null),
  inventoryUsers: count.nullable(),
  attempts: z.array(attempt),
  runs: z.array(runSummary),
}) satisfies z.ZodType<Memory>;

const state = z.object({
  ...memory.shape,
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
    ledger: z.object({ adopt: z.array(z.string()), forget: z.array(z.string()) }),
  }),
}) satisfies z.ZodType<RunIntent>;

const event = z.discriminatedUnion("kind", [
  z.object({ format: z.literal(EVENT_FORMAT), kind: z.literal("begin"), begin }),
  z.object({
    format: z.literal(EVENT_FORMAT),
    kind: z.literal("outcomes"),
    run: z.string(),
    outcomes: z.array(outcome),
  }),
]);

/** `url` is for people who look into the folder. */
export function stateText(url: string, { memory, folded }: State): string {
  return `${JSON.stringify({ format: STATE_FORMAT, url, ...memory, folded })}\n`;
}

/** Throws DamagedBlobError. */
export function parseState(text: string): State {
  const { format: _, folded, ...memory } = parse(state, STATE_FORMAT, text);
  return { memory, folded };
}

/** Of the begin of a run only what its replay needs: the plan is the audit log's. */
export function eventText(event: RunEvent): string {
  return `${JSON.stringify({ format: EVENT_FORMAT, ...(event.kind === "begin" ? slim(event.begin) : event) })}\n`;
}

/** Throws DamagedBlobError. */
export function parseEvent(text: string): RunEvent {
  const { format: _, ...parsed } = parse(event, EVENT_FORMAT, text);
  return parsed;
}

function slim({ id, at, attempts, owedWipes, plan }: RunIntent): RunEvent {
  const { digest, ledger } = plan;
  return { kind: "begin", begin: { id, at, attempts, owedWipes, plan: { digest, ledger } } };
}

function parse<T extends z.ZodType>(schema: T, format: string, text: string): z.output<T> {
  const value = parseJson(text);
  const named = z.object({ format: z.string() }).safeParse(value);
  if (!named.success) throw new DamagedBlobError("names no format");
  if (named.data.format !== format) {
    throw new DamagedBlobError(
      `has the format ${JSON.stringify(named.data.format)}, not ${format}`,
    );
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new DamagedBlobError(`has a wrong shape at ${issue?.path.join(".") || "its top level"}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new DamagedBlobError("is not JSON");
    throw error;
  }
}
