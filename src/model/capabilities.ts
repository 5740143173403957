/** What a backend can do and tell, as plain data: `validate` reads it offline, and a plan is a pure function of it. */
import type { Duration, Rule } from "./vocabulary.ts";

/** How a `devices` entry compares what a session tells: a word without regard to case, the exact text, a glob, or a semver range. */
export type Compare = "word" | "exact" | "glob" | "semver";

/** What sessions may tell of their device, whatever the backend, and how a `devices` entry compares it. */
export const ATTRIBUTES = {
  platform: "word",
  container: "semver",
  bundleId: "exact",
  runtime: "semver",
  id: "exact",
  label: "glob",
  deviceType: "glob",
  userAgent: "glob",
} as const satisfies Record<string, Compare>;

export type Attribute = keyof typeof ATTRIBUTES;

export const ATTRIBUTE_NAMES = Object.keys(ATTRIBUTES) as [Attribute, ...Attribute[]];

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
  attributes: Readonly<Partial<Record<Attribute, Compare>>>;
  /** Whether users have fields beside their id, which `identify` and `where` can name. */
  fields: boolean;
  /** What proves that a read of all users was whole: an exact count, one asked before and after, a list of ours, or nothing. */
  census: "exact" | "counted" | "register" | "none";
  /** How long what was issued before an end still works; null where no document says. */
  residual: Duration | null;
  /** Rules that the backend itself holds, by settings of its own: Curfew tells where those differ, and can't close it. */
  compares: readonly Rule[];
  /** What to do instead of what can't be held here, as the end of a sentence. */
  instead: Readonly<Partial<Record<Rule | "wipe" | "where" | "enroll", string>>>;
  /** The least rights that a credential needs, in the backend's own words. */
  rights: { read: readonly string[]; write: readonly string[] };
}
