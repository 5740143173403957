/** The script of an app that hands on two methods of `sys.auth` (docs/backends/slingr.md, "The script"). */
import type { Reply } from "../../sandbox-kit/server.ts";
import { EXPIRATION, hours, INACTIVITY } from "./codes.ts";
import { ApiError } from "./errors.ts";
import type { Store } from "./store.ts";
import type { Right } from "./types.ts";

type Json = Record<string, unknown>;

/** Answers one call of the script; `need` throws where the caller lacks a right. Throws ApiError. */
export function script(store: Store, body: Json, need: (right: Right) => void): Reply {
  const answer = (value: unknown): Reply => ({ status: 200, body: JSON.stringify(value) });
  if (body.method === "sendOtpCode") {
    need("sendOtpCode");
    return answer(sendOtpCode(store, body.options));
  }
  if (body.method === "createToken") {
    const token = createToken(store, body, need);
    return answer(token === null ? null : { token });
  }
  throw new ApiError("badRequest", "'method' is sendOtpCode or createToken.");
}

/** Whether it was sent: false for nobody's address, both addresses or neither, and a time out of bounds. */
function sendOtpCode(store: Store, options: unknown): boolean {
  const { email, phone, ...given } = (typeof options === "object" && options) as Json;
  const inactivity = hours(given.inactivity, INACTIVITY);
  const expiration = hours(given.expiration, EXPIRATION);
  if (inactivity === undefined || expiration === undefined) return false;
  const by = email === undefined ? "phone" : "email";
  const to = email ?? phone;
  if (typeof to !== "string" || (email !== undefined && phone !== undefined)) return false;
  const found =
    by === "email"
      ? store.users.find(to)
      : store.users.all.find((one) => one.phone !== null && one.phone === to);
  if (found?.user.status !== "ACTIVE") return false;
  store.codes.send({ by, to, user: found.user.id }, { inactivity, expiration });
  return true;
}

/** A token for a code, or an administrator's for a user; null where there is none to give. */
function createToken(store: Store, body: Json, need: (right: Right) => void): string | null {
  const { idOrEmailUser: key, code } = body;
  if (typeof code === "string") return exchange(store, code);
  need("createToken");
  const user = typeof key === "string" ? store.users.find(key)?.user : undefined;
  return user?.status === "ACTIVE" ? store.tokens.issue(user.id, { kind: "api" }) : null;
}

/** The token that a code is good for; null where it is unknown, used or too old, or its user is not ACTIVE. */
export function exchange(store: Store, code: string): string | null {
  const found = store.codes.exchange(code);
  if (!found || store.users.find(found.user)?.user.status !== "ACTIVE") return null;
  const expires = store.now() + found.expiration;
  return store.tokens.issue(found.user, { kind: "code", expires });
}
