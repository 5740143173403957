/** The licences of the packages that are in a bundle, as a text that goes along with it. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Metafile } from "esbuild";

interface Part {
  name: string;
  version: string;
  licence: string;
  text: string;
}

/** Some packages of the AWS SDK name their licence and leave its text out: it is ours, too. */
const OURS = "Apache-2.0";
/** Packages under MIT that leave the text out, and whose they are, as their repositories say. */
const HOLDERS: Readonly<Record<string, string>> = {
  "@redis/client": "Copyright (c) 2022-2025, Redis, inc.",
};
/** Of a package that is in every bundle: the text of MIT is the same but for the holder. */
const MIT_TEXT = "node_modules/zod/LICENSE";
const LICENCE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

/** Every package of which a byte is in the bundle: name, version, licence, and its text once for all who share it. */
export async function thirdPartyLicences({ outputs }: Metafile, root: string): Promise<string> {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const folders = inputs.map(([file, { bytesInOutput }]) =>
    bytesInOutput > 0 ? folderOf(file) : null,
  );
  const unique = [...new Set(folders.filter((folder) => folder !== null))].sort();
  const parts = await Promise.all(unique.map((folder) => partOf(root, folder)));
  const byText = Map.groupBy(parts, ({ text }) => text);
  const chapters = [...byText].map(([text, sharing]) => {
    const names = sharing.map(({ name, version, licence }) => `${name} ${version} (${licence})`);
    return `${[...new Set(names)].join("\n")}\n\n${text.trim()}\n`;
  });
  const rule = `\n${"-".repeat(80)}\n\n`;
  return `Curfew contains code of these packages, under the licences below.\n${rule}${chapters.join(rule)}`;
}

/** The folder of the package that a file belongs to; null for a file of this repository. */
function folderOf(file: string): string | null {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? null;
}

async function partOf(root: string, place: string): Promise<Part> {
  const folder = path.join(root, place);
  const { name, version, license } = JSON.parse(
    await readFile(path.join(folder, "package.json"), "utf8"),
  );
  const named = (await readdir(folder)).filter((file) => LICENCE_FILE.test(file)).sort();
  const files = named.map((file) => path.join(folder, file));
  if (files.length === 0 && license === OURS) files.push(path.join(root, "LICENSE"));
  const holder = license === "MIT" ? HOLDERS[name] : undefined;
  if (files.length === 0 && holder !== undefined) {
    const mit = await readFile(path.join(root, MIT_TEXT), "utf8");
    return { name, version, licence: license, text: mit.replace(/^Copyright .*$/m, holder) };
  }
  if (files.length === 0) throw new Error(`${name} ${version} has no text of its licence`);
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
  return { name, version, licence: license, text: texts.join("\n") };
}
