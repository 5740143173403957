/**
 * Saved plans: what was reviewed is what runs, and nothing more (docs/design.md, "What must hold" 5). A saved
 * plan is carried out by planning again and keeping what is in both, so it passes the limits of its own moment and rests on fresh evidence.
 */
import * as z from "zod";
import { canonical } from "../canonical.ts";
import { StaleError, UsageError } from "../errors.ts";
import { byId, readJson } from "../json.ts";
import type { Action, Plan } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import type { Outcome } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import { iso, MINUTE } from "../time.ts";
import type { Waiting } from "./brakes/limits.ts";
import type { Caused } from "./decide/want.ts";
import { planDigest, plansDigest } from "./digest.ts";
import { actionKey } from "./key.ts";

const savedSchema = z.looseObject({
  format: z.literal("curfew/plan/2"),
  digest: z.string(),
  version: z.string(),
  target: z.string(),
  url: z.string(),
  evaluatedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  policy: z.looseObject({ digest: z.string() }),
  ledger: z.looseObject({
    adopt: z.array(z.string()),
    forget: z.array(z.string()),
    lifted: z.array(z.string()).exactOptional(),
    met: byId(z.string()).optional(),
    gone: z.array(z.string()).optional(),
  }),
  actions: z.array(
    z.looseObject({
      type: z.enum(["lock", "wipe", "re-authenticate", "unlock"]),
      user: z.string(),
      session: z.string().nullable(),
      wipe: z.boolean().optional(),
      expects: z.record(z.string(), z.union([z.string(), z.boolean(), z.null()])),
    }),
  ),
});
/** What another version wrote: what such a plan expects can't be compared. */
const otherSchema = z.looseObject({
  format: z.string().regex(/^curfew\/plans?\/(?!2$)\d+$/),
});
const severalSchema = z.looseObject({
  format: z.literal("curfew/plans/2"),
  digest: z.string(),
  plans: z.array(savedSchema).min(1),
});

/**
 * The plans of a file that `plan --out` wrote. Throws UsageError where it is no such file, also where it holds no plan
 * at all, and StaleError where it was edited or is of another version (docs/contract.md, "The plan, as JSON").
 */
export function readSavedPlans(text: string, file: string): Plan[] {
  const value = readJson(text)?.value;
  const parsed = z.union([savedSchema, severalSchema]).safeParse(value);
  const other = otherSchema.safeParse(value);
  if (other.success) {
    throw new StaleError(
      `${file} is a plan of the format ${other.data.format}, and this version of Curfew takes curfew/plan/2: make the plan again with \`curfew plan --out ${file}\``,
    );
  }
  if (!parsed.success) {
    throw new UsageError(`${file} is no saved plan: make one with \`curfew plan --out plan.json\``);
  }
  const plans = ("plans" in parsed.data ? parsed.data.plans : [parsed.data]) as unknown as Plan[];
  const whole = !("plans" in parsed.data) || parsed.data.digest === plansDigest(plans);
  if (!whole || plans.some((plan) => digestOf(plan) !== plan.digest)) {
    throw new StaleError(
      `${file} was edited after it was saved (its digest does not fit): make the plan again with \`curfew plan --out ${file}\``,
    );
  }
  return plans;
}

/** null where it is nested too deeply to have one. */
function digestOf(plan: Plan): string | null {
  try {
    return planDigest(plan);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Throws StaleError unless the plan was made for this target by this policy and version, and is still good at this moment. */
export function checkSaved(saved: Plan, policy: Policy, version: string, at: Instant): void {
  const refuse = (why: string) => {
    throw new StaleError(
      `the saved plan ${why}: nothing was done. Make it again with \`curfew plan --out\`.`,
    );
  };
  const { target, digest } = policy;
  if (saved.target !== target.name || saved.url !== target.url) {
    refuse(`is for ${saved.target} at ${saved.url}, not for ${target.name} at ${target.url}`);
  }
  if (saved.policy.digest !== digest) refuse("was made by another policy than the one at hand");
  if (saved.version !== version)
    refuse(`was made by version ${saved.version} of Curfew, and this is ${version}`);
  if (at >= Date.parse(saved.expiresAt))
    refuse(`has expired, at ${iso(Date.parse(saved.expiresAt))}`);
  // Clocks of two machines may differ a little; a plan for a later moment (--at) is for looking at only.
  if (Date.parse(saved.evaluatedAt) > at + 5 * MINUTE) {
    refuse(`was made for a later moment, ${saved.evaluatedAt}`);
  }
}

/** Keeps of the wants what a saved plan holds, and tells what became of the rest of it. */
export interface Review {
  keep(wants: readonly Caused[]): Caused[];
  /** One for each action of the saved plan that is not among `taken`: skipped, and why. */
  skipped(taken: readonly Action[], held: readonly Waiting[]): Outcome[];
}

export function reviewOf(saved: Plan): Review {
  const reviewed = new Map(saved.actions.map((action) => [actionKey(action), action]));
  const changed = new Map<string, string>();
  const keep = (wants: readonly Caused[]): Caused[] =>
    wants.flatMap((want) => {
      const action = reviewed.get(actionKey(want));
      const otherwise = keep(want.otherwise);
      // What is wanted more strongly now was not reviewed; its weaker form may have been.
      if (!action) return otherwise;
      if (canonical(action.expects) !== canonical(want.expects)) {
        changed.set(
          actionKey(want),
          `expected ${told(action.expects)}, found ${told(want.expects)}`,
        );
        return [];
      }
      return [{ ...want, otherwise, wipes: action.wipe ? want.wipes : null }];
    });
  return {
    keep,
    skipped(taken, held) {
      const done = new Set(taken.map(actionKey));
      const by = new Map(held.map(({ want, by }) => [actionKey(want), by]));
      return [...reviewed]
        .filter(([key]) => !done.has(key))
        .map(([key, { type, user, session }]) => {
          const holder = by.get(key);
          const why =
            holder === undefined
              ? (changed.get(key) ?? "no longer wanted")
              : `held by ${holder} now`;
          return { status: "skipped", type, user, session, error: why };
        });
    },
  };
}

function told(expects: Action["expects"]): string {
  return Object.entries(expects)
    .map(([key, value]) => `${key} ${value}`)
    .join(", ");
}
