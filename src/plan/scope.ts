/** What a plan is asked for: by which policy, when, knowing what, for whom, and compared with what. */
import type { Plan } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import type { Known } from "../model/run.ts";
import type { OwnSettings } from "../model/settings.ts";

export interface PlannerOptions extends Known {
  /** The version of Curfew, for the plan. */
  version: string;
  /** How much of what waits is listed. @default 10,000 */
  listed?: number | undefined;
  scope: Scope;
  /** What the backend's own settings say; absent: nothing is known of them. */
  settings?: OwnSettings | null | undefined;
}

/** What a plan is asked for. The limits are those of the whole estate all the same. */
export interface Scope {
  /** Only this user (its name or id); null: everybody. */
  only: string | null;
  /** Carry out this saved plan: what is in it and still true, and nothing else. */
  saved: Plan | null;
  /** Tell what a change causes: compare with the policy before it. Absent: compare with the last run's. */
  base?: Base | null;
}

/** The policy that a change starts from. */
export interface Base {
  /** null: there was none, and it wants nothing. */
  policy: Policy | null;
  commit: string | null;
}

export const EVERYTHING: Scope = { only: null, saved: null };
