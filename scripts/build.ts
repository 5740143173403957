/**
 * `npm run build [-- FOLDER]`: the package as it is published, in `dist/` or FOLDER. It holds the command line as a
 * bundle, so that whoever installs it installs nothing else; a checkout runs without it.
 */
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";
import checkout from "../package.json" with { type: "json" };
import { thirdPartyLicences } from "./licences.ts";

const ROOT = path.join(import.meta.dirname, "..");
const OUT = path.resolve(process.argv[2] ?? path.join(ROOT, "dist"));

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT, { recursive: true });

const { metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: { curfew: "src/cli/main.ts" },
  outdir: path.join(OUT, "lib"),
  bundle: true,
  // What is imported when first needed (the AWS SDK, the page's charts) stays apart: a start reads only what it needs.
  splitting: true,
  chunkNames: "[name]-[hash]",
  platform: "node",
  target: "node24",
  format: "esm",
  // The SDK's ES modules leave out what is not used.
  mainFields: ["module", "main"],
  // Some dependencies are CommonJS and require Node's own modules.
  banner: {
    js: 'import { createRequire as curfewRequire } from "node:module"; const require = curfewRequire(import.meta.url);',
  },
  legalComments: "none",
  metafile: true,
});

const licences = await thirdPartyLicences(metafile, ROOT);
await writeFile(path.join(OUT, "THIRD_PARTY_LICENSES.txt"), licences);

// `curfew init` reads the templates beside the bundle.
await cp(path.join(ROOT, "templates"), path.join(OUT, "lib/templates"), { recursive: true });
for (const name of ["bin", "schema", "LICENSE", "README.md", "CHANGELOG.md"])
  await cp(path.join(ROOT, name), path.join(OUT, name), { recursive: true });

const { name, version, description, license, author, type, bin } = checkout;
const { homepage, repository, bugs, publishConfig } = checkout;
const published = {
  ...{ name, version, description, license, author, homepage, repository, bugs, type, bin },
  engines: { node: ">=24" },
  publishConfig,
};
await writeFile(path.join(OUT, "package.json"), `${JSON.stringify(published, null, 2)}\n`);
