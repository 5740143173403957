/** An account becomes a user: it gets the name and the fields that policies know it by. */
import type { AccountRecord, Profile, Session, User, UserRecord } from "../model/inventory.ts";

/** What the user model gives: id → profile, and how many users have each name. */
export interface Naming {
  profiles: ReadonlyMap<string, Profile>;
  holders: ReadonlyMap<string, number>;
}

/** Of a policy that asks for no field. */
export const NO_PROFILES: Naming = { profiles: new Map(), holders: new Map() };

const NO_FIELDS: User["fields"] = {};

/** The user whom an account is; unreadable where its profile is. `identify`: the field that names users; null: the id. */
export function userOf(
  record: AccountRecord,
  { profiles, holders }: Naming,
  identify: string | null,
): UserRecord {
  if ("unreadable" in record) return record;
  const { id, locked, lastConnectedAt, sessions } = record.user;
  if (twice(sessions)) {
    const field = "sessions";
    return { unreadable: { id, field, message: `${field} lists one session twice` } };
  }
  const profile = profiles.get(id);
  if (profile?.unreadable) {
    const { field, message } = profile.unreadable;
    return { unreadable: { id, field, message: `${field} of the user model ${message}` } };
  }
  const fields = profile?.fields ?? record.user.fields ?? NO_FIELDS;
  const name = identify === null ? id : nameOf(fields, identify);
  const user = { id, locked, lastConnectedAt, sessions, name, fields };
  const shared = name !== null && (holders.get(name) ?? 0) > 1;
  return { user: shared ? { ...user, ambiguous: true } : user };
}

/** null where the field is absent or empty. */
export function nameOf(fields: User["fields"], identify: string | null): string | null {
  const value = identify === null ? null : (fields[identify] ?? null);
  return value === null || value === "" ? null : String(value);
}

/** Such a record contradicts itself: what is one session would be counted, and ended, as two. */
function twice(sessions: readonly Session[]): boolean {
  return sessions.length > 1 && new Set(sessions.map(({ id }) => id)).size < sessions.length;
}
