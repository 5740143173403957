/** What better-auth's admin plugin answers, as far as it is read; the shapes are those of its own source. */
import * as z from "zod";
import type { Account, Session } from "../../../src/model/inventory.ts";
import type { Instant } from "../../../src/model/vocabulary.ts";

const instant = z.iso.datetime().transform((text): Instant => Date.parse(text));

const user = z.object({
  id: z.string(),
  banned: z.boolean().nullish(),
  banExpires: instant.nullish(),
});

const session = z.object({
  id: z.string(),
  token: z.string(),
  createdAt: instant,
  updatedAt: instant,
  expiresAt: instant,
  userAgent: z.string().nullish(),
});

/** A user as the API gives it. */
export type WireUser = z.infer<typeof user>;
/** A session as the API gives it; its token is a secret. */
export type WireSession = z.infer<typeof session>;

export const oneUser = user;
export const userPage = z.object({ users: z.array(user), total: z.number().int() });
export const sessionList = z.object({ sessions: z.array(session) });
export const changedUser = z.object({ user });
export const success = z.object({ success: z.boolean() });
export const refusal = z.object({ code: z.string(), message: z.string().optional() });

/** The account of a user with these sessions, as it is at `now`. */
export function accountOf(
  { id, banned, banExpires }: WireUser,
  sessions: readonly WireSession[],
  now: Instant,
): Account {
  const locked = banned === true && (banExpires ?? Number.POSITIVE_INFINITY) > now;
  return { id, locked, lastConnectedAt: null, sessions: sessions.map(sessionOf) };
}

function sessionOf({ id, createdAt, updatedAt, userAgent }: WireSession): Session {
  return {
    ...{ id, createdAt, state: "active", signedInAt: createdAt, signedOutAt: null },
    ...{ lastConnectedAt: updatedAt, lastFullSyncAt: null },
    attributes: { userAgent: userAgent || null },
  };
}
