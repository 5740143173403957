/** The words that all nouns share: moments, lengths of time, places in a file, actions and rules. Types only: nothing in model/ runs. */

/** A moment: milliseconds since the Unix epoch. */
export type Instant = number;

/** A length of time in milliseconds. */
export type Duration = number;

/** Where something is written: `file` as the user named it (relative to where Curfew runs), `line` from 1. */
export interface Source {
  file: string;
  line: number;
}

/** A value of a policy together with where it is written. */
export interface Written<T> {
  value: T;
  source: Source;
}

export const ACTION_TYPES = ["lock", "wipe", "re-authenticate", "unlock"] as const;

/** What Curfew can do to a user or a session. The order is that of a plan: docs/contract.md, "The plan, as JSON". */
export type ActionType = (typeof ACTION_TYPES)[number];

export const RULES = [
  "users.locked",
  "devices.denied",
  "devices.allowed",
  "sessions.notBefore",
  "sessions.maxAge",
  "sessions.maxIdle",
  "sessions.maxPerUser",
] as const;

/** A line of policy that can be broken. */
export type Rule = (typeof RULES)[number];

/** A value of the app's user model that a policy can compare. */
export type Field = string | number | boolean | null;
