/** Which locks are ours, as the lines of the audit log tell it. Pure: docs/decisions/0019-a-lock-that-was-seen-gone.md. */
import type { Attempt } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import type { OwnLock } from "./state.ts";

/** The locks of a state that lines are told to; by user. */
export class OwnLocks {
  readonly #own: Map<string, OwnLock>;
  /** By attempt: whose the lock was before it was applied. */
  readonly #before = new Map<string, OwnLock | undefined>();
  /** By user: a lock of ours that was seen gone, and is being set anew by the run that is told. */
  readonly #setAnew = new Map<string, OwnLock>();

  constructor(locks: Readonly<Record<string, OwnLock>>) {
    this.#own = new Map(Object.entries(locks));
  }

  all(): Record<string, OwnLock> {
    return Object.fromEntries(this.#own);
  }

  /** None of before is ours any more. */
  lose(): void {
    this.#own.clear();
    this.#before.clear();
    this.#setAnew.clear();
  }

  /** What was under way in a run is no matter of the next. */
  runBegins(): void {
    this.#setAnew.clear();
  }

  runEnds(): void {
    this.#before.clear();
    this.#setAnew.clear();
  }

  /** It is ours from now on, unless one of ours is in place. */
  own(user: string, lock: OwnLock): void {
    const before = this.#own.get(user);
    if (before === undefined || before.lifted) this.#own.set(user, lock);
  }

  forget(user: string): void {
    this.#own.delete(user);
  }

  /** Ours is seen gone. */
  lift(user: string): void {
    const lock = this.#own.get(user);
    if (lock !== undefined) this.#own.set(user, { ...lock, lifted: true });
  }

  /** A lock is about to be set. */
  intend(user: string, at: Instant, line: number): void {
    const before = this.#own.get(user);
    if (before?.lifted) this.#setAnew.set(user, before);
    this.own(user, { since: at, line });
  }

  /** An attempt, called by its key, was applied. */
  applied(key: string, { type, user, at }: Attempt, line: number): void {
    this.#before.set(key, this.#own.get(user));
    if (type === "lock") this.#own.set(user, { since: at, line });
    else if (type === "unlock") this.#own.delete(user);
  }

  /**
   * A read after the write found it not done: whose the lock is stays as it was before. `rests`: another attempt of that
   * moment may have set the lock.
   */
  undo(key: string, attempt: Attempt, line: number, rests: boolean): void {
    const { user, type, at } = attempt;
    const before = this.#before.get(key);
    if (type === "unlock") this.own(user, before ?? { since: at, line });
    if (type !== "lock") return;
    if (before === undefined || before.since === at) this.notLocked(attempt, true, rests);
    else this.#own.set(user, { ...before, lifted: true });
  }

  /**
   * A lock did not come about: what was ours by it alone is ours no more. Where it `failed`, it was tried on a user
   * without a lock, so that one of ours before is gone; what its look has skipped tells nothing of that one.
   */
  notLocked({ user, at }: Attempt, failed: boolean, rests: boolean): void {
    if (this.#own.get(user)?.since !== at) {
      if (failed) this.lift(user);
      return;
    }
    if (rests) return;
    const before = this.#setAnew.get(user);
    if (before === undefined) this.#own.delete(user);
    else this.#own.set(user, before);
  }
}
