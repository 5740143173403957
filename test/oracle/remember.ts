/** What a run changes in what is remembered: docs/contract.md, "Names", "Wipes", "The cause" and "Limits". */

import { seenUndone } from "./brakes.ts";
import { keyOf } from "./cause.ts";
import { metAfter } from "./names.ts";
import { toldSignIn } from "./time.ts";
import type { Answer, Attempt, Memory, Policy, Session, User, Want } from "./types.ts";

export interface Ran {
  policy: Policy;
  at: number;
  /** As the run read them. */
  users: readonly User[];
  answer: Answer;
  /** What became of an action that was taken. */
  statusOf: (want: Want) => Attempt["status"];
  /** The users as they are after the run's writes. */
  after: readonly User[];
}

export function remember(before: Memory, run: Ran): Memory {
  const { policy, at, users, answer } = run;
  const tried = answer.taken.map((want): Attempt => {
    const { type, user, session, signIn, outside, lines, ends: ended } = want;
    return {
      type,
      user,
      session,
      signIn,
      outside,
      lines,
      ended,
      at,
      status: run.statusOf(want),
      undone: false,
    };
  });
  return {
    own: ownAfter(before.own, answer, tried),
    met: metAfter(policy, users, before.met),
    attempts: [...seenUndone(before.attempts, users, at), ...tried],
    wiped: wipedAfter(before, run),
    owed: owedAfter(before, answer, tried),
    policies: policiesAfter(before.policies, policy, at, answer.held.length > 0),
    last: at,
    took: tookAfter(before.took, answer.taken),
  };
}

function tookAfter(before: Memory["took"], taken: readonly Want[]): Memory["took"] {
  const types = new Set(taken.flatMap(({ type, wipes }) => [type, ...wipes.map((w) => w.type)]));
  const after = { ...before };
  for (const type of types) after[type]++;
  return after;
}

/** A lock is ours from the moment it was written, or may have been. */
function ownAfter(own: readonly string[], answer: Answer, tried: readonly Attempt[]): string[] {
  const after = new Set(own);
  for (const [id, { adopt, forget }] of answer.decisions) {
    if (adopt) after.add(id);
    if (forget) after.delete(id);
  }
  for (const { type, user, status } of tried) {
    if (type === "lock" && (status === "applied" || status === "unknown")) after.add(user);
    if (type === "unlock" && status === "applied") after.delete(user);
  }
  return [...after];
}

/** A wipe is done for a sign-in when a read after it once shows the session wiping, gone, or signed in anew. */
function wipedAfter(before: Memory, run: Ran): Memory["wiped"] {
  const sent = new Map<string, number | null>();
  for (const { type, session, signIn, wipes } of run.answer.taken) {
    if (type === "wipe" && session !== null) sent.set(session, signIn);
    for (const wipe of wipes) if (wipe.session !== null) sent.set(wipe.session, wipe.signIn);
  }
  const sessions = new Map<string, Session>();
  for (const user of run.after)
    for (const session of user.sessions) sessions.set(session.id, session);
  const wiped = { ...before.wiped };
  for (const [id, signIn] of sent) {
    const now = sessions.get(id);
    if (!now || now.state === "wiping" || toldSignIn(now) !== signIn) wiped[id] = signIn;
  }
  return wiped;
}

/** Owed where a wipe was held and a sign-out was taken in its place. */
function owedAfter(before: Memory, answer: Answer, tried: readonly Attempt[]): Memory["owed"] {
  const owed = { ...before.owed };
  const done = new Set(tried.filter(({ status }) => status !== "failed").map(keyOf));
  for (const { want } of answer.held)
    for (const instead of want.instead)
      if (want.type === "wipe" && want.session !== null && done.has(keyOf(instead)))
        owed[want.session] = want.signIn;
  return owed;
}

/** The policies since the last run that held nothing; the same policy again keeps its beginning. */
function policiesAfter(
  before: Memory["policies"],
  policy: Policy,
  at: number,
  held: boolean,
): Memory["policies"] {
  if (!held) return [{ policy, from: at, calm: true }];
  const last = before.at(-1);
  const same = last !== undefined && JSON.stringify(last.policy) === JSON.stringify(policy);
  return same ? before : [...before, { policy, from: at, calm: false }];
}
