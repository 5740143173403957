/** `curfew test`: runs policy tests. No network, no credentials, no ledger. */
import { Command } from "commander";
import { UsageError } from "../../errors.ts";
import { EXIT } from "../../exit.ts";
import { type CoverageMeter, coverageMeter } from "../../policy-tests/coverage.ts";
import { loadTests } from "../../policy-tests/load.ts";
import { runTests, type SuiteResult } from "../../policy-tests/run.ts";
import { testsJson } from "../../report/machine/json.ts";
import { testsJunit } from "../../report/machine/junit.ts";
import { testsText } from "../../report/text/policy-tests.ts";
import { failures } from "../../report/told/policy-tests.ts";
import { type Door, formatOption, renderOptions } from "../options.ts";
import { DEFAULT_PATH } from "../targets.ts";

interface TestOptions {
  format: "text" | "json" | "junit";
  coverage?: true;
}

const HELP = `
PATH is a file of policy tests, or a folder of policies, whose tests are in its sub-folder tests.
Each test gives users and sessions in short form, a moment, and what must be done; whatever else the
policy would do, or would not do, fails it. The format: schema/policy-tests.schema.json.
With --coverage, what no test touches is listed: rules that none breaks, exceptions that hold for none,
groups and entries that nobody has. The exit code is 1 where a test fails.

Example:
  curfew test policies --coverage
  curfew test policies/tests/leavers.yaml --format junit > junit.xml`;

export function testCommand({ io, exit }: Door): Command {
  return new Command("test")
    .description("run policy tests; needs no network, no credentials and no ledger")
    .argument("[path...]", "files of policy tests, or folders of policies (default: policies)")
    .option("--coverage", "list what of the policies no test touches")
    .addOption(formatOption(["text", "json", "junit"]))
    .addHelpText("after", HELP)
    .action(async (paths: string[], options: TestOptions) => {
      if (paths.includes("")) throw new UsageError("a path is empty: name tests or a folder");
      const loaded = await loadTests(paths.length > 0 ? paths : [DEFAULT_PATH], io.cwd);
      const meters = new Map<string, CoverageMeter>();
      const suites: SuiteResult[] = [];
      for (const { tests, policy } of loaded) {
        // Several files of tests may test one policy.
        const [key = ""] = policy.files;
        const meter = meters.get(key) ?? coverageMeter(policy);
        meters.set(key, meter);
        suites.push(await runTests(tests, policy, meter));
      }
      const coverage = options.coverage ? [...meters.values()].map((m) => m.result()) : null;
      if (options.format === "junit") io.out(testsJunit(suites));
      else if (options.format === "json") io.out(testsJson(suites, coverage));
      else io.out(testsText(suites, coverage, renderOptions({}, false, io)));
      exit(failures(suites) === 0 ? EXIT.done : EXIT.error);
    });
}
