/** The sizes and the fingerprint of an inventory whose pages may come in any order. */
import { hash } from "node:crypto";
import { type Mixer, mixer } from "../hash.ts";
import { ATTRIBUTE_NAMES } from "../model/capabilities.ts";
import type { InventoryFacts, Session, User } from "../model/inventory.ts";

/** Counts and fingerprints users as they stream by; holds none of them. */
export interface InventoryMeter {
  add(user: User): void;
  /** `unreadable`: users that were there and could not be read; they count as users. */
  facts(unreadable: number): InventoryFacts;
}

/** The digest is made over the sum of the users' hashes, lane by lane, so that it does not depend on their order. */
export function inventoryMeter(): InventoryMeter {
  let users = 0;
  let sessions = 0;
  let active = 0;
  const mix = mixer();
  const sum = new Uint32Array(2);
  return {
    add(user) {
      users++;
      sessions += user.sessions.length;
      mixUser(mix, user);
      for (const session of user.sessions) {
        if (session.state === "active") active++;
        mixSession(mix, session);
      }
      mix.addTo(sum);
    },
    facts(unreadable) {
      const all = `${users} ${sessions} ${active} ${unreadable} ${sum.join(" ")}`;
      const digest = `sha256:${hash("sha256", all)}`;
      return { users: users + unreadable, sessions, active, digest };
    },
  };
}

function mixUser(mix: Mixer, user: User): void {
  mix.text(user.id);
  mix.number(user.locked ? 1 : 0);
  mix.number(user.lastConnectedAt);
  for (const field in user.fields) {
    mix.text(field);
    mix.text(String(user.fields[field]));
  }
}

function mixSession(mix: Mixer, session: Session): void {
  mix.text(session.id);
  mix.text(session.state);
  mix.number(session.signedInAt);
  mix.number(session.createdAt);
  mix.number(session.signedOutAt);
  mix.number(session.lastConnectedAt);
  mix.number(session.lastFullSyncAt);
  for (const name of ATTRIBUTE_NAMES) {
    const value = session.attributes[name];
    if (value !== undefined) mix.text(value);
  }
}
