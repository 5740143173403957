import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SCRIPTS } from "../../src/cli/completion-scripts.ts";
import { curfew, folder, shell } from "./run.ts";

async function scriptFor(name: string): Promise<{ cwd: string; file: string; text: string }> {
  const cwd = await folder({ "policies/production.yaml": "", "plan.json": "" });
  const ran = await curfew(cwd, ["completion", name]);
  expect(ran).toMatchObject({ code: 0, err: "" });
  const file = join(cwd, `curfew.${name}`);
  await writeFile(file, ran.out);
  return { cwd, file, text: ran.out };
}

/** Whether a program is on this machine. */
function has(program: string): boolean {
  return spawnSync(program, ["--version"]).status === 0;
}

/** What bash offers for the last of these words, by the script. */
async function offered(cwd: string, file: string, words: readonly string[]): Promise<string[]> {
  const script = `
    set -u
    source "$1"
    shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _curfew
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const program = ["bash", "--norc", "-c", script, "bash", file, ...words] as const;
  const ran = await curfew(cwd, [], { program });
  expect(ran, words.join(" ")).toMatchObject({ code: 0, err: "" });
  return ran.out.split("\n").filter((line) => line !== "");
}

test("bash completes commands, options and choices, and leaves the rest to file names", async () => {
  const { cwd, file } = await scriptFor("bash");
  const of = (...words: string[]) => offered(cwd, file, ["curfew", ...words]);
  expect(await of("")).toEqual(
    expect.arrayContaining(["plan", "apply", "drift", "import", "enroll", "completion", "--help"]),
  );
  expect(await of("pl")).toEqual(["plan"]);
  expect(await of("plan", "--inv")).toEqual(["--inventory"]);
  expect(await of("plan", "-")).toEqual(
    expect.arrayContaining(["--out", "--format", "--help", "-h"]),
  );
  expect(await of("history", "--format", "")).toEqual(["text", "json", "ocsf"]);
  expect(await of("history", "policies", "--format", "o")).toEqual(["ocsf"]);
  expect(await of("import", "--auth", "b")).toEqual(["bearer", "basic"]);
  expect(await of("completion", "")).toEqual(["bash", "zsh", "fish"]);
  expect(await of("plan", "pol")).toEqual([]);
  expect(await of("plan", "--out", "")).toEqual([]);
  expect(await of("nothing", "")).toEqual([]);

  const registered = await curfew(cwd, [], {
    program: ["bash", "--norc", "-c", 'source "$1" && complete -p curfew', "bash", file],
  });
  expect(registered.out).toBe("complete -o default -F _curfew curfew\n");
});

test.runIf(has("zsh"))("zsh takes the script (skipped where zsh is not installed)", async () => {
  const { cwd, file } = await scriptFor("zsh");
  expect(await curfew(cwd, [], { program: ["zsh", "-n", file] })).toMatchObject({
    code: 0,
    err: "",
  });
});

test.runIf(has("fish"))("fish takes the script (skipped where fish is not installed)", async () => {
  const { cwd, file } = await scriptFor("fish");
  expect(await curfew(cwd, [], { program: ["fish", "-n", file] })).toMatchObject({
    code: 0,
    err: "",
  });
});

test("every command and every option of the help is in every script", {
  tags: "slow",
}, async () => {
  const cwd = await folder();
  const { out: help } = await curfew(cwd, ["--help"]);
  const commands = [...help.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name = ""]) => name);
  expect(commands).toContain("plan");
  const { out: planHelp } = await curfew(cwd, ["plan", "--help"]);
  const options = [...planHelp.matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)].map(
    ([, name = ""]) => name,
  );
  expect(options.length).toBeGreaterThan(5);
  for (const name of ["bash", "zsh", "fish"]) {
    const { text } = await scriptFor(name);
    for (const word of [...commands, ...options])
      expect(text, name).toMatch(new RegExp(`[- '(]${word}\\b`));
  }
});

test("a shell that is unknown is refused with those that are", async () => {
  const ran = await shell(await folder(), '"$@"', ["completion", "tcsh"]);
  expect(ran.code).toBe(1);
  expect(ran.err).toContain("Allowed choices are bash, zsh, fish.");
});

describe("descriptions that a shell would act on", () => {
  const evil = 'it\'s `id` $(id) [a:b] \\ "x"';
  const takes = { choices: ["it's"], files: false };
  const option = { short: "-e", long: "--evil", description: evil, takes };
  const commands = [{ name: "evil", description: evil, options: [option], argument: takes }];

  for (const name of ["bash", "zsh", "fish"] as const) {
    const program = name === "fish" ? "fish" : name;
    test.runIf(has(program))(`are text in ${name} (skipped where ${name} is not installed)`, () => {
      const checked = spawnSync(program, ["-n"], {
        input: SCRIPTS[name](commands),
        encoding: "utf8",
      });
      expect(checked).toMatchObject({ status: 0, stderr: "" });
    });
  }
});
