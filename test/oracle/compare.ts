/** A world, run after run, by the planner and by the oracle: what they say that differs. */
import type { Plan } from "../../src/model/plan.ts";
import { planOf } from "./brakes.ts";
import { causes } from "./cause.ts";
import { remember } from "./remember.ts";
import { type Stage, stageOf } from "./stage.ts";
import { type Answer, EMPTY, type Memory, type Want } from "./types.ts";
import type { World } from "./worlds.ts";

type Told = Record<string, string>;

const nameOfWant = ({ type, user, session }: Pick<Want, "type" | "user" | "session">) =>
  `${type} ${user} ${session}`;

/** What the oracle says, in the words in which the plan is compared; `by` is a pattern of what may hold it. */
function toldBy(answer: Answer, causeOf: (want: Want) => string): Told {
  const ofLocks = new Set(answer.taken.flatMap(({ wipes }) => wipes).map(nameOfWant));
  const told: Told = {};
  const names = new Set(answer.taken.map(nameOfWant));
  for (const want of answer.taken) {
    if (ofLocks.has(nameOfWant(want))) continue;
    const wiping = want.wipes.some((wipe) => names.has(nameOfWant(wipe)));
    told[nameOfWant(want)] =
      `taken${wiping ? " with wipe" : ""} ${causeOf(want)} ${want.rules.join()}`;
  }
  for (const { want, by } of answer.held)
    told[nameOfWant(want)] = `held ${by.join("|")} ${causeOf(want)} ${want.rules.join()}`;
  return told;
}

/** The plan in the same words. Where several brakes apply, any of them may be named. */
function toldByPlan(plan: Plan, oracle: Told): Told {
  const rules = (reasons: Plan["actions"][number]["reasons"]) =>
    [...new Set(reasons.map(({ rule }) => rule))].sort().join();
  const told: Told = {};
  for (const action of plan.actions)
    told[nameOfWant(action)] =
      `taken${action.wipe ? " with wipe" : ""} ${action.cause} ${rules(action.reasons)}`;
  for (const action of plan.held) {
    const name = nameOfWant(action);
    const may = /^held (\S+)/.exec(oracle[name] ?? "")?.[1] ?? "";
    const by = may.split("|").includes(action.by) ? may : action.by;
    told[name] = `held ${by} ${action.cause} ${rules(action.reasons)}`;
  }
  return told;
}

interface Difference {
  what: string;
  oracle: string;
  planner: string;
}

export interface Compared {
  /** How many runs were compared. */
  runs: number;
  /** The contract can be read in two ways from here on, so the rest was left. */
  unsure: boolean;
  differences: Difference[];
}

interface ComparedRun {
  unsure: boolean;
  differences: Difference[];
  /** How many actions were taken. */
  taken: number;
  /** What the oracle remembers after the run. */
  memory: Memory;
}

/** One run of the stage as it stands, by both. */
export async function compareRun(stage: Stage, memory: Memory): Promise<ComparedRun> {
  const { at, file } = stage;
  const users = stage.users();
  const answer = planOf(users, file, at, memory);
  const oracle = toldBy(answer, causes(users, file, at, memory));
  const taken = answer.taken.length;
  const isUnsure = [...answer.decisions.values()].some(({ unsure }) => unsure !== null);
  if (isUnsure) return { unsure: true, differences: [], taken, memory };
  const plan = await stage.run();
  const planner = toldByPlan(plan, oracle);
  if (file.enforcement !== "report") {
    oracle.refused = answer.refused.sort().join();
    planner.refused = plan.refusals
      .map(({ type }) => type)
      .sort()
      .join();
  }
  const after = remember(memory, {
    ...{ policy: file, at, users, answer, after: stage.users() },
    statusOf: (want) => stage.trouble(want.user) ?? "applied",
  });
  return {
    unsure: false,
    differences: differencesOf(oracle, planner),
    ...{ taken, memory: after },
  };
}

/** Ends at the first run that differs. */
export async function compare(world: World): Promise<Compared> {
  const stage = stageOf(world);
  let memory: Memory = EMPTY;
  let runs = 0;
  for (const step of [null, ...world.steps]) {
    if (step) stage.take(step);
    const run = await compareRun(stage, memory);
    if (run.unsure) return { runs, unsure: true, differences: [] };
    runs++;
    if (run.differences.length > 0) return { runs, unsure: false, differences: run.differences };
    memory = run.memory;
  }
  return { runs, unsure: false, differences: [] };
}

function differencesOf(oracle: Told, planner: Told): Difference[] {
  const all = [...new Set([...Object.keys(oracle), ...Object.keys(planner)])];
  return all.flatMap((what) => {
    const pair = { oracle: oracle[what] ?? "nothing", planner: planner[what] ?? "nothing" };
    return pair.oracle === pair.planner ? [] : [{ what, ...pair }];
  });
}
