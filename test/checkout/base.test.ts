/** What `plan --base` compares with, where whoever wrote the change would rather choose it. */
import { existsSync } from "node:fs";
import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { loadBase } from "../../src/checkout/base.ts";
import { UsageError } from "../../src/errors.ts";
import { NOW } from "../kit/builders.ts";
import {
  blob,
  commit,
  commitTree,
  folder,
  git,
  policyText,
  put,
  repository,
  tree,
} from "./repository.ts";

const FILE = "policies/production.yaml";
const BEFORE = { [FILE]: policyText("before") };
const AFTER = { [FILE]: policyText("after") };

const baseOf = (cwd: string, base = "main", paths = ["policies"]) =>
  loadBase(paths, base, { cwd, at: NOW });
const names = async (...of: Parameters<typeof baseOf>) =>
  (await baseOf(...of)).policies.map(({ target }) => target.name);

async function refused(...of: Parameters<typeof baseOf>): Promise<string> {
  const error = await baseOf(...of).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UsageError);
  return String(error);
}

/** A repository whose change is `AFTER`. */
async function changed(before: Record<string, string | Buffer> = BEFORE): Promise<string> {
  const cwd = await repository(before);
  await put(cwd, AFTER);
  commit(cwd);
  return cwd;
}

describe("a folder that the change brings", () => {
  it.each(["main", "refs/heads/main", "HEAD~1", "the commit's hash"])(
    "is not the base because it is called as %s",
    async (what) => {
      const cwd = await changed();
      const rev = what.startsWith("the") ? git(cwd, ["rev-parse", "main"]) : what;
      await put(cwd, { [`${rev}/${FILE}`]: policyText("decoy") });
      commit(cwd);
      const base = rev === "HEAD~1" ? "HEAD~2" : rev;
      expect(await refused(cwd, rev)).toContain(`write ./${rev} for the folder, or ${rev}~0`);
      expect(await names(cwd, `./${rev}`)).toEqual(["decoy"]);
      expect(await names(cwd, `${base}~0`)).toEqual(["before"]);
    },
  );

  it("is not the base where the commit is missing here", async () => {
    const cwd = await changed();
    await put(cwd, { [`origin/main/${FILE}`]: policyText("decoy") });
    commit(cwd);
    expect(await refused(cwd, "origin/main")).toContain("write ./origin/main for the folder");
  });

  it("nor by a link to it", async () => {
    const cwd = await changed();
    await put(cwd, { [`decoy/${FILE}`]: policyText("decoy") });
    await symlink("decoy", join(cwd, "base"));
    commit(cwd);
    expect(await refused(cwd, "base")).toContain("write ./base for the folder");
  });

  it("is none where another checkout was put beside the policies", async () => {
    const cwd = await changed();
    await put(cwd, { [`base/${FILE}`]: policyText("other") });
    expect(await names(cwd, "base")).toEqual(["other"]);
  });
});

describe("the policies' path", () => {
  it("is looked up in the base, also where it is absolute", async () => {
    const cwd = await changed();
    expect(await names(cwd, "main", [join(cwd, "policies")])).toEqual(["before"]);
    expect(await names(cwd, "main", [join(cwd, FILE)])).toEqual(["before"]);
    const other = await folder();
    await put(other, BEFORE);
    expect(await names(cwd, other, [join(cwd, "policies")])).toEqual(["before"]);
  });

  it("is looked up from where Curfew runs", async () => {
    const cwd = await changed();
    await mkdir(join(cwd, "sub"));
    expect(await names(join(cwd, "sub"), "main", ["../policies"])).toEqual(["before"]);
    expect(await names(join(cwd, "policies"), "main", ["."])).toEqual(["before"]);
    expect(await names(cwd, "main", ["policies", FILE])).toEqual(["before"]);
  });

  it("outside the repository is refused", async () => {
    const cwd = await changed();
    const other = await folder();
    await put(other, BEFORE);
    expect(await refused(cwd, "main", ["policies", other])).toContain("inside the repository");
    expect(await refused(other, "main", [join(cwd, "policies")])).toContain("inside the repo");
  });

  it("that is a link now is looked up by its name, wherever the link leads", async () => {
    const cwd = await changed({ ...BEFORE, "decoy/production.yaml": policyText("decoy") });
    const outside = await folder();
    await put(outside, { "production.yaml": policyText("decoy") });
    await rm(join(cwd, "policies"), { recursive: true });
    await symlink("decoy", join(cwd, "policies"));
    commit(cwd);
    expect(await names(cwd)).toEqual(["before"]);
    await rm(join(cwd, "policies"));
    await symlink(outside, join(cwd, "policies"));
    commit(cwd);
    expect(await refused(cwd)).toContain("policies is in no git repository");
  });

  it("that was a link, or a submodule, or is absent, has nothing: all counts as the change", async () => {
    const linked = await folder();
    git(linked, ["init", "--quiet", "--initial-branch", "main"]);
    await put(linked, { "rules/production.yaml": policyText("decoy") });
    await symlink("rules", join(linked, "policies"));
    const start = commit(linked);
    git(linked, ["checkout", "--quiet", "-b", "change"]);
    expect((await baseOf(linked)).missing).toContain("has no policies: everything counts");
    git(linked, ["rm", "--quiet", "--cached", "policies"]);
    git(linked, ["update-index", "--add", "--cacheinfo", `160000,${start},policies`]);
    git(linked, ["commit", "--quiet", "-m", "a submodule"]);
    expect((await baseOf(linked, "HEAD")).missing).toContain("has no policies");
    expect((await baseOf(linked, "HEAD", ["nowhere"])).missing).toContain("has no nowhere");
  });
});

describe("a commit", () => {
  it("has the files that its tree has, whatever attributes say", async () => {
    const text = `${policyText("before")}protected: ["$Id$"]\n`;
    const attributes = "* export-ignore ident working-tree-encoding=UTF-16 eol=crlf diff=x\n";
    const cwd = await changed({ ...BEFORE, [FILE]: text });
    await put(cwd, { ".git/info/attributes": attributes, ".gitattributes": attributes });
    const [policy] = (await baseOf(cwd)).policies;
    expect(policy?.protected.map(({ value }) => value)).toEqual(["$Id$"]);
  });

  it("may have names that are hard to read", async () => {
    const odd = ["a\nb.yaml", "-rf.yaml", ":(glob)*.yaml", 'a"b\t.yaml', "…ü .yaml", "--.yml"];
    const files = odd.map((name, i) => {
      const text = policyText(`odd-${i}`).replace("/v4/1", `/v4/${i}`);
      return [`policies/${name}`, text] as const;
    });
    const cwd = await changed(Object.fromEntries(files));
    expect((await names(cwd)).sort()).toEqual(odd.map((_, i) => `odd-${i}`));
    expect(await names(cwd, "main", ["policies/a\nb.yaml"])).toEqual(["odd-0"]);
  });

  it("gives no links: a policy that is one is not read", async () => {
    const cwd = await repository({ ...BEFORE, secret: "x" });
    await symlink("../secret", join(cwd, "policies/link.yaml"));
    commit(cwd);
    expect(await names(cwd, "HEAD")).toEqual(["before"]);
  });

  it("that is no UTF-8 has no valid policy", async () => {
    const text = Buffer.concat([Buffer.from(`${policyText("before")}# `), Buffer.of(0xff, 10)]);
    const cwd = await changed({ [FILE]: text });
    expect((await baseOf(cwd)).missing).toContain("is not UTF-8 text");
  });

  it.each(["..", ".", ""])("with a folder called %j writes nothing outside", async (step) => {
    const cwd = await changed();
    const file = { mode: "100644", name: "pwned.yaml", object: blob(cwd, "x: 1\n") };
    const deep = [step, step, step].reduce(
      (object, name) => tree(cwd, [{ mode: "40000", name, object }]),
      tree(cwd, [file]),
    );
    commitTree(cwd, "hand", tree(cwd, [{ mode: "40000", name: "policies", object: deep }]));
    expect(await refused(cwd, "hand")).toMatch(
      /pwned.yaml" leads out of its folder|empty filename/,
    );
    const out = join(cwd, "..");
    for (const place of [out, join(out, ".."), cwd])
      expect(existsSync(join(place, "pwned.yaml"))).toBe(false);
  });

  it("with a file that is a folder, too, is refused", async () => {
    const cwd = await changed();
    const object = blob(cwd, policyText("before"));
    const inner = tree(cwd, [{ mode: "100644", name: "b.yaml", object }]);
    const both = tree(cwd, [
      { mode: "100644", name: "a.yaml", object },
      { mode: "40000", name: "a.yaml", object: inner },
    ]);
    commitTree(cwd, "hand", tree(cwd, [{ mode: "40000", name: "policies", object: both }]));
    expect(await refused(cwd, "hand")).toContain("can't be a file here");
  });

  it("of billions of files ends in a sentence", { tags: "slow" }, async () => {
    const cwd = await changed();
    const file = { mode: "100644", name: "x.yaml", object: blob(cwd, "x: 1\n") };
    let object = tree(cwd, [file]);
    for (let depth = 0; depth < 10; depth++) {
      const wide = Array.from({ length: 10 }, (_, i) => ({ mode: "40000", name: `${i}`, object }));
      object = tree(cwd, wide);
    }
    commitTree(cwd, "hand", tree(cwd, [{ mode: "40000", name: "policies", object }]));
    expect(await refused(cwd, "hand")).toMatch(/answer is too long|did not answer/);
  });

  it("of too many bytes, or too many files, ends in a sentence", async () => {
    const cwd = await changed();
    const big = blob(cwd, Buffer.alloc(5 * 1024 * 1024, "#"));
    const many = (length: number, object: string) =>
      tree(
        cwd,
        Array.from({ length }, (_, i) => ({
          ...{ mode: "100644", object },
          name: `${String(i).padStart(6, "0")}.yaml`,
        })),
      );
    for (const object of [many(14, big), many(10_001, blob(cwd, ""))]) {
      commitTree(cwd, "hand", tree(cwd, [{ mode: "40000", name: "policies", object }]));
      expect(await refused(cwd, "hand")).toContain(
        "policies holds more than 10000 files or 64 MiB",
      );
    }
  });
});

describe("a shallow clone", () => {
  /** `main` moves on, `change` takes it in and adds a policy; so the merge base is not the oldest commit. */
  async function merged(): Promise<string> {
    const cwd = await repository(BEFORE);
    for (let i = 0; i < 12; i++) commit(cwd);
    git(cwd, ["checkout", "--quiet", "main"]);
    await put(cwd, { [FILE]: policyText("newer") });
    commit(cwd);
    for (let i = 0; i < 5; i++) commit(cwd);
    git(cwd, ["checkout", "--quiet", "change"]);
    git(cwd, ["merge", "--quiet", "--no-ff", "--no-edit", "main"]);
    await put(cwd, AFTER);
    for (let i = 0; i < 3; i++) commit(cwd);
    return cwd;
  }
  const clone = async (from: string, depth: number, branch = "change"): Promise<string> => {
    const cwd = await folder();
    const all = ["--no-single-branch", "--branch", branch, "--depth", String(depth)];
    git(cwd, ["clone", "--quiet", ...all, `file://${from}`, "."]);
    return cwd;
  };

  it("gives the true merge base, or none", async () => {
    const from = await merged();
    const truth = git(from, ["merge-base", "main", "change"]);
    const seen = new Set<string>();
    for (let depth = 1; depth <= 30; depth++) {
      const cwd = await clone(from, depth);
      const found = await baseOf(cwd, "origin/main").then(
        ({ commit: of }) => of,
        (error: unknown) => String(error),
      );
      if (found !== truth) expect(found).toContain("fetch-depth: 0; git fetch --unshallow");
      seen.add(found === truth ? "found" : "refused");
    }
    expect(seen).toEqual(new Set(["found", "refused"]));
  });

  it("whose merge base lies behind the cut is refused, though an older one is at hand", async () => {
    // The change starts at `old`, is long, and takes `main` in at its beginning: only that way leads to the later base.
    const cwd = await repository(BEFORE);
    const old = commit(cwd);
    git(cwd, ["checkout", "--quiet", "-B", "main"]);
    await put(cwd, { [FILE]: policyText("later") });
    const later = commit(cwd);
    git(cwd, ["checkout", "--quiet", "change"]);
    commit(cwd);
    git(cwd, ["merge", "--quiet", "--no-ff", "--no-edit", "main"]);
    for (let i = 0; i < 6; i++) commit(cwd);
    git(cwd, ["checkout", "--quiet", "-b", "short", old]);
    // Without a file of its own it would be the first commit of the change, where that was made in the same second.
    await put(cwd, { "short.txt": "" });
    commit(cwd);
    git(cwd, ["checkout", "--quiet", "change"]);
    git(cwd, ["merge", "--quiet", "--no-ff", "--no-edit", "short"]);
    expect((await baseOf(cwd)).commit).toBe(later);
    const shallow = await clone(cwd, 5);
    expect(git(shallow, ["merge-base", "origin/main", "HEAD"])).toBe(old);
    expect(await refused(shallow, "origin/main")).toContain("this clone is shallow");
  });

  it("that has all from the merge base on is as good as a whole one", async () => {
    const from = await changed();
    for (let i = 0; i < 3; i++) commit(from);
    const cwd = await clone(from, 6);
    expect(await names(cwd, "origin/main")).toEqual(["before"]);
  });

  it("needs no more than the base where that is where the change stands", async () => {
    const from = await changed();
    const cwd = await clone(from, 1, "main");
    expect(await names(cwd, "HEAD")).toEqual(["before"]);
  });
});

describe("a repository that git does not tell of", () => {
  it("is told, with the remedy, and no folder stands in for the commit", async () => {
    const cwd = await changed();
    await put(cwd, { [`main/${FILE}`]: policyText("decoy") });
    vi.stubEnv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1");
    onTestFinished(() => void vi.unstubAllEnvs());
    const remedy = `git config --global --add safe.directory '${cwd}'`;
    expect(await refused(cwd, "HEAD")).toContain(remedy);
    expect(await refused(cwd, "HEAD")).not.toContain("in no git repository");
    expect(await refused(cwd, "main")).toContain(remedy);
    expect(await names(cwd, "./main")).toEqual(["decoy"]);
  });
});
