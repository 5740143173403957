/** `node scripts/release-notes.ts v1.2.3`: prints what CHANGELOG.md says of the version of a tag, which is package.json's. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { VERSION } from "../src/version.ts";
import { releaseNotes } from "./changelog.ts";

const changelog = readFileSync(path.join(import.meta.dirname, "../CHANGELOG.md"), "utf8");
try {
  process.stdout.write(releaseNotes(changelog, { tag: process.argv[2] ?? "", version: VERSION }));
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
