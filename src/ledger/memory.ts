/** What a run's events make of a memory: pure functions, Memory → Memory. The ledger stores; this decides. */

import type { Plan } from "../model/plan.ts";
import type { Attempt, Memory, Outcome, RunEnd, RunStart } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";

/** The part of a RunStart that the memory needs. */
export type RunIntent = Pick<RunStart, "id" | "at" | "attempts" | "owedWipes"> & {
  plan: Pick<Plan, "digest" | "ledger">;
};

/** What a run told its ledger before it finished. */
export type RunEvent =
  | { kind: "begin"; begin: RunIntent }
  | { kind: "outcomes"; run: string; outcomes: readonly Outcome[] };

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Every attempt is kept this long: limits count the last 24 hours (docs/contract.md, "Limits"). */
const KEEP_ATTEMPTS = DAY;
/** An attempt without success is kept this long, or until a newer one of the same: it gives the cause `retry`. */
const KEEP_UNSUCCESSFUL = 30 * DAY;
const KEEP_RUNS = 500;

/** What is known of a deployment before the first run. */
export function emptyMemory(): Memory {
  return {
    ownLocks: {},
    lockedAs: {},
    wiped: {},
    owedWipes: {},
    last: null,
    inventoryUsers: null,
    attempts: [],
    runs: [],
  };
}

/** A run is about to act: its attempts are intents, and every user whom it may lock is ours from now on. */
export function applyBegin(memory: Memory, begin: RunIntent): Memory {
  return replay(memory, [{ kind: "begin", begin }]);
}

/** What became of attempts of a run. An outcome of an unknown attempt changes nothing. */
export function applyOutcomes(memory: Memory, run: string, outcomes: readonly Outcome[]): Memory {
  return replay(memory, [{ kind: "outcomes", run, outcomes }]);
}

/**
 * A run ended. Its policy is the last one if it held nothing back (docs/contract.md, "The cause"). A run on one user only
 * (`policy` null) says neither what the whole policy wanted nor how many users there are.
 */
export function applyFinish(memory: Memory, run: RunEnd): Memory {
  const { policy, summary } = run;
  const others = memory.runs.filter(({ id }) => id !== run.id);
  const heldNothing = policy !== null && summary.held === 0;
  return {
    ...memory,
    last: heldNothing ? { at: run.at, policy } : memory.last,
    inventoryUsers: policy === null ? memory.inventoryUsers : summary.inventory.users,
    runs: [...others, summary],
  };
}

/**
 * Applies events in order; the time it takes is linear in memory and events. Applying the events of a run once more
 * changes nothing. An event of a run says what that run knew, so events of several runs must come in the runs' order.
 */
export function replay(memory: Memory, events: Iterable<RunEvent>): Memory {
  const draft = new Draft(memory);
  for (const event of events) {
    if (event.kind === "begin") draft.begin(event.begin);
    else draft.outcomes(event.run, event.outcomes);
  }
  return draft.memory();
}

/**
 * Forgets what no later run asks for: attempts older than a day, but for those without success of the last 30 days
 * that no newer attempt of the same action supersedes, and runs before the last 500. Ages are taken at `at`.
 */
export function prune(memory: Memory, at: Instant): Memory {
  const superseded = new Set<string>();
  const attempts: Attempt[] = [];
  for (const attempt of memory.attempts.toReversed()) {
    const key = subject(attempt);
    const age = at - attempt.at;
    const wanted = age <= KEEP_UNSUCCESSFUL && unsuccessful(attempt) && !superseded.has(key);
    if (age <= KEEP_ATTEMPTS || wanted) attempts.push(attempt);
    superseded.add(key);
  }
  return { ...memory, attempts: attempts.reverse(), runs: memory.runs.slice(-KEEP_RUNS) };
}

/** Since when a lock is ours, and under which name; undefined where it is not, or has none. */
interface Ownership {
  since: Instant | undefined;
  name: string | undefined;
}

/** A memory being changed. Maps, because ids are the backend's and may be any text, `__proto__` included. */
class Draft {
  readonly #base: Memory;
  readonly #ownLocks: Map<string, Instant>;
  /** Only of users in ownLocks. */
  readonly #lockedAs: Map<string, string>;
  readonly #wiped: Map<string, Instant | null>;
  #owedWipes: Map<string, Instant | null>;
  /** By run and subject, in the order in which they came. */
  readonly #attempts = new Map<string, Attempt>();
  /** The keys of the attempts to lock a user. */
  readonly #locksOf = new Map<string, string[]>();

  /** By attempt: whose the lock was before it was applied. */
  readonly #before = new Map<string, Ownership>();

  constructor(base: Memory) {
    this.#base = base;
    this.#ownLocks = new Map(Object.entries(base.ownLocks));
    this.#lockedAs = new Map(Object.entries(base.lockedAs ?? {}));
    this.#wiped = new Map(Object.entries(base.wiped));
    this.#owedWipes = new Map(Object.entries(base.owedWipes));
    for (const attempt of base.attempts) this.#add(attempt);
  }

  begin(run: RunIntent): void {
    const { adopt, forget, names = {} } = run.plan.ledger;
    for (const user of forget) this.#disown(user);
    for (const user of adopt) this.#own(user, run.at);
    this.#owedWipes = new Map(
      Object.entries(run.owedWipes).filter(([id, signedIn]) => this.#wiped.get(id) !== signedIn),
    );
    for (const attempt of run.attempts) {
      const intent: Attempt = { ...attempt, run: run.id, status: "intent" };
      if (!this.#add(intent)) continue;
      if (intent.type === "lock") this.#own(intent.user, intent.at);
    }
    for (const [user, name] of Object.entries(names)) {
      if (this.#ownLocks.has(user)) this.#lockedAs.set(user, name);
    }
  }

  outcomes(run: string, outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      const key = attemptKey(run, outcome);
      const attempt = this.#attempts.get(key);
      if (attempt === undefined || attempt.status === outcome.status) continue;
      this.#attempts.set(key, { ...attempt, status: outcome.status });
      if (outcome.status === "applied") {
        this.#before.set(key, this.#ownershipOf(attempt.user));
        this.#applied(attempt);
      } else if (attempt.status === "applied") this.#undo(key, attempt);
      else if (attempt.type === "lock") this.#notLocked(attempt);
    }
  }

  #ownershipOf(user: string): Ownership {
    return { since: this.#ownLocks.get(user), name: this.#lockedAs.get(user) };
  }

  /** A read after the write found it not done: whose the lock is stays as it was before. */
  #undo(key: string, attempt: Attempt): void {
    const { user, type } = attempt;
    const before = this.#before.get(key);
    if (type === "unlock") this.#own(user, before?.since ?? attempt.at);
    if (type === "unlock" && before?.name !== undefined) this.#lockedAs.set(user, before.name);
    if (type !== "lock") return;
    if (before?.since === undefined || before.since === attempt.at) this.#notLocked(attempt);
    else this.#ownLocks.set(user, before.since);
  }

  memory(): Memory {
    return {
      ...this.#base,
      ownLocks: Object.fromEntries(this.#ownLocks),
      lockedAs: Object.fromEntries(this.#lockedAs),
      wiped: Object.fromEntries(this.#wiped),
      owedWipes: Object.fromEntries(this.#owedWipes),
      attempts: [...this.#attempts.values()].sort((a, b) => a.at - b.at),
    };
  }

  /** False where the attempt is known already. */
  #add(attempt: Attempt): boolean {
    const key = attemptKey(attempt.run, attempt);
    if (this.#attempts.has(key)) return false;
    this.#attempts.set(key, attempt);
    if (attempt.type === "lock") {
      const keys = this.#locksOf.get(attempt.user);
      if (keys === undefined) this.#locksOf.set(attempt.user, [key]);
      else keys.push(key);
    }
    return true;
  }

  #own(user: string, since: Instant): void {
    if (!this.#ownLocks.has(user)) this.#ownLocks.set(user, since);
  }

  #disown(user: string): void {
    this.#ownLocks.delete(user);
    this.#lockedAs.delete(user);
  }

  #applied(attempt: Attempt): void {
    if (attempt.type === "lock") {
      this.#ownLocks.set(attempt.user, attempt.at);
      for (const [session, signedInAt] of Object.entries(attempt.wipes)) {
        this.#setWiped(session, signedInAt);
      }
    } else if (attempt.type === "unlock") {
      this.#disown(attempt.user);
    } else if (attempt.type === "wipe" && attempt.session !== null) {
      this.#setWiped(attempt.session, attempt.signedInAt);
    }
  }

  #setWiped(session: string, signedInAt: Instant | null): void {
    this.#wiped.set(session, signedInAt);
    this.#owedWipes.delete(session);
  }

  /** A lock that did not come about leaves what was ours before it; what was ours by it alone is ours no more. */
  #notLocked(attempt: Attempt): void {
    if (this.#ownLocks.get(attempt.user) !== attempt.at) return;
    const rests = (this.#locksOf.get(attempt.user) ?? [])
      .map((key) => this.#attempts.get(key))
      .some((other) => other?.at === attempt.at && ["intent", "applied"].includes(other.status));
    if (!rests) this.#disown(attempt.user);
  }
}

function unsuccessful(attempt: Attempt): boolean {
  return attempt.status === "intent" || attempt.status === "failed";
}

/** What an attempt is about; a newer attempt of the same supersedes it. */
function subject(of: Pick<Attempt, "type" | "user" | "session">): string {
  return JSON.stringify([of.type, of.user, of.session]);
}

function attemptKey(run: string, of: Pick<Attempt, "type" | "user" | "session">): string {
  return `${run} ${subject(of)}`;
}
