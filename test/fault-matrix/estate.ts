/** The estate of every cell, and the policy for it: something of each kind to do, and somebody of each kind to leave alone. */
import type {
  ServedSession,
  ServedUser,
  WireObject,
} from "../../src/providers/journeyapps/sandbox/types.ts";
import { wireTime } from "../../src/providers/journeyapps/sandbox/types.ts";
import { DAY, HOUR } from "../../src/time.ts";

/** The moment of the run that made the locks which are ours. */
export const BEFORE = Date.parse("2026-11-21T10:00:00Z");

/** Whose lock is ours once the policy holds. */
export const OURS = ["ann", "hal", "ivy"];
/** Locked by somebody else: never touched. */
export const FOREIGN = ["dan"];

/** Two pages: of five users and of four. */
export const PAGE = 5;

export const USERS: readonly ServedUser[] = [
  user("ann", [session("ann-phone", 3)]),
  user("bob", [session("bob-phone", 41), session("bob-tablet", 2)]),
  user("cem", [session("cem-phone", 1)]),
  user("dan", [session("dan-phone", 5, "LOCKED")], true),
  user("eva", [session("eva-phone", 90)]),
  user("fay", [session("fay-phone", 1)]),
  user("gil", [session("gil-phone", 4)]),
  user("hal", [session("hal-phone", 6)]),
  user("ivy", [session("ivy-phone", 7)]),
];

export const OBJECTS: readonly WireObject[] = USERS.map(({ id }) => ({ id, email: mail(id) }));

/** More of the target than its address. */
export const TARGET = "identify: email\nrequestsPerSecond: 1000";

/** What the policy locks before: Cem's lock is lifted later, Ivy's stays. */
export const POLICY_BEFORE = `users: { locked: [${entry("cem", "On leave")}, ${entry("ivy", "Left")}] }
limits: { lock: { percent: 100 } }
`;

/** Wants a lock, a lock with wipe, a wipe, a sign-out and an unlock; without `wipes` plain locks and sign-outs instead. */
export const policyOf = (wipes: boolean) => `sessions: { maxAge: 30d }
users:
  locked:
    - ${entry("ann", "Left")}
    - ${entry("hal", "Left with the phone", wipes ? ", wipe: true" : "")}
    - ${entry("ivy", "Left")}
devices:
  denied: [{ id: d-gil-phone, reason: Stolen, action: ${wipes ? "wipe, unsynced: lose" : "re-authenticate"} }]
protected: [${mail("eva")}]
limits:
  lock: { percent: 100 }
  unlock: { percent: 100 }
  re-authenticate: { percent: 100 }
  wipe: { max: 10 }
`;

function entry(id: string, reason: string, more = ""): string {
  return `{ user: ${mail(id)}, reason: ${reason}${more} }`;
}

function mail(id: string): string {
  return `${id}@acme.example`;
}

export function user(id: string, sessions: ServedSession[], locked = false): ServedUser {
  const enrolled = sessions.some(({ state }) => state === "ENROLLED");
  return { id, last_connected_at: wireTime(BEFORE - HOUR), enrolled, locked, sessions };
}

/** Signed in so many days before BEFORE, and connected an hour before it. */
export function session(
  id: string,
  days: number,
  state: ServedSession["state"] = "ENROLLED",
): ServedSession {
  const signedIn = wireTime(BEFORE - days * DAY);
  const connected = wireTime(BEFORE - HOUR);
  return {
    id,
    state,
    last_authenticated_at: signedIn,
    created_at: signedIn,
    signed_out_at: null,
    last_connected_at: connected,
    container: { version: "23.1.0", bundle_id: "xyz.appinstall.acme", platform: "ANDROID" },
    runtime: { version: "4.95.0" },
    device: { id: `d-${id}` },
    label: `Device ${id}`,
    sync_status: { last_full_sync: connected },
  };
}
