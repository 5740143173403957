/** A user as the register and the service tell of it now. */
import type { Account, Session, UnreadableUser } from "../../model/inventory.ts";
import type { TokenClaims } from "../../model/policy.ts";
import type { Clock } from "../../model/ports.ts";
import { ClaimError, type Claimed, readClaims } from "./claims.ts";
import type { Holding } from "./holdings.ts";
import type { Service } from "./service.ts";

/** A user, and the JWT of each session, by its id: what ends it. */
export type KnownUser =
  | { user: Account; jwts: ReadonlyMap<string, string> }
  | { unreadable: UnreadableUser };

/** What reading a user rests on. */
export interface TokenReading {
  service: Service;
  claims: TokenClaims;
  clock: Pick<Clock, "now">;
}

interface FoundToken extends Claimed {
  jwt: string;
  persistent: boolean;
}

/** Asks for each token of a user whether it lives. Throws UnreadableTargetError where that can't be told. */
export async function knownOf(holding: Holding, reading: TokenReading): Promise<KnownUser> {
  const { user: id, fault } = holding;
  if (fault !== null) return { unreadable: { id, ...fault } };
  try {
    const living = await livingOf(holding, reading);
    const sessions = living.map(({ session }) => session);
    const user = { id, locked: false, lastConnectedAt: latest(sessions), sessions };
    return { user, jwts: new Map(living.map(({ session, jwt }) => [session.id, jwt])) };
  } catch (error) {
    if (!(error instanceof ClaimError)) throw error;
    return { unreadable: { id, field: error.claim, message: error.message } };
  }
}

/** The living sessions, one for a JWT and its tiny tokens. */
async function livingOf({ user, tokens }: Holding, reading: TokenReading): Promise<FoundToken[]> {
  const { service, clock } = reading;
  const found = new Map<string, FoundToken>();
  for (const [token, persistent] of tokens) {
    const jwt = await service.jwtOf(token);
    if (jwt === null) continue;
    const claimed = await claimedBy(jwt, user, reading);
    if (claimed === null) continue;
    const before = found.get(claimed.session.id);
    found.set(claimed.session.id, {
      ...{ ...claimed, jwt },
      persistent: persistent || (before?.persistent ?? false),
    });
  }
  const living: FoundToken[] = [];
  for (const one of found.values()) {
    // The end that its JWT says may be that of the login, which a persistent authentication outlives.
    const over = !one.persistent && one.expires !== null && one.expires <= clock.now();
    if (!over && (await service.lives(one.jwt))) living.push(one);
  }
  return living;
}

/** What a token of a user claims; null where it can't be understood, and is dead: then nobody need understand it. */
async function claimedBy(
  jwt: string,
  user: string,
  { service, claims }: TokenReading,
): Promise<Claimed | null> {
  try {
    const claimed = readClaims(jwt, claims);
    if (claimed.user === user) return claimed;
    throw new ClaimError(claims.user, "of a token names another user than the register does");
  } catch (error) {
    if (!(error instanceof ClaimError) || (await service.lives(jwt))) throw error;
    return null;
  }
}

function latest(sessions: readonly Session[]): number | null {
  const times = sessions.flatMap(({ lastConnectedAt }) => lastConnectedAt ?? []);
  return times.length === 0 ? null : Math.max(...times);
}
