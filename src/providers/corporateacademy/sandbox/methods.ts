import type { Method } from "./call.ts";
import { LOGIN_METHODS } from "./methods/login.ts";
import { PASSWORD_METHODS } from "./methods/password.ts";
import { REGISTRATION_METHODS } from "./methods/registration.ts";
import { SESSION_METHODS } from "./methods/session.ts";

/** The fifteen documented methods, by their part of the address. */
export const METHODS = {
  ...SESSION_METHODS,
  ...LOGIN_METHODS,
  ...PASSWORD_METHODS,
  ...REGISTRATION_METHODS,
} satisfies Record<string, Method>;

export type MethodName = keyof typeof METHODS;
