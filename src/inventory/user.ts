/** An account becomes a user: it gets the name and the fields that policies know it by. */
import type { AccountRecord, Profile, Session, User, UserRecord } from "../model/inventory.ts";
import { loosely, nameKey } from "../policy/names.ts";

/**
 * What the user model gives: id → profile, and how many users have each name, by what names are compared by; in `alike`
 * by what names under `protected` are compared by.
 */
export interface Naming {
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly holders: ReadonlyMap<string, number>;
  readonly alike: ReadonlyMap<string, number>;
}

/** Of a policy that asks for no field. */
export const NO_PROFILES: Naming = { profiles: new Map(), holders: new Map(), alike: new Map() };

/** A naming that grows as profiles come. */
export interface GrowingNaming extends Naming {
  note(profile: Profile): void;
}

export function growingNaming(identify: string | null): GrowingNaming {
  const profiles = new Map<string, Profile>();
  const holders = new Map<string, number>();
  const alike = new Map<string, number>();
  const count = (of: Map<string, number>, key: string) => of.set(key, (of.get(key) ?? 0) + 1);
  return {
    profiles,
    holders,
    alike,
    note(profile) {
      if (profiles.has(profile.id)) return;
      profiles.set(profile.id, profile);
      const name = nameOf(profile.fields, identify);
      if (name === null) return;
      count(holders, nameKey(name));
      count(alike, loosely(name));
    },
  };
}

const NO_FIELDS: User["fields"] = {};

/** The user whom an account is; unreadable where its profile is. `identify`: the field that names users; null: the id. */
export function userOf(record: AccountRecord, naming: Naming, identify: string | null): UserRecord {
  if ("unreadable" in record) return record;
  const { id, locked, lastConnectedAt, sessions, nameless, namesakes } = record.user;
  if (twice(sessions)) {
    const field = "sessions";
    return { unreadable: { id, field, message: `${field} lists one session twice` } };
  }
  const profile = naming.profiles.get(id);
  if (profile?.unreadable) {
    const { field, message } = profile.unreadable;
    return { unreadable: { id, field, message: `${field} of the user model ${message}` } };
  }
  const fields = profile?.fields ?? record.user.fields ?? NO_FIELDS;
  const name = identify === null ? id : nameOf(fields, identify);
  const user: User = {
    ...{ id, locked, lastConnectedAt, sessions, name, fields },
    ...(nameless && { nameless }),
    ...(namesakes !== undefined && { namesakes }),
  };
  if (isShared(user, naming, identify)) return { user: { ...user, ambiguous: true } };
  return { user: isAlike(user, naming, identify) ? { ...user, alike: true } : user };
}

function isAlike({ name }: User, { alike }: Naming, identify: string | null): boolean {
  return identify !== null && name !== null && (alike.get(loosely(name)) ?? 0) > 1;
}

/** Whether somebody else has the name, or an id that reads like it. */
function isShared(
  { id, name, namesakes }: User,
  { profiles, holders }: Naming,
  identify: string | null,
): boolean {
  if (identify === null || name === null) return false;
  if (namesakes === identify || (holders.get(nameKey(name)) ?? 0) > 1) return true;
  return name !== id && profiles.has(name);
}

/** null where the field is absent or empty. */
function nameOf(fields: User["fields"], identify: string | null): string | null {
  const value = identify === null ? null : (fields[identify] ?? null);
  return value === null || value === "" ? null : String(value);
}

/** Such a record contradicts itself: what is one session would be counted, and ended, as two. */
function twice(sessions: readonly Session[]): boolean {
  return sessions.length > 1 && new Set(sessions.map(({ id }) => id)).size < sessions.length;
}
