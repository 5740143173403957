/** The scenario corpus (docs/design.md, "How it is tested"): every folder of scenarios/ is one situation. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { Plan } from "../src/model/plan.ts";
import { RENDERERS } from "../src/report/formats.ts";
import {
  openStage,
  picture,
  promised,
  type Stage,
  type Target,
  unwiped,
} from "./kit/scenario-stage.ts";
import { readWorld, type World } from "./kit/scenario-world.ts";

const CORPUS = path.join(import.meta.dirname, "scenarios");
const SITUATIONS = readdirSync(CORPUS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
/** Goldens that the code does not give yet, by their path in the corpus, and why. */
const KNOWN_BUGS: Record<string, string> = parse(
  readFileSync(path.join(CORPUS, "known-bugs.yaml"), "utf8"),
);

test.for(SITUATIONS)("%s", async (name) => {
  const world = readWorld(path.join(CORPUS, name));
  const [first, ...others] = goldensOf(world).map((golden) => path.join(name, golden));
  await using stage = await openStage(path.join(CORPUS, name), world);
  await settle(stage, world.runs, first ?? "");
  for (const [i, step] of (world.later ?? []).entries()) {
    stage.take(step);
    await settle(stage, step.runs, others[i] ?? "");
  }
});

test("every golden belongs to a plan, and every known bug to a golden", () => {
  const expected = SITUATIONS.flatMap((name) =>
    goldensOf(readWorld(path.join(CORPUS, name))).flatMap((golden) => [
      path.join(name, `${golden}.json`),
      path.join(name, `${golden}.txt`),
    ]),
  );
  const found = SITUATIONS.flatMap((name) =>
    readdirSync(path.join(CORPUS, name))
      .filter((file) => /\.(?:txt|json)$/.test(file))
      .map((file) => path.join(name, file)),
  );
  const advice = "missing goldens are written now: read them, and run again; others are left over";
  expect(found.sort(), advice).toEqual(expected.sort());
  expect(expected).toEqual(expect.arrayContaining(Object.keys(KNOWN_BUGS)));
});

/** One for the world, and one for each step after it. */
function goldensOf({ later = [] }: World): string[] {
  return ["plan", ...later.map((_, i) => `plan-${i + 2}`)];
}

/** Plans, compares with the goldens, and applies until nothing is left to do: after exactly `runs` runs. */
async function settle(stage: Stage, runs = 1, golden: string): Promise<void> {
  const planned = [];
  for (const target of await stage.targets()) {
    planned.push({ target, info: target.info, plan: await preview(target) });
  }
  const shown = planned.map(({ plan, info }) => ({ plan: stage.settled(plan), info }));
  const how = { colour: false, width: 100, all: false, several: shown.length > 1 };
  await compare(RENDERERS.text.plan(shown, how), `${golden}.txt`);
  await compare(RENDERERS.json.plan(shown, how), `${golden}.json`);
  for (const { target, plan } of planned) await converge(target, plan, runs);
}

async function compare(text: string, golden: string): Promise<void> {
  const file = path.join(CORPUS, golden);
  if (KNOWN_BUGS[golden] === undefined) return expect(text).toMatchFileSnapshot(file);
  const mended = `${golden} is as docs/contract.md wants it: take it off known-bugs.yaml`;
  expect(text, mended).not.toBe(readFileSync(file, "utf8"));
}

async function converge(target: Target, first: Plan, runs: number): Promise<void> {
  let plan = first;
  for (let run = 1; run <= runs; run++) {
    if (run > 1) expect(plan.actions, `left before run ${run} of ${runs}`).not.toEqual([]);
    await carryOut(target, plan);
    plan = await preview(target);
  }
  expect(plan.actions, `left after ${runs} runs`).toEqual([]);
  expect(plan.ledger).toEqual({ adopt: [], forget: [] });
}

/** A plan writes nothing, and two plans of one moment are the same. */
async function preview({ plan, sandbox }: Target): Promise<Plan> {
  const operations = { ...sandbox.counters.operations };
  const users = sandbox.users();
  const { planned } = await plan();
  expect((await plan()).planned.plan).toEqual(planned.plan);
  expect(sandbox.counters.operations).toEqual(operations);
  expect(sandbox.users()).toEqual(users);
  return planned.plan;
}

/** What ran is what was planned; all of it was applied, and the backend shows that and nothing else. */
async function carryOut({ apply, sandbox }: Target, plan: Plan): Promise<void> {
  const now = picture(sandbox.users());
  const { planned, outcomes } = await apply();
  expect(planned.plan).toEqual(plan);
  expect(outcomes).toEqual(
    plan.actions.map((action) => {
      const { type, user, session } = action;
      return { status: "applied", type, user, session, confirmed: true, ...unwiped(now, action) };
    }),
  );
  expect(picture(sandbox.users())).toEqual(promised(now, plan.actions));
}
