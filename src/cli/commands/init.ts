/** `curfew init`: writes a starter into a folder: a policy, its tests and schemas, CODEOWNERS and the CI workflows. */
import { access, mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { ignoreLedger } from "../../checkout/ledger-folder.ts";
import { UsageError } from "../../errors.ts";
import { printable } from "../../text/safe.ts";
import { VERSION } from "../../version.ts";
import type { Io } from "../io.ts";
import type { Door } from "../options.ts";
import { type StarterFile, starter } from "../starter.ts";

const PLACEHOLDER = `OWNER/curfew@v${VERSION}`;

const HELP = `
It overwrites nothing: a file that is there stays as it is, and where there are policies already (of
\`curfew import\`, for example) it adds none. The policy begins with \`enforcement: report\`.

Example:
  curfew init --action acme/curfew@0123456789abcdef0123456789abcdef01234567
  curfew init access-policies`;

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
    .addHelpText("after", HELP)
    .action(async (dir: string, { action }: { action: string }) => {
      if (dir === "") throw new UsageError("the folder is empty: name one, or leave it out");
      const folder = path.resolve(io.cwd, dir);
      const files = await starter(action);
      const policies = await hasPolicies(folder);
      const wanted = policies ? files.filter((file) => !file.path.startsWith("policies/")) : files;
      const written: string[] = [];
      const kept: string[] = policies ? ["policies/"] : [];
      for (const file of wanted) {
        const is = (await write(folder, file, dir)) ? written : kept;
        is.push(file.path);
      }
      if (kept.includes(".gitignore") && (await ignored(folder))) written.push(IGNORED);
      tell({ dir, written, kept, placeholder: action === PLACEHOLDER }, io);
    });
}

function actionRef(text: string): string {
  if (/^[\w.-]+\/[\w.-]+@[\w./-]+$/.test(text)) return text;
  throw new InvalidArgumentError("It takes owner/repository@commit, such as acme/curfew@v1.");
}

/** Whether a policy would be one of several: the starter's is for no real deployment. */
async function hasPolicies(folder: string): Promise<boolean> {
  const names = await readdir(path.join(folder, "policies")).catch(() => []);
  return names.some((name) => /\.ya?ml$/.test(name));
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
    await mkdir(path.dirname(full), { recursive: true });
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
  /** Whether the workflows name no real action. */
  placeholder: boolean;
}

function tell({ dir, written, kept, placeholder }: InitReport, io: Io): void {
  const list = (title: string, files: readonly string[]) =>
    files.length === 0 ? [] : [title, ...files.map((file) => `  ${file}`), ""];
  const where = dir === "." ? "" : ` into ${printable(dir)}`;
  const steps = nextSteps(written, kept, placeholder).map((step, i) => `  ${i + 1}. ${step}`);
  const lines = [
    ...list(`Wrote${where}:`, written),
    ...list("Was there, and stays as it is:", kept),
    "Next:",
    ...steps,
  ];
  io.out(`${lines.join("\n")}\n`);
}

function nextSteps(
  written: readonly string[],
  kept: readonly string[],
  placeholder: boolean,
): string[] {
  const wrote = (file: string) => written.includes(file);
  const workflows = written.some((file) => file.startsWith(".github/workflows/"));
  return [
    ...(wrote("policies/production.yaml")
      ? [
          "policies/production.yaml: the URL of your deployment. Or remove the file, and let `curfew import` write it.",
        ]
      : []),
    ...(kept.includes(".gitignore") && !wrote(IGNORED)
      ? [".gitignore: see that it has the line .curfew/"]
      : []),
    "curfew validate && curfew test",
    "export JOURNEYAPPS_TOKEN=… && curfew plan",
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
          "On GitHub: an environment curfew-read with the secret JOURNEYAPPS_TOKEN; then the variable CURFEW_DRIFT=true.",
        ]
      : []),
    "When the plans show what you want: `enforcement: enforce`, by a reviewed change, and the hourly run (docs/deploy.md of Curfew).",
  ];
}
