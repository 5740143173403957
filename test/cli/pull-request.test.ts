// @module-tag slow
/** What a pull request shows: `curfew plan --base`, on a git repository as CI has it. */
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { curfew, folder } from "./run.ts";
import { policy, sandbox, user } from "./world.ts";

const MAX_AGE =
  "sessions:\n  maxAge: 30d\nlimits:\n  re-authenticate: { percent: 100, perRun: 100, exceed: pace }\n";
const LOCKS = `${MAX_AGE}users:
  locked:
    - user: fresh-1
      reason: Left the company
    - user: fresh-2
      reason: Left the company
`;

/** Runs git with nobody's settings. */
function git(cwd: string, ...args: string[]): void {
  const env = {
    PATH: process.env.PATH,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_SYSTEM: "/dev/null",
    GIT_AUTHOR_NAME: "A",
    GIT_AUTHOR_EMAIL: "a@acme.example",
    GIT_COMMITTER_NAME: "A",
    GIT_COMMITTER_EMAIL: "a@acme.example",
  };
  execFileSync("git", args, { cwd, env, stdio: "pipe" });
}

/** Thirty users whose sessions are too old, five whose are not; a branch that locks two of the five. */
async function pullRequest(sections = LOCKS) {
  const old = Array.from({ length: 30 }, (_, i) => user(`old-${i}`, 31 + i));
  const fresh = Array.from({ length: 5 }, (_, i) => user(`fresh-${i}`, 1));
  const target = await sandbox({ estate: [...old, ...fresh] });
  const cwd = await folder({
    "policies/production.yaml": policy(target.url, { sections: MAX_AGE }),
  });
  git(cwd, "init", "--quiet", "--initial-branch=main");
  git(cwd, "add", ".");
  git(cwd, "commit", "--quiet", "--message=Base");
  git(cwd, "switch", "--quiet", "--create=leavers");
  await writeFile(join(cwd, "policies/production.yaml"), policy(target.url, { sections }));
  git(cwd, "commit", "--quiet", "--all", "--message=Lock two");
  // The base branch goes on meanwhile, and is not this change.
  git(cwd, "switch", "--quiet", "main");
  const later = MAX_AGE.replace("30d", "20d");
  await writeFile(join(cwd, "policies/production.yaml"), policy(target.url, { sections: later }));
  git(cwd, "commit", "--quiet", "--all", "--message=Meanwhile");
  git(cwd, "switch", "--quiet", "leavers");
  return cwd;
}

test("a change that locks two users, on an estate with 30 pending sign-outs, is named with exactly two", async () => {
  const cwd = await pullRequest();
  const { code, out, err } = await curfew(cwd, ["plan", "--base", "main", "--format", "markdown"]);
  expect([code, err]).toEqual([2, ""]);
  const [head = "", change = "", ...others] = out.split(/^#### /m);
  expect(head).toContain("**This change: 2 to lock.**");
  expect(change).toMatch(/^This change\n/);
  // Who is locked stops a reviewer first, and stands once.
  expect(head.match(/`(?:fresh|old)-\d+`/g)).toEqual(["`fresh-1`", "`fresh-2`"]);
  expect(change).toContain("All of it stands above.");
  expect(others.join("").match(/^\| `old-\d+` \|/gm)).toHaveLength(30);
  expect(out).toMatch(/^<!-- curfew:plan:production -->\n/);
  expect(out).toMatch(/Plan `sha256:[0-9a-f]{64}`<\/sub>\n$/);
});

test("the lines that lock are annotated, and nothing else is", async () => {
  const cwd = await pullRequest();
  const { out } = await curfew(cwd, ["plan", "--base", "main", "--format", "github"]);
  expect(out.match(/^::.*$/gm)).toEqual([
    expect.stringMatching(/^::warning title=No ledger::Without a ledger: /),
    expect.stringMatching(
      /^::warning file=policies\/production\.yaml,line=13,title=This change%3A locks 1 user::/,
    ),
    expect.stringMatching(
      /^::warning file=policies\/production\.yaml,line=15,title=This change%3A locks 1 user::/,
    ),
    expect.stringContaining("Due with or without this change: 30 to re-authenticate."),
  ]);
});

test("a user whom the change adds and nobody has is an error of the change", async () => {
  const cwd = await pullRequest(LOCKS.replace("fresh-2", "nobody"));
  const { code, out } = await curfew(cwd, ["plan", "--base", "main", "--format", "github"]);
  expect(code).toBe(1);
  expect(out).toMatch(/^::error file=policies\/production\.yaml,line=15,title=Unknown user::/m);
  const { out: comment } = await curfew(cwd, ["plan", "--base", "main", "--format", "markdown"]);
  expect(comment).toContain("**Errors: 1 user that this change names and the target lacks**");
});
