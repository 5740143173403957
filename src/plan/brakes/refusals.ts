/**
 * What a limit that refuses says, with the line that would allow it. The line is found by trying: it is widened until
 * neither it alone nor all lines together leave its type over the limit.
 */
import type { Refusal } from "../../model/plan.ts";
import type { Raise } from "../../model/policy.ts";
import type { ActionType } from "../../model/vocabulary.ts";
import { raiseLine } from "../../policy/raises.ts";
import { DAY } from "../../time.ts";
import { type Cap, type LimitContext, leftOf, percentFor } from "./allowance.ts";

/** A type that is over its limit: how many are wanted, and what each bound would have to be, as a count. */
export interface Over {
  type: ActionType;
  wanted: number;
  caps: Cap[];
  /** Of each bound: what this run takes of it, with what is used. */
  needs: number[];
}

type Key = Refusal["limit"];
type Line = { wanted: number; keys: Partial<Record<Key, number>>; over: Over };

/** More often than any chain of types that bring each other's wants. */
const TRIES = 12;

/** `tryOut` tells which types would be over their limits in another context. */
export function refusalsOf(
  over: readonly Over[],
  context: LimitContext,
  tryOut: (context: LimitContext) => Over[],
): Refusal[] {
  const lines = new Map<ActionType, Line>();
  for (const one of over) widen(lines, one);
  for (let n = 0; n < TRIES; n++) {
    const raises = [...lines].map(([type, line]) => raiseOf(type, line, context));
    const alone = raises.flatMap((raise) =>
      tryOut(withRaises(context, [raise])).filter(({ type }) => type === raise.type),
    );
    const still = [...alone, ...tryOut(withRaises(context, raises))];
    if (still.length === 0) break;
    for (const one of still) widen(lines, one);
  }
  return [...lines].map(([type, line]) => refusal(type, line, context));
}

function widen(lines: Map<ActionType, Line>, over: Over): void {
  const line = lines.get(over.type) ?? { wanted: 0, keys: {}, over };
  line.wanted = Math.max(line.wanted, over.wanted);
  for (const [i, cap] of over.caps.entries()) {
    const need = over.needs[i] ?? 0;
    if (need <= cap.count) continue;
    const to = cap.key === "max" ? need : percentFor(need, cap.base);
    line.keys[cap.key] = Math.max(line.keys[cap.key] ?? 0, to);
  }
  lines.set(over.type, line);
}

function raiseOf(type: ActionType, { keys }: Line, { at }: LimitContext): Raise {
  return { type, ...keys, until: at + DAY, reason: "", source: { file: "", line: 0 } };
}

function withRaises(context: LimitContext, raises: Raise[]): LimitContext {
  const { policy } = context;
  const raise = [...policy.limits.raise, ...raises];
  return { ...context, policy: { ...policy, limits: { ...policy.limits, raise } } };
}

/** Names the limit, the numbers, and the line of policy that would allow it. */
function refusal(
  type: ActionType,
  { wanted, keys, over }: Line,
  { policy, at }: LimitContext,
): Refusal {
  // Of several bounds that are passed the one that leaves the least.
  const passed = over.caps.filter((cap, i) => (over.needs[i] ?? 0) > cap.count);
  const tightest = leftOf(passed);
  const cap = passed.find(({ key }) => key === tightest.key);
  const source = policy.limits.types[type].source;
  const place = source ? `${source.file}:${source.line}` : "the default";
  const unit =
    cap && cap.key !== "max" ? `${cap.value}% (${cap.count} of ${cap.base})` : `${cap?.value}`;
  const used = cap && cap.used > 0 ? `, ${cap.used} of it used in the last 24 hours` : "";
  return {
    ...{ type, limit: tightest.key, wanted, allowed: tightest.left },
    message: `${wanted} ${type} ${wanted === 1 ? "action" : "actions"} wanted, ${tightest.left} allowed by limits.${type}.${tightest.key} ${unit} (${place})${used}: nothing of this type is done. If it is meant, add to limits.raise in ${policy.files[0]}: ${raiseLine(type, keys, at)}`,
  };
}
