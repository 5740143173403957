import type { AccountRecord, Profile } from "../../model/inventory.ts";
import type { OneTimeCode } from "../../model/policy.ts";
import { HOUR } from "../../time.ts";
import type { Client } from "../http/client.ts";
import { ask, sameId, unless } from "../http/shape.ts";
import type { Place } from "./paging.ts";
import {
  type RawPage,
  readContact,
  readPage,
  readProfile,
  readSelf,
  readSent,
  readToken,
  readUser,
  type SeenUser,
  type Self,
  STATUSES,
} from "./wire.ts";

/** A call that changes the status of users. */
export type Verb = "deactivate" | "reactivate" | "unblock";

/** Only users who have this text in a field, or this status. */
export interface Filter {
  field: "email" | "firstName" | "lastName" | "fullName" | "status";
  value: string;
}

/** Whom a token is for: a user, which only an administrator may ask for, or whoever was sent a code. */
export type TokenFor = { idOrEmailUser: string } | { code: string };

/**
 * The calls of an app's REST API that Curfew makes, one method each (docs/backends/slingr.md). All throw CallError,
 * also for an answer of an unknown shape. Deleting and creating users is not among them, and must never be.
 */
export interface Api {
  /** A page of `size` users of any status, 1,000 at most. */
  users(size: number, place: Place, filter?: Filter): Promise<RawPage>;
  /** null: there is no such user. */
  user(id: string): Promise<SeenUser | null>;
  /** One user reduced to `fields`; null: there is none. */
  profile(id: string, fields: readonly string[]): Promise<Profile | null>;
  /** The addresses of a user; null: there is none. */
  contact(id: string): Promise<{ email: string | null; phone: string | null } | null>;
  /** What the account may do; null where the app has no such call. */
  self(): Promise<Self | null>;
  /** Changes the status of users, whose ids hold no comma. What several answer is not documented: the answer is not read. */
  change(verb: Verb, ids: readonly string[], before: () => void): Promise<void>;
  /** Whether the app's script sent a one-time code. */
  sendOtpCode(to: { email: string } | { phone: string }, code: OneTimeCode): Promise<boolean>;
  /** A token by the app's script; null: there is none to give. */
  createToken(whom: TokenFor): Promise<string | null>;
}

/** `script`: the path of the app's script, relative to the API; empty where it has none. */
export function createApi(client: Client, script: string): Api {
  const get = async <T>(path: string, read: (body: unknown) => T, signal?: AbortSignal) =>
    (await ask(client, { method: "GET", path, ...(signal && { signal }) }, read)).value;
  const one = <T>(id: string, read: (body: unknown) => T) =>
    unless("absent", get(`users/${part(id)}`, read));
  const run = async <T>(body: unknown, read: (body: unknown) => T, secrets: string[] = []) =>
    (await ask(client, { method: "POST", path: script, body, secrets }, read)).value;

  return {
    users(size, { offset, signal }, filter) {
      const status = filter?.field === "status" ? part(filter.value) : STATUSES.join(",");
      const from = offset === null ? "" : `&offset=${part(offset)}`;
      const only =
        filter === undefined || filter.field === "status"
          ? ""
          : `&${filter.field}=${part(filter.value)}`;
      return get(`users?status=${status}&size=${size}${from}${only}`, readPage, signal);
    },
    user: (id) =>
      one(id, (body) => {
        const seen = readUser(body);
        const read = idOf(seen.record);
        if (read !== null) sameId(read, id);
        return seen;
      }),
    profile: (id, fields) =>
      one(id, (body) => {
        const profile = readProfile(body, fields);
        sameId(profile?.id ?? "", id);
        return profile;
      }),
    contact: (id) => one(id, readContact),
    self: () => unless("absent", get("users/current", readSelf)),
    async change(verb, ids, before) {
      const path = `users/${ids.map(part).join(",")}/${verb}`;
      const shown = ids.length === 1 ? path : `users/{${ids.length} users}/${verb}`;
      await client.call({ method: "PUT", path, shown, before });
    },
    sendOtpCode(to, { inactivity, expiration }) {
      const times = { inactivity: inactivity / HOUR, expiration: expiration / HOUR };
      return run({ method: "sendOtpCode", options: { ...to, ...times } }, readSent);
    },
    createToken(whom) {
      const asked = { idOrEmailUser: null, ...whom };
      return run({ method: "createToken", ...asked }, readToken, "code" in whom ? [whom.code] : []);
    },
  };
}

/** The id of a user, of whatever shape it is; null where not even that could be read. */
export function idOf(record: AccountRecord): string | null {
  return "user" in record ? record.user.id : record.unreadable.id;
}

/** An id as one segment of a path, or a text as a part of a query. */
function part(text: string): string {
  return encodeURIComponent(text);
}
