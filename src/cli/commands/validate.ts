/** `curfew validate`: checks policy files and policy tests; no network, no credentials. */
import { Command } from "commander";
import { PolicyError, type Problem } from "../../errors.ts";
import { EXIT, type ExitReason, exitOf, strictReasons, worst } from "../../exit.ts";
import type { Policy } from "../../model/policy.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { hintsOf } from "../../policy/hints.ts";
import { overNotices } from "../../policy/over.ts";
import { type LoadedTests, loadTestsBeside } from "../../policy-tests/load.ts";
import { problemsGitHub } from "../../report/machine/github.ts";
import { problemsSarif } from "../../report/machine/sarif.ts";
import { exitLine } from "../../report/told/ending.ts";
import { jsonReport } from "../../text/escape.ts";
import { printable } from "../../text/safe.ts";
import { count } from "../../text/words.ts";
import { VERSION } from "../../version.ts";
import type { Io } from "../io.ts";
import { type Door, folderOf, formatOption, print, strictOption } from "../options.ts";
import { DEFAULT_PATH, load } from "../targets.ts";

const FORMATS = ["text", "json", "github", "sarif"] as const;
type ValidateFormat = (typeof FORMATS)[number];

const HELP = `
Of a folder the policy tests in its sub-folder tests are checked too, and not run (curfew test).
github puts annotations on the lines at fault, sarif is for code scanning.

Example:
  curfew validate policies
  curfew validate policies --format sarif > curfew.sarif`;

export function validateCommand({ io, exit }: Door): Command {
  return new Command("validate")
    .description("check policy files and their tests; needs no network and no credentials")
    .argument("[path...]", "policy files or folders", [])
    .addOption(formatOption(FORMATS))
    .addHelpText("after", HELP)
    .addOption(strictOption())
    .action(async (paths: string[], { format, strict }: ValidateOptions) => {
      const at = io.now();
      const reasons = (policies: readonly Policy[]) =>
        strictReasons(
          policies.flatMap((policy) => overNotices(policy, at)),
          strict,
        );
      if (format === "text") {
        const { policies, tests } = await checked(paths, io);
        for (const policy of policies) io.out(line(policy) + remarkLines(policy, at));
        for (const one of tests) io.out(testsLine(one));
        const why = exitLine(reasons(policies));
        if (why !== null) io.out(`${why}\n`);
        exit(exitOf(reasons(policies)));
        return;
      }
      const found = await checked(paths, io)
        .then((all): CheckedFiles => ({ ...all, problems: [] }))
        .catch((error: unknown): CheckedFiles => {
          if (!(error instanceof PolicyError)) throw error;
          return { policies: [], tests: [], problems: error.problems };
        });
      const strictly = reasons(found.policies);
      print(format, REPORTS[format](found, folderOf(io), at, strictly), io);
      exit(worst([found.problems.length > 0 ? EXIT.error : EXIT.done, exitOf(strictly)]));
    });
}

interface ValidateOptions {
  format: ValidateFormat;
  strict?: true;
}

interface CheckedFiles {
  policies: Policy[];
  tests: LoadedTests[];
  problems: PolicyError["problems"];
}

/** `folder`: from the top of the repository to where file names start from. */
const REPORTS: Record<
  Exclude<ValidateFormat, "text">,
  (found: CheckedFiles, folder: string, at: Instant, reasons: readonly ExitReason[]) => string
> = {
  json: (found, _folder, at) => validationJson(found, at),
  github: ({ problems, policies }, folder, at, reasons) =>
    problemsGitHub(problems, folder, remarksOf(policies, at), exitLine(reasons)),
  sarif: ({ problems, policies }, folder, at) =>
    problemsSarif(problems, VERSION, folder, remarksOf(policies, at)),
};

function validationJson({ policies, tests, problems }: CheckedFiles, at: Instant): string {
  return jsonReport({
    format: "curfew/validation/1",
    valid: problems.length === 0,
    policies: policies.map(({ target, files, digest }) => ({ target: target.name, files, digest })),
    tests: tests.map(({ tests: { file, value } }) => ({ file, tests: value.tests.length })),
    problems,
    notices: policies.flatMap((policy) => overNotices(policy, at)),
    hints: policies.flatMap(hintsOf),
  });
}

/** Throws PolicyError with the problems of all policies; those of the tests where the policies have none. */
async function checked(paths: string[], io: Io): Promise<Omit<CheckedFiles, "problems">> {
  const policies = await load(paths, io.now(), io);
  const tests = await loadTestsBeside(paths.length > 0 ? paths : [DEFAULT_PATH], io.cwd);
  return { policies, tests };
}

function testsLine({ tests: { file, value }, policy }: LoadedTests): string {
  const said = `${file}: valid, ${count(value.tests.length, "test")} of ${policy.target.name}`;
  return `${printable(said)}\n`;
}

/** What is over, and what is seldom meant: neither is an error. */
function remarksOf(policies: readonly Policy[], at: Instant): Problem[] {
  return policies.flatMap((policy) =>
    [...overNotices(policy, at), ...hintsOf(policy)].map(
      ({ file = "", line: start = 1, message }) => ({ file, line: start, column: 1, message }),
    ),
  );
}

function remarkLines(policy: Policy, at: Instant): string {
  return remarksOf([policy], at)
    .map(({ file, line: start, message }) => `${printable(`${file}:${start}: ${message}`)}\n`)
    .join("");
}

function line({ files, target, enforcement }: Policy): string {
  const rules = Object.entries(enforcement.rules).map(([rule, mode]) => `${rule}: ${mode}`);
  const how = [enforcement.default, ...rules].join(", ");
  const said = `${files.join(" + ")}: valid, for ${target.name} (${target.provider}), enforcement ${how}`;
  return `${printable(said)}\n`;
}
