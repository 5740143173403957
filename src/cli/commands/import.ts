/** `curfew import`: writes a policy for what a target is now. Reads, and writes one new file. */
import { access, writeFile } from "node:fs/promises";
import path from "node:path";
import { Command, Option } from "commander";
import type { ZodType } from "zod";
import { UsageError } from "../../errors.ts";
import { type Survey, surveyor } from "../../estate/survey.ts";
import { EXIT } from "../../exit.ts";
import {
  type ImportOptions as HowToWrite,
  importedPolicy,
  type TargetText,
  targetLines,
} from "../../import/policy.ts";
import { openSnapshot } from "../../inventory/snapshot.ts";
import { emptyMemory } from "../../ledger/state.ts";
import { makeFolder } from "../../make-folder.ts";
import type { Policy } from "../../model/policy.ts";
import type { InventorySource } from "../../model/ports.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { policyOfText } from "../../policy/of-text.ts";
import { id, reference, url } from "../../policy/values/values.ts";
import { printable } from "../../text/safe.ts";
import { count } from "../../text/words.ts";
import type { Io } from "../io.ts";
import { type Door, debugOption, opened } from "../options.ts";
import { readAll } from "../sources.ts";

interface ImportFlags {
  url?: string;
  credentials?: string[];
  name?: string;
  auth?: string;
  identify?: string;
  inventory?: string;
  out?: string;
  /** False with --no-adopt. */
  adopt: boolean;
  debug?: true;
}

const DEFAULT_NAME = "production";
const DEFAULT_CREDENTIALS = ["env:JOURNEYAPPS_TOKEN"];
const SCHEMA = "schema/policy.schema.json";

const HELP = `
The policy covers what is there: who is locked, how old and how many the sessions are, which platforms
are in use. So its first plan is empty, and every later change of it shows what it would do. It begins
with \`enforcement: report\`; its comments say what each line rests on and how to tighten it.

It is for a target that Curfew does not manage yet: it asks no ledger. Locks that are found are taken
over by the first enforced run (\`adopt\`), so that removing an entry unlocks; --no-adopt leaves them.

Example:
  export JOURNEYAPPS_TOKEN=…
  curfew import --url https://62d541f4156bc4dd685318da.backend.us.journeyapps.com/api/v4/615ae1ee8c5ef500078a4908
  curfew import --inventory inventory.jsonl --name staging --out -`;

export function importCommand({ io, exit }: Door): Command {
  return new Command("import")
    .description("write a policy for what a target is now; its first plan is empty")
    .option("--url <url>", "the deployment's base URL")
    .option(
      "--credentials <reference>",
      "env:NAME or aws-secret:NAME, never the secret; may be repeated (default: env:JOURNEYAPPS_TOKEN)",
      (text: string, before: string[] = []) => [...before, text],
    )
    .option("--name <name>", "what people call the target (default: production)")
    .addOption(
      new Option("--auth <form>", "the form of the Authorization header").choices([
        "bearer",
        "token",
        "basic",
      ]),
    )
    .option("--identify <field>", "name users by this field of the app's user model")
    .option("--inventory <file>", "import a saved inventory, without credentials")
    .option("--out <file>", "where to write it; - is standard output (default: policies/NAME.yaml)")
    .addOption(debugOption())
    .option("--no-adopt", "leave the locks that are found to whoever made them")
    .addHelpText("after", HELP)
    .action(async (options: ImportFlags) => exit(await run(options, io)));
}

/** What is imported: known before it is opened, since a slip of the hand shall not wait for a long read. */
interface From {
  target: TargetText;
  open(): Promise<Surveyed>;
}

/** Where the users are read from; closed when it is disposed of. */
interface Surveyed extends AsyncDisposable {
  source: InventorySource;
  environment: string | null;
}

async function run(options: ImportFlags, io: Io): Promise<number> {
  const at = io.now();
  const from = await fromOf(options, at, io);
  const { target } = from;
  const out = outOf(options.out, target.name);
  if (out !== null) await refuseExisting(out, io);
  const how = { at, adopt: options.adopt, schema: schemaFrom(out, io) };
  const { text, survey } = await imported(from, how, io);
  if (out === null) io.out(text);
  else {
    await write(out, text, io);
    io.out(told(out, survey, target));
  }
  for (const { id: user, field } of survey.unreadable.slice(0, 10)) {
    const who = user === null ? "a user without an id" : printable(user);
    io.err(`warning: ${who} has a record of an unknown shape (${printable(field)})\n`);
  }
  if (survey.unreadable.length === 0) return EXIT.done;
  io.err(
    `warning: ${count(survey.unreadable.length, "user")} could not be read: nothing is known of them, and every plan says so\n`,
  );
  return EXIT.error;
}

async function fromOf(options: ImportFlags, at: Instant, io: Io): Promise<From> {
  const { inventory } = options;
  if (inventory === undefined) {
    if (options.url === undefined) {
      throw new UsageError("import needs a target: give --url, or --inventory with a saved one");
    }
    const target = targetOf(options, options.url, DEFAULT_NAME);
    return { target, open: () => deployment(stub(target, at), options, io) };
  }
  const { header, source } = await openSnapshot(path.resolve(io.cwd, inventory));
  const target = targetOf(options, options.url ?? header.url, header.target);
  if (target.url !== header.url) {
    throw new UsageError(`${inventory} is an inventory of ${header.url}, and --url says another`);
  }
  const saved = { source, environment: null, [Symbol.asyncDispose]: async () => {} };
  return { target, open: async () => saved };
}

async function deployment(policy: Policy, { debug }: ImportFlags, io: Io): Promise<Surveyed> {
  const {
    provider,
    info,
    [Symbol.asyncDispose]: close,
  } = await opened(policy, { ...(debug && { debug }) }, io);
  const environment = fits(id(), info?.environment) ? info.environment : null;
  return { source: provider, environment, [Symbol.asyncDispose]: close };
}

function fits(schema: ZodType<string>, text: string | null | undefined): text is string {
  return schema.safeParse(text).success;
}

/** Throws UsageError; never with the value of --url or --credentials, which may be a secret by mistake. */
function targetOf(options: ImportFlags, address: string, name: string): TargetText {
  const { credentials = DEFAULT_CREDENTIALS, auth = null, identify = null } = options;
  return {
    name: taken("--name", id(), options.name ?? name),
    url: taken("--url", url(), address),
    credentials: credentials.map((text) => taken("--credentials", reference(), text)),
    auth,
    identify: identify === null ? null : taken("--identify", id(), identify),
    environment: null,
  };
}

function taken(option: string, schema: ZodType<string>, text: string): string {
  const read = schema.safeParse(text);
  if (read.success) return read.data;
  throw new UsageError(`${option}: ${read.error.issues[0]?.message ?? "it can't be taken"}`);
}

/** A policy that asks for nothing, to read the target with. Messages name the command where they would name a line. */
function stub(target: TargetText, at: Instant): Policy {
  const source = { file: "curfew import", line: 1 };
  const policy = policyOfText(source.file, targetLines(target).join("\n"), at);
  return { ...policy, target: { ...policy.target, source } };
}

/** The policy for what is there, as text, and what was there. */
async function imported(
  { target, open }: From,
  how: HowToWrite,
  io: Io,
): Promise<{ text: string; survey: Survey }> {
  await using estate = await open();
  const { source, environment } = estate;
  const known = { policy: stub(target, how.at), at: how.at, memory: emptyMemory() };
  const { sinks } = await readAll(known, source, io, () => ({ survey: surveyor(how.at) }));
  const survey = sinks.survey.result();
  return { survey, text: checked(survey, { ...target, environment }, how) };
}

/** Whatever a backend calls its users, nothing is written that is no policy. */
function checked(survey: Survey, target: TargetText, how: HowToWrite): string {
  const text = importedPolicy(survey, target, how);
  policyOfText("curfew import", text, how.at);
  return text;
}

/** null: standard output. */
function outOf(out: string | undefined, name: string): string | null {
  if (out === "-") return null;
  if (out === "") throw new UsageError("--out is empty: name a file, or - for standard output");
  if (out === undefined && !/^\w[\w.-]*$/.test(name)) {
    throw new UsageError("the name of the target makes no file name: give --out FILE");
  }
  return out ?? `policies/${name}.yaml`;
}

/** Before a long read, and not only after it. */
async function refuseExisting(out: string, io: Io): Promise<void> {
  const exists = await access(path.resolve(io.cwd, out)).then(
    () => true,
    () => false,
  );
  if (exists) throw existing(out);
}

function existing(out: string): UsageError {
  return new UsageError(`${out} exists, and import overwrites nothing: give --out another file`);
}

async function write(out: string, text: string, io: Io): Promise<void> {
  const file = path.resolve(io.cwd, out);
  try {
    await makeFolder(path.dirname(file));
    await writeFile(file, text, { flag: "wx" });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw existing(out);
    throw new UsageError(`${out} can't be written (${code ?? message}): give --out another file`);
  }
}

/** As an editor follows it, from the file on. */
function schemaFrom(out: string | null, io: Io): string {
  const folder = path.dirname(path.resolve(io.cwd, out ?? "policies/x.yaml"));
  return path.relative(folder, path.resolve(io.cwd, SCHEMA)).split(path.sep).join("/");
}

function told(out: string, { users, active, locked }: Survey, { name }: TargetText): string {
  const read = `${count(users, "user")}, ${locked.length} locked, ${count(active, "active session")}`;
  const file = /^[\w./-]+$/.test(out) ? out : `'${out.replaceAll("'", "'\\''")}'`;
  const plan = `curfew plan ${printable(file)}`;
  const width = plan.length;
  return `Wrote ${printable(out)} for ${printable(name)}: ${read}.

Next:
  ${plan}  is empty: nobody breaks it today
  ${"curfew init".padEnd(width)}  writes the workflows, CODEOWNERS and the JSON Schema, where they are not there yet
Then read its comments, tighten it, and set \`enforcement: enforce\` by a reviewed change.
`;
}
