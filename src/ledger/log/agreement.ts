/** Whether the ledger says what its audit log tells: whose locks are ours, and how long the log is. Pure. */
import type { Reading } from "../read.ts";
import type { AuditFault } from "./verify.ts";

/** What the log tells. */
export interface Told {
  /** The users whose lock is ours (true), or may be (false): Claims.end. */
  ours: ReadonlyMap<string, boolean>;
  /** The last run that ended, and the number of the line that says so; null where none did. */
  lastEnd: { run: string; seq: number } | null;
}

/** What the ledger says: as it was read before the log and after it, since a run may have written meanwhile. */
export interface Said {
  before: Reading;
  after: Reading;
  /** By user, the blob that says that the lock is ours. */
  claimants: ReadonlyMap<string, string>;
}

/** The runs that have events in the ledger. */
export function runsOf({ events }: Reading): Set<string> {
  return new Set(events.map((name) => name.split("/").at(-2) ?? ""));
}

/** A fault is what no reading clears. What is worse comes first. */
export function disagreements(told: Told, said: Said): AuditFault[] {
  const fault = (blob: string, message: string): AuditFault => {
    return { about: "state", blob, line: null, message };
  };
  const { before, after, claimants } = said;
  const now = Object.keys(after.memory.ownLocks);
  const earlier = new Set(Object.keys(before.memory.ownLocks));
  const unproved = now.filter((user) => earlier.has(user) && !told.ours.has(user));
  const held = new Set([...now, ...earlier]);
  const missing = [...told.ours].filter(([user, sure]) => sure && !held.has(user));
  return [
    ...unproved.sort().map((user) => {
      const blob = claimants.get(user) ?? "state.json";
      const message = `${blob} says that the lock of ${user} is ours, and the audit log does not prove it. If Curfew did not lock this user, take the user out of ${blob}: else that lock is lifted as soon as the policy does not want it.`;
      return fault(blob, message);
    }),
    ...older(told, after).map((message) => fault("state.json", message)),
    // What is damaged is told already, and what it said is lost honestly.
    ...(after.damaged.length > 0 ? [] : missing).map(([user]) => {
      const message = `The audit log tells that the lock of ${user} is ours, and state.json does not say so: it counts as foreign and is not lifted. An entry in users.locked with \`adopt: true\` takes it over.`;
      return fault("state.json", message);
    }),
  ];
}

/** A run tells the log that it ended just before it makes its events part of the state. */
function older({ lastEnd }: Told, now: Reading): string[] {
  if (lastEnd === null || now.damaged.length > 0 || now.tag === null) return [];
  const known = now.audit?.seq ?? 0;
  if (known >= lastEnd.seq || runsOf(now).has(lastEnd.run)) return [];
  return [
    `state.json knows of ${known} lines of the audit log, and run ${lastEnd.run} ended by line ${lastEnd.seq}: it was put back to an earlier state, or never written. Put the latest one back; else what happened since is forgotten, also by the limits.`,
  ];
}
