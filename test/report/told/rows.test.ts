/** Rows: what all formats draw, whatever it comes from. */
import { expect, test } from "vitest";
import { aftermath } from "../../../src/report/told/outcomes.ts";
import { rowOf } from "../../../src/report/told/rows.ts";
import { pastRuns } from "../../../src/report/told/runs.ts";
import * as build from "../builders.ts";
import { log, run } from "../past.ts";

test("a lock that erases data is a kind of its own; a name that is the id, and no label, are none", () => {
  expect(rowOf(build.lock({ wipe: true })).kind).toBe("lock-and-wipe");
  expect(rowOf(build.wipe({ label: "", name: build.LINA }))).toMatchObject({
    ...{ kind: "wipe", user: build.LINA, name: null, label: null },
  });
});

test("what holds an action is told; nothing has become of it", () => {
  const [held] = build.held("pace", [build.reAuthenticate()]);
  expect(held && rowOf(held)).toMatchObject({ by: "pace", status: null, note: null });
});

test("an outcome has the action that it is of; what is no longer in the plan is a row, too", () => {
  const plan = build.plan({ actions: [build.lock({ name: "omar" }), build.wipe()] });
  const [lock, wipe] = build.outcomesOf(plan.actions, "failed");
  const [gone] = build.outcomesOf([build.unlock()], "skipped");
  const outcomes = [lock, gone].filter((one) => one !== undefined);
  const { rows, warning, good } = aftermath(plan, outcomes);
  expect(rows).toMatchObject([
    { ...lock, name: "omar", note: "no reason given", reasons: plan.actions[0]?.reasons },
    { ...gone, cause: null, reasons: [] },
  ]);
  expect(warning).toMatch(/^1 action has no outcome/);
  expect(good).toBe(false);
  expect(aftermath(plan, wipe ? [wipe] : []).rows[0]?.label).toBe("Sony C6903");
});

test("the audit log gives the rows that the plan and its outcomes give", async () => {
  const actions = [build.lock({ name: "omar" }), build.reAuthenticate(), build.wipe()];
  const plan = build.plan({ actions });
  const outcomes = build.outcomesOf(actions.slice(0, 2));
  const { runs } = await pastRuns(log(run({ id: "run-1", plan, outcomes })), 1, false);
  const { rows } = aftermath(plan, outcomes);
  const open = actions.slice(2).map((action) => ({ ...rowOf(action), status: "unknown" }));
  // The log does not tell since when an action was wanted.
  expect(runs[0]?.rows).toEqual([...rows, ...open].map((row) => ({ ...row, since: null })));
});
