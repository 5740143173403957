/** git in a repository that a stranger made: its config, its hooks and its history order nothing. */
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { loadBase } from "../../src/checkout/base.ts";
import { git as ask, gitFault } from "../../src/checkout/git.ts";
import { commitOf } from "../../src/checkout/load.ts";
import { NOW } from "../kit/builders.ts";
import { commit, folder, git, policyText, put, repository } from "./repository.ts";

const FILE = "policies/production.yaml";
const BEFORE = { [FILE]: policyText("before"), "policies/other/x.yaml": "protected: [a]\n" };

/** A repository with a change, and the file that a program of its would leave. */
async function stranger() {
  const cwd = await repository(BEFORE);
  await put(cwd, { [FILE]: policyText("after") });
  const head = commit(cwd);
  const mark = join(cwd, "PWNED");
  const program = join(cwd, ".git/evil");
  await put(cwd, { ".git/evil": `#!/bin/sh\ntouch '${mark}'\ncat\n` });
  await chmod(program, 0o755);
  const config = (...pairs: [string, string][]) => {
    for (const [key, value] of pairs) git(cwd, ["config", key, value]);
  };
  return { cwd, head, mark, program, config };
}

/** All that Curfew asks git: whether files are as committed, and what the base has. */
async function askAll(cwd: string, at = FILE) {
  const known = await commitOf([join(cwd, at)]);
  const base = await loadBase(["policies"], "main", { cwd, at: NOW }).catch((error) => error);
  return { known, base };
}

/** Makes git compare the file itself, not only its date. */
const touch = (cwd: string) => utimes(join(cwd, FILE), 1, 1);

describe("no program is started that a repository names", () => {
  it.each(["clean", "process"])("as a filter: %s", async (kind) => {
    const { cwd, head, mark, program, config } = await stranger();
    await put(cwd, { ".git/info/attributes": "*.yaml filter=a.b=c\n" });
    config([`filter.a.b=c.${kind}`, program], ["filter.a.b=c.required", "true"]);
    await touch(cwd);
    expect((await askAll(cwd)).known).toBe(head);
    expect(existsSync(mark)).toBe(false);
  });

  it("as a filter of a config that the config includes", async () => {
    const { cwd, mark, program, config } = await stranger();
    await put(cwd, {
      ".git/info/attributes": "*.yaml filter=x\n",
      ".git/more": `[filter "x"]\n\tclean = ${program}\n`,
    });
    config(["include.path", "more"]);
    await touch(cwd);
    await askAll(cwd);
    expect(existsSync(mark)).toBe(false);
  });

  it("as a filter of a submodule", async () => {
    const { cwd, mark, program } = await stranger();
    const inner = await repository({ "x.yaml": "protected: [a]\n" });
    git(cwd, ["-c", "protocol.file.allow=always", "submodule", "add", "-q", inner, "policies/sub"]);
    git(cwd, ["config", "-f", ".gitmodules", "submodule.policies/sub.ignore", "none"]);
    commit(cwd);
    const own = join(cwd, ".git/modules/policies/sub");
    await writeFile(join(own, "info/attributes"), "*.yaml filter=x\n");
    git(join(cwd, "policies/sub"), ["config", "filter.x.clean", program]);
    await utimes(join(cwd, "policies/sub/x.yaml"), 1, 1);
    await askAll(cwd, "policies");
    expect(existsSync(mark)).toBe(false);
  });

  it("as a file watcher, a hook, a text converter, a pager or an alias", async () => {
    const { cwd, mark, program, config } = await stranger();
    config(
      ["core.fsmonitor", program],
      ["core.pager", program],
      ["core.hooksPath", ".git"],
      ["core.editor", program],
      ["diff.external", program],
      ["diff.x.textconv", program],
      ["alias.ls-tree", `!${program}`],
      ["gpg.program", program],
    );
    await put(cwd, { ".git/info/attributes": "* diff=x\n", ".git/post-index-change": "" });
    await writeFile(join(cwd, ".git/post-index-change"), `#!/bin/sh\ntouch '${mark}'\n`);
    await chmod(join(cwd, ".git/post-index-change"), 0o755);
    await touch(cwd);
    await askAll(cwd);
    expect(existsSync(mark)).toBe(false);
  });

  it.each([
    ["upload-pack", "/nowhere"],
    ["an ext:: address", "ext::PROGRAM"],
    ["ssh", "ssh://nowhere.invalid/x"],
  ])("to fetch what is missing: %s", async (_, url) => {
    const { cwd, mark, program, config } = await stranger();
    config(
      ["core.repositoryFormatVersion", "1"],
      ["extensions.partialClone", "origin"],
      ["remote.origin.promisor", "true"],
      ["remote.origin.url", url.replace("PROGRAM", program)],
      ["remote.origin.uploadpack", program],
      ["protocol.ext.allow", "always"],
      ["core.sshCommand", program],
    );
    const object = git(cwd, ["rev-parse", `main:${FILE}`]);
    await rm(join(cwd, ".git/objects", object.slice(0, 2), object.slice(2)));
    const { base } = await askAll(cwd);
    expect(String(base)).toMatch(/the base [0-9a-f]{12} can't be read here: .*git fetch --refetch/);
    expect(existsSync(mark)).toBe(false);
  });
});

it("a filter of the user's own still counts", async () => {
  const { cwd, head } = await stranger();
  const home = await folder();
  const global = join(home, "gitconfig");
  await writeFile(global, '[filter "up"]\n\tclean = tr a-z A-Z\n');
  await put(cwd, { ".git/info/attributes": "*.yaml filter=up\n" });
  await touch(cwd);
  expect(await commitOf([join(cwd, FILE)])).toBe(head);
  vi.stubEnv("GIT_CONFIG_GLOBAL", global);
  try {
    expect(await commitOf([join(cwd, FILE)])).toBe(null);
  } finally {
    vi.unstubAllEnvs();
  }
});

describe("history is as it was written", () => {
  const base = (cwd: string) => loadBase(["policies"], "main", { cwd, at: NOW });

  it("whatever a replacement puts in its place", async () => {
    const { cwd, head } = await stranger();
    git(cwd, ["replace", git(cwd, ["rev-parse", "main"]), head]);
    expect((await base(cwd)).policies[0]?.target.name).toBe("before");
    git(cwd, ["replace", git(cwd, ["rev-parse", `main:${FILE}`]), `${head}:${FILE}`]);
    expect((await base(cwd)).policies[0]?.target.name).toBe("before");
  });

  it("whatever a graft says of its parents", async () => {
    const { cwd, head } = await stranger();
    const real = git(cwd, ["rev-parse", "main"]);
    await put(cwd, { [FILE]: policyText("third") });
    const third = commit(cwd);
    git(cwd, ["update-ref", "refs/heads/main", third]);
    git(cwd, ["checkout", "--quiet", "--detach", head]);
    await put(cwd, { ".git/info/grafts": `${third} ${real}\n` });
    expect((await base(cwd)).commit).toBe(head);
  });
});

describe("the repository is the one around the policies", () => {
  it("also where a hook's variables name another", async () => {
    const { cwd, head } = await stranger();
    const other = await repository({ [FILE]: policyText("other") });
    const variables = {
      GIT_DIR: join(other, ".git"),
      GIT_WORK_TREE: other,
      GIT_INDEX_FILE: join(other, ".git/index"),
      GIT_OBJECT_DIRECTORY: join(other, ".git/objects"),
    };
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    try {
      const { known, base } = await askAll(cwd);
      expect(known).toBe(head);
      expect(base.policies[0]?.target.name).toBe("before");
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("and none whose worktree is said to be elsewhere", async () => {
    const { cwd, config } = await stranger();
    const other = await folder();
    config(["core.worktree", other]);
    const { known, base } = await askAll(cwd);
    expect(known).toBe(null);
    expect(String(base)).toMatch(/UsageError: --base main/);
    expect(await readdir(other)).toEqual([]);
  });

  it("a `.git` file that names another repository gives that one's history, and no program of its", async () => {
    const { cwd: other, mark, program, config } = await stranger();
    config(["core.fsmonitor", program], ["filter.x.clean", program]);
    await put(other, { ".git/info/attributes": "* filter=x\n" });
    const cwd = await folder();
    await mkdir(join(cwd, "policies"));
    await put(cwd, { [FILE]: policyText("after"), ".git": `gitdir: ${other}/.git\n` });
    const { base } = await askAll(cwd);
    expect(base.policies[0]?.target.name).toBe("before");
    expect(existsSync(mark)).toBe(false);
  });
});

it("git's own words are the fault's, in one short line", async () => {
  const cwd = await folder();
  const error = await ask(cwd, "rev-parse", "x".repeat(1000)).catch((thrown: unknown) => thrown);
  expect(gitFault(error)).toMatch(/^not a git repository.{0,280}$/);
  const { cwd: other } = await stranger();
  const long = await ask(other, "cat-file", "blob", "x".repeat(1000)).catch(
    (thrown: unknown) => thrown,
  );
  expect(gitFault(long)).toMatch(/^Not a valid object name x{200,290}$/);
});

describe("why the commit is not known", () => {
  const asked = async (file: string) => {
    const told: string[] = [];
    const known = await commitOf([file], (fault) => told.push(fault));
    return { known, told };
  };

  it("is told where git refuses, with the remedy", async () => {
    const cwd = await repository(BEFORE);
    vi.stubEnv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1");
    const { known, told } = await asked(join(cwd, FILE));
    vi.unstubAllEnvs();
    expect(known).toBeNull();
    expect(told).toEqual([
      expect.stringContaining(`git config --global --add safe.directory '${cwd}'`),
    ]);
  });

  it("is told where git is missing, or finds no repository where one should be", async () => {
    const cwd = await repository(BEFORE);
    vi.stubEnv("PATH", await folder());
    const missing = await asked(join(cwd, FILE));
    vi.unstubAllEnvs();
    expect(missing).toEqual({ known: null, told: ["git is not installed"] });
    await rm(join(cwd, ".git"), { recursive: true });
    await writeFile(join(cwd, ".git"), "gitdir: /nowhere\n");
    const broken = await asked(join(cwd, FILE));
    expect(broken).toEqual({
      known: null,
      told: [expect.stringContaining("not a git repository")],
    });
  });

  it("is no news outside a checkout, nor of files that are changed", async () => {
    const cwd = await folder();
    await put(cwd, BEFORE);
    expect(await asked(join(cwd, FILE))).toEqual({ known: null, told: [] });
    const changed = await repository(BEFORE);
    await put(changed, { [FILE]: policyText("after") });
    expect(await asked(join(changed, FILE))).toEqual({ known: null, told: [] });
  });
});
