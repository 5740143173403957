/** docs/contract.md, "Where the ledger is": one ledger for a policy, wherever one stands, and none that is half of one. */
import { execFileSync } from "node:child_process";
import {
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { loadPolicies } from "../src/checkout/load.ts";
import { deploymentKey } from "../src/ledger/key.ts";
import { openLedgerOf } from "../src/parts.ts";
import { MINIMAL, NOW } from "./policy/helpers.ts";

const KEY = deploymentKey("https://example.com/api/v4/1");

async function files(...names: string[]): Promise<string> {
  const made = await realpath(await mkdtemp(join(tmpdir(), "curfew-place-")));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  for (const name of names) {
    const path = join(made, name);
    await mkdir(name.endsWith("/") ? path : dirname(path), { recursive: true });
    if (!name.endsWith("/")) await writeFile(path, name.endsWith(".yaml") ? MINIMAL : "");
  }
  return made;
}

/** The ledger of a policy for somebody who stands in `cwd`, and how to write to it. */
async function ledgerOf(policy: string, cwd: string, ledger: string | null = null) {
  const [first] = await loadPolicies([policy], { cwd, at: NOW, commit: null });
  if (!first) throw new Error("no policy");
  const warnings: string[] = [];
  const onWarning = (message: string) => void warnings.push(message);
  const opened = openLedgerOf(first, { env: {}, cwd, ledger, onWarning });
  const write = () =>
    opened.stop({
      ...{ id: "r", at: NOW, why: "busy", message: "m", target: "test" },
      ...{ policy: first.digest, commit: null, plan: null },
    });
  return { place: opened.place, recall: () => opened.recall(), write, warnings };
}

describe("where nobody names one", () => {
  test.each([
    ["the top", [".git/", "policies/a.yaml"], "."],
    ["the policies", [".git/", "policies/a.yaml"], "policies"],
    ["a folder beside them", [".git/", "policies/a.yaml", "other/"], "other"],
    ["outside", [".git/", "policies/a.yaml"], ".."],
    ["another repository", [".git/", "policies/a.yaml", "x/.git/"], "x"],
  ])("it is beside .git, seen from %s", async (_name, names, from) => {
    const top = await files(...names);
    const cwd = join(top, from);
    const { place, write } = await ledgerOf(join(top, "policies/a.yaml"), cwd);
    expect(resolve(cwd, place)).toBe(join(top, ".curfew", KEY));
    await write();
    await readFile(join(top, ".curfew", KEY, "audit/000000000001.jsonl"));
  });

  test("the nearest .git counts, a file, too; without one, the policy's own folder", async () => {
    const top = await files(".git/", "in/.git", "in/deep/er/a.yaml", "policies/b.yaml");
    expect((await ledgerOf("in/deep/er/a.yaml", top)).place).toBe(`in/.curfew/${KEY}`);
    expect((await ledgerOf("policies/b.yaml", top)).place).toBe(`.curfew/${KEY}`);
    const none = await files("policies/a.yaml");
    expect((await ledgerOf("policies/a.yaml", none)).place).toBe(`policies/.curfew/${KEY}`);
    expect((await ledgerOf("a.yaml", join(none, "policies"))).place).toBe(`.curfew/${KEY}`);
  });

  test("a policy that is a link has the ledger of the file", async () => {
    const top = await files(".git/", "policies/a.yaml");
    const other = await files(".git/");
    await symlink(join(top, "policies"), join(other, "policies"));
    expect((await ledgerOf("policies/a.yaml", other)).place).toBe(join(top, ".curfew", KEY));
  });
});

describe("a second ledger of the deployment is an error that names both", () => {
  test.each([
    ["in the working folder", [".git/", "policies/a.yaml", `here/.curfew/${KEY}/`], "here"],
    ["beside the policy", [".git/", `policies/.curfew/${KEY}/`, "policies/a.yaml"], "."],
    ["below the policy's own", ["policies/a.yaml", `.curfew/${KEY}/`], "."],
  ])("%s", async (_name, names, from) => {
    const top = await files(...names);
    const cwd = join(top, from);
    await expect(ledgerOf(join(top, "policies/a.yaml"), cwd)).rejects.toThrow(
      /two ledgers for one deployment: .*\.curfew, .* and .*\.curfew, which holds it, too/,
    );
    const named = await ledgerOf(join(top, "policies/a.yaml"), cwd, "named");
    expect(named.place).toBe(`named/${KEY}`);
  });

  test("in the main worktree", async () => {
    const main = await files("policies/a.yaml");
    const git = (...args: string[]) => execFileSync("git", ["-C", main, ...args]);
    git("init", "-q");
    git("add", ".");
    git("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "a");
    const linked = join(await files(), "linked");
    git("worktree", "add", "-q", linked);
    expect((await ledgerOf("policies/a.yaml", linked)).place).toBe(`.curfew/${KEY}`);
    await mkdir(join(main, ".curfew", KEY), { recursive: true });
    await expect(ledgerOf("policies/a.yaml", linked)).rejects.toThrow(
      `two ledgers for one deployment: .curfew, which is the policy's, and ${join(main, ".curfew")}, which holds it`,
    );
  });

  test("but for another deployment's, and the same by another way", async () => {
    const top = await files(".git/", "policies/a.yaml", "policies/.curfew/other/", "link/");
    expect((await ledgerOf("policies/a.yaml", top)).place).toBe(`.curfew/${KEY}`);
    await mkdir(join(top, ".curfew", KEY), { recursive: true });
    await symlink(join(top, ".curfew"), join(top, "link/.curfew"));
    const { place } = await ledgerOf("../policies/a.yaml", join(top, "link"));
    expect(place).toBe(join(top, ".curfew", KEY));
  });
});

describe("git", () => {
  test("a folder that it tracks is an error, whoever named it", async () => {
    const top = await files(".git-/", "policies/a.yaml", "state/.gitkeep");
    execFileSync("git", ["-C", top, "init", "-q"]);
    execFileSync("git", ["-C", top, "add", "."]);
    const write = async (ledger: string | null) => {
      const opened = await ledgerOf("policies/a.yaml", top, ledger);
      await opened.recall();
      await opened.write();
    };
    await write(null);
    await write("state");
    execFileSync("git", ["-C", top, "add", "-f", ".curfew", "state"]);
    await expect(write(null)).rejects.toThrow(/^git tracks the ledger in \.curfew, .*--cached/);
    await expect(write("state")).rejects.toThrow(/^git tracks the ledger in state, /);
  });

  test("and so is a link that it tracks", async () => {
    const top = await files("policies/a.yaml", "elsewhere/");
    execFileSync("git", ["-C", top, "init", "-q"]);
    await symlink("elsewhere", join(top, ".curfew"));
    execFileSync("git", ["-C", top, "add", ".curfew"]);
    const { recall } = await ledgerOf("policies/a.yaml", top);
    await expect(recall()).rejects.toThrow("git tracks the ledger in .curfew");
  });

  test.each([
    [null, ".curfew/\n"],
    ["", ".curfew/\n"],
    ["mine", "mine\n.curfew/\n"],
    ["mine\n", "mine\n.curfew/\n"],
    ["/.curfew\n", "/.curfew\n"],
    ["a\r\n.curfew/\r\n", "a\r\n.curfew/\r\n"],
    ["# .curfew/\n", "# .curfew/\n.curfew/\n"],
  ])("ignores it from the first line on: %j", async (before, after) => {
    const top = await files(".git/", "policies/a.yaml");
    const ignore = join(top, ".gitignore");
    if (before !== null) await writeFile(ignore, before);
    const { recall, write, warnings } = await ledgerOf("policies/a.yaml", top);
    await recall();
    expect(await readFile(ignore, "utf8").catch(() => null)).toBe(before);
    await write();
    expect(await readFile(ignore, "utf8")).toBe(after);
    expect(warnings).toEqual([]);
  });

  test("a .gitignore that leads elsewhere is left alone, with a warning", async () => {
    const top = await files(".git/", "policies/a.yaml", "theirs");
    await symlink("theirs", join(top, ".gitignore"));
    const { write, warnings } = await ledgerOf("policies/a.yaml", top);
    await write();
    expect(await readFile(join(top, "theirs"), "utf8")).toBe("");
    expect(warnings).toEqual([
      expect.stringMatching(/^\.gitignore can't be written \(ELOOP\): add/),
    ]);
  });
});

test("what can't be reached is an error, and no empty ledger", async () => {
  const top = await files(".git/", "policies/a.yaml", "file");
  await symlink("gone", join(top, ".curfew"));
  await expect((await ledgerOf("policies/a.yaml", top)).recall()).rejects.toThrow("leads nowhere");
  await rename(join(top, "file"), join(top, "gone"));
  await expect((await ledgerOf("policies/a.yaml", top)).recall()).rejects.toThrow(
    "a file is where",
  );
  await expect((await ledgerOf("policies/a.yaml", top, "gone/x")).recall()).rejects.toThrow(
    "can't be used",
  );
});

test.runIf(process.platform === "linux")(
  "a folder that can't be made is told as that, and not as a link",
  async () => {
    const top = await files(".git/", "policies/a.yaml");
    const { write } = await ledgerOf("policies/a.yaml", top, "/proc/x");
    await expect(write()).rejects.toThrow("can't be used; the folder can't be made (ENOENT)");
  },
);

const NO_PLACE = [
  "~/x",
  "x/~",
  "$HOME/x",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what a shell did not replace.
  "${X}/y",
  "https://a.b/c",
  "s3:/x",
  "arn:aws:s3:::x",
  "gs://b",
  "file:///x",
  "s3://",
];
test.each(NO_PLACE)("%s is no place", async (place) => {
  const top = await files(".git/", "policies/a.yaml");
  await expect(ledgerOf("policies/a.yaml", top, place)).rejects.toThrow(/ledger/i);
});
