/**
 * The shapes of what a saved inventory holds, checked before anything rests on it: whoever edits such a file can make
 * its seal anew. A shape only tells; what was parsed stays as it was, keys such as `__proto__` included, which zod
 * would leave out.
 */
import * as z from "zod";
import { byId, instant } from "../json.ts";
import { ATTRIBUTE_NAMES } from "../model/capabilities.ts";
import { SESSION_STATES } from "../model/inventory.ts";
import { ACTION_TYPES } from "../model/vocabulary.ts";
import { attempt, failure, lastRun } from "../policy/stored.ts";

const count = z.int().nonnegative();
const text = z.string().nullable();
const field = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const bySession = byId(instant.nullable());

// ---------------------------------------------------------------- users

const session = z.looseObject({
  id: z.string().min(1),
  state: z.enum(SESSION_STATES),
  signedInAt: instant.nullable(),
  createdAt: instant.nullable(),
  signedOutAt: instant.nullable(),
  lastConnectedAt: instant.nullable(),
  lastFullSyncAt: instant.nullable(),
  attributes: z.partialRecord(z.enum(ATTRIBUTE_NAMES), text),
  knownUntil: instant.optional(),
});

const user = z.looseObject({
  id: z.string().min(1),
  locked: z.boolean(),
  lastConnectedAt: instant.nullable(),
  sessions: z.array(session),
  name: text,
  ambiguous: z.literal(true).optional(),
  alike: z.literal(true).optional(),
  nameless: z.enum(["asked", "unasked"]).optional(),
  namesakes: z.string().optional(),
  fields: byId(field),
});

const unreadable = z.looseObject({ id: text, field: z.string(), message: z.string() });

/** A line after the first. */
export const recordShape = z.union([z.strictObject({ user }), z.strictObject({ unreadable })]);

// ---------------------------------------------------------------- the header

/** The last run of a ledger. Where its policy can't be told it is no last run, never an error, as in a ledger. */
export const lastShape = lastRun;

/** The header that version 1 wrote, whose sessions have the vendor's words. */
export const outdatedShape = z.looseObject({ format: z.literal("curfew/inventory/1") });

const grain = z.number().nonnegative().nullable();

/** What a plan rests on; the rest is for people. */
const capabilities = z.looseObject({
  name: z.string(),
  lock: z.object({ endsSessions: z.boolean(), revives: z.boolean() }).nullable(),
  end: z.enum(["session", "user"]).nullable(),
  ended: z.enum(["state", "gone", "unseen"]),
  wipe: z.boolean(),
  moments: z.object({ createdAt: grain, signedInAt: grain, lastConnectedAt: grain }),
});

/** The first line. Of the ledger's runs a plan reads when they were. */
export const headerShape = z.looseObject({
  format: z.literal("curfew/inventory/2"),
  target: z.string(),
  url: z.string(),
  readAt: z.iso.datetime(),
  fields: z.array(z.string()),
  inventory: z.looseObject({ users: count, sessions: count, active: count, digest: z.string() }),
  unreadable: count,
  capabilities: capabilities.exactOptional(),
  records: z.string(),
  seal: z.string(),
  ledger: z.looseObject({
    ownLocks: byId(instant),
    liftedLocks: byId(instant).optional(),
    met: byId(z.string()).optional(),
    asked: byId(instant).optional(),
    wiped: bySession,
    owedWipes: bySession,
    last: z.looseObject({}).nullable(),
    inventoryUsers: count.nullable(),
    attempts: z.array(attempt),
    failures: z.array(failure),
    took: z.partialRecord(z.enum(ACTION_TYPES), count).optional(),
    runs: z.array(z.looseObject({ id: z.string(), at: instant })),
    open: z
      .array(z.looseObject({ id: z.string(), at: instant, died: z.literal(true).exactOptional() }))
      .optional(),
  }),
});
