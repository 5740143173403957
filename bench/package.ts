/** The package that the Lambda runs: how large it is, and how long it takes to start. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { readdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { buildBundle } from "../infra/bundle.ts";
import { atStart } from "./at-start.ts";
import { print, ratio, round, timed } from "./figures.ts";

const ROUNDS = 15;
const ENTRY = "index.mjs";
const run = promisify(execFile);

/** Builds the package of this checkout below `folder`, and measures it. */
export async function packaged(folder: string): Promise<void> {
  const root = path.join(import.meta.dirname, "..");
  const built = await buildBundle({ root, policies: "policies", out: path.join(folder, "lambda") });
  const entries = await readdir(built.folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const all = await size(files.map((file) => path.join(file.parentPath, file.name)));
  const read = (file: string) => readFileSync(path.join(built.folder, file), "utf8");
  const loaded = await size(atStart(read, ENTRY).map((file) => path.join(built.folder, file)));
  print("The Lambda's package");
  print(`  ${kb(all)} KB in ${files.length} files, ${kb(loaded)} KB of them loaded at the start`);

  const empty = path.join(folder, "empty.mjs");
  await writeFile(empty, "export const handler = async () => {};\n");
  const starts = { empty: Number.POSITIVE_INFINITY, package: Number.POSITIVE_INFINITY };
  for (let i = 0; i < ROUNDS; i++) {
    starts.empty = Math.min(starts.empty, await started(empty));
    starts.package = Math.min(starts.package, await started(path.join(built.folder, ENTRY)));
  }
  print(
    `  started in a fresh process: ${ratio(starts.package / starts.empty)} times an empty module's time (${round(starts.package)} ms beside ${round(starts.empty)} ms, the quickest of ${ROUNDS})`,
  );
}

/** How long a process takes from its start to its end that only loads a module, in ms. */
async function started(file: string): Promise<number> {
  const env = { PATH: process.env.PATH };
  return (await timed(() => run(process.execPath, [file], { env }))).ms;
}

async function size(files: readonly string[]): Promise<number> {
  const stats = await Promise.all(files.map((file) => stat(file)));
  return stats.reduce((sum, { size }) => sum + size, 0);
}

function kb(bytes: number): string {
  return round(bytes / 1000);
}
