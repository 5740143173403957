import { mustManage } from "./actions.ts";
import { ApiError } from "./errors.ts";
import type { Store } from "./store.ts";
import type { ServedUser } from "./types.ts";

const TEXTS = ["firstName", "lastName", "email"] as const;

/** Changes the names, the address and the password that a body gives. Throws ApiError. */
export function updateUser(
  store: Store,
  key: string,
  body: Record<string, unknown>,
  by: ServedUser,
): ServedUser {
  const user = store.user(key);
  mustManage(by, user);
  if (body.version !== undefined && body.version !== user.version) {
    throw new ApiError("optimisticLocking", "The user has been changed meanwhile.");
  }
  const texts = TEXTS.filter((field) => body[field] !== undefined);
  const errors = texts
    .filter((field) => typeof body[field] !== "string" || body[field] === "")
    .map((field) => ({ field, code: "required", message: "This field is required" }));
  const other = typeof body.email === "string" ? store.users.find(body.email)?.user : undefined;
  if (other && other.id !== user.id)
    errors.push({ field: "email", code: "unique", message: "This address is taken" });
  if (errors.length > 0) {
    throw new ApiError("validationErrors", "There are validation errors", errors);
  }
  store.update(user.id, (changed) => {
    for (const field of texts) changed[field] = String(body[field]);
    changed.fullName = `${changed.firstName} ${changed.lastName}`;
  });
  if (typeof body.password === "string") store.setPassword(user.id, body.password);
  return user;
}
