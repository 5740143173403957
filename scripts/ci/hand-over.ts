/**
 * `node scripts/ci/hand-over.ts FOLDER FILE`: packs the policies of a pull request into one JSON file, for a trusted job
 * that must not check them out. What it says is believed only where the commit says the same: take-over.ts.
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";

const [folder, file] = process.argv.slice(2);
if (!folder || !file) throw new Error("usage: node scripts/ci/hand-over.ts FOLDER FILE");

const entries = await readdir(folder, { recursive: true, withFileTypes: true });
const files: Record<string, string> = {};
for (const entry of entries) {
  if (!entry.isFile() || !/\.ya?ml$/.test(entry.name)) continue;
  const path = join(entry.parentPath, entry.name);
  files[relative(".", path).split(sep).join("/")] = await readFile(path, "base64");
}
await mkdir(dirname(file), { recursive: true });
await writeFile(file, JSON.stringify({ format: "curfew/policies/1", files }));
process.stdout.write(`${Object.keys(files).length} files of ${folder} are handed over.\n`);
