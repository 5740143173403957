// @module-tag slow
import { expect, test } from "vitest";
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
