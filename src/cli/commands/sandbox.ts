import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { UsageError } from "../../errors.ts";
import { makeFolder } from "../../make-folder.ts";
import type { Instant } from "../../model/vocabulary.ts";
import type { ProviderName } from "../../providers/catalog.ts";
import { FAULTS as ACADEMY_FAULTS } from "../../providers/corporateacademy/sandbox/faults.ts";
import { ACTS, type Act, behind } from "../../providers/journeyapps/sandbox/behind.ts";
import { FAULTS } from "../../providers/journeyapps/sandbox/faults.ts";
import {
  ENDED_WIPE,
  LOCK_WIPES,
  type WipeChoices,
} from "../../providers/journeyapps/sandbox/store.ts";
import { FAULT_GRAMMAR } from "../../providers/sandbox-kit/faults.ts";
import { FAULTS as SLINGR_FAULTS } from "../../providers/slingr/sandbox/faults.ts";
import { printable } from "../../text/safe.ts";
import { moment } from "../options.ts";
import type { SandboxOrder, Served } from "../sandboxes/served.ts";

const TOKEN_VARIABLE = "CURFEW_SANDBOX_TOKEN";
const DEFAULT_TOKEN = "sandbox";

/** Who plays which backend; loaded when it is asked for, since the other commands need none of it. */
const SANDBOXES: Readonly<Record<ProviderName, (order: SandboxOrder) => Promise<Served>>> = {
  journeyapps: async (order) =>
    (await import("../sandboxes/journeyapps.ts")).serveJourneyApps(order),
  slingr: async (order) => (await import("../sandboxes/slingr.ts")).serveSlingr(order),
  corporateacademy: async (order) =>
    (await import("../sandboxes/corporateacademy.ts")).serveCorporateacademy(order),
};

interface Options extends WipeChoices {
  provider: ProviderName;
  users: number;
  seed: number;
  port: number;
  latency: number;
  fault?: string[];
  data?: string;
  rate?: number;
  at?: Instant;
  writePolicy?: string;
}

/** `curfew sandbox`: serves a made-up backend until it is interrupted. Its action throws UsageError. */
export function sandboxCommand(): Command {
  return new Command("sandbox")
    .description("serve a made-up backend on this machine, to try policies on")
    .addArgument(
      new Argument(
        "[act]",
        "do this to a user of the sandbox that runs, behind the policy's back",
      ).choices(ACTS),
    )
    .argument("[user]", "whom: an id, or a value of the user model, such as an e-mail address")
    .addOption(
      new Option("--provider <name>", "the kind of backend")
        .choices(Object.keys(SANDBOXES))
        .default("journeyapps"),
    )
    .option("--users <n>", "how many users to make up", whole, 250)
    .option("--seed <n>", "another number makes up other users", whole, 1)
    .option("--port <n>", "where to listen on 127.0.0.1; 0 takes any free port", portOf, 8787)
    .option("--latency <ms>", "milliseconds before every request", whole, 0)
    .option("--rate <n>", "requests per second, beyond which it answers 429", whole)
    .option("--fault <fault>", "what goes wrong, see below; may be repeated", more)
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
  if (options.provider !== "journeyapps") {
    throw new UsageError(
      `sandbox ${what} is for the JourneyApps sandbox: ${options.provider} has no such call from another terminal`,
    );
  }
  if (!user) throw new UsageError(`sandbox ${what} needs a user: give the id of one`);
  const token = process.env[TOKEN_VARIABLE] || DEFAULT_TOKEN;
  const done = await behind(what, user, options.port, token);
  const on = done.session === null ? "" : `, on session ${printable(done.session)}`;
  process.stdout.write(`${DONE[what]} ${printable(done.user)}${on}.\n`);
}

const DONE: Record<Act, string> = { lock: "Locked", unlock: "Unlocked", "sign-in": "Signed in as" };

async function serve({ provider, fault = [], writePolicy, ...order }: Options): Promise<void> {
  if (writePolicy !== undefined) refuseToOverwrite(writePolicy);
  const beside = writePolicy === undefined ? "." : dirname(writePolicy);
  const served = await SANDBOXES[provider]({ ...order, faults: fault, beside });
  const interrupted = interruption();
  try {
    const target = targetOf(provider, served);
    if (writePolicy !== undefined) await writePolicyTo(writePolicy, target, served.rules);
    process.stdout.write(greeting(served, target, { ...order, writePolicy }));
    await interrupted;
  } finally {
    await served.close();
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
  { url, holds, restored, secret }: Served,
  target: string,
  { data, writePolicy, at }: Pick<Options, "data" | "at"> & { writePolicy: string | undefined },
): string {
  const origin = restored ? `, from ${data}` : "";
  const when = at === undefined ? "" : ` --at ${new Date(at).toISOString()}`;
  const policy =
    writePolicy === undefined
      ? `In a policy, its target is:\n\n${target}\nThen:\n`
      : `Its policy is in ${writePolicy}. In another terminal:\n`;
  const credential = secret === null ? "" : `  export ${TOKEN_VARIABLE}=${quote(secret)}\n`;
  return `A sandbox with ${holds}${origin} listens at

  ${url}

${policy}
${credential}  curfew plan ${writePolicy === undefined ? "policies" : quote(writePolicy)}${when}

Ctrl-C ends it.
`;
}

/** A word as a POSIX shell takes it. */
function quote(word: string): string {
  return /^[\w./:@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function targetOf(provider: ProviderName, { url, secret, target }: Served): string {
  const own = Object.entries(target).map(([key, value]) => `  ${key}: ${value}\n`);
  const credentials = secret === null ? "" : `  credentials: [env:${TOKEN_VARIABLE}]\n`;
  return `target:
  name: sandbox
  provider: ${provider}
  url: ${url}
${credentials}${own.join("")}`;
}

async function writePolicyTo(file: string, target: string, rules: string): Promise<void> {
  const policy = `version: 1

${target}
# Nobody is locked out of a sandbox. On a real target begin with \`report\`.
enforcement: enforce

${rules}`;
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

function portOf(text: string): number {
  const port = whole(text);
  if (port <= 65_535) return port;
  throw new InvalidArgumentError("The highest port is 65535.");
}

function more(text: string, before: string[] = []): string[] {
  return [...before, text];
}

/** The kinds of fault that JourneyApps' sandbox does not know. */
function besides(provider: ProviderName, faults: Readonly<Record<string, string>>): string {
  const own = Object.entries(faults).filter(([kind]) => !Object.hasOwn(FAULTS, kind));
  return `Besides, of ${provider}:\n${listed(Object.fromEntries(own))}`;
}

function listed(faults: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(faults).map((kind) => kind.length));
  const lines = Object.entries(faults).map(([kind, what]) => `  ${kind.padEnd(width)}  ${what}`);
  return lines.join("\n");
}

function help(): string {
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
${listed(FAULTS)}
${besides("slingr", SLINGR_FAULTS)}
${besides("corporateacademy", ACADEMY_FAULTS)}
`;
}
