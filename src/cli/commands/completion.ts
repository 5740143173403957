/** `curfew completion SHELL`: prints a completion script, made from the definitions of the commands. */
import { Argument, Command } from "commander";
import { type CommandShape, SCRIPTS, SHELLS, type Shell } from "../completion-scripts.ts";
import type { Door } from "../options.ts";

const HELP = `
How to install it:
  bash  curfew completion bash > ~/.local/share/bash-completion/completions/curfew
  zsh   curfew completion zsh > _curfew, in a folder of $fpath (before compinit is run)
  fish  curfew completion fish > ~/.config/fish/completions/curfew.fish

Example, for this terminal only:
  source <(curfew completion bash)`;

/** `root` gives the program, with all its commands. */
export function completionCommand({ io }: Door, root: () => Command): Command {
  return new Command("completion")
    .description("print a completion script for a shell")
    .addArgument(new Argument("<shell>", "which shell").choices(SHELLS))
    .addHelpText("after", HELP)
    .action((shell: Shell) => io.out(SCRIPTS[shell](root().commands.map(shapeOf))));
}

/** Arguments that name files say so by their name. */
const FILES = /<(file|path|place|dir)>|\[(path|dir)/;

function shapeOf(command: Command): CommandShape {
  const options = command.createHelp().visibleOptions(command);
  return {
    name: command.name(),
    description: command.description(),
    options: options.map(({ short, long, description, flags, argChoices, required, optional }) => ({
      short: short ?? null,
      long: long ?? null,
      description,
      takes: required || optional ? { choices: argChoices ?? [], files: FILES.test(flags) } : null,
    })),
    argument: {
      choices: command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices),
      files: command.registeredArguments.some(
        (argument) => argument.name() === "path" || argument.name() === "dir",
      ),
    },
  };
}
