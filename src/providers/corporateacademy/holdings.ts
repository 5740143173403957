/** A register by user. What is kept of each user is its tokens alone, never what the service says of them. */
import type { UnreadableUser } from "../../model/inventory.ts";
import type { TokenClaims } from "../../model/policy.ts";
import { inPool } from "../../pool.ts";
import { ClaimError, readClaims } from "./claims.ts";
import type { RegisterEntry, Source, UnclearLine } from "./register/entry.ts";
import type { Service } from "./service.ts";

/** What a register holds for one user. */
export interface Holding {
  user: string;
  /** By token, whether it is persistent: a line that comes twice is one. */
  tokens: Map<string, boolean>;
  /** Why nothing can be told of this user; null where all lines are clear. */
  fault: Omit<UnreadableUser, "id"> | null;
}

export interface Holdings {
  users: ReadonlyMap<string, Holding>;
  /** What names no user. */
  unclear: readonly UnreadableUser[];
}

/** Calls under way at once. */
export const AT_ONCE = 8;
/** Entries whose users are asked for together. */
const TOGETHER = 256;

/** Reads a register to its end; whose a token of Redis is, its claim says. Throws as the register and the service do. */
export async function holdingsOf(
  source: Source,
  service: Service,
  claims: TokenClaims,
): Promise<Holdings> {
  const users = new Map<string, Holding>();
  const unclear: UnreadableUser[] = [];
  const holdingOf = (user: string) => {
    const holding = users.get(user) ?? { user, tokens: new Map(), fault: null };
    users.set(user, holding);
    return holding;
  };
  const add = (entry: RegisterEntry | UnclearLine | null) => {
    if (entry === null) return;
    if ("fault" in entry) {
      const fault = {
        field: entry.place,
        message: `${entry.place} of the register ${entry.fault}`,
      };
      if (entry.user === null) unclear.push({ id: null, ...fault });
      else holdingOf(entry.user).fault ??= fault;
    } else if (entry.user !== null) {
      const { tokens } = holdingOf(entry.user);
      tokens.set(entry.token, entry.persistent || (tokens.get(entry.token) ?? false));
    }
  };
  let open: (RegisterEntry | UnclearLine)[] = [];
  const settle = async () => {
    const named = await inPool(open, AT_ONCE, (entry) => withUser(entry, service, claims));
    named.forEach(add);
    open = [];
  };
  for await (const entry of source.entries()) {
    open.push(entry);
    if (open.length >= TOGETHER) await settle();
  }
  await settle();
  return { users, unclear };
}

/** An entry with its user, and the JWT in place of a tiny token that had to be asked for; null where that is dead. */
async function withUser(
  entry: RegisterEntry | UnclearLine,
  service: Service,
  claims: TokenClaims,
): Promise<RegisterEntry | UnclearLine | null> {
  if ("fault" in entry || entry.user !== null) return entry;
  const jwt = await service.jwtOf(entry.token);
  if (jwt === null) return null;
  try {
    return { ...entry, token: jwt, user: readClaims(jwt, claims).user };
  } catch (error) {
    if (!(error instanceof ClaimError)) throw error;
    return {
      user: null,
      place: "a key",
      fault: `holds a token that can't be understood: ${error.message}`,
    };
  }
}
