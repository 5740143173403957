import type { Duration, Instant } from "../../../model/vocabulary.ts";

/** Somebody who may sign in. */
export interface User {
  id: string;
  email: string;
  forename: string;
  surname: string;
  photoUrl: string | null;
  /** Whether the e-mail address is confirmed: nobody signs in before. */
  confirmed: boolean;
  /** By bcrypt; null is the password of all generated users, which thousands of hashes would make slow. */
  hash: string | null;
  /** Where it is a person of a supplier, who signs in by a name. */
  supplier: { username: string; tenant: string; active: boolean } | null;
}

/** A token that was given out: one JWT, and the tiny token that names it. */
export interface Token {
  /** Its place among all tokens, which its JWT carries as `jti`. */
  serial: number;
  user: string;
  tiny: string;
  signedInAt: Instant;
  /** Later than the sign-in where it was renewed. */
  issuedAt: Instant;
  expires: Instant;
  /** Until when the persistent authentication lives, if there is one. */
  persistentUntil: Instant | null;
  /** Destroyed by a logout, or replaced. */
  ended: boolean;
  deviceType: string | null;
  userAgent: string | null;
}

/** With what somebody signs in. */
export interface Device {
  deviceType?: string | undefined;
  userAgent?: string | undefined;
}

/** Which claims a JWT carries, by name, beside `iat` (the issue), `exp` and `jti`. An absent name is not carried. */
interface ClaimNames {
  user: string;
  /** In seconds; `iat` stays the moment of the issue, which a renewal moves. */
  signedInAt: string;
  /** In seconds: when the JWT was issued, which is the last use that it can tell. */
  lastUsedAt?: string;
  deviceType?: string;
  userAgent?: string;
}

/** How long things live. */
export interface Lives {
  /** A token. @default 7 days */
  login: Duration;
  /** A persistent authentication. @default 365 days */
  persistent: Duration;
  /** The token in a mail that confirms an address. @default 1 day */
  confirmation: Duration;
  /** The token in a mail that recovers a password. @default 1 hour */
  recovery: Duration;
  /** The single-use key of a remote login, and a remote token. @default 1 minute */
  retrieval: Duration;
}

/** What no document says of tokens (docs/backends/corporateacademy.md, "Tokens"). */
export interface TokenChoices {
  claims: ClaimNames;
  /** What a login answers. @default "tiny" */
  answers: "tiny" | "jwt";
  /**
   * What a renewal does: the tiny token names the new JWT and the old JWT is dead; both are new and the old ones
   * are dead; both are new and the old ones live on. @default "name-stays"
   */
  renewal: "name-stays" | "old-dies" | "old-lives";
  /** What a logout ends: the persistent authentication too, or the login only. @default "all" */
  logoutEnds: "all" | "login";
  /** Whose end the JWT of a persistent authentication carries as `exp`. @default "persistent" */
  exp: "persistent" | "login";
  /** What a token that is dead or made up reads as: an error of this status, or `false`. @default 401 */
  dead: number | "false";
}
