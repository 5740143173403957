/** What every story is told with: titles, and the real command line, so that what is shown is what a user sees. */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createColors } from "picocolors";

const CURFEW = path.join(import.meta.dirname, "../../bin/curfew.js");
const colour = !process.env.NO_COLOR && process.stdout.isTTY === true;
const paint = createColors(colour);

/** A working folder with one policy. */
export interface Stage {
  folder: string;
  /** Runs `curfew` there. Throws where it does not end with `wanted`. */
  curfew(wanted: number, ...args: string[]): Promise<void>;
}

/** A fresh folder whose policies/demo.yaml is `policy`. `secret` is what env:SANDBOX_TOKEN leads to. */
export async function stageWith(policy: string, secret: string): Promise<Stage> {
  const folder = await mkdtemp(path.join(tmpdir(), "curfew-demo-"));
  await mkdir(path.join(folder, "policies"));
  await writeFile(path.join(folder, "policies/demo.yaml"), policy);
  return {
    folder,
    async curfew(wanted, ...args) {
      const code = await run(folder, secret, args);
      if (code === wanted) return;
      throw new Error(`the last step ended with exit code ${code} instead of ${wanted}`);
    },
  };
}

/** One step of the story. */
export function tell(title: string, text: string): void {
  process.stdout.write(`\n${paint.bold(paint.inverse(` ${title} `))}\n${text}\n\n`);
}

/** A text as an indented block. */
export function block(text: string): string {
  return text.replace(/^(?=.)/gm, "    ").trimEnd();
}

async function run(cwd: string, secret: string, args: string[]): Promise<number> {
  process.stdout.write(`${paint.cyan(`$ curfew ${args.join(" ")}`)}\n`);
  const env = { ...process.env, SANDBOX_TOKEN: secret, ...(colour ? { FORCE_COLOR: "1" } : {}) };
  const stdio: ["ignore", "inherit", "inherit"] = ["ignore", "inherit", "inherit"];
  const child = spawn(process.execPath, [CURFEW, ...args], { cwd, env, stdio });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      process.stdout.write(`${paint.dim(`exit code ${code}`)}\n`);
      resolve(code ?? 1);
    });
  });
}
