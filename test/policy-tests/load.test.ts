/** Which files are policy tests, and which policy they test. */
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PolicyError, UsageError } from "../../src/errors.ts";
import { loadTests, loadTestsBeside } from "../../src/policy-tests/load.ts";
import { folderOf, MINIMAL } from "../policy/helpers.ts";

const TESTS = (policy = "../p.yaml") =>
  `version: 1\npolicy: ${policy}\nat: 2026-11-22T10:00:00Z\ntests: [{ name: a, users: {} }]\n`;
const POLICY = { "policies/p.yaml": MINIMAL };

async function messageOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof UsageError || error instanceof PolicyError) return error.message;
  throw error ?? new Error("it was accepted");
}

describe("policy tests", () => {
  it("are those in tests/ of a folder, or a file that is named, each once", async () => {
    const cwd = await folderOf({
      ...POLICY,
      "policies/tests/b.yml": TESTS(),
      "policies/tests/a.yaml": TESTS("./../p.yaml"),
      "policies/tests/notes.txt": "none",
      "policies/tests/deeper/c.yaml": "not a test",
    });
    const files = async (...paths: string[]) =>
      (await loadTests(paths, cwd)).map(({ tests, policy }) => [tests.file, policy.files[0]]);
    expect(await files("policies", "policies/tests/b.yml")).toEqual([
      ["policies/tests/a.yaml", "policies/p.yaml"],
      ["policies/tests/b.yml", "policies/p.yaml"],
    ]);
    expect(await files("policies/tests/b.yml")).toHaveLength(1);
    expect(await loadTestsBeside(["policies/p.yaml"], cwd)).toEqual([]);
    expect(await loadTestsBeside(["policies"], cwd)).toHaveLength(2);
  });

  it("are missed where they are asked for, and not where they are only checked", async () => {
    const cwd = await folderOf(POLICY);
    expect(await messageOf(loadTests(["policies"], cwd))).toBe(
      "policies has no policy tests: write some into policies/tests/*.yaml",
    );
    expect(await messageOf(loadTests(["absent"], cwd))).toMatch(/^absent does not exist: name /);
    expect(await loadTestsBeside(["policies"], cwd)).toEqual([]);
  });

  it("test a policy of their own folder, and the problems of all files come at once", async () => {
    const of = async (reference: string, files: Record<string, string> = {}) => {
      const cwd = await folderOf({
        ...POLICY,
        "outside.yaml": MINIMAL,
        "policies/tests/t.yaml": TESTS(reference),
        ...files,
      });
      return messageOf(loadTests(["policies"], cwd));
    };
    expect(await of("../gone.yaml")).toBe(
      'policies/tests/t.yaml:2:9: policy: "../gone.yaml" does not exist, seen from this file',
    );
    expect(await of("../../outside.yaml")).toMatch(
      /"\.\.\/\.\.\/outside\.yaml" is outside the folder of these tests: move them beside it$/,
    );
    expect(await of("/etc/hostname")).toMatch(/is outside the folder of these tests/);
    expect(await of("..")).toMatch(/".." is not a policy file$/);
    const broken = `${MINIMAL}sesions: {}\n`;
    expect(
      (
        await of("../p.yaml", { "policies/p.yaml": broken, "policies/tests/u.yaml": "- 1\n" })
      ).split("\n"),
    ).toEqual([
      expect.stringMatching(/^policies\/p\.yaml:\d+:1: unknown key "sesions"/),
      expect.stringMatching(/^policies\/tests\/u\.yaml:1:1: expects keys and values, not a list$/),
    ]);
  });

  it("are not followed out of their folder by a link", async () => {
    const cwd = await folderOf({ ...POLICY, "t.yaml": TESTS(), "policies/tests/keep.txt": "" });
    await symlink(join(cwd, "t.yaml"), join(cwd, "policies/tests/t.yaml"));
    expect(await messageOf(loadTests(["policies"], cwd))).toBe(
      "policies/tests/t.yaml is a link to outside its folder: copy the file there.",
    );
  });
});
