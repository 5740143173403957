// @module-tag slow
/** Who may read and write what Curfew keeps: a ledger that was there before, and saved plans. */
import { chmod, lstat, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { curfew } from "./run.ts";
import { project, sandbox, writes } from "./world.ts";

const modeOf = async (file: string) => (await stat(file)).mode & 0o777;

describe.skipIf(process.platform === "win32")("modes (Windows has none)", () => {
  test("a ledger that others may write to ends every command that asks it", async () => {
    const target = await sandbox();
    const cwd = await project(target.url);
    await mkdir(join(cwd, ".curfew"));
    await chmod(join(cwd, ".curfew"), 0o777);
    for (const command of [["plan"], ["apply", "--yes"], ["history"]]) {
      const { code, out, err } = await curfew(cwd, command);
      expect([code, out]).toEqual([1, ""]);
      expect(err).toMatch(/^error: .*The ledger in .*\.curfew can't be used; .*chmod go-rwx/);
    }
    expect(writes(target)).toBe(0);
    await chmod(join(cwd, ".curfew"), 0o700);
    expect(await curfew(cwd, ["apply", "--yes"])).toMatchObject({ code: 0, err: "" });
  });

  test("a saved plan is for its owner's eyes, also in a file that was there and behind a link", async () => {
    const target = await sandbox();
    const cwd = await project(target.url);
    const [old, link] = [join(cwd, "old.json"), join(cwd, "link.json")];
    // Longer than the plan: nothing of it may stay.
    await writeFile(old, "x".repeat(100_000));
    await chmod(old, 0o666);
    await symlink("old.json", link);
    expect(await curfew(cwd, ["plan", "--out", "link.json"])).toMatchObject({ code: 2, err: "" });
    expect(await modeOf(old)).toBe(0o600);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(JSON.parse(await readFile(old, "utf8"))).toMatchObject({ format: "curfew/plan/2" });

    await symlink("new.json", join(cwd, "dangling.json"));
    await curfew(cwd, ["plan", "--out", "dangling.json"]);
    expect(await modeOf(join(cwd, "new.json"))).toBe(0o600);
    // A device has no mode that could be changed.
    const device = await modeOf("/dev/null");
    expect(await curfew(cwd, ["plan", "--out", "/dev/null"])).toMatchObject({ code: 2, err: "" });
    expect(await modeOf("/dev/null")).toBe(device);
    const told = await curfew(cwd, ["plan", "--out", "none/plan.json"]);
    expect(told).toMatchObject({
      code: 1,
      err: "error: the plan can't be saved to none/plan.json: ENOENT\n",
    });
  });

  test("a saved inventory is no longer what a link leads to", async () => {
    const target = await sandbox();
    const cwd = await project(target.url);
    const names = ["inventory.jsonl", "inventory.jsonl.partial", "inventory.jsonl.records-0"];
    for (const name of names) {
      await writeFile(join(cwd, `${name}.other`), "untouched");
      await symlink(`${name}.other`, join(cwd, name));
    }
    expect(await curfew(cwd, ["inventory", "--out", names[0] ?? ""])).toMatchObject({ code: 0 });
    for (const name of names)
      expect(await readFile(join(cwd, `${name}.other`), "utf8")).toBe("untouched");
    const saved = await lstat(join(cwd, "inventory.jsonl"));
    expect([saved.isFile(), saved.mode & 0o777]).toEqual([true, 0o600]);
  });
});

// docs/contract.md, "Commands": 1 is bad usage, 4 a plan that was edited: whether a file without any plan was, nobody can tell.
test("a saved plan without a plan in it, or without what a plan has, is an error, and nothing is done", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  await curfew(cwd, ["plan", "--out", "plan.json"]);
  const { ledger: _, ...lacking } = JSON.parse(await readFile(join(cwd, "plan.json"), "utf8"));
  for (const value of [{ format: "curfew/plans/2", plans: [] }, lacking]) {
    await writeFile(join(cwd, "plan.json"), JSON.stringify(value));
    expect(await curfew(cwd, ["apply", "--plan", "plan.json", "--yes"])).toEqual({
      code: 1,
      out: "",
      err: "error: plan.json is no saved plan: make one with `curfew plan --out plan.json`\n",
    });
  }
  expect(writes(target)).toBe(0);
});
