/** From a JWT to the session that it is. Its claims are what a policy's `target.claims` names; no document lists them. */
import { createHash } from "node:crypto";
import { decodeJwt, errors } from "jose";
import type { Session } from "../../model/inventory.ts";
import type { TokenClaims } from "../../model/policy.ts";
import type { Instant } from "../../model/vocabulary.ts";

/** What a JWT tells of its session. */
export interface Claimed {
  user: string;
  session: Session;
  /** null where it does not say. */
  expires: Instant | null;
}

/** A claim that can't be understood; the message is a sentence that begins with its name and never repeats a value. */
export class ClaimError extends Error {
  readonly claim: string;

  constructor(claim: string, fault: string) {
    super(`${claim} ${fault}`);
    this.claim = claim;
  }
}

/** Whether a token is a JWT, and no tiny one. */
export function isJwt(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token);
}

/** The id of a session: the first 32 hex letters of the SHA-256 of its JWT (docs/backends/corporateacademy.md, "What Curfew does there"). */
function idOf(jwt: string): string {
  return createHash("sha256").update(jwt).digest("hex").slice(0, 32);
}

/** Reads a JWT. Its signature is the service's to check, which has the key. Throws ClaimError. */
export function readClaims(jwt: string, names: TokenClaims): Claimed {
  const claims = decoded(jwt);
  const user = claims[names.user];
  if (typeof user !== "string" || user === "")
    throw new ClaimError(names.user, "of a token names no user: target.claims says where one is");
  const text = (name: string | null) => textOf(claims, name);
  const session: Session = {
    id: idOf(jwt),
    state: "active",
    signedInAt: momentOf(claims, names.signedIn),
    createdAt: null,
    signedOutAt: null,
    lastConnectedAt: names.lastUsed === null ? null : momentOf(claims, names.lastUsed),
    lastFullSyncAt: null,
    attributes: {
      ...(names.device === null ? {} : { deviceType: text(names.device) }),
      ...(names.userAgent === null ? {} : { userAgent: text(names.userAgent) }),
    },
  };
  return { user, session, expires: momentOf(claims, "exp") };
}

function decoded(jwt: string): Record<string, unknown> {
  try {
    return decodeJwt(jwt);
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    throw new ClaimError("token", "is no JWT");
  }
}

const LATEST: Instant = 8.64e15;
const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** A number is seconds since the epoch, a text a moment in ISO 8601; null where the token does not say. */
function momentOf(claims: Record<string, unknown>, name: string): Instant | null {
  const value = claims[name] ?? null;
  if (value === null) return null;
  const at =
    typeof value === "number"
      ? value * 1000
      : typeof value === "string" && ISO.test(value)
        ? Date.parse(value)
        : Number.NaN;
  if (Math.abs(at) <= LATEST) return Math.round(at);
  throw new ClaimError(name, "of a token is no moment: neither seconds since the epoch nor a date");
}

function textOf(claims: Record<string, unknown>, name: string | null): string | null {
  const value = (name === null ? null : claims[name]) ?? null;
  if (value === null || typeof value === "string") return value;
  throw new ClaimError(name ?? "", "of a token is no text");
}
