import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { atStart } from "../../bench/at-start.ts";
import { type BundleOptions, buildBundle, buildWebhookBundle } from "../../infra/bundle.ts";
import { PolicyError, UsageError } from "../../src/errors.ts";
import { VERSION } from "../../src/version.ts";
import { ROOT } from "./engine.ts";
import { CHECKOUT, commit, policyText, written } from "./estate.ts";

const run = promisify(execFile);
const removals: (() => Promise<void>)[] = [];

afterAll(async () => {
  for (const remove of removals) await remove();
});

async function folder(files: Record<string, string> = {}): Promise<string> {
  const made = await written(files);
  removals.push(made.remove);
  return made.folder;
}

/** A small checkout under git, with nothing that is not committed. */
async function checkout(files: Record<string, string> = {}): Promise<string> {
  const root = await folder({
    ...CHECKOUT,
    "policies/production.yaml": policyText("production"),
    "policies/shared/note.txt": "no part of a policy",
    ...files,
  });
  await commit(root);
  return root;
}

async function filesOf(root: string): Promise<Record<string, string>> {
  const names = (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
  const pairs = names.sort().map(async (name) => {
    return [name, await readFile(path.join(root, name), "utf8")] as const;
  });
  return Object.fromEntries(await Promise.all(pairs));
}

async function built(root: string, more: Partial<BundleOptions> = {}) {
  const bundle = await buildBundle({ root, policies: "policies", out: await folder(), ...more });
  return { ...bundle, files: await filesOf(bundle.folder) };
}

describe("the package of the run, from a small checkout", () => {
  test("the same sources give the same bytes, in whatever place", async () => {
    const [a, b] = [await built(await checkout()), await built(await checkout())];
    const { "deployed.json": commitA, ...filesA } = a.files;
    const { "deployed.json": commitB, ...filesB } = b.files;
    expect(filesA).toEqual(filesB);
    expect(Object.keys(filesA)).toEqual([
      expect.stringMatching(/^chunks\/late-[A-Z0-9]{8}\.mjs$/),
      "index.mjs",
      "policies/production.yaml",
    ]);
    // The commits were made at other moments, perhaps.
    expect(commitA === commitB).toBe(a.digest === b.digest);
  });

  test("twice from one checkout it is one folder", async () => {
    const [root, out] = [await checkout(), await folder()];
    const [a, b] = await Promise.all([built(root, { out }), built(root, { out })]);
    expect(b).toEqual(a);
    expect(await readdir(out)).toEqual([path.basename(a.folder)]);
  });

  test("packages of others go a day after they were last built, and so do drafts of builds that died", async () => {
    const [root, out] = [await checkout(), await folder()];
    const mine = path.basename((await built(root, { out })).folder);
    const draft = ".0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f";
    const old = ["0123456789abcdef", draft, "notes"];
    for (const name of [...old, "fedcba9876543210"]) {
      await mkdir(path.join(out, name));
      await writeFile(path.join(out, name, "index.mjs"), "");
    }
    const past = new Date(Date.now() - 25 * 3_600_000);
    for (const name of [...old, mine]) await utimes(path.join(out, name), past, past);
    // What is asked for again is as good as new, also for a build at the same time.
    await Promise.all([built(root, { out }), built(root, { out })]);
    expect((await readdir(out)).sort()).toEqual([mine, "fedcba9876543210", "notes"].sort());
  });

  test("it says what it was made of", async () => {
    const root = await checkout();
    const { stdout } = await run("git", ["-C", root, "rev-parse", "HEAD"]);
    const { files, policies, ...made } = await built(root);
    expect(made.commit).toBe(stdout.trim());
    expect(JSON.parse(files["deployed.json"] ?? "")).toEqual({
      commit: stdout.trim(),
      version: VERSION,
    });
    expect(policies.map(({ target }) => target.name)).toEqual(["production"]);
  });

  test.each(["src/late.ts", "policies/new.yaml", "package.json"])(
    "with %s not committed it names no commit",
    async (name) => {
      const root = await checkout();
      const text = name.endsWith("yaml") ? policyText("new") : "{}";
      await writeFile(
        path.join(root, name),
        name.endsWith("ts") ? 'export const late = "x";' : text,
      );
      expect((await built(root)).commit).toBeNull();
    },
  );

  test("a change of code or policy is another package", async () => {
    const plain = await built(await checkout());
    const code = await built(await checkout({ "src/late.ts": 'export const late = "later";' }));
    const policy = await built(
      await checkout({ "policies/production.yaml": policyText("production", { maxAge: "31d" }) }),
    );
    expect(new Set([plain.digest, code.digest, policy.digest]).size).toBe(3);
  });

  test("an invalid policy is refused with its place, and nothing is built", async () => {
    const root = await checkout({ "policies/production.yaml": "version: 2\n" });
    const out = await folder();
    const error = await buildBundle({ root, policies: "policies", out }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(PolicyError);
    expect(error.message).toContain("policies/production.yaml:1:");
    expect(await readdir(out)).toEqual([]);
  });

  test("so is a folder without policies", async () => {
    const error = await built(await checkout(), { policies: "nothing" }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
  });
});

describe("the packages of this checkout", () => {
  const packages: Record<string, Record<string, string>> = {};
  const folders: Record<string, string> = {};

  beforeAll(async () => {
    const run = await buildBundle({ root: ROOT, policies: "policies", out: await folder() });
    const webhook = await buildWebhookBundle({ root: ROOT, out: await folder() });
    for (const [name, { folder }] of Object.entries({ run, webhook })) {
      folders[name] = folder;
      packages[name] = await filesOf(folder);
    }
  });

  test.each(["run", "webhook"])(
    "that of the %s exports a handler, alone in a clean process",
    async (name) => {
      const file = path.join(folders[name] ?? "", "index.mjs");
      const code = `console.log(typeof (await import(${JSON.stringify(file)})).handler)`;
      const { stdout } = await run(process.execPath, ["--input-type=module", "-e", code], {
        cwd: folders[name],
        env: { PATH: process.env.PATH },
      });
      expect(stdout.trim()).toBe("function");
    },
  );

  test.each([
    ["run", ["secretsmanager", "s3", "sns"]],
    ["webhook", ["secretsmanager"]],
  ] as const)("that of the %s loads the AWS SDK when it needs it", (name, services) => {
    const files = packages[name] ?? {};
    const loaded = atStart((file) => files[file] ?? "", "index.mjs");
    for (const service of services) {
      // The name by which the SDK describes the service to itself.
      const sdk = Object.keys(files).filter((file) =>
        files[file]?.includes(`com.amazonaws.${service}`),
      );
      expect(sdk.length, service).toBeGreaterThan(0);
      expect(loaded.filter((file) => sdk.includes(file))).toEqual([]);
    }
    // What the SDK's clients share names itself in each request.
    expect(loaded.filter((file) => files[file]?.includes("aws-sdk-js"))).toEqual([]);
  });

  test("that of the run leaves out zod's messages in other languages", () => {
    const texts = Object.values(packages.run ?? {});
    // Polish, as any other.
    expect(texts.filter((text) => text.includes("otrzymano"))).toEqual([]);
  });

  test("that of the run holds the policies as they are", async () => {
    const files = packages.run ?? {};
    const policies = await filesOf(path.join(ROOT, "policies"));
    for (const [name, text] of Object.entries(policies)) {
      if (name.endsWith(".yaml")) expect(files[`policies/${name}`]).toBe(text);
    }
    expect(Object.keys(files).filter((name) => name.includes("policies/"))).toContain(
      "policies/production.yaml",
    );
  });
});
