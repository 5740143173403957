import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { unzip, zipFolder } from "./zip.ts";

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "curfew zip-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

async function sample(): Promise<string> {
  const path = await folder();
  await mkdir(join(path, "policies/shared"), { recursive: true });
  await writeFile(join(path, "index.mjs"), "export const handler = 1;\n");
  await writeFile(join(path, "policies/shared/ünï.yaml"), Buffer.from([0, 255, 10, 13]));
  await writeFile(join(path, "empty"), "");
  return path;
}

test("what is packed is what is unpacked", async () => {
  const from = await sample();
  const to = await folder();
  expect(await unzip(await zipFolder(from), to)).toEqual([
    "empty",
    "index.mjs",
    "policies/shared/ünï.yaml",
  ]);
  expect(await readFile(join(to, "policies/shared/ünï.yaml"))).toEqual(
    Buffer.from([0, 255, 10, 13]),
  );
  expect(await zipFolder(to)).toEqual(await zipFolder(from));
});

test("another program reads it", async () => {
  const to = await folder();
  const file = join(to, "code.zip");
  await writeFile(file, await zipFolder(await sample()));
  const script =
    "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), z.namelist()[1])";
  expect(execFileSync("python3", ["-c", script, file], { encoding: "utf8" })).toBe(
    "None index.mjs\n",
  );
});

test("a damaged file is an error", async () => {
  const zip = await zipFolder(await sample());
  zip[zip.indexOf("export")] = 0;
  await expect(unzip(zip, await folder())).rejects.toThrow("damaged");
});
