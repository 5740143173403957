/** Whether the audit log says what a state claims: that a lock is ours. */
import { linesFrom, type StoredLine } from "./log/audit.ts";
import { Chain } from "./log/chain.ts";
import type { AuditLine } from "./log/line.ts";
import type { OwnLock } from "./state.ts";
import type { BlobStore } from "./store/contract.ts";

/** A claim, as far as the log was read. */
interface Claim extends OwnLock {
  /** The run whose line set the lock; null before that line was met, and where it says something else. */
  by: string | null;
  /** Whether its line says so. */
  set: boolean;
  holds: boolean;
}

/**
 * Those of `users` whose lock was set by the line that the state names, and by no line since lifted, forgotten or
 * failed. Reads the log once, from the first of these lines on; where any line of it is not as it was written, nobody's.
 */
export async function ownedBy(
  store: BlobStore,
  key: string,
  locks: Readonly<Record<string, OwnLock>>,
  users: readonly string[],
): Promise<ReadonlySet<string>> {
  const claims = new Map<string, Claim>();
  for (const user of users) {
    const lock = Object.hasOwn(locks, user) ? locks[user] : undefined;
    if (lock !== undefined) claims.set(user, { ...lock, by: null, set: false, holds: false });
  }
  if (claims.size === 0) return new Set();
  const first = Math.min(...[...claims.values()].map(({ line }) => line));
  let chain: Chain | null = null;
  for await (const stored of linesFrom(store, key, first)) {
    chain ??= chainAt(stored);
    const { line, faults } = chain.see(stored);
    if (line === null || faults.length > 0) return new Set();
    if (!("user" in line) || line.user === null || line.kind === "met") continue;
    const claim = claims.get(line.user);
    if (claim !== undefined) weigh(claim, line);
  }
  return new Set([...claims].flatMap(([user, { holds }]) => (holds ? user : [])));
}

/** A chain that is read from somewhere in its middle: the first line there is taken at its word. */
function chainAt({ first, text }: StoredLine): Chain {
  const prev = /"prev":"([0-9a-f]{64})"/.exec(text)?.[1];
  return new Chain({ seq: (first ?? 1) - 1, hash: prev ?? "" });
}

function weigh(claim: Claim, line: AuditLine): void {
  if (line.seq < claim.line) return;
  if (line.seq === claim.line) {
    claim.set = sets(line);
    claim.holds = claim.set;
    claim.by = line.run;
  } else if (["forgotten", "released", "lifted"].includes(line.kind)) end(claim);
  // One that a read after it found not done has lifted nothing.
  else if (line.kind === "outcome" && line.type === "unlock")
    claim.holds = claim.set && line.status !== "applied";
  else if (line.kind === "outcome" && line.type === "lock") {
    // A run that failed to set it anew had seen it gone; one that skipped it tells nothing of ours.
    if (line.run === claim.by) claim.holds &&= line.status === "applied";
    else if (line.status === "failed") end(claim);
  }
}

/** No later line but another claim's makes it ours again. */
function end(claim: Claim): void {
  claim.set = false;
  claim.holds = false;
}

/** Whether a line makes a lock ours. */
function sets(line: AuditLine): boolean {
  if (line.kind === "adopted") return true;
  if (line.kind === "intent") return line.type === "lock";
  if (line.kind !== "outcome") return false;
  return line.type === "lock"
    ? line.status === "applied"
    : line.type === "unlock" && line.status !== "applied";
}
