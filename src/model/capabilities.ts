/** What a backend can do and tell, as plain data: `validate` reads it offline, and a plan is a pure function of it. */
import type { Duration } from "./vocabulary.ts";

/**
 * How a `devices` entry compares what a session tells: a word without regard to case, the exact text, a glob, a semver
 * range, or a range of addresses.
 */
type Compare = "word" | "exact" | "glob" | "semver" | "cidr";

/** The moments of a session that rules rest on. */
export const MOMENTS = ["createdAt", "signedInAt", "lastConnectedAt"] as const;

/** What one backend can do and tell (docs/backends/README.md). */
export interface Capabilities {
  /** For sentences, e.g. `JourneyApps`. */
  name: string;
  /**
   * null: it locks nobody. `endsSessions` false: the user's sessions outlive a lock. `revives`: what a lock did not end
   * works again after an unlock; what no document says is taken for true.
   */
  lock: { endsSessions: boolean; revives: boolean } | null;
  /** `session`: any one can be ended; `user`: only all of a user's at once; null: none. */
  end: "session" | "user" | null;
  /** How an ended session reads: it stays with a state, it is gone, or nothing shows it. */
  ended: "state" | "gone" | "unseen";
  wipe: boolean;
  /** What `curfew enroll` makes: a token, or a code that the backend sends; null: nothing. */
  enroll: "token" | "code" | null;
  /** How coarse each moment is; 0 is exact, null is never told. */
  moments: Readonly<Record<(typeof MOMENTS)[number], Duration | null>>;
  /** What a device rule may name, and how it is compared; empty: there can be no device rules. */
  attributes: Readonly<Record<string, Compare>>;
  /** What proves that a read of all users was whole: an exact count, one asked before and after, a list of ours, or nothing. */
  census: "exact" | "counted" | "register" | "none";
  /** How long what was issued before an end still works; null where no document says. */
  residual: Duration | null;
  /** The least rights that a credential needs, in the backend's own words. */
  rights: { read: readonly string[]; write: readonly string[] };
}
