/**
 * Every rule for one user: where it is written, what it says, what it was compared with, what wins and why not the
 * others; and what an apply would do now, which is a part of the whole plan, limits and all. Pure.
 */
import { UsageError } from "../../errors.ts";
import type { InventoryFacts, User, UserRecord } from "../../model/inventory.ts";
import type { Action, Held, Notice, Plan, Refusal } from "../../model/plan.ts";
import type { Policy } from "../../model/policy.ts";
import type { Memory } from "../../model/run.ts";
import {
  type Duration,
  type Instant,
  RULES,
  type Rule,
  type Source,
} from "../../model/vocabulary.ts";
import { holdOf, rolloutPlace, rulebook } from "../../policy/effective.ts";
import { isCalled } from "../../policy/names.ts";
import { iso } from "../../time.ts";
import { decide } from "../decide/decide.ts";
import { type Scene, sessionFindings } from "../decide/sessions.ts";
import { isOurs } from "../decide/want.ts";
import { oneUser } from "../one-user.ts";
import { planner } from "../plan.ts";
import { EVERYTHING } from "../scope.ts";
import { type Comparison, comparisons, type Evidence } from "./compared.ts";
import { isWaived, type Statement, statements } from "./statements.ts";

/** Plain data: `curfew explain --format json` prints it. */
export interface Explanation {
  /** The record as it was read. */
  user: User;
  /** Since when the lock is ours, ISO 8601; null where there is none of ours. */
  lockedByUs: string | null;
  /** Where the user is protected: nothing but the lifting of our own lock is done. */
  protected: Source | null;
  /** The groups that the user belongs to, and by which way. */
  groups: (Source & { name: string; by: "members" | "where" })[];
  /** Where the user stands in any rollout, 0 to under 100, and whether the policy's reaches that. */
  rollout: { place: number; percent: number; reached: boolean };
  /** All rules, in the order of precedence. */
  rules: RuleExplained[];
  verdict: Verdict;
}

export interface RuleExplained {
  rule: Rule;
  /** `none`: the policy says nothing of it for this user. `waived`: by an exception. */
  outcome: "broken" | "kept" | "waived" | "none";
  /** What keeps it from being acted on, whatever breaks it; null: nothing does. */
  hold: "report" | "rollout" | null;
  statements: Statement[];
  comparisons: Comparison[];
}

/** What of the plan for everybody is about this user. */
export interface Verdict {
  /** What an apply would do now. */
  actions: Action[];
  held: Held[];
  /** Of the types that are held by a limit. */
  refusals: Refusal[];
  notices: Notice[];
}

export interface Explainer {
  add(record: UserRecord): void;
  /** Throws UsageError where nobody, or more than one user, is who was asked for. */
  finish(facts: InventoryFacts, skew?: Duration | null): { explanation: Explanation; plan: Plan };
}

export interface ExplainOptions {
  policy: Policy;
  at: Instant;
  memory: Memory;
  version: string;
  /** An id, or a name where the policy identifies users by a field. */
  user: string;
}

/** Explains from users that stream by: all of them count for the limits. */
export function explainer(options: ExplainOptions): Explainer {
  const { policy, at, memory, user: asked } = options;
  const plans = planner({ ...options, scope: EVERYTHING });
  const finder = oneUser(asked, policy, memory.met);
  const found: User[] = [];
  return {
    add(record) {
      plans.add(record);
      if (finder.is(record) && "user" in record) found.push(record.user);
    },
    finish(facts, skew) {
      finder.found();
      // Who has the name now is meant rather than who is remembered by it.
      const called = found.filter((one) => isCalled(asked, one));
      const several = called.length > 0 ? called : found;
      const user = several.find(({ id }) => id === asked) ?? several[0];
      if (!user) throw new RangeError("who was found is kept");
      if (user.id !== asked && several.length > 1) {
        const ids = several.slice(0, 5).map(({ id }) => id);
        throw new UsageError(
          `${several.length} users are called ${asked}: give the id of one, such as ${ids.join(", ")}`,
        );
      }
      const { plan } = plans.finish(facts, skew);
      return { explanation: explain(user, policy, at, memory, plan), plan };
    },
  };
}

/** The rules for one user, and what of a plan for everybody is about it. */
export function explain(
  user: User,
  policy: Policy,
  at: Instant,
  memory: Memory,
  plan: Plan,
): Explanation {
  const book = rulebook(policy);
  const own = book.forUser(user, at, memory.met);
  const scene: Scene = { user, book, policy: own, at, owned: memory };
  const decision = decide(user, book, at, memory);
  const evidence: Evidence = { scene, findings: sessionFindings(scene), decision };
  const since = isOurs(user, memory) ? memory.ownLocks[user.id] : undefined;
  return {
    user,
    lockedByUs: since === undefined ? null : iso(since),
    protected: own.protected,
    groups: own.groups.map(({ name, source, members }) => ({
      name,
      ...{ file: source.file, line: source.line },
      by: members.some(({ value }) => value === user.name) ? "members" : "where",
    })),
    rollout: {
      place: Math.floor(rolloutPlace(user.id) * 100) / 100,
      percent: policy.rollout,
      reached: own.inRollout,
    },
    rules: RULES.map((rule) => explainRule(rule, evidence)),
    verdict: verdictOf(user, plan),
  };
}

function explainRule(rule: Rule, evidence: Evidence): RuleExplained {
  const { scene } = evidence;
  const said = statements(rule, scene);
  const compared = comparisons(rule, evidence);
  const broken = compared.some((one) => one.broken);
  const waived = isWaived(rule, scene);
  const outcome = broken ? "broken" : waived ? "waived" : said.length > 0 ? "kept" : "none";
  const hold = holdOf(scene.book.policy, rule, scene.policy.inRollout);
  return { rule, outcome, hold, statements: said, comparisons: compared };
}

/** A notice goes by the id, or by the name of the policy. */
function verdictOf({ id, name }: User, { actions, held, refusals, notices }: Plan): Verdict {
  const own = held.filter((action) => action.user === id);
  const limited = new Set(own.filter(({ by }) => by === "limit").map(({ type }) => type));
  return {
    actions: actions.filter((action) => action.user === id),
    held: own,
    refusals: refusals.filter(({ type }) => limited.has(type)),
    notices: notices.filter(({ user }) => user !== null && (user === id || user === name)),
  };
}
