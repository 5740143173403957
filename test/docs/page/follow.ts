/** Follows a page from top to bottom, as somebody would who has a checkout and a terminal. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Block, blocksOf, type Step, stepsOf } from "./blocks.ts";
import { fits, steady } from "./compare.ts";
import { changed, inPlace } from "./in-place.ts";
import { type Shown, startShell } from "./shell.ts";

const ROOT = path.join(import.meta.dirname, "../../..");

/** The moment at which every page begins. */
const BEGIN = Date.parse("2026-11-22T10:00:00Z");

/** Said in a page whose sections each begin with a fresh sandbox and no ledger. */
const ANEW = "<!-- each section anew -->";

/** Said where most plans of a page want something. */
const PLANS_END_WITH_2 = "A plan that wants something ends with exit code 2";

const SERVES = /^(?:curfew|node bin\/curfew\.js) sandbox(?! (?:lock|unlock|sign-in)\b)/;

/** What came of a page. */
export interface Followed {
  /** How many commands ran. */
  ran: number;
  /** The reasons of the blocks that are not run. */
  notRun: string[];
  /** Where the page is not as the program is: its line, and what really comes. */
  faults: string[];
}

export async function follow(text: string): Promise<Followed> {
  await using reader = await newReader();
  const followed: Followed = { ran: 0, notRun: [], faults: [] };
  let header = "";
  let section = 0;
  for (const block of blocksOf(text)) {
    const { mark, line } = block;
    if (text.includes(ANEW) && block.section !== section) await reader.anew();
    section = block.section;
    const [, kind, value = ""] = /^(not run|as in|file|into|in): (.+)$/.exec(mark ?? "") ?? [];
    if (kind === "not run") followed.notRun.push(value);
    else if (kind === "as in") {
      if (!(await readFile(path.join(ROOT, value), "utf8")).includes(block.text))
        followed.faults.push(`line ${line}: ${value} shows other lines`);
    } else if (mark === "above each policy") header = block.text;
    else if (kind === "file") {
      const whole = block.language !== "yaml" || /^version:/m.test(block.text);
      await reader.write(value, () => (whole ? "" : header) + block.text);
    } else if (kind === "into") {
      const edit = block.language === "diff" ? changed : inPlace;
      await reader.write(value, (was) => edit(was, block.text));
    } else if (block.language !== "yaml") {
      const steps = stepsOf(block);
      if (steps === null) followed.faults.push(`line ${line}: a block without a command or a mark`);
      for (const [index, step] of (steps ?? []).entries()) {
        const code = index === (steps?.length ?? 0) - 1 ? codeOf(text, block, step) : null;
        followed.faults.push(...(await reader.type(step, code ?? codeOf(text, null, step))));
        followed.ran++;
      }
    }
  }
  return followed;
}

/** The exit code that a reader of the page expects. */
function codeOf(text: string, block: Block | null, { command, printed }: Step): number {
  const [, said] = /^Exit code (\d+)\b/.exec(block?.after ?? "") ?? [];
  if (said !== undefined) return Number(said);
  const wants = /^(?:curfew|node bin\/curfew\.js) plan\b[^|;&]*$/.test(command);
  const nothing = printed?.some((line) => line.startsWith("Nothing to do:"));
  return wants && !nothing && text.includes(PLANS_END_WITH_2) ? 2 : 0;
}

interface Reader extends AsyncDisposable {
  /** Runs a command, and tells what is not as printed. */
  type(step: Step, code: number): Promise<string[]>;
  /** Writes a file where the shell is; `make` is given what it holds. */
  write(file: string, make: (was: string) => string): Promise<void>;
  /** Ends every sandbox, starts the first one again and takes the ledger away. */
  anew(): Promise<void>;
}

async function newReader(): Promise<Reader> {
  const scratch = await mkdtemp(path.join(tmpdir(), "curfew-page-"));
  const cwd = path.join(scratch, "checkout");
  const env = await makeWorld(scratch, cwd);
  const ports = await portsOf("8787", "8799");
  const shell = await startShell(cwd, scratch, env);
  let serving: Serving[] = [];

  return {
    async type(step, code) {
      const command = ports(step.command);
      if (SERVES.test(command)) {
        serving.push(await serve(command, cwd, env));
        return [];
      }
      return told(step, code, await shell.run(command, answerIn(step)));
    },
    async write(file, make) {
      const place = path.resolve((await shell.run("pwd")).lines[0] ?? cwd, file);
      await mkdir(path.dirname(place), { recursive: true });
      const was = await readFile(place, "utf8").catch(() => "");
      await writeFile(place, ports(make(was)));
    },
    async anew() {
      const [first, ...others] = serving;
      for (const one of [first, ...others]) await one?.stop();
      serving = first ? [await serve(first.command, cwd, env)] : [];
      await shell.run("rm -rf .curfew");
    },
    async [Symbol.asyncDispose]() {
      for (const one of serving) await one.stop();
      await shell.close();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

/** What somebody types at the question of `apply`, as the page shows it. */
function answerIn({ printed }: Step): string {
  return printed?.flatMap((line) => /agreement: (.+)$/.exec(line)?.[1] ?? [])[0] ?? "no";
}

function told(step: Step, code: number, shown: Shown): string[] {
  const ends = shown.code === code ? "" : `ends with ${shown.code}, not ${code}`;
  const shows = step.printed === null || fits(step.printed, shown.lines) ? "" : "shows other lines";
  if (ends === "" && shows === "") return [];
  const why = [ends, shows].filter((one) => one !== "").join(" and ");
  return [`line ${step.line}: ${step.command}\n  ${why}:\n${steady(shown.lines.join("\n"))}\n`];
}

/** A checkout with the example's policies, `curfew` on the PATH, and the environment of a shell. */
async function makeWorld(scratch: string, cwd: string): Promise<Record<string, string>> {
  const [shims, home] = [path.join(scratch, "shims"), path.join(scratch, "home")];
  for (const folder of [
    cwd,
    shims,
    home,
    path.join(cwd, ".git/objects"),
    path.join(cwd, ".git/refs"),
  ])
    await mkdir(folder, { recursive: true });
  await writeFile(path.join(cwd, ".git/HEAD"), "ref: refs/heads/main\n");
  await cp(path.join(ROOT, "policies"), path.join(cwd, "policies"), { recursive: true });
  await symlink(path.join(ROOT, "bin"), path.join(cwd, "bin"));
  const node = `exec '${process.execPath}' --import '${path.join(import.meta.dirname, "clock.mjs")}'`;
  for (const [name, line] of [
    ["node", `${node} "$@"`],
    ["curfew", `${node} '${path.join(ROOT, "bin/curfew.js")}' "$@"`],
  ] as const) {
    await writeFile(path.join(shims, name), `#!/bin/sh\n${line}\n`);
    await chmod(path.join(shims, name), 0o755);
  }
  const git = { NAME: "Jane Doe", EMAIL: "jane.doe@acme.example" };
  return {
    ...{ PATH: `${shims}:${process.env.PATH}`, HOME: home, LANG: "C.UTF-8", TERM: "xterm" },
    NODE_COMPILE_CACHE: path.join(ROOT, "node_modules/.cache/curfew-cli"),
    PAGE_CLOCK_OFFSET: String(BEGIN - Date.now()),
    ...Object.fromEntries(
      Object.entries(git).flatMap(([key, value]) => [
        [`GIT_AUTHOR_${key}`, value],
        [`GIT_COMMITTER_${key}`, value],
      ]),
    ),
  };
}

/** Puts free ports in place of those that the pages name, and of the one that a sandbox has unless told. */
async function portsOf(...named: string[]): Promise<(text: string) => string> {
  const servers = named.map(() => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const free = servers.map((server) => (server.address() as { port: number }).port);
  for (const server of servers) server.close();
  const [usual] = named;
  return (text) => {
    const said = text.replace(/\bcurfew(?:\.js)? sandbox\b(?!.*--port).*$/gm, `$& --port ${usual}`);
    const pairs = named.map(
      (port, i) => [new RegExp(`\\b${port}\\b`, "g"), String(free[i])] as const,
    );
    return pairs.reduce((now, [port, one]) => now.replace(port, one), said);
  };
}

interface Serving {
  command: string;
  stop(): Promise<void>;
}

/** A sandbox in another terminal, as soon as it listens. */
async function serve(command: string, cwd: string, env: Record<string, string>): Promise<Serving> {
  const child = spawn("sh", ["-c", `exec ${command}`], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await listening(child, command);
  return {
    command,
    async stop() {
      const closed = once(child, "close");
      child.kill();
      await closed;
    },
  };
}

function listening(child: ChildProcess, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on("close", (code) => reject(new Error(`${command} ended with ${code}`)));
    let heard = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      heard += text;
      if (heard.includes("Ctrl-C ends it.")) resolve();
    });
  });
}
