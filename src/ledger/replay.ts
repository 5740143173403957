/** What the lines of the audit log make of a state, one after the other. Pure: the log is read and written elsewhere. */
import type { Attempt, Failure, Undone } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import { actionKey, signInKey } from "../plan/key.ts";
import { lastAfter, summaryOf, tookAfter } from "./last-run.ts";
import { OwnLocks } from "./locks.ts";
import type { AuditEntry } from "./log/line.ts";
import { CLOCKS, prune } from "./prune.ts";
import { emptyState, type OwnLock, type State } from "./state.ts";

/** A line of the log, as far as it tells something. */
export type ToldLine = AuditEntry & { seq: number };
type ToldOf<K extends ToldLine["kind"]> = Extract<ToldLine, { kind: K }>;

/** Tells all lines to a state; the time it takes is linear in both. */
export function replay(state: State, lines: Iterable<ToldLine>): State {
  const after = new Replay(state);
  for (const line of lines) after.tell(line);
  return after.state();
}

/** What of a state is small, or forgotten as time goes by; the rest is by id, and may be a million of them. */
type Rest = Omit<State, "locks" | "met" | "asked" | "wiped" | "owedWipes">;

/** A state that lines are told to. Maps, because ids are the backend's and may be any text, `__proto__` included. */
export class Replay {
  readonly #locks: OwnLocks;
  readonly #met: Map<string, string>;
  readonly #asked: Map<string, Instant>;
  readonly #wiped: Map<string, Instant | null>;
  #owedWipes: Map<string, Instant | null>;
  /** By run and subject, in the order in which they came. */
  #attempts = new Map<string, Attempt>();
  /** The keys of the attempts to lock a user. */
  #locksOf = new Map<string, string[]>();
  #failures = new Map<string, Failure>();
  /** By attempt: what had failed before it. */
  #failedBefore = new Map<string, Failure | undefined>();
  /** The moment of the last line that told one; and of the last one before the run that is told. */
  #told: Instant | null = null;
  #before: { run: string; at: Instant | null } | null = null;
  /** What else there is, as it was when the last run ended. */
  #base: Rest = emptyState();
  #fence = 0;
  #policy: ToldOf<"policy"> | null = null;
  readonly #open = new Map<string, Instant>();

  constructor({ locks, met, asked = {}, wiped, owedWipes, ...rest }: State) {
    this.#locks = new OwnLocks(locks);
    this.#met = new Map(Object.entries(met));
    this.#asked = new Map(Object.entries(asked));
    this.#wiped = new Map(Object.entries(wiped));
    this.#owedWipes = new Map(Object.entries(owedWipes));
    this.#begin(rest);
  }

  get fence(): number {
    return this.#fence;
  }

  get locks(): Record<string, OwnLock> {
    return this.#locks.all();
  }

  /** The runs that began and did not end: they are at work, or died. */
  get open(): { id: string; at: Instant }[] {
    return [...this.#open].map(([id, at]) => ({ id, at }));
  }

  tell(line: ToldLine): void {
    const { run, seq } = line;
    const at = line.at === null ? 0 : Date.parse(line.at);
    if (line.kind === "plan") this.#plan(line, at);
    else if (line.kind === "adopted") this.#locks.own(line.user, { since: at, line: seq });
    else if (line.kind === "lifted") this.#locks.lift(line.user);
    else if (line.kind === "forgotten") this.#locks.forget(line.user);
    else if (line.kind === "released") this.#release(line);
    else if (line.kind === "intent") this.#intent(line, at);
    else if (line.kind === "met") this.#meet(line);
    else if (line.kind === "asked") this.#ask(line, at);
    else if (line.kind === "undone") this.#undone(line);
    else if (line.kind === "found") this.#find(line);
    else if (line.kind === "wiped") this.#setWiped(line.session, instantOf(line.signedIn));
    else if (line.kind === "wipes-over") this.#forgetWipes(line);
    else if (line.kind === "outcome") this.#outcome(line);
    else if (line.kind === "policy") this.#policy = line;
    else if (line.kind === "run-died") this.#open.delete(line.died);
    else if (line.kind === "run-ended") {
      this.#open.delete(run);
      this.#told = at;
      this.#begin(prune(this.#ended(line), Date.parse(line.began)));
    }
    if (line.at !== null) this.#told = at;
  }

  /** Lines may be missing here, and among them one that lifted a lock of ours: none of before is ours any more. */
  loseLocks(): void {
    this.#locks.lose();
  }

  /** The part of the state that takes no time to tell. */
  rest(): Rest {
    return {
      ...this.#base,
      attempts: [...this.#attempts.values()],
      failures: [...this.#failures.values()],
      fence: this.#fence,
      told: this.#told,
    };
  }

  state(): State {
    return {
      ...this.rest(),
      ...(this.#asked.size > 0 ? { asked: Object.fromEntries(this.#asked) } : {}),
      locks: this.locks,
      met: Object.fromEntries(this.#met),
      wiped: Object.fromEntries(this.#wiped),
      owedWipes: Object.fromEntries(this.#owedWipes),
    };
  }

  #begin(rest: Rest): void {
    this.#base = rest;
    this.#fence = rest.fence;
    this.#policy = null;
    this.#attempts = new Map();
    this.#locksOf = new Map();
    this.#locks.runEnds();
    this.#failedBefore = new Map();
    this.#failures = new Map(rest.failures.map((failed) => [signInKey(failed), failed]));
    this.#told = rest.told;
    for (const attempt of rest.attempts) this.#add(attempt);
  }

  #plan({ run, fence, owed }: ToldOf<"plan">, at: Instant): void {
    this.#fence = Math.max(this.#fence, fence);
    this.#open.set(run, at);
    if (this.#before?.run !== run) this.#before = { run, at: this.#told };
    this.#locks.runBegins();
    this.#see(at);
    this.#owedWipes = new Map(
      Object.entries(signIns(owed)).filter(([id, signedIn]) => this.#wiped.get(id) !== signedIn),
    );
  }

  /** An attempt is an intent at first, and a user whom it may lock is ours from now on. */
  #intent(line: ToldOf<"intent">, at: Instant): void {
    const { run, seq, type, user, session, wipe, counts, was } = line;
    const cause = line.first ?? line.cause;
    const told = this.#before?.run === run ? this.#before.at : this.#told;
    const attempt: Attempt = {
      ...{ run, at, type, user, session, wipe, counts, was, line: line.line },
      ...{ signedInAt: instantOf(line.signedIn), wipes: signIns(line.wipes) },
      ...{ ends: signIns(line.ends), before: this.#latest(told), from: Math.max(at, told ?? at) },
      ...{ seen: null, undone: false, status: "intent", ...(cause === null ? {} : { cause }) },
    };
    if (!this.#add(attempt)) return;
    this.#failedBefore.set(attemptKey(run, attempt), this.#failures.get(signInKey(attempt)));
    if (type === "lock") this.#locks.intend(user, at, seq);
  }

  /** It carries a fence as a plan does, so that a run that lost its lease tells nothing after it. */
  #release({ user, fence }: ToldOf<"released">): void {
    this.#fence = Math.max(this.#fence, fence);
    this.#locks.forget(user);
  }

  /** Who did not come, was asked for and is gone; and who came back. */
  #ask({ gone, back }: ToldOf<"asked">, at: Instant): void {
    for (const key of back) this.#asked.delete(key);
    for (const key of gone) this.#asked.set(key, at);
  }

  #meet({ line, user }: ToldOf<"met">): void {
    if (user === null) this.#met.delete(line);
    else if (!this.#met.has(line)) this.#met.set(line, user);
  }

  /** An outcome of an unknown attempt changes nothing. */
  #outcome(line: ToldOf<"outcome">): void {
    const key = attemptKey(line.run, line);
    const attempt = this.#attempts.get(key);
    if (attempt === undefined) return;
    this.#note(key, attempt, line.status === "failed" && !line.passing, line.status);
    if (line.status === "applied" && line.confirmed) this.#shown(key, attempt, line.unwiped ?? []);
    if (attempt.status === line.status) return;
    this.#attempts.set(key, { ...(this.#attempts.get(key) ?? attempt), status: line.status });
    if (line.status === "applied") this.#locks.applied(key, attempt, line.seq);
    else if (attempt.status === "applied")
      this.#locks.undo(key, attempt, line.seq, this.#mayBeLocked(attempt));
    else if (attempt.type === "lock")
      this.#locks.notLocked(attempt, line.status === "failed", this.#mayBeLocked(attempt));
  }

  /** The latest moment that the log tells of before a run: that of one run alone may be of a clock that is wrong. */
  #latest(told: Instant | null): Instant | null {
    const runs = this.#base.runs.slice(-CLOCKS).map((run) => run.at);
    return told === null && runs.length === 0 ? null : Math.max(told ?? -Infinity, ...runs);
  }

  /** What an outcome makes of the failures of its action: one more, none, or those of before. */
  #note(key: string, attempt: Attempt, failed: boolean, status: Attempt["status"]): void {
    const { type, user, session, signedInAt, at, line } = attempt;
    const subject = signInKey(attempt);
    if (!this.#failedBefore.has(key)) this.#failedBefore.set(key, this.#failures.get(subject));
    const before = this.#failedBefore.get(key);
    if (failed) {
      const times = (before?.times ?? 0) + 1;
      this.#failures.set(subject, { type, user, session, signedInAt, times, at, line });
    } else if (status === "applied" || before === undefined) this.#failures.delete(subject);
    else this.#failures.set(subject, before);
  }

  /** A run begins, and sees what lies in its future for the first time. */
  #see(at: Instant): void {
    for (const [key, attempt] of this.#attempts) {
      if (attempt.from > at && attempt.seen === null)
        this.#attempts.set(key, { ...attempt, seen: at });
    }
    for (const [key, failed] of this.#failures) {
      if (failed.at > at) this.#failures.set(key, { ...failed, at });
    }
  }

  /** Of a wipe also where a lock covered it. */
  #undone(line: ToldOf<"undone">): void {
    const of: Undone = { ...line, signedInAt: instantOf(line.signedIn) };
    for (const [key, attempt] of this.#attempts) {
      if (attempt.user !== of.user || attempt.run === line.run) continue;
      const { session } = of;
      if (signInKey(attempt) === signInKey(of)) {
        this.#attempts.set(key, { ...attempt, undone: true });
      } else if (of.type === "wipe" && session !== null && Object.hasOwn(attempt.wipes, session)) {
        if (attempt.wipes[session] !== of.signedInAt) continue;
        const { [session]: _, ...wipes } = attempt.wipes;
        this.#attempts.set(key, { ...attempt, wipes });
      }
    }
  }

  #find({ of, ...told }: ToldOf<"found">): void {
    const key = attemptKey(of, told);
    const attempt = this.#attempts.get(key);
    if (attempt) this.#attempts.set(key, { ...attempt, found: true });
  }

  /** A read after the write has shown it: only that makes a session wiped. What a lock did not wipe was no wipe. */
  #shown(key: string, attempt: Attempt, unwiped: readonly string[]): void {
    const { type, session, signedInAt } = attempt;
    if (type === "wipe" && session !== null) this.#setWiped(session, signedInAt);
    const wiped = Object.entries(attempt.wipes).filter(([id]) => !unwiped.includes(id));
    for (const [id, signedIn] of wiped) this.#setWiped(id, signedIn);
    if (unwiped.length > 0)
      this.#attempts.set(key, { ...attempt, wipes: Object.fromEntries(wiped) });
  }

  /** Whether another attempt of that moment may have locked the user. */
  #mayBeLocked({ user, at }: Attempt): boolean {
    return (this.#locksOf.get(user) ?? [])
      .map((key) => this.#attempts.get(key))
      .some((other) => other?.at === at && ["intent", "applied"].includes(other.status));
  }

  /** A run ended. One on a part of what is wanted does not say what the policy wanted, but has read how many users there are. */
  #ended(line: ToldOf<"run-ended">): Rest {
    const state = this.rest();
    const said = this.#policy?.run === line.run ? this.#policy.said : undefined;
    const isTold = state.runs.some(({ id }) => id === line.run);
    const summary = summaryOf(line);
    return {
      ...state,
      took: line.whole && !isTold ? tookAfter(state.took, summary) : state.took,
      last: line.whole ? lastAfter(state.last, line, said) : state.last,
      inventoryUsers: line.inventory.users,
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

  #forgetWipes({ sessions }: ToldOf<"wipes-over">): void {
    for (const session of sessions) this.#wiped.delete(session);
  }

  #setWiped(session: string, signedInAt: Instant | null): void {
    this.#wiped.set(session, signedInAt);
    this.#owedWipes.delete(session);
  }
}

function instantOf(moment: string | null): Instant | null {
  return moment === null ? null : Date.parse(moment);
}

function signIns(of: Record<string, string | null>): Record<string, Instant | null> {
  return Object.fromEntries(Object.entries(of).map(([id, moment]) => [id, instantOf(moment)]));
}

function attemptKey(run: string, of: Pick<Attempt, "type" | "user" | "session">): string {
  return `${run} ${actionKey(of)}`;
}
