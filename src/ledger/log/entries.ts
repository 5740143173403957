/** What the audit log tells of a run: pure functions, from what the ledger is told to entries. */
import { type Action, HELD_BY, type HeldBy, type Notice, type Plan } from "../../model/plan.ts";
import type { Policy } from "../../model/policy.ts";
import type { Holder } from "../../model/ports.ts";
import type { Attempt, Outcome, RunEnd, RunStart, RunStop, Settled } from "../../model/run.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { actionKey } from "../../plan/key.ts";
import type { AuditEntry } from "./line.ts";

/** When and by whom a line is written; `at` null where no clock is at hand. */
interface Writer {
  run: string;
  at: Instant | null;
}

interface Stamp {
  run: string;
  at: string | null;
}

function stamp({ run, at }: Writer): Stamp {
  return { run, at: at === null ? null : new Date(at).toISOString() };
}

/** The plan, what was refused, what changes in the ledger alone, and who was met on which line. */
export function beginEntries(
  { id, at, plan, undone, found = [], owedWipes, wiped = {}, wipesOver = [], asked }: RunStart,
  by: Holder | null,
  fence: number,
): AuditEntry[] {
  const top = stamp({ run: id, at });
  const { commit, files } = plan.policy;
  const met = Object.entries(plan.ledger.met ?? {});
  const adoptions = new Map(
    plan.notices.filter(({ kind }) => kind === "adopted-lock").map((told) => [told.user, told]),
  );
  return [
    {
      ...top,
      kind: "plan",
      ...(plan.reviewed === undefined ? {} : { reviewed: plan.reviewed }),
      ...{ plan: plan.digest, policy: plan.policy.digest, commit, files },
      ...{ target: plan.target, version: plan.version, inventory: plan.inventory },
      ...{ summary: plan.summary, held: heldBy(plan), owed: signIns(owedWipes), fence },
      by: by && writerOf(by),
    },
    ...undone.map(({ type, user, session, signedInAt }) => {
      const of = { type, user, session, signedIn: signIn(signedInAt) };
      return { ...top, kind: "undone" as const, ...of };
    }),
    ...found.map(({ run: of, ...told }) => ({ ...top, kind: "found" as const, of, ...told })),
    ...Object.entries(signIns(wiped)).map(([session, signedIn]) => {
      return { ...top, kind: "wiped" as const, session, signedIn };
    }),
    ...(wipesOver.length > 0
      ? [{ ...top, kind: "wipes-over" as const, sessions: [...wipesOver] }]
      : []),
    ...plan.refusals.map((refusal) => ({ ...top, kind: "refusal" as const, ...refusal })),
    ...plan.ledger.adopt.map((user) => adopted(user, adoptions.get(user), commit, top)),
    ...(plan.ledger.lifted ?? []).map((user) => ({ ...top, kind: "lifted" as const, user })),
    ...plan.ledger.forget.map((user) => ({ ...top, kind: "forgotten" as const, user, commit })),
    ...[...(plan.ledger.gone ?? []).map((line) => [line, null] as const), ...met].map(
      ([line, user]) => ({ ...top, kind: "met" as const, line, user }),
    ),
    ...(asked && asked.gone.length + asked.back.length > 0
      ? [{ ...top, kind: "asked" as const, ...asked }]
      : []),
  ];
}

/** What looks have settled, and an intent for each other action of a batch. */
export function intentEntries(
  { id, at, plan }: RunStart,
  attempts: readonly Attempt[],
  settled: readonly Settled[],
): AuditEntry[] {
  const top = stamp({ run: id, at });
  const { commit } = plan.policy;
  const actions = new Map(plan.actions.map((action) => [actionKey(action), action]));
  const intended = (of: Attempt) => intent(of, actions.get(actionKey(of)), commit, top);
  return [
    ...settled.flatMap(({ attempt, outcome, foreign }) => [
      intended(attempt),
      ...outcomeEntries({ run: id, at }, [outcome]),
      ...(foreign ? [{ ...top, kind: "forgotten" as const, user: attempt.user, commit }] : []),
    ]),
    ...attempts.map(intended),
  ];
}

/** One line an outcome. */
export function outcomeEntries(writer: Writer, outcomes: readonly Outcome[]): AuditEntry[] {
  const top = stamp(writer);
  return outcomes.map(
    ({ type, user, session, status, error = null, confirmed = null, ...more }): AuditEntry => ({
      ...top,
      kind: "outcome",
      ...{ type, user, session, status, error, confirmed, passing: more.passing === true },
      ...(more.unwiped ? { unwiped: more.unwiped } : {}),
    }),
  );
}

/** What the last policy is from the end of a run on. */
export function policyEntry(writer: Writer, said: Policy | null): AuditEntry {
  return { ...stamp(writer), kind: "policy", said };
}

/** `attempts` are all that are remembered, with what became of them; `state` is the hash of the state that is left. */
export function endEntry(
  writer: Writer,
  { at, policy, summary, confirmed }: RunEnd,
  attempts: readonly Attempt[],
  state: string,
): AuditEntry {
  const { planDigest, policyDigest, id: _id, at: _at, ...told } = summary;
  return {
    ...stamp(writer),
    kind: "run-ended",
    began: new Date(at).toISOString(),
    ...{ plan: planDigest, policy: policyDigest, ...told, confirmed },
    unknown: openOf(attempts, writer.run).length,
    whole: policy !== null,
    state,
  };
}

export function stopEntry({ id, at, ...stop }: RunStop): AuditEntry {
  return { ...stamp({ run: id, at }), kind: "run-stopped", ...stop };
}

/** Somebody asks for something to be done for one user, outside of any plan. */
interface UserRequest {
  /** As a run's: unique on one ledger, and sorts by time. */
  id: string;
  at: Instant;
  user: string;
  /** What the policy calls the user, where that is not the id. */
  name: string | null;
  target: string;
  commit: string | null;
  by: Holder;
}

/** For a token that signs a device in as the user. */
export type TokenRequest = UserRequest;

/** For a lock of the user that is ours to be ours no more. */
export type ReleaseRequest = UserRequest;

export function tokenEntry({ id, at, by, ...asked }: TokenRequest): AuditEntry {
  return { ...stamp({ run: id, at }), kind: "token", ...asked, by: writerOf(by) };
}

export function releasedEntry({ id, at, by, ...asked }: ReleaseRequest, fence: number): AuditEntry {
  return { ...stamp({ run: id, at }), kind: "released", ...asked, by: writerOf(by), fence };
}

function writerOf({ who, host, pid }: Holder) {
  return { who, host, pid };
}

export function diedEntry(
  writer: Writer,
  died: { id: string; at: Instant },
  attempts: readonly Attempt[],
): AuditEntry {
  const began = new Date(died.at).toISOString();
  const unknown = openOf(attempts, died.id).map(({ type, user, session }) => ({
    ...{ type, user, session },
  }));
  return { ...stamp(writer), kind: "run-died", died: died.id, began, unknown };
}

export function damagedEntry(
  writer: Writer,
  damaged: { blob: string; message: string; aside: string | null },
): AuditEntry {
  return { ...stamp(writer), kind: "ledger-damaged", ...damaged };
}

function intent(
  { type, user, session, signedInAt, wipe, wipes, ends, counts, was, line, cause }: Attempt,
  action: Action | undefined,
  commit: string | null,
  top: Stamp,
): AuditEntry {
  return {
    ...top,
    kind: "intent",
    ...{ type, user, session, signedIn: signIn(signedInAt), wipe, wipes: signIns(wipes) },
    ...{ ends: signIns(ends), counts, was, line, commit },
    cause: action?.cause ?? null,
    ...(cause && cause !== action?.cause ? { first: cause } : {}),
    reasons: action?.reasons ?? [],
    name: action?.name ?? null,
    label: action?.label ?? null,
  };
}

function adopted(
  user: string,
  told: Notice | undefined,
  commit: string | null,
  top: Stamp,
): AuditEntry {
  const { message = null, file = null, line = null } = told ?? {};
  return { ...top, kind: "adopted", user, commit, message, file, line };
}

function signIn(at: Instant | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

function signIns(of: Record<string, Instant | null>): Record<string, string | null> {
  return Object.fromEntries(Object.entries(of).map(([session, at]) => [session, signIn(at)]));
}

function heldBy({ heldSummary }: Plan): Partial<Record<HeldBy, number>> {
  const counts: Partial<Record<HeldBy, number>> = {};
  for (const of of Object.values(heldSummary)) {
    for (const by of HELD_BY) if (of[by]) counts[by] = (counts[by] ?? 0) + of[by];
  }
  return counts;
}

function openOf(attempts: readonly Attempt[], run: string): Attempt[] {
  return attempts.filter((attempt) => attempt.run === run && attempt.status === "intent");
}
