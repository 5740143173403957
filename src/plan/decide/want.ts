/** One action that is wanted, before causes and limits. */
import { labelOf, type Session, type User } from "../../model/inventory.ts";
import type { Cause, Expects, Notice, Reason } from "../../model/plan.ts";
import type { Counts, Memory } from "../../model/run.ts";
import type { ActionType, Instant } from "../../model/vocabulary.ts";
import type { Line } from "../../policy/lines.ts";
import { isoOrNull } from "../../time.ts";
import { knownSignIn, signInOf } from "./session.ts";

export interface Want {
  type: ActionType;
  user: string;
  name: string | null;
  session: string | null;
  label: string | null;
  reasons: Reason[];
  expects: Expects;
  since: Instant | null;
  signedInAt: Instant | null;
  /** As signedInAt; null also where that lay in the future when it was read. */
  knownSignIn: Instant | null;
  /** Held back whatever the limits say. */
  hold: "report" | "rollout" | "clock" | null;
  /** Rests on nothing but an age, an idleness, or a moment in the future: on this machine's clock being right. */
  timed: boolean;
  /** Outside the rollout, whatever its enforcement. */
  unreached: boolean;
  /** The limit that it would count for. `urgent`, `denied` and `none` are outside that of its type. */
  counts: Counts;
  /** A fingerprint of what the policy says that wants it: line.ts. */
  line: string;
  /** The sessions that a lock ends, or that are ended before an unlock: id → when each had signed in. */
  ends: Record<string, Instant | null>;
  /** A wipe that is not to lose data: it waits while data on the device may not be uploaded. */
  waits: boolean;
  /** Such a wipe while there may be such data. */
  unsynced: boolean;
  /** A sign-out that stands in for a wipe: once it is taken, the wipe is owed. */
  owesWipe: boolean;
  /** Breaks sessions.notBefore, which pacing takes first. */
  notBefore: boolean;
  /** The wipes that a lock with `wipe` covers, one for each session; null on everything else. */
  wipes: Want[] | null;
  /** What is wanted instead while this is held back: a sign-out for a wipe, the session rules for a lock. */
  otherwise: Want[];
}

/** A want with its cause. */
export type Caused = Omit<Want, "otherwise" | "wipes"> & {
  cause: Cause;
  /** Of a retry: the cause of what was tried. */
  retryOf: Cause | null;
  /** Of drift: the last run. */
  after: Instant | null;
  otherwise: Caused[];
  wipes: Caused[] | null;
};

/** A want about a user that breaks nothing yet. */
export function ofUser(user: User, type: ActionType, reasons: Reason[], expects: Expects): Want {
  return {
    type,
    user: user.id,
    name: user.name,
    session: null,
    label: null,
    reasons,
    expects,
    since: null,
    signedInAt: null,
    knownSignIn: null,
    hold: null,
    timed: false,
    unreached: false,
    counts: "limit",
    line: "",
    ends: {},
    waits: false,
    unsynced: false,
    owesWipe: false,
    notBefore: false,
    wipes: null,
    otherwise: [],
  };
}

/** A want about a session of a user. */
export function ofSession(user: User, session: Session, type: ActionType, reasons: Reason[]): Want {
  const expects = {
    state: session.state,
    signedInAt: isoOrNull(session.signedInAt),
  };
  return {
    ...ofUser(user, type, reasons, expects),
    session: session.id,
    label: labelOf(session),
    signedInAt: signInOf(session),
    knownSignIn: knownSignIn(session),
  };
}

/** All that is wanted of one user, with notices and what the ledger is to note. */
export interface Decision {
  wants: Want[];
  notices: Notice[];
  /** A lock found in place becomes ours. */
  adopt: boolean;
  /** A lock of ours is gone and no longer wanted. */
  forget: boolean;
  /** A lock of ours is gone, and no run has seen that before. */
  lifted: boolean;
  /** Sessions whose wipe was turned into a sign-out and is still asked for: id → sign-in. null: nobody can tell. */
  owing: Map<string, Instant | null> | null;
  /** Lines that hold because an earlier apply met this user on them, who is called something else now. */
  moved: Line[];
  isProtected: boolean;
}

/** What the ledger must know for a decision. */
export type Owned = Pick<Memory, "ownLocks" | "liftedLocks" | "met" | "wiped" | "owedWipes">;

/** The earliest of the moments that are known; null where none is. */
export function earliest(moments: readonly (Instant | null)[]): Instant | null {
  const known = moments.filter((moment) => moment !== null);
  return known.length > 0 ? Math.min(...known) : null;
}

/** Whether a lock of this user is ours: one that was set by us, and that no run has seen gone while a lock is in place now. */
export function isOurs(
  user: Pick<User, "id" | "locked">,
  { ownLocks, liftedLocks = {} }: Pick<Owned, "ownLocks" | "liftedLocks">,
): boolean {
  return Object.hasOwn(ownLocks, user.id) && !(user.locked && Object.hasOwn(liftedLocks, user.id));
}

/** What people call the device of a session, behind its id in a sentence. */
export function inBrackets(session: Session): string {
  const label = labelOf(session);
  return label === null ? "" : ` (${label})`;
}
