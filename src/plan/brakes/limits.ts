/**
 * The brakes: what of the wanted is taken now, what is held, and which types are refused. In order: enforcement and
 * rollout, what failed and waits, what is outside the brakes, freeze, windows, limits. docs/contract.md, "Limits".
 */
import type { HeldBy, Refusal } from "../../model/plan.ts";
import type { ActionType, Instant } from "../../model/vocabulary.ts";
import type { Caused } from "../decide/want.ts";
import { actionKey, signInKey } from "../key.ts";
import { capsOf, costOf, type LimitContext, leftOf } from "./allowance.ts";
import { type Failed, failuresOf } from "./failures.ts";
import { byLatest, byPace } from "./order.ts";
import { type Over, refusalsOf } from "./refusals.ts";
import { countedKey } from "./usage.ts";
import { inWindow } from "./windows.ts";

export interface Waiting {
  want: Caused;
  by: HeldBy;
  /** What failed before, and when it is due again, where that is what holds it. */
  failed: Failed | null;
}

export interface Limited {
  taken: Caused[];
  held: Waiting[];
  refusals: Refusal[];
}

/** What is taken or held as one: a want, or all the wipes that one lock covers. */
interface Item {
  first: Weighed;
  wants: Weighed[];
  /** The lock that covers these wipes. */
  lock: Caused | null;
  failed: Failed | null;
  /** Curfew did it in the last 24 hours already. */
  again: boolean;
  /** As pacing compares sign-ins. */
  signedIn: Instant | null;
  /** A denied device beyond what is outside the brakes. */
  beyond: boolean;
}

const TYPES = ["lock", "wipe", "re-authenticate", "unlock"] as const;
type Braked = Pick<Limited, "taken" | "held"> & { over: Over[] };

/**
 * Sorts the wants into taken, held and refused. What is only reported passes the same brakes as if it were enforced, and
 * whatever they would make of it is held by `report`.
 */
export function applyLimits(wants: readonly Caused[], context: LimitContext): Limited {
  const enforced = enforcedOf(wants.flatMap(withoutReported), context);
  if (!wants.some(isReported)) return enforced;
  const reported = new Brakes(wants.map(asEnforced), context, new Set()).run();
  const all = [...reported.taken, ...reported.held.map(({ want }) => want)];
  // What another rule wants of it, too, is there already.
  const there = [...enforced.taken, ...enforced.held.map(({ want }) => want)].map(actionKey);
  const known = new Set(there);
  const held = all
    .filter((want) => want.hold === "report" && !known.has(actionKey(want)))
    .map((want) => ({ want, by: "report" as const, failed: null }));
  return { ...enforced, held: [...enforced.held, ...held] };
}

function isReported({ hold, otherwise }: Caused): boolean {
  return hold === "report" || otherwise.some(isReported);
}

/** The want, or what stands in for it where it is only reported. */
function withoutReported(want: Caused): Caused[] {
  const otherwise = want.otherwise.flatMap(withoutReported);
  return want.hold === "report" ? otherwise : [{ ...want, otherwise }];
}

/** A want that is told apart as reported, and held by no enforcement. */
function asEnforced(want: Caused): Weighed {
  const otherwise = want.otherwise.map(asEnforced);
  if (want.hold !== "report") return { ...want, otherwise };
  const wipes = want.wipes?.map((wipe) => ({ ...wipe, hold: "report" as const })) ?? null;
  return { ...want, otherwise, wipes: wipes?.map(asEnforced) ?? null, enforced: true };
}

/** A want; `enforced`: its enforcement is not asked. */
type Weighed = Caused & { enforced?: true };

/** Of what is enforced. */
function enforcedOf(wants: readonly Caused[], context: LimitContext): Limited {
  const refused = new Set<ActionType>();
  const tryOut = (other: LimitContext) => new Brakes(wants, other, new Set()).run().over;
  for (;;) {
    const run = new Brakes(wants, context, refused).run();
    if (run.over.length === 0) return { ...run, refusals: [] };
    const refusals = refusalsOf(run.over, context, tryOut);
    const more = refusals.filter(({ type }) => !refused.has(type));
    for (const { type } of more) refused.add(type);
    // A type that only the others' lines would bring over its limit is over it now: all of it is held.
    if (more.every(({ type }) => run.over.some((over) => over.type === type)))
      return { ...run, refusals };
  }
}
/** One pass through the types. `refused`: types that are held in any case. */
class Brakes {
  readonly #context: LimitContext;
  readonly #refused: ReadonlySet<ActionType>;
  readonly #failed: (want: Caused) => Failed | null;
  readonly #queues: Record<ActionType, Item[]> = {
    ...{ lock: [], wipe: [], "re-authenticate": [], unlock: [] },
  };
  /** Locks whose wipes are held. */
  readonly #plain = new Set<Caused>();
  readonly #out: Braked = { taken: [], held: [], over: [] };

  constructor(wants: readonly Caused[], context: LimitContext, refused: ReadonlySet<ActionType>) {
    this.#context = context;
    this.#refused = refused;
    this.#failed = failuresOf(context.failures, context.at, context.asked);
    for (const want of wants) this.#queue([want], null);
  }

  run(): Braked {
    // What is held in one type may put something weaker into the queue of a later one.
    for (const type of TYPES) this.#limit(type, this.#gates(type));
    const taken = this.#out.taken.map((w) => (this.#plain.has(w) ? { ...w, wipes: null } : w));
    return { ...this.#out, taken };
  }

  #queue(wants: readonly Caused[], lock: Caused | null): void {
    const [first] = wants;
    if (first === undefined) return;
    const failed = lock === null ? this.#failed(first) : null;
    const again = this.#context.usage.recent.has(actionKey(first));
    const flags = { failed, again, signedIn: this.#signedIn(first), beyond: false };
    this.#queues[first.type].push({ first, wants: [...wants], lock, ...flags });
  }

  /** One whose sign-in is unknown and that Curfew ended has signed in since. */
  #signedIn(want: Caused): Instant | null {
    const { expects, signedInAt, knownSignIn } = want;
    const unknown = expects.signedInAt === null || knownSignIn !== signedInAt;
    const ended = unknown ? this.#context.usage.ended.get(signInKey(want)) : undefined;
    return ended ?? knownSignIn;
  }

  #hold({ wants, lock, failed }: Item, by: HeldBy): void {
    if (lock) this.#plain.add(lock);
    for (const want of wants) {
      this.#out.held.push({ want, by, failed: by === "retry" ? failed : null });
      for (const weaker of want.otherwise) this.#queue([weaker], null);
    }
  }

  #take({ wants, lock }: Item): void {
    // The wipes of a lock are carried out by the lock.
    if (!lock) this.#out.taken.push(...wants);
    for (const want of wants) if (want.wipes?.length) this.#queue(want.wipes, want);
  }

  /** Everything but the limits themselves; returns what is left for them. */
  #gates(type: ActionType): Item[] {
    const { policy, at } = this.#context;
    const { freeze } = policy;
    const frozen = freeze !== null && at < freeze.until && !freeze.allow.includes(type);
    const window = policy.windows[type];
    const closed = window !== undefined && !inWindow(window, at);
    const left = { urgent: this.#left("urgent"), denied: this.#left("denied") };
    const rest: Item[] = [];
    for (const item of this.#queues[type].sort(outsideFirst)) {
      const { first, failed } = item;
      const { counts } = first;
      if (first.hold && !first.enforced) this.#hold(item, first.hold);
      else if (first.unreached) this.#hold(item, "rollout");
      else if (first.unsynced) this.#hold(item, "unsynced");
      else if (failed && failed.next > at) this.#hold(item, "retry");
      else if (counts === "none") this.#take(item);
      else if (counts !== "limit" && (this.#isFree(item, counts, left) || left[counts]-- > 0))
        this.#take(item);
      else if (frozen || closed) this.#hold(ordinary(item), frozen ? "freeze" : "window");
      else rest.push(ordinary(item));
    }
    return rest.sort(byPlace);
  }

  /** Whether it counts for this limit already. A repeat keeps its place only while nobody waits for one. */
  #isFree({ first, again }: Item, counts: "urgent" | "denied", left: Record<string, number>) {
    const wanted = again && (left[counts] ?? 0) < 0;
    return !wanted && this.#context.usage.counted.has(countedKey(first, counts));
  }

  /** Whether it would keep the place of what counts already for another day. */
  #renews({ again, wants }: Item): boolean {
    const { counted } = this.#context.usage;
    return again && wants.some((want) => counted.has(countedKey(want, "limit")));
  }

  #left(counts: "urgent" | "denied"): number {
    const { policy, usage } = this.#context;
    const used = [...usage.counted.values()].filter((one) => one.counts === counts).length;
    return policy.limits[counts] - used;
  }

  #limit(type: ActionType, items: Item[]): void {
    const { policy, usage, took, surplus } = this.#context;
    const caps = capsOf(type, this.#context);
    const spent = caps.map((cap) => cap.used);
    const takeIfFits = (item: Item): boolean => {
      const costs = caps.map((cap) => costOf(cap, item.wants, usage));
      const over = caps.some((cap, i) => {
        const cost = costs[i] ?? 0;
        return cost > 0 && (spent[i] ?? 0) + cost > cap.count;
      });
      if (over) return false;
      for (const [i, cost] of costs.entries()) spent[i] = (spent[i] ?? 0) + cost;
      this.#take(item);
      return true;
    };
    const due = items.filter((item) => item.failed !== null);
    const others = items.filter((item) => item.failed === null);
    if (policy.limits.types[type].exceed === "refuse") {
      const wants = others.flatMap((item) => item.wants);
      const more = type === "re-authenticate" ? surplus : 0;
      const needs = caps.map((cap) => cap.used + costOf(cap, wants, usage) + more);
      const over = caps.some((cap, i) => {
        const need = needs[i] ?? 0;
        return need > cap.used && need > cap.count;
      });
      if (over) this.#out.over.push({ type, wanted: wants.length + more, caps, needs });
      if (over || this.#refused.has(type)) {
        for (const item of others) this.#hold(item, "limit");
        for (const item of due) this.#hold(item, "retry");
        return;
      }
      for (const item of others) takeIfFits(item);
      for (const item of due) if (!takeIfFits(item)) this.#hold(item, "retry");
      return;
    }
    const places = leftOf(caps).left;
    const kept = places >= 10 ? Math.floor(places / 10) : (took[type] ?? 0) % 10 === 9 ? 1 : 0;
    const early = new Set(due.slice(0, kept).filter(takeIfFits));
    // What counts already takes no place, but would keep its own from those who wait.
    let waits = false;
    const isTaken = (item: Item) => !(waits && this.#renews(item)) && takeIfFits(item);
    for (const item of others) {
      if (isTaken(item)) continue;
      this.#hold(item, "pace");
      waits = true;
    }
    for (const item of due) if (!early.has(item) && !isTaken(item)) this.#hold(item, "retry");
  }
}

/** Beyond its own limit it is one like any other. */
function ordinary(item: Item): Item {
  const { counts } = item.first;
  if (counts !== "urgent" && counts !== "denied") return item;
  const first = { ...item.first, counts: "limit" as const };
  return { ...item, first, wants: [first], beyond: counts === "denied" };
}

/** What failed last; then who was not ended a short while ago; of denied devices the latest sign-in. */
function outsideFirst(a: Item, b: Item): number {
  const late = Number(a.failed !== null) - Number(b.failed !== null);
  const order = a.first.counts === "denied" && b.first.counts === "denied" ? byLatest : byPace;
  const kind = Number(a.first.counts === "limit") - Number(b.first.counts === "limit");
  return kind || late || Number(a.again) - Number(b.again) || order(a.first, b.first);
}

function paced({ first, signedIn }: Item): Caused {
  return { ...first, knownSignIn: signedIn };
}

/** What failed: the least recently tried first. The rest: what was not done a short while ago, denied devices before others. */
function byPlace(a: Item, b: Item): number {
  const tried = (a.failed?.failure.at ?? 0) - (b.failed?.failure.at ?? 0);
  return (
    tried ||
    Number(a.again) - Number(b.again) ||
    Number(b.beyond) - Number(a.beyond) ||
    byPace(paced(a), paced(b))
  );
}
