/** docs/contract.md, "Limits": what of the wanted is taken now, what holds the rest, and that nobody is starved. */
import { bases, counting, fits, limitOf } from "./allowance.ts";
import { keyOf } from "./cause.ts";
import { decideAll } from "./estate.ts";
import { DAY, HOUR, isInForce, isOpen, MINUTE } from "./time.ts";
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
  counted: Attempt[];
  base: ReturnType<typeof bases>;
  /** Still to be sorted, by type: what is held puts what stands in for it into the queue of a later type. */
  queues: Record<Type, Want[]>;
  taken: Want[];
  held: Held[];
  refused: Type[];
  /** Types that are refused because of others. */
  forced: ReadonlySet<Type>;
}

/** What a run at this moment takes, holds and refuses. Nothing is written. */
export function planOf(users: readonly User[], policy: Policy, at: number, before: Memory): Answer {
  const refused = new Set<Type>();
  for (;;) {
    const answer = pass(users, policy, at, before, refused);
    // A type that is over its limit only once the other refused types are allowed is refused with them.
    const more = pass(users, allowing(policy, answer.refused), at, before, new Set()).refused;
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
  forced: ReadonlySet<Type>,
): Answer {
  const memory = { ...before, attempts: seenUndone(before.attempts, users) };
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
  const run: Run = { policy, at, memory, counted, base, queues, forced, ...out };
  for (const want of [...decisions.values()].flatMap((decision: Decision) => decision.wants))
    queues[want.type].push(want);
  for (const type of ["lock", "wipe", "re-authenticate", "unlock"] as const) sortOut(run, type);
  const { taken, held, refused } = run;
  return { taken, held, refused, decisions };
}

/** What the inventory shows undone does not count any more, for good. */
export function seenUndone(attempts: readonly Attempt[], users: readonly User[]): Attempt[] {
  return attempts.map((attempt) => {
    const { type, session: id, signIn } = attempt;
    const user = users.find((one) => one.id === attempt.user);
    const session = user?.sessions.find((one) => one.id === id);
    const isSame = session !== undefined && (session.signedInAt ?? session.createdAt) === signIn;
    const undone =
      user !== undefined &&
      (type === "lock"
        ? !user.locked
        : type === "unlock"
          ? user.locked
          : signIn !== null && isSame && session.state === "active");
    return { ...attempt, undone: attempt.undone || undone };
  });
}

function hold(run: Run, want: Want, by: By[]): void {
  run.held.push({ want, by });
  if (by[0] === "report") return;
  for (const instead of want.instead) run.queues[instead.type].push(instead);
}

function sortOut(run: Run, type: Type): void {
  const { policy, at } = run;
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
  const limit = limitOf(policy, type, at);
  const isOver = !fits(waiting, limit, type, run.counted, run.base) || run.forced.has(type);
  if (limit.exceed === "refuse" && isOver) {
    run.refused.push(type);
    for (const want of waiting) hold(run, want, ["limit"]);
    return;
  }
  const paced: Want[] = [];
  for (const want of inOrder(run, waiting)) {
    if (fits([...paced, want], limit, type, run.counted, run.base)) paced.push(want);
    // What failed and finds no place waits to be tried again.
    else hold(run, want, wasFailed(run, want) ? ["pace", "retry"] : ["pace"]);
  }
  for (const want of paced) take(run, { ...want, outside: null });
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
function isWaiting({ memory, at }: Run, want: Want): boolean {
  const key = keyOf(want);
  const tried = memory.attempts.filter((a) => keyOf(a) === key && a.status !== "skipped");
  const since = tried.findLastIndex(({ status }) => status === "applied") + 1;
  const failed = tried.slice(since).filter(({ status }) => status === "failed");
  const last = failed.at(-1);
  if (last === undefined || last.lines !== want.lines) return false;
  const hours = want.outside === "urgent" ? 1 : (WAITS[failed.length - 1] ?? 24);
  return at < last.at + hours * HOUR - 10 * MINUTE;
}

const byId = (a: Want, b: Want) =>
  a.user === b.user ? ((a.session ?? "") < (b.session ?? "") ? -1 : 1) : a.user < b.user ? -1 : 1;
const OLD = Number.NEGATIVE_INFINITY;

function wasEnded({ memory, at }: Run, { session }: Want): boolean {
  return memory.attempts.some(
    (a) =>
      session !== null && a.status === "applied" && at - a.at < DAY && a.ended.includes(session),
  );
}

function wasFailed({ memory }: Run, want: Want): boolean {
  const tried = memory.attempts.filter((a) => keyOf(a) === keyOf(want) && a.status !== "skipped");
  return tried.at(-1)?.status === "failed";
}

/** Of denied devices: those not ended in the last 24 hours first, then the latest sign-in. */
function outsideFirst(run: Run, wants: readonly Want[]): Want[] {
  const rank = (want: Want) => (wasEnded(run, want) ? 1 : 0);
  return [...wants].sort(
    (a, b) => rank(a) - rank(b) || (b.signIn ?? OLD) - (a.signIn ?? OLD) || byId(a, b),
  );
}

/** What neither failed nor was ended in the last 24 hours first; in each `notBefore`, then the oldest sign-in. */
function inOrder(run: Run, wants: readonly Want[]): Want[] {
  const rank = (want: Want) =>
    (want.outside === "denied" ? 0 : 4) +
    (wasEnded(run, want) || wasFailed(run, want) ? 2 : 0) +
    (want.first ? 0 : 1);
  return [...wants].sort((a, b) => {
    const signIns = [a.signIn ?? OLD, b.signIn ?? OLD] as const;
    return rank(a) - rank(b) || (signIns[0] === signIns[1] ? byId(a, b) : signIns[0] - signIns[1]);
  });
}
