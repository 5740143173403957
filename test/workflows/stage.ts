/** Runs the `run:` steps of a job for real, in a shell, with GitHub's environment files and stand-ins on the path. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { ROOT, type Step } from "./read.ts";
import type { Call } from "./stand-ins/record.ts";

const DEADLINE = 60_000;
/** What a checkout of this repository has and a test does not write itself. */
const SOURCES = ["bin", "infra", "src", "scripts", "schema", "package.json", "node_modules"];

/** Halves the time that a process needs to begin. */
const NODE_COMPILE_CACHE = join(ROOT, "node_modules/.cache/curfew-cli");

const OTHER = new URL("./stand-ins/other.ts", import.meta.url);
const PROGRAMS = {
  gh: new URL("./stand-ins/gh.ts", import.meta.url),
  aws: new URL("./stand-ins/aws.ts", import.meta.url),
  pulumi: OTHER,
  npm: OTHER,
};

/** A runner of GitHub's: a checkout, a folder for temporary files, and programs that only pretend. */
export interface Runner {
  /** The checkout: the sources as links, and whatever a test puts beside them. */
  workspace: string;
  temp: string;
  s3: string;
  /** What the stand-ins were called with, oldest first. */
  calls(): Promise<Call[]>;
}

export interface RanJob {
  /** Exit codes of the steps that ran, by their name or number. */
  codes: Record<string, number | null>;
  /** What the steps printed. */
  log: string;
  outputs: Record<string, Record<string, string>>;
  summary: string;
}

export interface JobOptions {
  /** What GitHub puts in place of an expression, by the text between the braces. */
  expressions?: Record<string, string>;
  /** Added to the environment of every step: that of the workflow, and what stand-ins need. */
  env?: Record<string, string>;
}

/** A runner with a new checkout; gone after the test. */
export async function startRunner(files: Record<string, string> = {}): Promise<Runner> {
  const home = await mkdtemp(join(tmpdir(), "curfew job-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const [workspace, temp, s3, programs] = ["work", "temp", "s3", "programs"].map((name) =>
    join(home, name),
  ) as [string, string, string, string];
  for (const folder of [workspace, temp, s3, programs]) await mkdir(folder);
  for (const name of SOURCES) await symlink(join(ROOT, name), join(workspace, name));
  await write(workspace, files);
  for (const [name, played] of Object.entries(PROGRAMS)) {
    const file = join(programs, name);
    const stand = fileURLToPath(played);
    await writeFile(file, `#!/bin/sh\nPROGRAM=$0 exec '${process.execPath}' '${stand}' "$@"\n`);
    await chmod(file, 0o755);
  }
  return {
    ...{ workspace, temp, s3 },
    async calls() {
      const text = await readFile(join(home, "calls"), "utf8").catch(() => "");
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line));
    },
  };
}

/** Writes files below a folder. */
export async function write(below: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(below, name)), { recursive: true });
    await writeFile(join(below, name), text);
  }
}

/**
 * Runs the steps as a runner does: each in a shell of its own, one after another; after a failure only those that ask
 * for it. Steps of other actions are passed over; what they would set is for `expressions` to say.
 */
export async function runSteps(
  runner: Runner,
  steps: readonly Step[],
  options: JobOptions = {},
): Promise<RanJob> {
  const ran: RanJob = { codes: {}, log: "", outputs: {}, summary: "" };
  const summaryFile = join(runner.temp, "summary");
  await writeFile(summaryFile, "");
  let failed = false;
  for (const [i, step] of steps.entries()) {
    const resolve = resolver(options.expressions ?? {}, ran.outputs);
    if (step.run === undefined || !wanted(step.if, failed, resolve)) continue;
    const outputFile = join(runner.temp, `output-${i}`);
    await writeFile(outputFile, "");
    const env = {
      ...{ GITHUB_OUTPUT: outputFile, GITHUB_STEP_SUMMARY: summaryFile },
      GITHUB_ENV: join(runner.temp, "env"),
      ...Object.fromEntries(
        Object.entries({ ...options.env, ...step.env }).map(([k, v]) => [
          k,
          fill(String(v), resolve),
        ]),
      ),
    };
    const { code, log } = await shell(runner, step, env);
    ran.codes[step.name ?? `step ${i + 1}`] = code;
    ran.log += log;
    if (step.id) ran.outputs[step.id] = outputsOf(await readFile(outputFile, "utf8"));
    failed ||= code !== 0;
  }
  ran.summary = await readFile(summaryFile, "utf8");
  return ran;
}

async function shell(runner: Runner, { run = "", shell: name }: Step, env: Record<string, string>) {
  // As GitHub documents: without `shell` no pipefail.
  const flags = name === "bash" ? ["--noprofile", "--norc", "-eo", "pipefail"] : ["-e"];
  const programs = join(dirname(runner.workspace), "programs");
  const child = spawn("bash", [...flags, "-c", run], {
    cwd: runner.workspace,
    env: {
      PATH: [programs, dirname(process.execPath), process.env.PATH].join(":"),
      NODE_COMPILE_CACHE,
      ...{ HOME: runner.temp, LANG: "C.UTF-8", CI: "true", GITHUB_ACTIONS: "true" },
      ...{ GITHUB_REPOSITORY: "acme/policies", GITHUB_WORKSPACE: runner.workspace },
      ...{ CALLS: join(dirname(runner.workspace), "calls"), FAKE_S3: runner.s3 },
      ...env,
    },
    timeout: DEADLINE,
    killSignal: "SIGKILL",
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, log };
}

type Resolve = (expression: string) => string;

function resolver(
  known: Record<string, string>,
  outputs: Record<string, Record<string, string>>,
): Resolve {
  return (expression) => {
    const [first = "", fallback] = expression.split("||").map((part) => part.trim());
    const [, step = "", name = ""] = /^steps\.([\w-]+)\.outputs\.([\w-]+)$/.exec(first) ?? [];
    const value = known[first] ?? (step === "" ? undefined : (outputs[step]?.[name] ?? ""));
    if (value === undefined) throw new Error(`the test does not say what ${first} is`);
    return value !== "" || fallback === undefined ? value : fallback.replaceAll("'", "");
  };
}

function fill(text: string, resolve: Resolve): string {
  return text.replace(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => resolve(expression));
}

/** Conditions of the forms that the workflows have: `!cancelled()`, `a != 'b'`, `a == 'b'`, `a`, joined by `&&`. */
function wanted(condition: string | undefined, failed: boolean, resolve: Resolve): boolean {
  const terms = (condition ?? "")
    .replace(/^\$\{\{|\}\}$/g, "")
    .split("&&")
    .map((t) => t.trim());
  if (failed && !terms.includes("!cancelled()")) return false;
  return terms.every((term) => {
    if (term === "" || term === "!cancelled()") return true;
    const [, left = term, sign = "!=", right = ""] = /^(.+?) (==|!=) '(.*)'$/.exec(term) ?? [];
    return (resolve(left) === right) === (sign === "==");
  });
}

function outputsOf(text: string): Record<string, string> {
  const lines = text.split("\n").filter((line) => line !== "");
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}
