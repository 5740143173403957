/** `npm run build`: bundles the command line for publishing; a checkout runs without it. */
import { cp, rm } from "node:fs/promises";
import { build } from "esbuild";

await build({
  entryPoints: ["src/cli/main.ts"],
  outfile: "dist/curfew.js",
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  // Some dependencies are CommonJS and require Node's own modules.
  banner: {
    js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
  },
  legalComments: "linked",
});

// `curfew init` reads them beside the bundle.
await rm("dist/templates", { recursive: true, force: true });
await cp("templates", "dist/templates", { recursive: true });
