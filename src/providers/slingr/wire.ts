/**
 * The wire form of Slingr's API, and the only place that knows it (docs/backends/slingr.md). Unknown extra keys are
 * ignored. Messages name fields and kinds, never values: a backend could put a secret into a value.
 */
import * as z from "zod";
import type { AccountRecord, Profile } from "../../model/inventory.ts";
import { parse, ShapeError } from "../http/shape.ts";

/** ACTIVE works; INACTIVE was deactivated; BLOCKED was set by the system. Both of these are locked. */
export const STATUSES = ["ACTIVE", "INACTIVE", "BLOCKED"] as const;

export type Status = (typeof STATUSES)[number];

/** By a pattern: zod looks at the length of whatever has one, and fails on a length that is an object. */
const filled = z.string().regex(/[\s\S]/);
/** As a part of an address, where a comma stands between two, `.` and `..` are steps and `current` is the caller. */
const id = filled.regex(/^(?!(?:\.{1,2}|current)$)[^,]+$/s, "can't be part of an address");
const text = z.string().nullish();

const wireUser = z.object({ id, status: z.enum(STATUSES) });
/** A telephone number is in no document. */
const wireContact = z.object({ email: text, phone: text });
const wireSelf = z.object({
  permissions: z.object({
    developer: z.boolean().nullish(),
    usersManagement: z.boolean().nullish(),
    managedGroups: z.array(z.object({ name: text })).nullish(),
  }),
});

const wirePage = z.object({
  total: z.int().min(0),
  offset: z.union([z.string(), z.number()]).nullish(),
  items: z.array(z.unknown()),
});

const wireLogin = z.object({ token: filled.regex(/^[\x21-\x7e]+$/), app: text });
const wireToken = z.object({ token: filled }).nullable();
const wireError = z.object({ code: z.string(), message: text });

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const groupNames = z.array(z.object({ name: z.string() }));
const permissions = z.object({ developer: z.boolean().nullish() });

/** Where a field of a user stands, and how it is compared. The names of groups are joined, in the order of the record. */
const FIELDS = {
  id: scalar,
  email: scalar,
  status: scalar,
  firstName: scalar,
  lastName: scalar,
  fullName: scalar,
  groups: groupNames.transform((groups) => groups.map(({ name }) => name).join(", ")).nullable(),
  developer: permissions.transform(({ developer }) => developer ?? false).nullable(),
} as const;

/** The fields that `identify` and `where` may name. */
export const FIELD_NAMES = Object.keys(FIELDS);

/** A page with its users unread, each for its own reader; `next` leads to the page after it. */
export interface RawPage {
  total: number;
  next: string | null;
  items: unknown[];
}

export interface Login {
  token: string;
  app: string | null;
}

/** A user, and the status of one that can be read. */
export interface SeenUser {
  record: AccountRecord;
  status: Status | null;
}

/** What an account may do. */
export interface Self {
  /** Null: it may change nobody. */
  manages: "all" | "some" | null;
}

/** Throws ShapeError where the envelope is not one. */
export function readPage(body: unknown): RawPage {
  const { total, offset, items } = parse(wirePage, body);
  const next = offset === null || offset === undefined || offset === "" ? null : String(offset);
  return { total, next, items };
}

/** A user. One of an unknown shape is `unreadable`, and harms no neighbour. */
export function readUser(raw: unknown): SeenUser {
  try {
    const { id, status } = parse(wireUser, raw);
    const locked = status !== "ACTIVE";
    return { record: { user: { id, locked, lastConnectedAt: null, sessions: [] } }, status };
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    const named = z.object({ id: filled }).safeParse(raw);
    const { field, message } = error;
    return { record: { unreadable: { id: named.data?.id ?? null, field, message } }, status: null };
  }
}

/** A user reduced to `fields`: an absent one is null. Null where not even the id can be read. */
export function readProfile(raw: unknown, fields: readonly string[]): Profile | null {
  const user = z.looseObject({ id: filled }).safeParse(raw).data;
  if (user === undefined) return null;
  const profile: Profile = { id: user.id, fields: {} };
  for (const field of fields) {
    const key = field === "developer" ? "permissions" : field;
    const schema = FIELDS[field as keyof typeof FIELDS];
    const read = schema.safeParse(Object.hasOwn(user, key) ? user[key] : null);
    if (read.success) profile.fields[field] = read.data;
    else profile.unreadable = { field, message: "is not as documented" };
  }
  return profile;
}

/** Where a user can be written to. Throws ShapeError. */
export function readContact(raw: unknown): { email: string | null; phone: string | null } {
  const { email, phone } = parse(wireContact, raw);
  return { email: email || null, phone: phone || null };
}

/** Whom the caller may change. Throws ShapeError. */
export function readSelf(body: unknown): Self {
  const { developer, usersManagement, managedGroups } = parse(wireSelf, body).permissions;
  if (developer) return { manages: "all" };
  if (!usersManagement) return { manages: null };
  return { manages: managedGroups ? "some" : "all" };
}

/** The answer to a login. Throws ShapeError. */
export function readLogin(body: unknown): Login {
  const { token, app } = parse(wireLogin, body);
  return { token, app: app ?? null };
}

/** Whether a code was sent. Throws ShapeError. */
export function readSent(body: unknown): boolean {
  return parse(z.boolean(), body);
}

/** A token; null: there is none to give. Throws ShapeError. */
export function readToken(body: unknown): string | null {
  return parse(wireToken, body)?.token ?? null;
}

/** The error in an answer, or null where the answer holds none (a plain text, another server's page). */
export function readError(body: unknown): { type: string; title: string | null } | null {
  const read = wireError.safeParse(body).data;
  return read ? { type: read.code, title: read.message ?? null } : null;
}
