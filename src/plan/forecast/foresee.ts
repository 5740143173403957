/**
 * What will be wanted of one user as time goes by, if nobody signs in, nothing changes but by Curfew, and whatever is
 * wanted is done at once. It asks `decide` at each moment at which its answer may change, so it can't disagree with a plan.
 */
import type { Session, User } from "../../model/inventory.ts";
import type { ActionType, Instant } from "../../model/vocabulary.ts";
import type { Rulebook } from "../../policy/effective.ts";
import { decide } from "../decide/decide.ts";
import { turns } from "../decide/turns.ts";
import type { Decision, Owned, Want } from "../decide/want.ts";

/** One action that will be wanted. */
export interface Fall
  extends Pick<Want, "type" | "user" | "name" | "session" | "label" | "reasons"> {
  /** What holds it back whatever the limits say. */
  hold: Want["hold"] | "unsynced";
  /** Since when. */
  at: Instant;
}

/** All that falls due from `from` until before `end`; what is wanted at `from` already has that moment. */
export type Foresee = (user: User, from: Instant, end: Instant) => Fall[];

/** `owned`: what the ledger knows at the beginning. `later`: the rules after `from`; the same where absent. */
export function foreseer(book: Rulebook, owned: Owned, later = book): Foresee {
  const turningPoints = turns(later, owned);
  return (user, from, end) => {
    let scene: Foresight = { user, owned: ofUser(user, owned) };
    const falls: Fall[] = [];
    const held = new Map<string, Fall>();
    for (const at of [from, ...turningPoints(user, from, end)]) {
      for (let again = 0; again < SETTLES; again++) {
        const rules = at === from ? book : later;
        const decision = decide(scene.user, rules, at, scene.owned);
        const { taken, waiting } = sort(decision.wants);
        for (const want of waiting) {
          const key = subject(want);
          if (!held.has(key)) held.set(key, fall(want, at));
        }
        falls.push(...taken.map((want) => fall(want, at)));
        scene = after(scene, decision, taken, at);
        if (taken.length === 0) break;
      }
    }
    const done = new Set(falls.map(subject));
    return [...falls, ...[...held.values()].filter((f) => !done.has(subject(f)))];
  };
}

/** Runs that one moment may take until nothing is left: a sign-out, then its wipe (docs/decisions). */
const SETTLES = 4;

/** A session falls due once, whatever is done to it. */
function subject({ type, session }: Pick<Fall, "type" | "session">): string {
  return session === null ? type : `session ${session}`;
}

function fall(want: Want, at: Instant): Fall {
  const { type, user, name, session, label, reasons } = want;
  const hold = want.hold ?? (want.unsynced ? "unsynced" : null);
  return { at, type, user, name, session, label, reasons, hold };
}

/** What is done, and what enforcement or the rollout hold back; what is wanted in its place is sorted too. */
function sort(wants: readonly Want[]): { taken: Want[]; waiting: Want[] } {
  const waiting = wants.filter((want) => want.hold !== null || want.unsynced);
  const instead = waiting.flatMap((want) => want.otherwise);
  const taken = wants.filter((want) => want.hold === null && !want.unsynced);
  if (instead.length === 0) return { taken, waiting };
  const inner = sort(instead);
  return { taken: [...taken, ...inner.taken], waiting: [...waiting, ...inner.waiting] };
}

// ---------------------------------------------------------------- what then

/** A user and what the ledger knows of it. */
interface Foresight {
  user: User;
  owned: Owned;
}

/** The part of the ledger that a decision about this user asks. */
function ofUser(user: User, owned: Owned): Owned {
  const pick = <T>(from: Readonly<Record<string, T>>, keys: readonly string[]) =>
    Object.fromEntries(
      keys.filter((key) => Object.hasOwn(from, key)).map((key) => [key, from[key] as T]),
    );
  const sessions = user.sessions.map(({ id }) => id);
  return {
    ownLocks: pick(owned.ownLocks, [user.id]),
    liftedLocks: pick(owned.liftedLocks ?? {}, [user.id]),
    met: owned.met,
    wiped: pick(owned.wiped, sessions),
    owedWipes: pick(owned.owedWipes, sessions),
  };
}

/** The user and the ledger when that was done: docs of the backends, "States", and src/ledger/replay.ts. */
function after(
  scene: Foresight,
  decision: Decision,
  taken: readonly Want[],
  at: Instant,
): Foresight {
  const { user } = scene;
  const has = (type: ActionType) => taken.some((want) => want.type === type);
  const ours = has("lock") || decision.adopt;
  const lost = has("unlock") || decision.forget;
  if (taken.length === 0 && !ours && !lost && !decision.owing?.size) return scene;
  const locked = has("lock") || (user.locked && !has("unlock"));
  const wipes = taken.flatMap((want) => (want.type === "wipe" ? want : (want.wipes ?? [])));
  const wiped = new Set(wipes.map(({ session }) => session));
  const out = new Set(taken.map(({ session }) => session));
  const stateOf = ({ id, state }: Session): Session["state"] => {
    if (wiped.has(id)) return "wiping";
    return state === "active" && (out.has(id) || has("lock")) ? "ended" : state;
  };
  const owing = new Map(decision.owing);
  for (const { owesWipe, session, signedInAt: signedIn } of taken) {
    if (owesWipe && session !== null) owing.set(session, signedIn);
  }
  for (const { session } of wipes) owing.delete(session ?? "");
  return {
    user: {
      ...user,
      locked,
      sessions: user.sessions.map((session) => ({ ...session, state: stateOf(session) })),
    },
    owned: {
      ...scene.owned,
      ownLocks: lost ? {} : ours ? { [user.id]: at } : scene.owned.ownLocks,
      liftedLocks: lost || ours ? {} : scene.owned.liftedLocks,
      wiped: {
        ...scene.owned.wiped,
        ...Object.fromEntries(wipes.map((w) => [w.session ?? "", w.signedInAt])),
      },
      owedWipes: Object.fromEntries(owing),
    },
  };
}
