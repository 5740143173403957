/** docs/contract.md, "Limits": what of the wanted is taken now, what holds the rest, and that nobody is starved. */
import { bases, counting, limitOf, roomFor } from "./allowance.ts";
import { keyOf } from "./cause.ts";
import { decideAll } from "./estate.ts";
import { HOUR, isInForce, isOpen, MINUTE } from "./time.ts";
import { type Tried, triedBefore } from "./tried.ts";
import type {
  Answer,
  Attempt,
  By,
  Decision,
  Held,
  Memory,
  Policy,
  Type,
  User,
  Want,
} from "./types.ts";

interface Run {
  policy: Policy;
  at: number;
  memory: Memory;
  tried: Tried;
  counted: Attempt[];
  base: ReturnType<typeof bases>;
  /** Still to be sorted, by type: what is held puts what stands in for it into the queue of a later type. */
  queues: Record<Type, Want[]>;
  taken: Want[];
  held: Held[];
  refused: Type[];
  /** Types that are refused because of others. */
  forced: ReadonlySet<Type>;
  /** Types whose limit is tried out as one that allows what counts as wanted, and no more. */
  allowed: ReadonlySet<Type>;
}

/** What a run at this moment takes, holds and refuses. Nothing is written. */
export function planOf(users: readonly User[], policy: Policy, at: number, before: Memory): Answer {
  const refused = new Set<Type>();
  for (;;) {
    const answer = pass(users, policy, at, before, { refused });
    // A type that is over its limit only once the other refused types are allowed is refused with them.
    const more = pass(users, allowing(policy, answer.refused), at, before, {
      allowed: new Set(answer.refused),
    }).refused;
    const fresh = more.filter((type) => !answer.refused.includes(type));
    if (fresh.length === 0) return answer;
    for (const type of fresh) refused.add(type);
  }
}

/** The policy without limits on these types. */
function allowing(policy: Policy, types: readonly Type[]): Policy {
  const none = Object.fromEntries(types.map((type) => [type, { percent: 100, exceed: "pace" }]));
  return { ...policy, limits: { ...policy.limits, ...none } } as Policy;
}

function pass(
  users: readonly User[],
  policy: Policy,
  at: number,
  before: Memory,
  types: { refused?: ReadonlySet<Type>; allowed?: ReadonlySet<Type> },
): Answer {
  const { refused: forced = new Set(), allowed = new Set() } = types;
  const memory = { ...before, attempts: seenUndone(before.attempts, users, at) };
  const tried = triedBefore(memory.attempts, at);
  const { enforcement } = policy;
  // What a report holds is what enforcement would take or hold.
  if (enforcement === "report") {
    const { taken, held, decisions } = planOf(
      users,
      { ...policy, enforcement: "enforce" },
      at,
      before,
    );
    const all = [...taken, ...held.map(({ want }) => want)];
    const wipes = new Set(taken.flatMap(({ wipes: own }) => own).map(keyOf));
    const lone = all.filter((want) => !taken.includes(want) || !wipes.has(keyOf(want)));
    return {
      taken: [],
      held: lone.map((want) => ({ want, by: ["report"] })),
      refused: [],
      decisions,
    };
  }
  const decisions = decideAll(users, policy, at, memory);
  const counted = counting(memory, at);
  const base = bases(users, counted);
  const queues: Run["queues"] = { lock: [], wipe: [], "re-authenticate": [], unlock: [] };
  const out = { taken: [], held: [], refused: [] };
  const run: Run = { policy, at, memory, tried, counted, base, queues, forced, allowed, ...out };
  for (const want of [...decisions.values()].flatMap((decision: Decision) => decision.wants))
    queues[want.type].push(want);
  for (const type of ["lock", "wipe", "re-authenticate", "unlock"] as const) sortOut(run, type);
  const { taken, held, refused } = run;
  return { taken, held, refused, decisions };
}

/** What the inventory shows undone does not count any more, for good. */
export function seenUndone(
  attempts: readonly Attempt[],
  users: readonly User[],
  at: number,
): Attempt[] {
  const byId = new Map(users.map((user) => [user.id, user]));
  return attempts.map((attempt) => {
    if (attempt.undone) return attempt;
    const { type, session: id, signIn } = attempt;
    const user = byId.get(attempt.user);
    const session = user?.sessions.find((one) => one.id === id);
    // Unknown or in the future: nobody can tell whether it signed in anew.
    const known = session?.signedInAt ?? Number.POSITIVE_INFINITY;
    const isSame = session !== undefined && known <= at + 5 * MINUTE && known === signIn;
    const undone =
      user !== undefined &&
      (type === "lock"
        ? !user.locked
        : type === "unlock"
          ? user.locked
          : signIn !== null && isSame && session.state === "active");
    return { ...attempt, undone };
  });
}

function hold(run: Run, want: Want, by: By[]): void {
  run.held.push({ want, by });
  if (by[0] === "report") return;
  for (const instead of want.instead) run.queues[instead.type].push(instead);
}

function sortOut(run: Run, type: Type): void {
  const { policy } = run;
  const waiting: Want[] = [];
  const outside = { urgent: policy.limits?.urgent ?? 5, denied: policy.limits?.denied ?? 20 };
  for (const kind of ["urgent", "denied"] as const)
    outside[kind] -= run.counted.filter((attempt) => attempt.outside === kind).length;
  for (const want of outsideFirst(run, run.queues[type])) {
    const retry = isWaiting(run, want);
    if (want.hold === "report") hold(run, want, ["report"]);
    else if (want.outside === "locked" && !retry) run.taken.push(want);
    else if (
      (want.outside === "urgent" || want.outside === "denied") &&
      !retry &&
      isFree(want) &&
      outside[want.outside] > 0
    ) {
      outside[want.outside]--;
      take(run, want);
    } else {
      const by = brakesOn(run, want, retry);
      if (by.length > 0) hold(run, want, by);
      else waiting.push(want.outside === "urgent" ? { ...want, outside: null } : want);
    }
  }
  limitThose(run, type, inOrder(run, waiting));
}

/** Within the limit: what failed takes the places that are kept for it, and what nobody else wants. */
function limitThose(run: Run, type: Type, waiting: readonly Want[]): void {
  const { exceed } = limitOf(run.policy, type, run.at);
  const room = roomFor(limitOf(run.policy, type, run.at), type, run.counted, run.base);
  const due = waiting.filter((want) => run.tried.failed(want) !== null).sort(leastRecent(run));
  const others = waiting.filter((want) => run.tried.failed(want) === null);
  const refused = exceed === "refuse" && (!room.fits(others) || run.forced.has(type));
  if (refused) run.refused.push(type);
  const kept = exceed === "pace" ? placesKept(room.places, run.memory.took[type]) : 0;
  const taking: Want[] = [];
  let waits = false;
  const counts = new Set(run.counted.filter((a) => a.outside === null).map(keyOf));
  const isRepeat = (want: Want) => run.tried.ended(want) && counts.has(keyOf(want));
  const place = (want: Want): boolean => {
    const isMore = run.allowed.has(type) && run.tried.failed(want) !== null;
    const renews = waits && isRepeat(want);
    const fits = !refused && !isMore && !renews && room.takes(want);
    if (fits) taking.push(want);
    // Of what counts a repeat keeps the place, so it is done only where nobody waits for one.
    else if (run.tried.failed(want) === null && exceed === "pace") waits = true;
    return fits;
  };
  const early = new Set(due.slice(0, kept).filter(place));
  const late = [...others, ...due].filter((want) => !early.has(want) && !place(want));
  for (const want of late) {
    const failed = run.tried.failed(want) !== null;
    const by: By = refused ? "limit" : "pace";
    hold(run, want, failed ? [by, "retry"] : [by]);
  }
  for (const want of taking) take(run, { ...want, outside: null });
}

/** One place in ten; where there are fewer, one in every tenth run for the whole target that took something of the type. */
function placesKept(places: number, runs: number): number {
  return places >= 10 ? Math.floor(places / 10) : runs % 10 === 9 ? 1 : 0;
}

const isFree = (want: Want) => want.hold === null || want.hold === "rollout";

/** A lock that is taken brings its wipes into the queue of wipes. */
function take(run: Run, want: Want): void {
  run.taken.push(want);
  run.queues.wipe.push(...want.wipes);
}

/** All brakes that apply before the limit. */
function brakesOn({ policy, at }: Run, want: Want, retry: boolean): By[] {
  const { freeze, windows = {} } = policy;
  const frozen =
    freeze !== undefined && isInForce(freeze, at) && !freeze.allow?.includes(want.type);
  const window = windows[want.type];
  return [
    ...(want.hold === null ? [] : [want.hold]),
    ...(frozen ? ["freeze" as const] : []),
    ...(window !== undefined && !isOpen(window, at) ? ["window" as const] : []),
    ...(retry ? ["retry" as const] : []),
  ];
}

const WAITS = [1, 2, 4, 8, 16, 24];

/** What failed since it last succeeded waits longer each time, less ten minutes; an urgent lock an hour at most. */
function isWaiting({ tried, at }: Run, want: Want): boolean {
  const failed = tried.failed(want);
  if (failed === null || failed.last.lines !== want.lines) return false;
  const hours = want.outside === "urgent" ? 1 : (WAITS[failed.times - 1] ?? 24);
  return at < failed.last.at + hours * HOUR - 10 * MINUTE;
}

const byId = (a: Want, b: Want) =>
  a.user === b.user ? ((a.session ?? "") < (b.session ?? "") ? -1 : 1) : a.user < b.user ? -1 : 1;
const OLD = Number.NEGATIVE_INFINITY;

/** Of what failed: the least recently tried first. */
function leastRecent({ tried }: Run): (a: Want, b: Want) => number {
  const at = (want: Want) => tried.failed(want)?.last.at ?? 0;
  return (a, b) => at(a) - at(b);
}

/** What failed last. Of denied devices: those not ended in the last 24 hours first, then the latest sign-in. */
function outsideFirst({ tried }: Run, wants: readonly Want[]): Want[] {
  return sorted(wants, (want) => [
    tried.failed(want) === null ? 0 : 1,
    tried.ended(want) ? 1 : 0,
    -(want.knownSignIn ?? OLD),
  ]);
}

/** What was not ended in the last 24 hours first; in each `notBefore`, then the oldest sign-in. */
function inOrder({ tried }: Run, wants: readonly Want[]): Want[] {
  return sorted(wants, (want) => [
    want.outside === "denied" ? 0 : 1,
    tried.ended(want) ? 1 : 0,
    want.first ? 0 : 1,
    want.knownSignIn ?? OLD,
  ]);
}

/** By the first of these numbers in which two differ, then by id. */
function sorted(wants: readonly Want[], ranksOf: (want: Want) => number[]): Want[] {
  const ranked = wants.map((want) => ({ want, ranks: ranksOf(want) }));
  ranked.sort((a, b) => {
    const n = a.ranks.findIndex((rank, i) => rank !== b.ranks[i]);
    return n < 0 ? byId(a.want, b.want) : (a.ranks[n] ?? 0) < (b.ranks[n] ?? 0) ? -1 : 1;
  });
  return ranked.map(({ want }) => want);
}
