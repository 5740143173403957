// @module-tag slow
/** `plan --base`: what a change causes, apart from what was pending, from one read of the target. */
import { execFileSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Plan } from "../../src/model/plan.ts";
import type { SandboxOptions } from "../../src/providers/journeyapps/sandbox/sandbox.ts";
import { curfew, folder } from "./run.ts";
import { policy, sandbox, user } from "./world.ts";

const BEFORE = "sessions:\n  maxAge: 30d\n";
const lock = (...users: string[]) =>
  `users:\n  locked:\n${users.map((id) => `    - { user: ${id}, reason: Left }\n`).join("")}`;

function git(cwd: string, ...args: string[]): string {
  const who = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
  return execFileSync("git", ["-C", cwd, ...who, ...args], { encoding: "utf8" }).trim();
}

/** A repository whose main branch has `before`, and whose checked-out branch has `after`. */
async function repository(before: string | null, after: string, options: SandboxOptions = {}) {
  const estate = [
    ...Array.from({ length: 30 }, (_, i) => user(`old-${i}`, 40)),
    ...["ann", "bob", "cem"].map((id) => user(id, 1)),
  ];
  const target = await sandbox({ estate, ...options });
  const write = (sections: string) => policy(target.url, { sections });
  const cwd = await folder({ "README.md": "x", "policies/production.yaml": write(after) });
  git(cwd, "init", "-q", "-b", "main");
  if (before === null) git(cwd, "add", "README.md");
  else {
    await writeFile(join(cwd, "policies/production.yaml"), write(before));
    git(cwd, "add", ".");
  }
  git(cwd, "commit", "-q", "-m", "before");
  git(cwd, "checkout", "-q", "-b", "change");
  await writeFile(join(cwd, "policies/production.yaml"), write(after));
  git(cwd, "add", ".");
  git(cwd, "commit", "-q", "--allow-empty", "-m", "after");
  return { cwd, target };
}

async function planned(cwd: string, ...args: string[]): Promise<Plan> {
  const ran = await curfew(cwd, ["plan", "--format", "json", ...args]);
  expect(ran.err).toBe("");
  return JSON.parse(ran.out);
}

const by = (plan: Plan, cause: string) =>
  [...plan.actions, ...plan.held].filter((a) => a.cause === cause).map(({ user }) => user);

test("a change that locks two, with 30 sign-outs pending, causes two", async () => {
  const { cwd, target } = await repository(BEFORE, BEFORE + lock("ann", "bob"));
  const plan = await planned(cwd, "--base", "main");
  expect(by(plan, "policy")).toEqual(["ann", "bob"]);
  expect(by(plan, "due")).toHaveLength(30);
  expect(plan).toMatchObject({ base: { commit: git(cwd, "rev-parse", "main") }, averted: [] });
  // Both plans come from one read.
  const pages = target.requests.filter(({ path }) => path.includes("/users")).length;
  await planned(cwd);
  expect(target.requests.filter(({ path }) => path.includes("/users")).length).toBe(2 * pages);
});

test("what only the base wants is averted", async () => {
  const { cwd } = await repository(BEFORE + lock("ann"), "sessions:\n  maxAge: 60d\n");
  const plan = await planned(cwd, "--base", "main");
  expect(plan.actions).toEqual([]);
  const averted = plan.averted?.map(({ type, user }) => `${type} ${user}`) ?? [];
  expect(averted).toHaveLength(31);
  expect(averted).toContain("lock ann");
});

test("the base is the merge base, not the tip of the other branch", async () => {
  const { cwd, target } = await repository(BEFORE, BEFORE + lock("ann"));
  git(cwd, "checkout", "-q", "main");
  const moved = policy(target.url, { sections: BEFORE + lock("cem") });
  await writeFile(join(cwd, "policies/production.yaml"), moved);
  git(cwd, "commit", "-qam", "main moved on");
  git(cwd, "checkout", "-q", "change");
  const plan = await planned(cwd, "--base", "main");
  expect(by(plan, "policy")).toEqual(["ann"]);
  expect(plan.averted).toEqual([]);
});

test("a folder is a base, too: another checkout, or policies", async () => {
  const { cwd, target } = await repository(BEFORE, BEFORE + lock("ann"));
  const other = await folder({
    "policies/production.yaml": policy(target.url, { sections: BEFORE + lock("bob") }),
  });
  for (const base of [other, join(other, "policies")]) {
    const plan = await planned(cwd, "--base", base);
    expect(by(plan, "policy")).toEqual(["ann"]);
    expect(plan.averted?.map(({ user }) => user)).toEqual(["bob"]);
    expect(plan.base).toEqual({ commit: null });
  }
});

test("a name that nobody has is an error on a line that the change adds, and a notice elsewhere", async () => {
  const old = await repository(BEFORE + lock("nobody"), BEFORE + lock("nobody", "ann"));
  expect((await curfew(old.cwd, ["plan", "--base", "main"])).code).toBe(2);
  const added = await repository(BEFORE, BEFORE + lock("nobody", "ann"));
  const ran = await curfew(added.cwd, ["plan", "--base", "main", "--format", "json"]);
  expect(ran.code).toBe(1);
  expect(JSON.parse(ran.out).notices).toMatchObject([
    { kind: "unknown-user", user: "nobody", added: true },
  ]);
});

test("without policies in the base everything is this change, and it says so", async () => {
  const { cwd } = await repository(null, BEFORE);
  const ran = await curfew(cwd, ["plan", "--base", "main", "--format", "json"]);
  expect(ran.err).toMatch(/^warning: the base [0-9a-f]{12} has no policies: everything counts/);
  expect(by(JSON.parse(ran.out), "policy")).toHaveLength(30);
  const broken = await repository("sessions: 5\n", BEFORE);
  const mended = await curfew(broken.cwd, ["plan", "--base", "main", "--format", "json"]);
  expect(mended.err).toMatch(/^warning: the base [0-9a-f]{12} has no valid policy, so everything/);
  expect(mended.code).toBe(2);
});

test("what is neither a folder nor a commit is said, with the remedy", async () => {
  const { cwd, target } = await repository(BEFORE, BEFORE);
  const bad = await curfew(cwd, ["plan", "--base", "origin/main"]);
  expect(bad).toMatchObject({ code: 1, out: "" });
  expect(bad.err).toMatch(/--base origin\/main is neither a folder nor a commit .* fetch-depth: 0/);
  const option = await curfew(cwd, ["plan", "--base=--output=x"]);
  expect(option.err).toMatch(/is neither a folder nor a commit/);
  const bare = await folder({ "policies/production.yaml": policy(target.url) });
  await rm(join(bare, ".git"), { recursive: true });
  const none = await curfew(bare, ["plan", "--base", "main"]);
  expect(none.err).toMatch(/in no git repository/);
});

test("a target that took another one's name is not compared with that one", async () => {
  const { cwd, target } = await repository(BEFORE, BEFORE);
  const other = await sandbox({ deployment: "b".repeat(24), estate: [user("dan", 1)] });
  const write = (file: string, text: string) => writeFile(join(cwd, "policies", file), text);
  const commit = (message: string) => {
    git(cwd, "add", ".");
    git(cwd, "commit", "-q", "-m", message);
  };
  // On main the other deployment is `production`, and locks two; the change gives its name and its locks away.
  git(cwd, "checkout", "-q", "main");
  await write("production.yaml", policy(target.url, { name: "staging", sections: BEFORE }));
  await write("a.yaml", policy(other.url, { sections: BEFORE + lock("ann", "bob") }));
  commit("before");
  git(cwd, "checkout", "-q", "-B", "change");
  await write("production.yaml", policy(target.url, { sections: BEFORE + lock("ann", "bob") }));
  await write("a.yaml", policy(other.url, { name: "former", sections: BEFORE }));
  commit("after");
  const plan = await planned(cwd, "--base", "main", "--target", "production");
  expect(by(plan, "policy")).toEqual(["ann", "bob"]);
});

test("git that refuses is told once, with the remedy", async () => {
  const { cwd } = await repository(BEFORE, BEFORE);
  const env = { GIT_TEST_ASSUME_DIFFERENT_OWNER: "1" };
  const ran = await curfew(cwd, ["plan", "--format", "json"], { env });
  expect(JSON.parse(ran.out).policy.commit).toBeNull();
  expect(ran.err.match(/^warning: git does not tell the commit/gm)).toHaveLength(1);
  expect(ran.err).toContain("git config --global --add safe.directory");
  const based = await curfew(cwd, ["plan", "--base", "main"], { env });
  expect(based).toMatchObject({ code: 1, out: "" });
  expect(based.err).toContain("git config --global --add safe.directory");
});
