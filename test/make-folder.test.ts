import { existsSync, statSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeFolder } from "../src/make-folder.ts";

let home = "";
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "curfew-folder-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

it("makes a folder and those above it, and says which was the first", async () => {
  expect(await makeFolder(join(home, "a/b/c"), 0o700)).toBe(join(home, "a"));
  expect(statSync(join(home, "a/b/c")).isDirectory()).toBe(true);
  if (process.platform !== "win32") expect(statSync(join(home, "a/b")).mode & 0o777).toBe(0o700);
  expect(await makeFolder(join(home, "a/b/c"))).toBeUndefined();
});

it("refuses where a file is in the way", async () => {
  await writeFile(join(home, "file"), "");
  await expect(makeFolder(join(home, "file"))).rejects.toThrow("EEXIST");
  await expect(makeFolder(join(home, "file/below"))).rejects.toThrow(/EEXIST|ENOTDIR/);
  expect(existsSync(join(home, "below"))).toBe(false);
});

it.runIf(process.platform === "linux")(
  "refuses, and does not hang, where none may be",
  async () => {
    await expect(makeFolder("/proc/curfew/below")).rejects.toThrow("ENOENT");
  },
);
