/** The terminal door: argv in, one exit code out. */
import { Command, CommanderError } from "commander";
import { EXIT, worst } from "../exit.ts";
import { keepHeapSmall } from "../heap.ts";
import { VERSION } from "../version.ts";
import { applyCommand } from "./commands/apply.ts";
import { completionCommand } from "./commands/completion.ts";
import { driftCommand } from "./commands/drift.ts";
import { enrollCommand } from "./commands/enroll.ts";
import { explainCommand } from "./commands/explain.ts";
import { forecastCommand } from "./commands/forecast.ts";
import { historyCommand } from "./commands/history.ts";
import { importCommand } from "./commands/import.ts";
import { initCommand } from "./commands/init.ts";
import { inventoryCommand } from "./commands/inventory.ts";
import { ledgerCommand } from "./commands/ledger.ts";
import { planCommand } from "./commands/plan.ts";
import { providersCommand } from "./commands/providers.ts";
import { releaseCommand } from "./commands/release.ts";
import { sandboxCommand } from "./commands/sandbox.ts";
import { schemaCommand } from "./commands/schema.ts";
import { testCommand } from "./commands/test.ts";
import { validateCommand } from "./commands/validate.ts";
import { processIo } from "./io.ts";
import type { Door } from "./options.ts";
import { tell } from "./targets.ts";

const EXITS = `
Exit codes: 0 in sync or done, 1 an error, 2 something is wanted (plan) or has drifted (drift),
3 a limit refused, 4 a saved plan is stale, 5 a target could not be read in full, 6 another run is at work,
130 an apply was interrupted.`;

function program(door: Door): Command {
  const curfew = new Command("curfew")
    .description(
      "Access policy as code: who is locked out, how long a session lives, which devices are allowed.",
    )
    .version(VERSION)
    .addHelpText("after", EXITS);
  const commands = [
    initCommand(door),
    validateCommand(door),
    planCommand(door),
    applyCommand(door),
    driftCommand(door),
    explainCommand(door),
    forecastCommand(door),
    testCommand(door),
    importCommand(door),
    inventoryCommand(door),
    historyCommand(door),
    ledgerCommand(door),
    releaseCommand(door),
    enrollCommand(door),
    providersCommand(door),
    schemaCommand(door),
    completionCommand(door, () => curfew),
    sandboxCommand(),
  ];
  for (const command of commands) curfew.addCommand(command);
  for (const command of [curfew, ...commands]) {
    command
      .exitOverride()
      .showHelpAfterError(
        `(see: ${command === curfew ? "curfew" : `curfew ${command.name()}`} --help)`,
      );
  }
  return curfew;
}

keepHeapSmall();
const io = processIo();
const door: Door = {
  io,
  exit(code) {
    process.exitCode = worst([Number(process.exitCode ?? EXIT.done), code]);
  },
};
try {
  await program(door).parseAsync();
} catch (error) {
  // Commander has printed its own message already; help and --version are no errors.
  const usage = error instanceof CommanderError;
  door.exit(usage ? (error.exitCode === 0 ? EXIT.done : EXIT.error) : tell(error, io));
}
