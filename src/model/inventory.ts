/** ACTUAL: the users and sessions that a target really has. Plain data, so that it can be stored, hashed and compared. */
import type { Attribute } from "./capabilities.ts";
import type { Field, Instant } from "./vocabulary.ts";

export const SESSION_STATES = ["active", "ended", "wiping", "unused"] as const;

/** `active` can work; `ended` must sign in again; `wiping` is ended and erases its data when it next connects; `unused` never signed in. */
export type SessionState = (typeof SESSION_STATES)[number];

/** One device of a user that is, or was, signed in. `null` is "the backend does not say". */
export interface Session {
  id: string;
  state: SessionState;
  signedInAt: Instant | null;
  createdAt: Instant | null;
  /** Stays after the session enrolls again: no evidence of being signed out. */
  signedOutAt: Instant | null;
  lastConnectedAt: Instant | null;
  lastFullSyncAt: Instant | null;
  /** What the backend tells of the device, as it writes it; absent is what it never tells, null what it does not say of this one. */
  attributes: Readonly<Partial<Record<Attribute, string | null>>>;
  /** Set where a moment of this session lay in the future when it was read: those after this one are taken as unknown. */
  knownUntil?: Instant;
}

/** What people call the device of a session; null where the backend says nothing of the kind. */
export function labelOf({ attributes }: Pick<Session, "attributes">): string | null {
  return attributes.label ?? attributes.deviceType ?? null;
}

/** What a backend says of one user. */
export interface Account {
  readonly id: string;
  readonly locked: boolean;
  readonly lastConnectedAt: Instant | null;
  readonly sessions: readonly Session[];
  /** Fields of the user model that came with the account: those of a saved inventory. A backend gives them apart. */
  readonly fields?: Readonly<Record<string, Field>>;
  /** Set where no profile came. `asked`: the backend says that there is none; `unasked`: nothing could rest on it, so nobody asked. */
  readonly nameless?: "asked" | "unasked";
  /** The field by which the backend finds others who have this user's value, although the read of the user model found none. */
  readonly namesakes?: string;
}

/** An account with all that policies ask of a user: inventory/read.ts makes it, and nobody changes it. */
export interface User extends Account {
  /** What policies call this user: the id, or with `identify` that field of the user model; null where it has none. */
  readonly name: string | null;
  /** Set when `identify` gives several users this name: nobody may be touched by it. */
  readonly ambiguous?: true;
  /** Set when `identify` gives others a name that differs in case or in spaces around it: nobody is protected by it. */
  readonly alike?: true;
  /** The fields of the user model that the policy asks for; empty where it asks for none. */
  readonly fields: Readonly<Record<string, Field>>;
}

/** A user whose record is of an unknown shape. Nothing is done to it. */
export interface UnreadableUser {
  /** null where not even the id could be read. */
  id: string | null;
  /** The path of the field at fault, e.g. `sessions[0].state`. */
  field: string;
  /** A sentence that begins with the field. */
  message: string;
}

/** An object of the app's user model: the values that `identify` and `where` compare. */
export interface Profile {
  id: string;
  fields: Record<string, Field>;
  /** Set where a value is of an unknown shape: nothing is done to this user. */
  unreadable?: { field: string; message: string };
}

/** One page as the backend sent it. `total`, `count` and `more` are its claims, not facts: inventory/read.ts proves them. */
export interface Page<T> {
  total: number;
  count: number;
  more: boolean;
  objects: T[];
}

/** What a record of a user may be, as a source gives it. */
export type AccountRecord = { user: Account } | { unreadable: UnreadableUser };

/** The same, with all that policies ask of a user. */
export type UserRecord = { user: User } | { unreadable: UnreadableUser };

/** The sizes and the fingerprint of an inventory that was read whole. The digest does not depend on the order of pages. */
export interface InventoryFacts {
  users: number;
  sessions: number;
  active: number;
  digest: string;
}
