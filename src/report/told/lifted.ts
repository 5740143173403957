/** The brakes that are lifted: raises of limits that are in force, and what a change makes laxer or stricter about brakes. */
import type { Limit, Policy } from "../../model/policy.ts";
import { ACTION_TYPES, type Instant, type Source } from "../../model/vocabulary.ts";
import { number } from "../../text/words.ts";
import { exactSpan, iso } from "../../time.ts";

/** One brake that does not hold as it usually does. */
export interface Lifted {
  /** A sentence without its end: "limits.raise, until 2026-12-01: lock max 500, percent 100 (Plant closure)". */
  what: string;
  /** Where it is written; null where it stands no more, or is a default. */
  source: Source | null;
}

/** What stands above what liftedOf gives, in every format. */
export const LIFTED_TITLE = "Brakes that are lifted or changed";

/** What a reviewer must know about the brakes. `base`: the policy before the change; null where there is none to compare. */
export function liftedOf(policy: Policy, at: Instant, base: Policy | null = null): Lifted[] {
  return [...raised(policy, at), ...(base === null ? [] : changed(policy, base, at))];
}

function raised({ limits }: Policy, at: Instant): Lifted[] {
  return limits.raise
    .filter(({ until }) => at < until)
    .map((raise) => ({
      what: `limits.raise, until ${iso(raise.until)}: ${raise.type} ${bounds(raise)} (${raise.reason})`,
      source: raise.source,
    }));
}

function bounds(of: Pick<Limit, "max" | "percent" | "perRun">): string {
  const keys = ["max", "percent", "perRun"] as const;
  return keys
    .flatMap((key) => (of[key] === undefined ? [] : [`${key} ${number(of[key])}`]))
    .join(", ");
}

/** A brake by its name in the policy, what it says, and where. */
type Brake = [name: string, says: string, source: Source | null];

function changed(policy: Policy, base: Policy, at: Instant): Lifted[] {
  const before = new Map(brakes(base, at).map(([name, says]) => [name, says]));
  const now = brakes(policy, at);
  const names = new Set(now.map(([name]) => name));
  const gone = [...before].filter(([name]) => !names.has(name));
  return [
    ...now
      .filter(([name, says]) => before.get(name) !== says)
      .map(([name, says, source]) => told(name, before.get(name) ?? "none", says, source)),
    ...gone.map(([name, says]) => told(name, says, "none", null)),
  ];
}

function told(name: string, before: string, now: string, source: Source | null): Lifted {
  return { what: `${name}: ${before} before this change, ${now} after it`, source };
}

/** All that keeps a wanted action from being taken. */
function brakes(policy: Policy, at: Instant): Brake[] {
  const { limits, enforcement, freeze, windows } = policy;
  const { until, allow, source } = freeze ?? { until: at, allow: [], source: null };
  return [
    ["enforcement", enforcement.default, null],
    ...Object.entries(enforcement.rules).map(
      ([rule, mode]): Brake => [`enforcement of ${rule}`, mode, null],
    ),
    ["rollout", `${number(policy.rollout)} %`, null],
    ...ACTION_TYPES.map((type): Brake => {
      const limit = limits.types[type];
      const says = [bounds(limit), `exceed ${limit.exceed}`].filter(Boolean).join(", ");
      return [`limits.${type}`, says, limit.source];
    }),
    ["limits.urgent", number(limits.urgent), null],
    ["limits.denied", number(limits.denied), null],
    ["limits.inventoryDrop", `${number(limits.inventoryDrop)} %`, null],
    ["limits.exceptionsLast", exactSpan(limits.exceptionsLast), null],
    ...ACTION_TYPES.flatMap((type): Brake[] => {
      const window = windows[type];
      if (!window) return [];
      const says = `${clock(window.from)} to ${clock(window.to)} ${window.zone}, ${window.days.join(" ")}`;
      return [[`windows.${type}`, says, window.source]];
    }),
    ...(until > at
      ? [
          [
            "freeze",
            `until ${iso(until)}, allows ${allow.join(", ") || "nothing"}`,
            source,
          ] as Brake,
        ]
      : []),
  ];
}

/** Minutes since midnight as "01:30". */
function clock(minutes: number): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
