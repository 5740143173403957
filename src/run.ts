/** One run of an apply on one target, as every door makes it: leased, and in the audit log however it ends. */
import { SYSTEM_CLOCK } from "./clock.ts";
import {
  BusyError,
  CurfewError,
  InterruptedError,
  NoSuchUserError,
  NotAgreedError,
  StaleError,
  UnreadableTargetError,
} from "./errors.ts";
import { type DueMeter, dueMeter } from "./estate/due.ts";
import type { Sinks, SinksOf } from "./inventory/read.ts";
import type { Plan } from "./model/plan.ts";
import type { Policy } from "./model/policy.ts";
import type { Ledger } from "./model/ports.ts";
import type { Head, Known, Memory, Outcome, RunStop, TargetInfo } from "./model/run.ts";
import type { Duration, Instant } from "./model/vocabulary.ts";
import { notify, type Teller } from "./notify/notify.ts";
import { openLedgerOf, openTarget, type Settings, takeLease } from "./parts.ts";
import { checkSaved } from "./plan/saved.ts";
import { type Progress, reconcile } from "./reconcile.ts";
import { redactor } from "./secrets/redact.ts";
import { MINUTE } from "./time.ts";
import { VERSION } from "./version.ts";

/** What a door asks for. */
export interface RunRequest<S extends Sinks = Sinks> {
  /** Unique on one ledger, and sorts by time. */
  id: string;
  at: Instant;
  /** Plan for this user only, an id or a name; null: for all. */
  only: string | null;
  /** Carry out this reviewed plan and nothing else; null: whatever is wanted. */
  saved: Plan | null;
  /** Asked once, with the plan, before anything is written. */
  agree(plan: Plan, info: TargetInfo | null): boolean | Promise<boolean>;
  /** As in reconcile.ts; none is called `due`. */
  sinks?: SinksOf<S>;
  enough?: () => boolean;
  /** Whether somebody asked the run to stop: it ends after the batch under way. */
  interrupted?: () => boolean;
  /** Milliseconds since any moment; the machine's own where absent. */
  elapsed?: () => Duration;
  onRead?: Progress;
  onWrite?: Progress;
}

/** What came of a run. */
export interface Ran<S extends Sinks = Sinks> {
  plan: Plan;
  outcomes: Outcome[];
  info: TargetInfo | null;
  /** What the ledger knew when the run began. */
  memory: Memory;
  /** Those of the read that was whole. */
  sinks: S;
  /** The audit log's length and last hash: noted elsewhere, it shows later whether the log was rewritten. */
  audit: Head | null;
}

/**
 * Runs. Throws what docs/contract.md, "Exit codes", has a row for: StaleError, UnreadableTargetError, BusyError, UsageError;
 * NotAgreedError where `agree` says no. The audit log tells of such an end, too.
 */
export async function runOn<S extends Sinks>(
  policy: Policy,
  door: Settings,
  ask: RunRequest<S>,
): Promise<Ran<S>> {
  const { hide, clean } = redactor();
  const onSecret = (secret: string) => {
    hide(secret);
    door.onSecret?.(secret);
  };
  const settings = { ...door, onSecret };
  const teller = { ...settings, clean, enough: ask.enough };
  const ledger = openLedgerOf(policy, settings);
  try {
    return await run(policy, settings, ledger, ask, teller);
  } catch (error) {
    await tell(error, policy, ledger, ask, teller);
    throw error;
  }
}

async function run<S extends Sinks>(
  policy: Policy,
  settings: Settings,
  ledger: Ledger,
  ask: RunRequest<S>,
  teller: Teller,
): Promise<Ran<S>> {
  const { id, at, only, saved, enough, interrupted, onRead, onWrite } = ask;
  const whole = only === null && saved === null;
  if (saved) checkSaved(saved, policy, VERSION, at);
  await using target = await openTarget(policy, settings, ledger);
  await using lease = await takeLease(ledger, id, settings.identity);
  const { provider, info } = target;
  const { check } = lease;
  const sinks = (known: Known) => ({ ...(ask.sinks?.(known) as S), ...dueSoon(known, whole) });
  const agree = (plan: Plan) => agreed(plan, info, ask);
  const { planned, outcomes, ...read } = await reconcile(
    { policy, source: provider, ledger, version: VERSION, sinks, ...given({ onRead }) },
    at,
    { only, saved },
    { provider, ledger, run: id, check, agree, ...given({ enough, interrupted, onWrite }) },
  );
  const { plan } = planned;
  if (outcomes === null) {
    const message = `not agreed to: nothing was done to ${policy.target.name}`;
    throw new NotAgreedError(message, plan.digest);
  }
  const due = read.sinks.due?.due() ?? [];
  await notify(policy, ledger.told, { run: id, at, whole, plan, outcomes }, due, teller);
  return { plan, outcomes, info, ...read, audit: ledger.head() };
}

/** Asks, and takes no answer that came too late. */
async function agreed(
  plan: Plan,
  info: TargetInfo | null,
  ask: Omit<RunRequest, "sinks">,
): Promise<boolean> {
  const { elapsed = SYSTEM_CLOCK.elapsed } = ask;
  const asked = elapsed();
  if (!(await ask.agree(plan, info))) return false;
  refuseLate(plan, elapsed() - asked, ask);
  return true;
}

/** What was read and weighed before somebody was asked is good for so long. */
const LONGEST_QUESTION: Duration = 10 * MINUTE;

/** An answer that comes late is to a plan of another time. Throws StaleError; nothing was written. */
function refuseLate(
  plan: Plan,
  waited: Duration,
  { at, saved }: Pick<RunRequest, "at" | "saved">,
): void {
  if (saved && at + waited >= Date.parse(saved.expiresAt))
    throw new StaleError(
      `the saved plan for ${plan.target} expired before it was agreed to: make it again`,
    );
  if (waited <= LONGEST_QUESTION) return;
  throw new StaleError(
    `the plan for ${plan.target} was agreed to ${Math.round(waited / MINUTE)} minutes after it was shown, and the target may have changed: run again`,
  );
}

/** Who is to get a heads-up; nobody where a part of the policy is carried out. */
function dueSoon(known: Known, whole: boolean): { due?: DueMeter } {
  const before = known.policy.notify?.users?.before;
  return before === undefined || !whole ? {} : { due: dueMeter(known, before) };
}

/** Without what is absent. */
function given<T extends object>(of: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}

/** The audit log may be what fails: then the error that ended the run says so, too. */
async function tell(
  error: unknown,
  policy: Policy,
  ledger: Ledger,
  ask: Pick<RunRequest, "id" | "at" | "saved">,
  teller: Teller,
) {
  const stop = stopOf(error, policy, ask);
  try {
    await ledger.stop(stop);
    // Another target may have that user: nobody is told of a name that one lacks.
    if (error instanceof NoSuchUserError) return;
    const { why, message } = stop;
    const happened = { run: ask.id, at: ask.at, stopped: { why, message } };
    await notify(policy, ledger.told, happened, [], teller);
  } catch (second) {
    if (!(error instanceof Error && second instanceof Error)) throw second;
    if (second.message !== error.message)
      error.message += ` The audit log could not be told: ${second.message}`;
  }
}

/** Tells the audit log of a run that ended before there was anything to run: a saved plan that was edited. */
export async function recordStop(
  error: unknown,
  policy: Policy,
  settings: Settings,
  run: Pick<RunRequest, "id" | "at">,
): Promise<void> {
  await openLedgerOf(policy, settings).stop(stopOf(error, policy, { ...run, saved: null }));
}

function stopOf(
  error: unknown,
  policy: Policy,
  { id, at, saved }: Pick<RunRequest, "id" | "at" | "saved">,
): RunStop {
  return {
    ...{ id, at, ...reasonOf(error) },
    ...{ target: policy.target.name, policy: policy.digest, commit: policy.commit },
    plan: error instanceof NotAgreedError ? error.plan : (saved?.digest ?? null),
  };
}

function reasonOf(error: unknown): Pick<RunStop, "why" | "message"> {
  // Only errors of our own kinds are known to hold no secret.
  if (!(error instanceof CurfewError))
    return {
      why: "error",
      message: `A bug in Curfew: ${error instanceof Error ? error.name : typeof error}.`,
    };
  const { message } = error;
  if (error instanceof UnreadableTargetError) return { why: "unreadable", message };
  if (error instanceof StaleError) return { why: "stale", message };
  if (error instanceof NotAgreedError) return { why: "not-agreed", message };
  if (error instanceof BusyError) return { why: "busy", message };
  if (error instanceof InterruptedError) return { why: "interrupted", message };
  return { why: "error", message };
}
