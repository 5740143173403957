/** A repository of policies with a pull request, whose commits are real, and an estate that a scheduled run has saved. */
import { execFileSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { curfew } from "../cli/run.ts";
import { policy, sandbox, user } from "../cli/world.ts";
import { type GitHub, startGitHub } from "./github.ts";
import { type Runner, startRunner, write } from "./stage.ts";

const BEFORE = "sessions:\n  maxAge: 30d\n";
export const LOCKS = `${BEFORE}users:
  locked:
    - { user: fresh-1, reason: Left the company }
    - { user: fresh-2, reason: Left the company }
`;
export const FORK = "stranger/policies";
const FILE = "policies/production.yaml";

export interface PullRequest {
  runner: Runner;
  github: GitHub;
  /** The commit that the branch starts from, and its own. */
  base: string;
  head: string;
  /** A policy for the estate, with these sections. */
  policyOf(sections: string): string;
  /** Checks a commit out, as actions/checkout does. */
  checkout(commit: string): void;
  /** Commits these files on the branch; the pull request's head is then this commit. */
  push(files: Record<string, string>): Promise<string>;
}

/** Thirty users whose sessions are too old and a fork's branch that locks two others. The runner stands on the head. */
export async function pullRequest(sections = LOCKS): Promise<PullRequest> {
  const old = Array.from({ length: 30 }, (_, i) => user(`old-${i}`, 31 + i));
  const fresh = Array.from({ length: 5 }, (_, i) => user(`fresh-${i}`, 1));
  const target = await sandbox({ estate: [...old, ...fresh] });
  const policyOf = (some: string) => policy(target.url, { sections: some });
  const runner = await startRunner({ [FILE]: policyOf(BEFORE) });
  const git = gitIn(runner.workspace);
  git("init", "--quiet", "--initial-branch=main");
  const base = commit(git, "Base");

  const saved = join(runner.s3, "bucket/runs/production");
  await mkdir(saved, { recursive: true });
  const file = join(saved, "inventory.jsonl");
  await curfew(runner.workspace, ["inventory", "--out", file, "--ledger", join(runner.temp, "l")]);

  git("switch", "--quiet", "--create=leavers");
  const github = await startGitHub(runner.workspace);
  const made: PullRequest = {
    ...{ runner, github, base, head: "", policyOf },
    checkout: (to) => git("checkout", "--quiet", "--detach", to),
    async push(files) {
      git("switch", "--quiet", "leavers");
      await write(runner.workspace, files);
      made.head = commit(git, "Change");
      for (const pull of github.pulls) pull.head.sha = made.head;
      return made.head;
    },
  };
  await made.push({ [FILE]: policyOf(sections) });
  github.pulls.push({
    ...{ number: 12, state: "open" },
    head: { sha: made.head, ref: "leavers", repo: { full_name: FORK } },
    base: { sha: base, ref: "main", repo: { full_name: "acme/policies" } },
  });
  return made;
}

type Git = (...args: string[]) => string;

function gitIn(folder: string): Git {
  const who = [
    "-c",
    "user.name=A",
    "-c",
    "user.email=a@acme.example",
    "-c",
    "commit.gpgsign=false",
  ];
  return (...args) =>
    execFileSync("git", ["-C", folder, ...who, ...args], {
      encoding: "utf8",
      env: {
        PATH: process.env.PATH,
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_CONFIG_SYSTEM: "/dev/null",
      },
    }).trim();
}

function commit(git: Git, message: string): string {
  git("add", "policies");
  git("commit", "--quiet", `--message=${message}`);
  return git("rev-parse", "HEAD");
}
