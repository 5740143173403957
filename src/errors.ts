/** The errors a user can cause or meet, each with its exit code (docs/contract.md, "Exit codes"). Anything else is a bug and shows its stack. */

/** A message is a sentence that says what is wrong and what to do about it; it never holds a secret. */
export abstract class CurfewError extends Error {
  abstract readonly exitCode: number;
}

/** Bad usage, a missing file, a missing credential. */
export class UsageError extends CurfewError {
  override readonly name: string = "UsageError";
  readonly exitCode = 1;
}

/** A target has no user of the name that was asked for: an error only where no other target has one. */
export class NoSuchUserError extends UsageError {
  override readonly name: string = "NoSuchUserError";
}

/** Somebody was asked and did not agree: nothing was done. */
export class NotAgreedError extends UsageError {
  override readonly name: string = "NotAgreedError";
  /** The digest of the plan that was shown. */
  readonly plan: string;

  constructor(message: string, plan: string) {
    super(message);
    this.plan = plan;
  }
}

/** One fault of a policy file; `column` and `line` count from 1. */
export interface Problem {
  file: string;
  line: number;
  column: number;
  message: string;
}

/** Every fault of every policy file, sorted by file and line. */
export class PolicyError extends CurfewError {
  override readonly name: string = "PolicyError";
  readonly exitCode = 1;
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map((p) => `${p.file}:${p.line}:${p.column}: ${p.message}`).join("\n"));
    this.problems = problems;
  }
}

/** A saved plan was edited, has expired, or is for another target, policy or version: nothing was written. */
export class StaleError extends CurfewError {
  override readonly name: string = "StaleError";
  readonly exitCode = 4;
}

/** A target could not be read, or not in full: nothing was written to it. */
export class UnreadableTargetError extends CurfewError {
  override readonly name: string = "UnreadableTargetError";
  readonly exitCode = 5;
}

/** Another run holds the lease of the ledger: this one did nothing. */
export class BusyError extends CurfewError {
  override readonly name: string = "BusyError";
  readonly exitCode = 6;
}

/** A read of a target that is not whole; starting it again may help. inventory/read.ts does, and gives up in the end. */
export class Incomplete extends Error {}
/** A write was not sent, because its user was looked at too long ago. It fails that write alone. */
export class LateError extends CurfewError {
  override readonly name = "LateError";
  readonly exitCode = 1;
}

/** Somebody asked a run to stop before it had written anything. */
export class InterruptedError extends CurfewError {
  override readonly name = "InterruptedError";
  readonly exitCode = 130;
}
