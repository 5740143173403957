/** What an inventory shows of earlier wipes: which were done, and of which nothing need be remembered. */
import { idSet } from "../id-set.ts";
import type { UserRecord } from "../model/inventory.ts";
import type { Memory } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import { signInOf, wipedSince } from "./decide/session.ts";

/** Session id → its sign-in. */
type SignIns = Record<string, Instant | null>;

export interface WipesMeter {
  see(record: UserRecord): void;
  /** What was seen, of a whole inventory. */
  found(): { wiped: SignIns; wipesOver: string[] };
  /** The wipes that are owed of sessions that may still be there. */
  stillOwed(owed: ReadonlyMap<string, Instant | null>): SignIns;
}

export function wipesMeter({ attempts, wiped: known, owedWipes }: Memory): WipesMeter {
  const sent = new Map<string, Set<Instant | null>>();
  const note = (session: string, signedIn: Instant | null) =>
    sent.set(session, (sent.get(session) ?? new Set()).add(signedIn));
  for (const { type, session, signedInAt, wipes } of attempts) {
    if (type === "wipe" && session !== null) note(session, signedInAt);
    for (const [id, signedIn] of Object.entries(wipes)) note(id, signedIn);
  }
  const wiped = new Map<string, Instant | null>();
  // One that is taken for another by chance is known a run longer.
  const there = idSet();
  const anew = new Set<string>();
  let unreadable = false;
  return {
    see(record) {
      // Nobody knows which sessions a record has that can't be read.
      if ("unreadable" in record) unreadable = true;
      for (const session of "user" in record ? record.user.sessions : []) {
        const { id, state } = session;
        const signedIn = signInOf(session);
        if (Object.hasOwn(known, id) || Object.hasOwn(owedWipes, id)) there.add(id);
        if (Object.hasOwn(known, id) && !wipedSince(session, known)) anew.add(id);
        const ours = state === "wiping" && sent.get(id)?.has(signedIn);
        if (ours && !wipedSince(session, known)) wiped.set(id, signedIn);
      }
    },
    found: () => ({
      wiped: Object.fromEntries(wiped),
      wipesOver: Object.keys(known).filter(
        (id) => !wiped.has(id) && (anew.has(id) || (!unreadable && !there.has(id))),
      ),
    }),
    stillOwed: (owed) =>
      Object.fromEntries(
        [...owed].filter(([id]) => unreadable || there.has(id) || !Object.hasOwn(owedWipes, id)),
      ),
  };
}
