/** Completion scripts for shells, as text. Pure: what the commands are comes in. */

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** What may stand where a value is expected: one of `choices`, or a file. */
interface Values {
  choices: readonly string[];
  files: boolean;
}

interface OptionShape {
  /** With their dashes; null where there is none. */
  short: string | null;
  long: string | null;
  description: string;
  /** null: it takes no value. */
  takes: Values | null;
}

export interface CommandShape {
  name: string;
  description: string;
  options: readonly OptionShape[];
  argument: Values;
}

export const SCRIPTS: Record<Shell, (commands: readonly CommandShape[]) => string> = {
  bash,
  zsh,
  fish,
};

function names({ short, long }: OptionShape): string[] {
  return [short, long].filter((name) => name !== null);
}

function indented(lines: readonly string[], by: number): string {
  return lines.map((line) => " ".repeat(by) + line).join("\n");
}

// ---------------------------------------------------------------- bash

/** Where there is nothing to say, bash completes file names. */
function bash(commands: readonly CommandShape[]): string {
  const reply = (words: readonly string[]) =>
    `COMPREPLY=($(compgen -W ${quoted(words.join(" "))} -- "$cur"))`;
  const values = commands.flatMap(({ name, options }) =>
    options
      .filter((option) => option.takes && option.takes.choices.length > 0)
      .map((option) => {
        const pattern = names(option).map((flag) => quoted(`${name} ${flag}`));
        return `${pattern.join(" | ")}) ${reply(option.takes?.choices ?? [])} ; return ;;`;
      }),
  );
  const words = commands.map(({ name, options, argument }) => {
    const flags = `'${name} -'*) ${reply(options.flatMap(names))} ;;`;
    const choices = `'${name} '*) ${reply(argument.choices)} ;;`;
    return argument.choices.length > 0 ? `${flags}\n    ${choices}` : flags;
  });
  return `# bash completion for curfew, made by: curfew completion bash
_curfew() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} command=\${COMP_WORDS[1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    ${reply([...commands.map(({ name }) => name), "--help", "--version"])}
    return
  fi
  case "$command $prev" in
${indented(values, 4)}
  esac
  case "$command $cur" in
${indented(words, 4)}
  esac
}
complete -o default -F _curfew curfew
`;
}

/** In single quotes, as bash and zsh take it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

// ---------------------------------------------------------------- zsh

function zsh(commands: readonly CommandShape[]): string {
  const list = commands.map(({ name, description }) =>
    quoted(`${name}:${description.replace(/[\\:]/g, "\\$&")}`),
  );
  const cases = commands.flatMap(({ name, options, argument }) => {
    const specs = options.flatMap((option) =>
      names(option).map((flag) => quoted(zshOption(flag, option))),
    );
    const action = zshAction(argument);
    const rest = action === "" ? [] : [quoted(`*:value:${action}`)];
    return [`${name})`, `  _arguments ${[...specs, ...rest].join(" \\\n        ")}`, "  ;;"];
  });
  return `#compdef curfew
# zsh completion for curfew, made by: curfew completion zsh
_curfew() {
  local state
  local -a commands
  commands=(
${indented(list, 4)}
  )
  _arguments -C '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command commands ;;
    rest)
      case $words[1] in
${indented(cases, 8)}
      esac
      ;;
  esac
}
if [[ $funcstack[1] == _curfew ]]; then _curfew "$@"; else compdef _curfew curfew; fi
`;
}

function zshOption(flag: string, { description, takes }: OptionShape): string {
  const told = `${flag}[${description.replace(/[\\[\]:]/g, "\\$&")}]`;
  return takes === null ? told : `${told}:value:${zshAction(takes)}`;
}

function zshAction({ choices, files }: Values): string {
  if (choices.length > 0) return `(${choices.join(" ")})`;
  return files ? "_files" : "";
}

// ---------------------------------------------------------------- fish

function fish(commands: readonly CommandShape[]): string {
  const lines = commands.flatMap(({ name, description, options, argument }) => {
    const after = `complete -c curfew -n ${fishQuoted(`__fish_seen_subcommand_from ${name}`)}`;
    const choices =
      argument.choices.length > 0
        ? [`${after} -f -a ${fishQuoted(argument.choices.join(" "))}`]
        : argument.files
          ? []
          : [`${after} -f`];
    return [
      `complete -c curfew -n __fish_use_subcommand -f -a ${name} -d ${fishQuoted(description)}`,
      ...choices,
      ...options.map((option) => `${after} ${fishOption(option)}`),
    ];
  });
  return `# fish completion for curfew, made by: curfew completion fish\n${lines.join("\n")}\n`;
}

function fishOption({ short, long, description, takes }: OptionShape): string {
  return [
    ...(short === null ? [] : [`-s ${short.slice(1)}`]),
    ...(long === null ? [] : [`-l ${long.slice(2)}`]),
    ...(takes === null ? [] : [takes.files ? "-r" : "-x"]),
    ...(takes === null || takes.choices.length === 0
      ? []
      : [`-a ${fishQuoted(takes.choices.join(" "))}`]),
    `-d ${fishQuoted(description)}`,
  ].join(" ");
}

function fishQuoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
