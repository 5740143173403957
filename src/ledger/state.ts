/** What the lines of the audit log make of a state, one after the other. Pure: the log is read and written elsewhere. */
import type { Policy } from "../model/policy.ts";
import type { Attempt, Memory, RunSummary } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import { DAY } from "../time.ts";
import type { AuditEntry } from "./log/line.ts";

/** A lock that is ours. */
export interface OwnLock {
  since: Instant;
  /** The number of the line that made it ours. */
  line: number;
}

/** All that is remembered. */
export interface State extends Omit<Memory, "ownLocks"> {
  /** By the id of the user; also of lock intents whose outcome is unknown. */
  locks: Record<string, OwnLock>;
  /** The highest of any run. */
  fence: number;
}

/** A line of the log, as far as it tells something. */
export type ToldLine = AuditEntry & { seq: number };
type ToldOf<K extends ToldLine["kind"]> = Extract<ToldLine, { kind: K }>;

/** Every attempt is kept this long: limits count the last 24 hours (docs/contract.md, "Limits"). */
const KEEP_ATTEMPTS = DAY;
/** An attempt without success is kept this long, or until a newer one of the same: it gives the cause `retry`. */
const KEEP_UNSUCCESSFUL = 30 * DAY;
const KEEP_RUNS = 500;

/** What is known of a deployment before the first run. */
export function emptyState(): State {
  return {
    ...{ locks: {}, met: {}, wiped: {}, owedWipes: {}, last: null, inventoryUsers: null },
    ...{ attempts: [], runs: [], fence: 0 },
  };
}

/** What a run is told of a state. */
export function memoryOf({ locks, fence: _, ...rest }: State): Memory {
  const each = Object.entries(locks);
  return {
    ownLocks: Object.fromEntries(each.map(([user, { since }]) => [user, since])),
    ...rest,
  };
}

/** What a run is told where there is no ledger. */
export function emptyMemory(): Memory {
  return memoryOf(emptyState());
}

/** Tells all lines to a state; the time it takes is linear in both. */
export function replay(state: State, lines: Iterable<ToldLine>): State {
  const after = new Replay(state);
  for (const line of lines) after.tell(line);
  return after.state();
}

/**
 * Forgets what no later run asks for: attempts older than a day, but for those without success of the last 30 days
 * that no newer attempt of the same action supersedes, and runs before the last 500. Ages are taken at `at`.
 */
export function prune(state: State, at: Instant): State {
  const superseded = new Set<string>();
  const attempts: Attempt[] = [];
  for (const attempt of state.attempts.toReversed()) {
    const key = subject(attempt);
    const age = at - attempt.at;
    const wanted = age <= KEEP_UNSUCCESSFUL && unsuccessful(attempt) && !superseded.has(key);
    if (age <= KEEP_ATTEMPTS || wanted) attempts.push(attempt);
    superseded.add(key);
  }
  return { ...state, attempts: attempts.reverse(), runs: state.runs.slice(-KEEP_RUNS) };
}

/** A state that lines are told to. Maps, because ids are the backend's and may be any text, `__proto__` included. */
export class Replay {
  #locks = new Map<string, OwnLock>();
  #met = new Map<string, string>();
  #asked = new Map<string, Instant>();
  #wiped = new Map<string, Instant | null>();
  #owedWipes = new Map<string, Instant | null>();
  /** By run and subject, in the order in which they came. */
  #attempts = new Map<string, Attempt>();
  /** The keys of the attempts to lock a user. */
  #locksOf = new Map<string, string[]>();
  /** By attempt: whose the lock was before it was applied. */
  #before = new Map<string, OwnLock | undefined>();
  /** What else there is, as it was when lines were first told. */
  #base = emptyState();
  #fence = 0;
  #policy: ToldOf<"policy"> | null = null;
  readonly #open = new Map<string, Instant>();

  constructor(state: State) {
    this.#begin(state);
  }

  get fence(): number {
    return this.#fence;
  }

  /** The runs that began and did not end: they are at work, or died. */
  get open(): { id: string; at: Instant }[] {
    return [...this.#open].map(([id, at]) => ({ id, at }));
  }

  tell(line: ToldLine): void {
    const { run, seq } = line;
    const at = line.at === null ? 0 : Date.parse(line.at);
    if (line.kind === "plan") this.#plan(line, at);
    else if (line.kind === "adopted") this.#own(line.user, { since: at, line: seq });
    else if (line.kind === "forgotten") this.#locks.delete(line.user);
    else if (line.kind === "intent") this.#intent(line, at);
    else if (line.kind === "met") this.#meet(line);
    else if (line.kind === "asked") this.#ask(line, at);
    else if (line.kind === "outcome") this.#outcome(line);
    else if (line.kind === "policy") this.#policy = line;
    else if (line.kind === "run-died") this.#open.delete(line.died);
    else if (line.kind === "run-ended") {
      this.#open.delete(run);
      this.#begin(prune(this.#ended(line), Date.parse(line.began)));
    }
  }

  /** Lines may be missing here, and among them one that lifted a lock of ours: none of before is ours any more. */
  loseLocks(): void {
    this.#locks.clear();
    this.#before.clear();
  }

  state(): State {
    const { asked: _, ...base } = this.#base;
    return {
      ...base,
      ...(this.#asked.size > 0 ? { asked: Object.fromEntries(this.#asked) } : {}),
      locks: Object.fromEntries(this.#locks),
      met: Object.fromEntries(this.#met),
      wiped: Object.fromEntries(this.#wiped),
      owedWipes: Object.fromEntries(this.#owedWipes),
      attempts: [...this.#attempts.values()].sort((a, b) => a.at - b.at),
      fence: this.#fence,
    };
  }

  #begin(state: State): void {
    this.#base = state;
    this.#fence = state.fence;
    this.#policy = null;
    this.#locks = new Map(Object.entries(state.locks));
    this.#met = new Map(Object.entries(state.met));
    this.#asked = new Map(Object.entries(state.asked ?? {}));
    this.#wiped = new Map(Object.entries(state.wiped));
    this.#owedWipes = new Map(Object.entries(state.owedWipes));
    this.#attempts = new Map();
    this.#locksOf = new Map();
    this.#before = new Map();
    for (const attempt of state.attempts) this.#add(attempt);
  }

  #plan({ run, fence, owed }: ToldOf<"plan">, at: Instant): void {
    this.#fence = Math.max(this.#fence, fence);
    this.#open.set(run, at);
    this.#owedWipes = new Map(
      Object.entries(signIns(owed)).filter(([id, signedIn]) => this.#wiped.get(id) !== signedIn),
    );
  }

  /** An attempt is an intent at first, and a user whom it may lock is ours from now on. */
  #intent(line: ToldOf<"intent">, at: Instant): void {
    const { run, seq, type, user, session, wipe, urgent, exempt } = line;
    const [signedInAt, wipes] = [instantOf(line.signedIn), signIns(line.wipes)];
    const what = { run, at, type, user, session, wipe, urgent, exempt, signedInAt, wipes };
    if (!this.#add({ ...what, status: "intent" })) return;
    if (type === "lock") this.#own(user, { since: at, line: seq });
  }

  #meet({ line, user }: ToldOf<"met">): void {
    if (user === null) this.#met.delete(line);
    else if (!this.#met.has(line)) this.#met.set(line, user);
  }

  #ask({ gone, back }: ToldOf<"asked">, at: Instant): void {
    for (const key of back) this.#asked.delete(key);
    for (const key of gone) this.#asked.set(key, at);
  }

  /** An outcome of an unknown attempt changes nothing. */
  #outcome(line: ToldOf<"outcome">): void {
    const key = attemptKey(line.run, line);
    const attempt = this.#attempts.get(key);
    if (attempt === undefined || attempt.status === line.status) return;
    this.#attempts.set(key, { ...attempt, status: line.status });
    if (line.status === "applied") {
      this.#before.set(key, this.#locks.get(attempt.user));
      this.#applied(attempt, line.seq);
    } else if (attempt.status === "applied") this.#undo(key, attempt, line.seq);
    else if (attempt.type === "lock") this.#notLocked(attempt);
  }

  #applied(attempt: Attempt, line: number): void {
    const { type, user, session, at } = attempt;
    if (type === "lock") {
      this.#locks.set(user, { since: at, line });
      for (const [id, signedInAt] of Object.entries(attempt.wipes)) this.#setWiped(id, signedInAt);
    } else if (type === "unlock") this.#locks.delete(user);
    else if (type === "wipe" && session !== null) this.#setWiped(session, attempt.signedInAt);
  }

  /** A read after the write found it not done: whose the lock is stays as it was before. */
  #undo(key: string, attempt: Attempt, line: number): void {
    const { user, type, at } = attempt;
    const before = this.#before.get(key);
    if (type === "unlock") this.#own(user, before ?? { since: at, line });
    if (type !== "lock") return;
    if (before === undefined || before.since === at) this.#notLocked(attempt);
    else this.#locks.set(user, before);
  }

  /** A lock that did not come about leaves what was ours before it; what was ours by it alone is ours no more. */
  #notLocked(attempt: Attempt): void {
    if (this.#locks.get(attempt.user)?.since !== attempt.at) return;
    const rests = (this.#locksOf.get(attempt.user) ?? [])
      .map((key) => this.#attempts.get(key))
      .some((other) => other?.at === attempt.at && ["intent", "applied"].includes(other.status));
    if (!rests) this.#locks.delete(attempt.user);
  }

  /**
   * A run ended. Its policy is the last one if it held nothing back (docs/contract.md, "The cause"). A run on one user
   * only says neither what the whole policy wanted nor how many users there are.
   */
  #ended(line: ToldOf<"run-ended">): State {
    const state = this.state();
    const policy: Policy | null =
      this.#policy?.run === line.run ? this.#policy.said : (state.last?.policy ?? null);
    const last = policy && { at: Date.parse(line.began), policy };
    const summary = summaryOf(line);
    return {
      ...state,
      last: line.whole && line.held === 0 ? last : state.last,
      inventoryUsers: line.whole ? line.inventory.users : state.inventoryUsers,
      runs: [...state.runs.filter(({ id }) => id !== line.run), summary],
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

  #own(user: string, lock: OwnLock): void {
    if (!this.#locks.has(user)) this.#locks.set(user, lock);
  }

  #setWiped(session: string, signedInAt: Instant | null): void {
    this.#wiped.set(session, signedInAt);
    this.#owedWipes.delete(session);
  }
}

function summaryOf(line: ToldOf<"run-ended">): RunSummary {
  const { run: id, began, plan, policy, commit, inventory, summary } = line;
  const { held, refusals, outcomes } = line;
  return {
    ...{ id, at: Date.parse(began), policyDigest: policy, commit, planDigest: plan },
    ...{ inventory, summary, held, refusals, outcomes },
  };
}

function instantOf(moment: string | null): Instant | null {
  return moment === null ? null : Date.parse(moment);
}

function signIns(of: Record<string, string | null>): Record<string, Instant | null> {
  return Object.fromEntries(Object.entries(of).map(([id, moment]) => [id, instantOf(moment)]));
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
