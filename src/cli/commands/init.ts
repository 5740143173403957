/** `curfew init`: writes a starter into a folder: a policy, its tests and schemas, CODEOWNERS and the CI workflows. */
import { access, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { ignoreLedger } from "../../checkout/ledger-folder.ts";
import { loadPolicies } from "../../checkout/load.ts";
import { PolicyError, UsageError } from "../../errors.ts";
import { makeFolder } from "../../make-folder.ts";
import type { Policy } from "../../model/policy.ts";
import type { ProviderName } from "../../providers/catalog.ts";
import { printable } from "../../text/safe.ts";
import { VERSION } from "../../version.ts";
import type { Io } from "../io.ts";
import type { Door } from "../options.ts";
import { STARTERS, type StarterFile, secretOf, starter } from "../starter.ts";
import { testsFor } from "../starter-tests.ts";

interface InitOptions {
  action: string;
  provider: ProviderName;
}

const FIRST: ProviderName = "journeyapps";
const PLACEHOLDER = `OWNER/curfew@v${VERSION}`;

const HELP = `
It overwrites nothing: a file that is there stays as it is, and where there are policies already (of
\`curfew import\`, for example) it adds none. The policy begins with \`enforcement: report\`. For Slingr it
writes slingr/curfew.js, too: the script by which an app hands on what \`curfew enroll\` needs.

Example:
  curfew init --action acme/curfew@0123456789abcdef0123456789abcdef01234567
  curfew init access-policies
  curfew init --provider slingr`;

export function initCommand({ io }: Door): Command {
  return new Command("init")
    .description("write a starter: a policy, its tests and schema, CODEOWNERS and the CI workflows")
    .argument("[dir]", "the folder of the repository", ".")
    .option(
      "--action <ref>",
      "what the workflows use: owner/repository@commit of Curfew's action",
      actionRef,
      PLACEHOLDER,
    )
    .addOption(
      new Option("--provider <name>", "the backend of the policy").choices(STARTERS).default(FIRST),
    )
    .addHelpText("after", HELP)
    .action(async (dir: string, { action, provider }: InitOptions) => {
      if (dir === "") throw new UsageError("the folder is empty: name one, or leave it out");
      const folder = path.resolve(io.cwd, dir);
      const names = await policyNames(folder);
      const there = names.length > 0;
      const own = there ? await ownPolicies(folder, io) : [];
      const credentials = credentialsOf(own, provider);
      const files = await starter(provider, action, credentials);
      const wanted = there
        ? [
            ...files.filter((file) => !file.path.startsWith("policies/")),
            ...(await ownTests(folder, own, io)),
          ]
        : files;
      const written: string[] = [];
      const kept: string[] = there ? ["policies/"] : [];
      for (const file of wanted) {
        const is = (await write(folder, file, dir)) ? written : kept;
        is.push(file.path);
      }
      if (kept.includes(".gitignore") && (await ignored(folder))) written.push(IGNORED);
      tell({ dir, written, kept, credentials, placeholder: action === PLACEHOLDER }, io);
    });
}

/** The policies that are there; none where they have errors, which `validate` tells. */
async function ownPolicies(folder: string, io: Io): Promise<Policy[]> {
  const options = { cwd: folder, at: io.now(), commit: null };
  return loadPolicies([POLICIES], options).catch((error: unknown) => {
    if (error instanceof PolicyError || error instanceof UsageError) return [];
    throw error;
  });
}

/** The environment variables by which the policies name their credentials. */
function credentialsOf(policies: readonly Policy[], provider: ProviderName): string[] {
  const references = policies.flatMap(({ target }) => target.credentials);
  const names = references.flatMap((one) => (one.startsWith("env:") ? one.slice(4) : []));
  return names.length > 0 ? [...new Set(names)] : [secretOf(provider)];
}

/** A file of tests for each policy, where there are none at all yet. */
async function ownTests(
  folder: string,
  policies: readonly Policy[],
  io: Io,
): Promise<StarterFile[]> {
  if ((await yamlNames(path.join(folder, POLICIES, "tests"))).length > 0) return [];
  return Promise.all(
    policies.map(async (policy) => {
      const name = path.basename(policy.files[0] ?? "");
      const text = await testsFor(name, policy, io.now());
      return { path: `${POLICIES}/tests/${name}`, text };
    }),
  );
}

function actionRef(text: string): string {
  if (/^[\w.-]+\/[\w.-]+@[\w./-]+$/.test(text)) return text;
  throw new InvalidArgumentError("It takes owner/repository@commit, such as acme/curfew@v1.");
}

const POLICIES = "policies";

/** Where there are policies, the starter's would be one of several: it is for no real deployment. */
function policyNames(folder: string): Promise<string[]> {
  return yamlNames(path.join(folder, POLICIES));
}

async function yamlNames(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => /\.ya?ml$/.test(name));
}

/** A file of one's own gets the one line that must not be missing. */
const IGNORED = ".gitignore (the line .curfew/)";

/** Whether the line was added; false, too, where it can't be. */
function ignored(folder: string): Promise<boolean> {
  return ignoreLedger(folder).catch(() => false);
}

/** Where GitHub looks for them, besides. */
const CODEOWNERS = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/** False where the file is there already. Throws UsageError where it can't be written. */
async function write(folder: string, file: StarterFile, dir: string): Promise<boolean> {
  const elsewhere = CODEOWNERS.includes(file.path) ? CODEOWNERS : [];
  for (const other of elsewhere) if (await exists(path.join(folder, other))) return false;
  const full = path.join(folder, file.path);
  try {
    await makeFolder(path.dirname(full));
    await writeFile(full, file.text, { flag: "wx" });
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await exists(full))) return false;
    throw new UsageError(
      `${path.join(dir, file.path)} can't be written (${code ?? message}): what was written before it stays`,
    );
  }
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

interface InitReport {
  dir: string;
  written: readonly string[];
  kept: readonly string[];
  /** The environment variables that hold credentials. */
  credentials: readonly string[];
  /** Whether the workflows name no real action. */
  placeholder: boolean;
}

function tell({ dir, written, kept, credentials, placeholder }: InitReport, io: Io): void {
  const list = (title: string, files: readonly string[]) =>
    files.length === 0 ? [] : [title, ...files.map((file) => `  ${file}`), ""];
  const where = dir === "." ? "" : ` into ${printable(dir)}`;
  const steps = nextSteps({ written, kept, credentials, placeholder }).map(
    (step, i) => `  ${i + 1}. ${step}`,
  );
  const lines = [
    ...list(`Wrote${where}:`, written),
    ...list("Was there, and stays as it is:", kept),
    "Next:",
    ...steps,
  ];
  io.out(`${lines.join("\n")}\n`);
}

function nextSteps({ written, kept, credentials, placeholder }: Omit<InitReport, "dir">): string[] {
  const wrote = (file: string) => written.includes(file);
  const workflows = written.some((file) => file.startsWith(".github/workflows/"));
  return [
    ...(wrote("policies/production.yaml")
      ? [
          "policies/production.yaml: the URL of your deployment. Or remove the file, and let `curfew import` write it.",
        ]
      : []),
    ...(wrote("slingr/curfew.js")
      ? [
          "slingr/curfew.js: for `curfew enroll`, install it in the app as its head says, and name its path in target.script.",
        ]
      : []),
    ...(kept.includes(".gitignore") && !wrote(IGNORED)
      ? [".gitignore: see that it has the line .curfew/"]
      : []),
    "curfew validate && curfew test",
    `export ${credentials.map((name) => `${printable(name)}=…`).join(" ")} && curfew plan`,
    ...(wrote(".github/CODEOWNERS")
      ? [".github/CODEOWNERS: your team. Protect the default branch with its review."]
      : []),
    ...(workflows && placeholder
      ? [
          ".github/workflows: put the repository of Curfew's action, and a commit, for OWNER/curfew.",
        ]
      : []),
    ...(workflows
      ? [
          `On GitHub: an environment curfew-read with the secret ${credentials.map(printable).join(", ")}; the variables CURFEW_LEDGER, CURFEW_ROLE and AWS_REGION, by which the workflows read the ledger; then CURFEW_DRIFT=true.`,
        ]
      : []),
    "When the plans show what you want: `enforcement: enforce`, by a reviewed change, and the hourly run (docs/deploy.md of Curfew).",
  ];
}
