/**
 * The wire form of the JourneyApps Backend API v4, and the only place that knows it (docs/backends/journeyapps.md). Unknown
 * extra keys are ignored; what is documented as null or absent is taken as such; all else is an error that
 * names the field. Messages name fields and kinds, never values: a backend could put a secret into a value.
 */
import * as z from "zod";
import type {
  Account,
  AccountRecord,
  Page,
  Profile,
  Session,
  SessionState,
} from "../../model/inventory.ts";
import type { Action } from "../../model/plan.ts";
import type { TargetInfo } from "../../model/run.ts";
import { parse, ShapeError } from "../http/shape.ts";
import { parseInstant } from "./instant.ts";

/** By a pattern: zod looks at the length of whatever has one, and fails on a length that is an object. */
const filled = z.string().regex(/[\s\S]/);
const id = filled;
const text = z.string().nullish();
/** A date. zod checks that it is a string or null; `moment` checks the rest, three times as fast. */
const date = z.string().nullable();

const WIRE_STATES = ["ENROLLED", "LOCKED", "RESET", "NEVER_ENROLLED"] as const;
/** The vendor's word for what a session is → Curfew's (docs/words.md). */
const STATE_OF = {
  ENROLLED: "active",
  LOCKED: "ended",
  RESET: "wiping",
  NEVER_ENROLLED: "unused",
} as const satisfies Record<(typeof WIRE_STATES)[number], SessionState>;

const wireSession = z.object({
  id,
  state: z.enum(WIRE_STATES),
  last_authenticated_at: date,
  created_at: date,
  signed_out_at: date,
  last_connected_at: date,
  container: z.object({ version: text, bundle_id: text, platform: text }).nullish(),
  runtime: z.object({ version: text }).nullish(),
  device: z.object({ id: text }).nullish(),
  label: text,
  sync_status: z.object({ last_full_sync: date.optional() }).nullish(),
});

const wireUser = z.object({
  id,
  locked: z.boolean(),
  enrolled: z.boolean().optional(),
  last_connected_at: date.optional(),
  sessions: z.array(wireSession),
});

const wireEnvelope = z.object({
  total: z.int().min(0),
  count: z.int().min(0),
  more: z.boolean(),
  objects: z.array(z.unknown()),
});

const wireInfo = z.object({ label: text, environment: text, region: text });

const wireModel = z.object({
  fields: z.record(z.string(), z.unknown()),
  belongs_to: z.record(z.string(), z.unknown()).nullish(),
});
const wireDatamodel = z.object({ app_user: id, models: z.record(z.string(), z.unknown()) });

const wireObject = z.looseObject({ id });
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
/** A single choice and a boolean come as their key and its label. */
const wireField = z.union([scalar, z.object({ key: scalar }).transform((choice) => choice.key)]);

const wireError = z.object({ type: z.string(), title: text });

const wireBatchReply = z.object({
  operations: z.array(
    z.discriminatedUnion("success", [
      z.object({ success: z.literal(true) }),
      z.object({ success: z.literal(false), error: wireError.nullish().catch(null) }),
    ]),
  ),
});

const wireToken = z.object({ token: filled, url: filled });

type WireSession = z.output<typeof wireSession>;
/** A user as the API writes it; `enrolled` is always there when Curfew writes one. */
export type WireUser = z.output<typeof wireUser>;
/** What the API says of a failure; only `type` may be relied on. */
export type WireError = z.output<typeof wireError>;
/** What became of one operation of a batch. */
export type BatchResult = z.output<typeof wireBatchReply>["operations"][number];
/** The user model of an app: its name and the names of what its objects may hold. */
export interface UserModel {
  name: string;
  fields: string[];
}

/** A page with its objects unread, each for its own reader. Throws ShapeError where the envelope is not one. */
export function readPage(body: unknown): Page<unknown> {
  return parse(wireEnvelope, body);
}

/** A user. One of an unknown shape is `unreadable`, and harms no neighbour. */
export function readUser(raw: unknown): AccountRecord {
  try {
    return { user: toAccount(parse(wireUser, raw)) };
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    const named = z.object({ id }).safeParse(raw);
    const { field, message } = error;
    return { unreadable: { id: named.data?.id ?? null, field, message } };
  }
}

/** A session. Throws ShapeError. */
export function readSession(raw: unknown): Session {
  return toSession(parse(wireSession, raw), "");
}

/** What a deployment says of itself. Throws ShapeError. */
export function readInfo(body: unknown): TargetInfo {
  const { label = null, environment = null, region = null } = parse(wireInfo, body);
  return { label, environment, region };
}

/** The app's user model. An object's own keys and the ids of what it belongs to count as fields. Throws ShapeError. */
export function readUserModel(body: unknown): UserModel {
  const { app_user: name, models } = parse(wireDatamodel, body);
  const model = Object.hasOwn(models, name) ? models[name] : undefined;
  const { fields, belongs_to } = parse(wireModel, model, ["models", name]);
  const relations = Object.keys(belongs_to ?? {}).map((relation) => `${relation}_id`);
  return { name, fields: [...Object.keys(fields), ...relations, "id", "display"] };
}

/** An object of the user model, reduced to `fields`: an absent one is null, a choice is its key. Throws ShapeError. */
export function readObject(raw: unknown, fields: readonly string[]): Profile {
  const object = parse(wireObject, raw);
  const profile: Profile = { id: object.id, fields: {} };
  for (const field of fields) {
    const read = wireField.safeParse(Object.hasOwn(object, field) ? object[field] : null);
    if (read.success) profile.fields[field] = read.data;
    else
      profile.unreadable = { field, message: "is not a text, a number, a choice or a yes or no" };
  }
  return profile;
}

/** The error in an answer, or null where the answer holds none (a plain text, another server's page). */
export function readError(body: unknown): WireError | null {
  return wireError.safeParse(body).data ?? null;
}

/** The results of a batch of `length` operations, in order. Throws ShapeError, also where one is missing or too many. */
export function readBatchReply(body: unknown, length: number): BatchResult[] {
  const { operations } = parse(wireBatchReply, body);
  if (operations.length === length) return operations;
  throw new ShapeError("operations", `has ${operations.length} entries where ${length} were sent`);
}

/** A token for enrolling. Throws ShapeError. */
export function readToken(body: unknown): { token: string; url: string } {
  return parse(wireToken, body);
}

/** An action as an operation of a batch. `lock` must say whether to wipe. */
export function toOperation(action: Action): Record<string, unknown> {
  const user = { user_id: action.user };
  const session = { ...user, session_id: action.session };
  switch (action.type) {
    case "lock":
      return { method: "users/lock", ...user, wipe: action.wipe === true };
    case "unlock":
      return { method: "users/unlock", ...user };
    case "wipe":
      return { method: "users/sessions/wipe", ...session };
    case "re-authenticate":
      return { method: "users/sessions/re-authenticate", ...session };
  }
}

function toAccount(wire: WireUser): Account {
  // What is one session would be counted, and ended, as two.
  if (new Set(wire.sessions.map((session) => session.id)).size < wire.sessions.length)
    throw new ShapeError("sessions", "lists one session twice");
  return {
    id: wire.id,
    locked: wire.locked,
    lastConnectedAt: moment(wire.last_connected_at, "", "last_connected_at"),
    sessions: wire.sessions.map((session, index) => toSession(session, `sessions[${index}].`)),
  };
}

function toSession(wire: WireSession, path: string): Session {
  const { container, sync_status } = wire;
  return {
    id: wire.id,
    state: STATE_OF[wire.state],
    signedInAt: moment(wire.last_authenticated_at, path, "last_authenticated_at"),
    createdAt: moment(wire.created_at, path, "created_at"),
    signedOutAt: moment(wire.signed_out_at, path, "signed_out_at"),
    lastConnectedAt: moment(wire.last_connected_at, path, "last_connected_at"),
    lastFullSyncAt: moment(sync_status?.last_full_sync, path, "sync_status.last_full_sync"),
    attributes: {
      platform: container?.platform ?? null,
      container: container?.version ?? null,
      bundleId: container?.bundle_id ?? null,
      runtime: wire.runtime?.version ?? null,
      id: wire.device?.id ?? null,
      label: wire.label ?? null,
    },
  };
}

function moment(date: string | null | undefined, path: string, key: string): number | null {
  if (date === null || date === undefined) return null;
  const at = parseInstant(date);
  if (!Number.isNaN(at)) return at;
  throw new ShapeError(`${path}${key}`, "is not a date and time with an offset (ISO 8601)");
}
