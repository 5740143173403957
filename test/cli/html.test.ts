// @module-tag slow
import { expect, test } from "vitest";
import { DAY, iso } from "../../src/time.ts";
import { curfew } from "./run.ts";
import { project, sandbox } from "./world.ts";

test("plan, drift and apply as HTML: with the facts of the estate, past runs, and links to the reviewed lines", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  const html = (...args: string[]) => curfew(cwd, [...args, "--format", "html"]);
  const plan = await html("plan");
  expect(plan).toMatchObject({ code: 2, err: "" });
  expect(plan.out.startsWith("<!doctype html>")).toBe(true);
  expect(plan.out).toContain("3 active sessions by the days since sign-in.");
  expect(plan.out).not.toContain("Recent runs");
  const applied = await html("apply", "--yes");
  expect(applied).toMatchObject({ code: 0, err: "" });
  expect(applied.out).toContain("Applied 2 of 2.");
  const drift = await html("drift");
  expect(drift).toMatchObject({ code: 0, err: "" });
  expect(drift.out).toContain("The last 1 run: 2 applied, none failed.");
});

test("a plan on a saved inventory has its facts, too", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  await curfew(cwd, ["inventory", "--out", "inventory.jsonl"]);
  const args = ["plan", "--inventory", "inventory.jsonl", "--format", "html"];
  expect((await curfew(cwd, args)).out).toContain("3 active sessions by the days since sign-in.");
});

test("what falls due is what a forecast says, also of what only the ledger knows: the end of a lock of ours", async () => {
  const target = await sandbox();
  const until = iso(Date.now() + 3 * DAY);
  const sections = `users:\n  locked:\n    - { user: bob, reason: On leave, until: ${until} }\n`;
  const cwd = await project(target.url, { sections });
  expect(await curfew(cwd, ["apply", "--yes"])).toMatchObject({ code: 0, err: "" });
  const forecast = JSON.parse((await curfew(cwd, ["forecast", "--format", "json"])).out);
  const unlocks = forecast.days.filter(({ due }: { due: { unlock: number } }) => due.unlock > 0);
  expect(unlocks).toMatchObject([{ date: until.slice(0, 10), total: 1 }]);
  const told = `1 to unlock; most on ${until.slice(0, 10)} (1).`;
  expect((await curfew(cwd, ["plan", "--format", "html"])).out).toContain(told);
  expect((await curfew(cwd, ["drift", "--format", "html"])).out).toContain(told);
});
