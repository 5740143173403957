/** A real shell on a pseudo-terminal of 100 columns, in which a page is followed. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";

/** Of util-linux: gives a command a terminal. */
const SCRIPT = "script";

/** Whether this machine has it. */
export const PSEUDO_TERMINAL = spawnSync(SCRIPT, ["-qec", "true", "/dev/null"]).status === 0;

/** A command that takes longer is ended, with the shell. */
const DEADLINE = 60_000;

const END = "\u0001";
const ESCAPE = "\u001b";

/** Takes one file after the other, and tells after each how it ended; `$?` is that of the command before. */
const DRIVER = `stty cols 100 -echo
shopt -s expand_aliases
code=0
printf '\\001%d\\001' 0
while IFS= read -r step; do
  (exit $code)
  . "$step"
  code=$?
  printf '\\001%d\\001' $code
done
`;

export interface Shown {
  code: number;
  /** The lines on the terminal when the command has ended. */
  lines: string[];
}

export interface Shell {
  /** Runs a command as if it were typed; `answer` is typed at the question `apply` asks. Throws where it does not end. */
  run(command: string, answer?: string): Promise<Shown>;
  close(): Promise<void>;
}

/** Starts a shell in `cwd`. Its scripts are kept in `scratch`. */
export async function startShell(
  cwd: string,
  scratch: string,
  env: Record<string, string>,
): Promise<Shell> {
  const driver = join(scratch, "driver.sh");
  await writeFile(driver, DRIVER);
  const child = spawn(SCRIPT, ["-qec", `bash --norc '${driver}'`, "/dev/null"], { cwd, env });
  const closed = once(child, "close");
  let heard = "";
  let listen = () => {};
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    heard += text;
    listen();
  });
  child.on("close", () => listen());

  function ended(answer: string | undefined): Promise<Shown> {
    let untyped = answer;
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => child.kill("SIGKILL"), DEADLINE);
      listen = () => {
        if (untyped !== undefined && heard.includes("agreement: ")) {
          child.stdin.write(`${untyped}\r`);
          untyped = undefined;
        }
        const [, text, code] = new RegExp(`^([\\s\\S]*)${END}(\\d+)${END}`).exec(heard) ?? [];
        if (text === undefined && child.exitCode === null && child.signalCode === null) return;
        clearTimeout(deadline);
        listen = () => {};
        if (text === undefined) reject(new Error(`the shell has ended: ${heard}`));
        else resolve({ code: Number(code), lines: linesOf(text) });
        heard = "";
      };
      listen();
    });
  }

  let steps = 0;
  await ended(undefined);
  return {
    async run(command, answer) {
      const file = join(scratch, `step-${++steps}.sh`);
      await writeFile(file, `${command}\n`);
      const shown = ended(answer);
      child.stdin.write(`${file}\n`);
      return shown;
    },
    async close() {
      child.stdin.end();
      child.kill();
      await closed;
    },
  };
}

/** What is left on a terminal: a progress bar that was drawn and taken away is not. */
function linesOf(text: string): string[] {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const left = lines.map((line) => line.split(`\r${ESCAPE}[2K`).at(-1) ?? "");
  const shown = stripVTControlCharacters(left.join("\n")).trimEnd();
  return shown === "" ? [] : shown.split("\n");
}
