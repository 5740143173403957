/**
 * The brakes: what of the wanted is taken now, what is held, and which types are refused.
 * In order: enforcement and rollout, freeze, windows, limits (refuse or pace). docs/contract.md, "Limits" and "Wipes".
 */
import type { HeldBy, Refusal } from "../../model/plan.ts";
import type { ActionType } from "../../model/vocabulary.ts";
import { compareText } from "../../text/order.ts";
import type { Caused } from "../decide/want.ts";
import { allowance, type LimitContext, refusalOf } from "./allowance.ts";
import { inWindow } from "./windows.ts";

export interface Limited {
  taken: Caused[];
  held: { want: Caused; by: HeldBy }[];
  refusals: Refusal[];
}

/** What is taken or held as one: a want, or all the wipes that one lock covers. */
interface Item {
  wants: Caused[];
  /** The lock that covers these wipes. */
  lock: Caused | null;
}

/**
 * Sorts the wants into taken, held and refused. What is only reported passes the same brakes as if it were enforced, and
 * whatever they would make of it is held by `report`.
 */
export function applyLimits(wants: readonly Caused[], context: LimitContext): Limited {
  const enforced = sorted(wants.flatMap(withoutReported), context);
  const reported = wants.some(isReported) ? sorted(wants.map(asEnforced), context) : null;
  const all = [...(reported?.taken ?? []), ...(reported?.held ?? []).map(({ want }) => want)];
  const held = all
    .filter(({ hold }) => hold === "report")
    .map((want) => ({ want, by: "report" as const }));
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

function sorted(wants: readonly Weighed[], context: LimitContext): Limited {
  const out: Limited = { taken: [], held: [], refusals: [] };
  const queues: Record<ActionType, Item[]> = {
    lock: [],
    wipe: [],
    "re-authenticate": [],
    unlock: [],
  };
  const queue = (want: Caused) => queues[want.type].push({ wants: [want], lock: null });
  const plain = new Set<Caused>();

  const hold = (item: Item, by: HeldBy) => {
    if (item.lock) plain.add(item.lock);
    for (const want of item.wants) {
      out.held.push({ want, by });
      want.otherwise.forEach(queue);
    }
  };
  const take = (item: Item) => {
    // The wipes of a lock are carried out by the lock.
    if (!item.lock) out.taken.push(...item.wants);
    for (const want of item.wants) {
      if (want.wipes?.length) queues.wipe.push({ wants: want.wipes, lock: want });
    }
  };

  wants.forEach(queue);
  // What is held in one type may put something weaker into the queue of a later one.
  for (const type of ["lock", "wipe", "re-authenticate", "unlock"] as const) {
    const rest = gates(type, queues[type], context, take, hold);
    limit(type, rest, context, out, take, hold);
  }
  out.taken = out.taken.map((want) => (plain.has(want) ? { ...want, wipes: null } : want));
  return out;
}

type Take = (item: Item) => void;
type Hold = (item: Item, by: HeldBy) => void;

/** Everything but the limits themselves; returns what is left for them. */
function gates(
  type: ActionType,
  items: Item[],
  context: LimitContext,
  take: Take,
  hold: Hold,
): Item[] {
  const { policy, at, usage } = context;
  const { freeze } = policy;
  const frozen = freeze !== null && at < freeze.until && !freeze.allow.includes(type);
  const window = policy.windows[type];
  const closed = window !== undefined && !inWindow(window, at);
  let urgentLeft = policy.limits.urgent - usage.urgent;
  const rest: Item[] = [];
  for (const item of [...items].sort(byPace)) {
    const want: Weighed | undefined = item.wants[0];
    if (!want) continue;
    const held = frozen ? "freeze" : closed ? "window" : null;
    if (want.hold && !want.enforced) hold(item, want.hold);
    else if (want.unsynced) hold(item, "unsynced");
    else if (want.exempt) take(item);
    else if (want.urgent && urgentLeft-- > 0) take(item);
    // Beyond limits.urgent a day an urgent lock is one like any other.
    else if (held) hold(ordinary(item), held);
    else rest.push(ordinary(item));
  }
  return rest;
}

function ordinary(item: Item): Item {
  return item.wants.some((w) => w.urgent)
    ? { ...item, wants: item.wants.map((w) => ({ ...w, urgent: false })) }
    : item;
}

function limit(
  type: ActionType,
  items: Item[],
  context: LimitContext,
  out: Limited,
  take: Take,
  hold: Hold,
): void {
  const wanted = items.reduce((sum, item) => sum + item.wants.length, 0);
  const allowed = allowance(type, context);
  const { exceed } = context.policy.limits.types[type];
  if (wanted <= allowed.left) {
    items.forEach(take);
  } else if (exceed === "refuse") {
    out.refusals.push(refusalOf(type, wanted, allowed, context));
    for (const item of items) hold(item, "limit");
  } else {
    let left = allowed.left;
    for (const item of items) {
      if (item.wants.length <= left) {
        left -= item.wants.length;
        take(item);
      } else hold(item, "pace");
    }
  }
}

/** What pacing takes first: notBefore, then the oldest sign-in (unknown is the oldest). */
function byPace(a: Item, b: Item): number {
  const [x] = a.wants;
  const [y] = b.wants;
  if (!x || !y) return 0;
  return (
    Number(y.notBefore) - Number(x.notBefore) ||
    bySignIn(x, y) ||
    compareText(x.user, y.user) ||
    compareText(x.session ?? "", y.session ?? "")
  );
}

/** Oldest sign-in first; unknown is the oldest. */
export function bySignIn(a: Pick<Caused, "signedInAt">, b: Pick<Caused, "signedInAt">): number {
  if (a.signedInAt === b.signedInAt) return 0;
  return (a.signedInAt ?? Number.NEGATIVE_INFINITY) - (b.signedInAt ?? Number.NEGATIVE_INFINITY);
}
