/** What a register holds: a token and whose it is (docs/backends/corporateacademy.md, "The register"). */
import { readJson } from "../../../json.ts";

/** One token. A secret: it goes nowhere but into calls. */
export interface RegisterEntry {
  /** null where only the token's own claim says it. */
  user: string | null;
  token: string;
  /** Whether its JWT may say an end that the authentication outlives. */
  persistent: boolean;
}

/** A part of a register that can't be understood. The messages never repeat what it holds. */
export interface UnclearLine {
  /** null where not even that could be read. */
  user: string | null;
  /** For people, e.g. `line 12`. */
  place: string;
  fault: string;
}

/** Where tokens come from. */
export interface Source {
  /** One by one, from the beginning. Throws UsageError or UnreadableTargetError. */
  entries(): AsyncIterable<RegisterEntry | UnclearLine>;
  close(): void;
}

const LONGEST = 16_384;
/** As a header and a path can carry it. */
const TOKEN = /^(?!\.{1,2}$)[\x21-\x7e]+$/;

/** Why a text can't be a token, as the end of a sentence; null where it can. */
export function tokenFault(token: string): string | null {
  if (token.length > LONGEST) return "holds a token that is too long";
  return TOKEN.test(token) ? null : "holds a token that is empty or has other than ASCII letters";
}

/** Reads a line `{"user", "token", "persistent"?}`; null for a blank one. */
export function readLine(text: string, place: string): RegisterEntry | UnclearLine | null {
  if (text.trim() === "") return null;
  const value = readJson(text)?.value;
  const line = Object(value) as Record<string, unknown>;
  const user = typeof line.user === "string" && line.user !== "" ? line.user : null;
  const unclear = (fault: string) => ({ user, place, fault });
  if (value === undefined || value === null || typeof value !== "object" || Array.isArray(value))
    return unclear('is no JSON object {"user", "token"}');
  if (user === null) return unclear("names no user");
  if (typeof line.token !== "string") return unclear("holds no token");
  const { token, persistent = false } = line;
  const fault = tokenFault(line.token);
  if (fault !== null) return unclear(fault);
  if (typeof persistent !== "boolean") return unclear("says neither true nor false of persistent");
  return { user, token: String(token), persistent };
}
