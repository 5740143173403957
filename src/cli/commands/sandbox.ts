import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { UsageError } from "../../errors.ts";
import { makeFolder } from "../../make-folder.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { ACTS, type Act, behind } from "../../providers/journeyapps/sandbox/behind.ts";
import { FAULTS, parseFault } from "../../providers/journeyapps/sandbox/faults.ts";
import {
  type FaultRule,
  type Sandbox,
  type ServedUser,
  startSandbox,
} from "../../providers/journeyapps/sandbox/sandbox.ts";
import {
  ENDED_WIPE,
  LOCK_WIPES,
  type WipeChoices,
} from "../../providers/journeyapps/sandbox/store.ts";
import { FAULT_GRAMMAR } from "../../providers/sandbox-kit/faults.ts";
import { printable } from "../../text/safe.ts";
import { moment } from "../options.ts";

const TOKEN_VARIABLE = "CURFEW_SANDBOX_TOKEN";
const DEFAULT_TOKEN = "sandbox";

interface Options extends WipeChoices {
  users: number;
  seed: number;
  port: number;
  latency: number;
  fault?: FaultRule[];
  data?: string;
  rate?: number;
  at?: Instant;
  writePolicy?: string;
}

/** `curfew sandbox`: serves a made-up JourneyApps deployment until it is interrupted. Its action throws UsageError. */
export function sandboxCommand(): Command {
  return new Command("sandbox")
    .description("serve a made-up JourneyApps deployment on this machine, to try policies on")
    .addArgument(
      new Argument(
        "[act]",
        "do this to a user of the sandbox that runs, behind the policy's back",
      ).choices(ACTS),
    )
    .argument("[user]", "whom: an id, or a value of the user model, such as an e-mail address")
    .option("--users <n>", "how many users to make up", whole, 250)
    .option("--seed <n>", "another number makes up other users", whole, 1)
    .option("--port <n>", "where to listen on 127.0.0.1; 0 takes any free port", whole, 8787)
    .option("--latency <ms>", "milliseconds before every request", whole, 0)
    .option("--rate <n>", "requests per second, beyond which it answers 429", whole)
    .option("--fault <fault>", "what goes wrong, see below; may be repeated", addFault)
    .addOption(
      new Option("--lock-wipes <which>", "which sessions a lock with `wipe` wipes")
        .choices(LOCK_WIPES)
        .default("active"),
    )
    .addOption(
      new Option("--ended-wipe <state>", "what an ended session is after a wipe")
        .choices(ENDED_WIPE)
        .default("wiping"),
    )
    .option("--data <file>", "keep the state in a file, and take it from there")
    .option("--at <time>", "live at this moment instead of now, e.g. 2026-11-22T10:00:00Z", moment)
    .option("--write-policy <file>", "write a policy for this sandbox to begin with")
    .addHelpText("after", help)
    .action(run);
}

async function run(
  what: Act | undefined,
  user: string | undefined,
  options: Options,
): Promise<void> {
  if (what === undefined) return serve(options);
  if (!user) throw new UsageError(`sandbox ${what} needs a user: give the id of one`);
  const token = process.env[TOKEN_VARIABLE] || DEFAULT_TOKEN;
  const done = await behind(what, user, options.port, token);
  const on = done.session === null ? "" : `, on session ${printable(done.session)}`;
  process.stdout.write(`${DONE[what]} ${printable(done.user)}${on}.\n`);
}

const DONE: Record<Act, string> = { lock: "Locked", unlock: "Unlocked", "sign-in": "Signed in as" };

async function serve(options: Options): Promise<void> {
  if (options.writePolicy !== undefined) refuseToOverwrite(options.writePolicy);
  const started = Date.now();
  const { at = started, rate, fault: faults = [], data, users, seed, port, latency } = options;
  const { lockWipes, endedWipe } = options;
  const sandbox = await startSandbox({
    ...{ users, seed, port, latency, faults, at, lockWipes, endedWipe },
    clock: () => at + Date.now() - started,
    ...(data === undefined ? {} : { data }),
    ...(rate === undefined ? {} : { rateLimit: { perSecond: rate, burst: rate } }),
  });
  const interrupted = interruption();
  try {
    const made = sandbox.users();
    if (options.writePolicy !== undefined) await writePolicy(options.writePolicy, sandbox, made);
    process.stdout.write(greeting(sandbox, made, options));
    await interrupted;
  } finally {
    await sandbox.close();
  }
}

/** Ends at the first SIGINT or SIGTERM. */
function interruption(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}

function greeting(
  sandbox: Sandbox,
  users: readonly ServedUser[],
  { data, writePolicy, at }: Options,
): string {
  const sessions = users.reduce((sum, user) => sum + user.sessions.length, 0);
  const origin = sandbox.restored ? `, from ${data}` : "";
  const when = at === undefined ? "" : ` --at ${new Date(at).toISOString()}`;
  const policy =
    writePolicy === undefined
      ? `In a policy, its target is:\n\n${target(sandbox)}\nThen:\n`
      : `Its policy is in ${writePolicy}. In another terminal:\n`;
  return `A sandbox with ${users.length} users and ${sessions} sessions${origin} listens at

  ${sandbox.url}

${policy}
  export ${TOKEN_VARIABLE}=${quote(sandbox.token)}
  curfew plan ${writePolicy === undefined ? "policies" : quote(writePolicy)}${when}

Ctrl-C ends it.
`;
}

/** A word as a POSIX shell takes it. */
function quote(word: string): string {
  return /^[\w./:@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function target(sandbox: Sandbox): string {
  return `target:
  name: sandbox
  provider: journeyapps
  url: ${sandbox.url}
  credentials: [env:${TOKEN_VARIABLE}]
  auth: bearer
`;
}

async function writePolicy(
  file: string,
  sandbox: Sandbox,
  users: readonly ServedUser[],
): Promise<void> {
  const [protectedUser, leaver] = users.filter((user) => user.enrolled);
  const policy = `version: 1

${target(sandbox)}
# Nobody is locked out of a sandbox. On a real target begin with \`report\`.
enforcement: enforce

sessions:
  maxAge: 30d
  maxIdle: 14d
  maxPerUser: 2
${leaver ? `\nusers:\n  locked:\n    - user: ${leaver.id}\n      reason: Left the company\n` : ""}${
  protectedUser ? `\nprotected:\n  - ${protectedUser.id}\n` : ""
}`;
  try {
    await makeFolder(dirname(file));
    await writeFile(file, policy, { flag: "wx" });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `${file} can't be written (${code ?? message}): give --write-policy another file`,
    );
  }
}

function refuseToOverwrite(file: string): void {
  if (existsSync(file)) throw new UsageError(`${file} exists. Give --write-policy another file.`);
}

function whole(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("A whole number is expected.");
}

function addFault(text: string, before: FaultRule[] = []): FaultRule[] {
  return [...before, parseFault(text)];
}

function help(): string {
  const width = Math.max(...Object.keys(FAULTS).map((kind) => kind.length));
  const faults = Object.entries(FAULTS).map(([kind, what]) => `  ${kind.padEnd(width)}  ${what}`);
  return `
Example:
  curfew sandbox --write-policy policies/sandbox.yaml --fault "429@GET /users:2"

With an act and a user it does that to the sandbox that runs at --port, as an administrator would who
does not ask Curfew; the credential is in ${TOKEN_VARIABLE} (${DEFAULT_TOKEN} where that is not set):
  curfew sandbox unlock 5571fb26-54f7-11e7-a8f8-040151508301
  curfew sandbox sign-in jane.doe@acme.example --port 8787

A fault is written ${FAULT_GRAMMAR}: the PATH is a glob
relative to the deployment, TIMES says how many requests meet the fault (all where
absent), AFTER how many that match are let through first. The kinds are:
${faults.join("\n")}
`;
}
