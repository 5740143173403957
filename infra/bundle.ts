/**
 * The packages that the functions run: made at deploy time from the checkout, the same bytes from the same sources.
 * The run's package holds the code, the policies as they were reviewed, and the commit that they came from.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";
import { commitOf, loadPolicies } from "../src/checkout/load.ts";
import type { Policy } from "../src/model/policy.ts";
import { VERSION } from "../src/version.ts";
import { type Bundle, type Files, keep } from "./packages.ts";

export interface RunBundle extends Bundle {
  /** The commit of the policies; null where what is deployed is not what a commit holds. */
  commit: string | null;
  policies: Policy[];
}

export interface BundleOptions {
  /** The checkout. */
  root: string;
  /** The folder of policies, seen from the checkout. */
  policies: string;
  /** Where packages are kept; each content has its own folder, so that two builds never meet. */
  out: string;
  /** Now: a policy's exceptions may end only so far away from it. */
  at?: number;
}

/** What decides how a run acts, beside the policies. */
const CODE = ["src", "package.json", "package-lock.json"];

/**
 * The package of the scheduled run: `index.mjs`, which exports `handler`, its chunks, `policies/` and `deployed.json`.
 * Throws PolicyError or UsageError where the policies can't be deployed.
 */
export async function buildBundle(options: BundleOptions): Promise<RunBundle> {
  const { root, at = Date.now() } = options;
  const policies = await loadPolicies([options.policies], { cwd: root, at });
  const folder = path.resolve(root, options.policies);
  const ofPolicies = await commitOf([folder]);
  const ofCode = await commitOf(CODE.map((name) => path.join(root, name)));
  const commit = ofCode === null ? null : ofPolicies;
  const files = await bundleCode(root, "src/lambda/handler.ts");
  await addPolicies(files, folder, "policies");
  const deployed = { commit, version: VERSION };
  files.set("deployed.json", Buffer.from(`${JSON.stringify(deployed, null, 2)}\n`));
  return { ...(await keep(files, options.out)), commit, policies };
}

/** The package of the function that posts alerts to a webhook: `index.mjs`, which exports `handler`. */
export async function buildWebhookBundle(options: { root: string; out: string }): Promise<Bundle> {
  return keep(await bundleCode(options.root, "src/lambda/alerts-webhook.ts"), options.out);
}

async function bundleCode(root: string, entry: string): Promise<Files> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: { index: entry },
    outdir: "/",
    write: false,
    outExtension: { ".js": ".mjs" },
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    // What is imported when first needed (the AWS SDK) stays apart, so that a start reads only what it needs.
    splitting: true,
    minify: true,
    platform: "node",
    target: "node24",
    format: "esm",
    // The SDK's ES modules leave out what is not used.
    mainFields: ["module", "main"],
    // Some dependencies are CommonJS and require Node's own modules.
    banner: {
      js: 'import{createRequire as curfewRequire}from"node:module";const require=curfewRequire(import.meta.url);',
    },
    legalComments: "none",
    logLevel: "silent",
  });
  return new Map(outputFiles.map((file) => [path.relative("/", file.path), file.contents]));
}

/** Adds the YAML files of a folder and its sub-folders; nothing else belongs to a policy. */
async function addPolicies(files: Files, from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    const source = path.join(from, name);
    if (name.startsWith(".")) continue;
    if ((await stat(source)).isDirectory()) await addPolicies(files, source, `${to}/${name}`);
    else if (/\.ya?ml$/.test(name)) files.set(`${to}/${name}`, await readFile(source));
  }
}
