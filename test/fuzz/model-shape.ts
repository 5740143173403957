/** The types of the model, checked while running: what a reader lets through must be just that. */
import * as z from "zod";
import { SESSION_STATES } from "../../src/model/inventory.ts";
import { CAUSES } from "../../src/model/plan.ts";
import { COUNTS } from "../../src/model/run.ts";
import { ACTION_TYPES } from "../../src/model/vocabulary.ts";

const instant = z.number();
const text = z.string().nullable();

const session = z.strictObject({
  id: z.string().min(1),
  state: z.enum(SESSION_STATES),
  signedInAt: instant.nullable(),
  createdAt: instant.nullable(),
  signedOutAt: instant.nullable(),
  lastConnectedAt: instant.nullable(),
  lastFullSyncAt: instant.nullable(),
  attributes: z.strictObject({
    platform: text,
    container: text,
    bundleId: text,
    runtime: text,
    id: text,
    label: text,
  }),
});

const field = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const user = z.strictObject({
  id: z.string().min(1),
  locked: z.boolean(),
  lastConnectedAt: instant.nullable(),
  sessions: z.array(session),
  name: text,
  ambiguous: z.literal(true).optional(),
  nameless: z.enum(["asked", "unasked"]).optional(),
  namesakes: z.string().optional(),
  fields: z.record(z.string(), field),
});

const fault = z.strictObject({ field: z.string().min(1), message: z.string().min(1) });

/** A record of a user, as a page of a provider holds it. */
export const accountRecord = z.union([
  z.strictObject({
    user: user.omit({ name: true, fields: true, ambiguous: true, nameless: true, namesakes: true }),
  }),
  z.strictObject({ unreadable: fault.extend({ id: text }) }),
]);

/** The same with its name and fields, as a whole read gives it. */
export const userRecord = z.union([
  z.strictObject({ user }),
  z.strictObject({ unreadable: fault.extend({ id: text }) }),
]);

export const sessionShape = session;

export const profile = z.strictObject({
  id: z.string().min(1),
  fields: z.record(z.string(), field),
  unreadable: fault.optional(),
});

const type = z.enum(ACTION_TYPES);
const bySession = z.record(z.string(), instant.nullable());

/** What a ledger remembers; of the last policy only that it is one. */
export const memoryShape = z.strictObject({
  ownLocks: z.record(z.string(), instant),
  liftedLocks: z.record(z.string(), instant).exactOptional(),
  met: z.record(z.string(), z.string()),
  wiped: bySession,
  owedWipes: bySession,
  last: z
    .strictObject({
      at: instant,
      settledAt: instant.nullable(),
      policies: z.array(
        z.strictObject({ policy: z.looseObject({ digest: z.string() }), from: instant }),
      ),
    })
    .nullable(),
  inventoryUsers: z.number().nullable(),
  attempts: z.array(
    z.strictObject({
      run: z.string(),
      at: instant,
      type,
      user: z.string(),
      session: text,
      wipe: z.boolean(),
      counts: z.enum(COUNTS),
      was: z.enum(["active", "ended"]).nullable(),
      signedInAt: instant.nullable(),
      wipes: bySession,
      ends: bySession,
      line: z.string(),
      before: instant.nullable(),
      from: instant,
      seen: instant.nullable(),
      undone: z.boolean(),
      found: z.literal(true).optional(),
      cause: z.enum(CAUSES).nullable().optional(),
      status: z.enum(["intent", "applied", "failed", "skipped"]),
    }),
  ),
  failures: z.array(
    z.strictObject({
      type,
      user: z.string(),
      session: text,
      signedInAt: instant.nullable(),
      times: z.int().positive(),
      at: instant,
      line: z.string(),
    }),
  ),
  took: z.partialRecord(z.enum(ACTION_TYPES), z.int().nonnegative()).optional(),
  runs: z.array(z.looseObject({ id: z.string(), at: instant })),
  open: z
    .array(z.strictObject({ id: z.string(), at: instant, died: z.literal(true).optional() }))
    .optional(),
});
