// @module-tag slow
/** The package as npm would publish it: built, packed, installed where there is nothing else, and used. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import pkg from "../../package.json" with { type: "json" };
import { SECRET } from "../cli/run.ts";
import { policy, sandbox } from "../cli/world.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");

let folder = "";
/** Where the package is installed. */
let home = "";

/** Nothing of the checkout but its Node. */
const env = () => ({
  PATH: [dirname(process.execPath), process.env.PATH ?? ""].join(delimiter),
  HOME: folder,
  LANG: "C.UTF-8",
});

/** Runs the installed `curfew`, as a shell in that folder would; gives its exit code and all that it said. */
async function curfew(args: readonly string[], more: Record<string, string> = {}) {
  const options = { cwd: home, env: { ...env(), ...more }, timeout: 60_000 };
  const program = join(home, "node_modules/.bin/curfew");
  const { code, stdout, stderr } = await run(program, args, options).then(
    (said) => ({ code: 0, ...said }),
    (error) => error,
  );
  return { code, out: String(stdout), err: String(stderr) };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "curfew-package-"));
  home = join(folder, "home");
  const built = join(folder, "built");
  await mkdir(home);
  await run(process.execPath, [join(ROOT, "scripts/build.ts"), built]);
  // Without a registry: what needed another package could not be installed.
  const npm = (...args: string[]) =>
    run("npm", [...args, "--offline", "--cache", join(folder, "cache")], { cwd: home, env: env() });
  await npm("pack", built, "--pack-destination", folder);
  const [tarball = ""] = (await readdir(folder)).filter((name) => name.endsWith(".tgz"));
  await npm("install", "--ignore-scripts", "--no-audit", "--no-fund", join(folder, tarball));
}, 180_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

const installed = (name: string) =>
  readFile(join(home, "node_modules", pkg.name, name), "utf8").then(String);

describe("the installed package", () => {
  test("is all that was installed, and names no other", async () => {
    const modules = await readdir(join(home, "node_modules"));
    expect(modules.filter((name) => !name.startsWith("."))).toEqual(["@curfew-io"]);
    expect(await readdir(join(home, "node_modules/@curfew-io"))).toEqual(["curfew"]);
    const { dependencies, devDependencies, scripts, version, repository } = JSON.parse(
      await installed("package.json"),
    );
    expect([dependencies, devDependencies, scripts]).toEqual([undefined, undefined, undefined]);
    expect([version, repository.url]).toEqual([pkg.version, pkg.repository.url]);
    // Only the package in dist/ may be published.
    expect(pkg.private).toBe(true);
  });

  test("tells the licence of everything in it", async () => {
    const licences = await installed("THIRD_PARTY_LICENSES.txt");
    for (const name of ["commander", "d3-scale", "semver", "undici", "yaml", "zod"] as const)
      expect(licences).toMatch(
        new RegExp(`^${name} ${pkg.dependencies[name]} \\((MIT|ISC)\\)$`, "m"),
      );
    expect(licences).toMatch(/^@aws-sdk\/client-s3 \S+ \(Apache-2\.0\)$/m);
    expect(licences).toContain("Mike Bostock");
    expect(licences).toContain("Grant of Patent License");
    // Tools are not in it.
    expect(licences).not.toMatch(/^(vitest|typescript|@pulumi\/\S+) /m);
  });

  test("says its version and its help", async () => {
    expect(await curfew(["--version"])).toEqual({ code: 0, out: `${pkg.version}\n`, err: "" });
    const help = await curfew(["--help"]);
    expect(help).toMatchObject({ code: 0, err: "" });
    expect(help.out).toContain("Access policy as code");
  });

  test("writes a starter, which is valid and whose tests pass", async () => {
    const init = await curfew(["init", "--action", `acme/curfew@v${pkg.version}`]);
    expect(init).toMatchObject({ code: 0 });
    expect(await readdir(join(home, ".github/workflows"))).toEqual(["drift.yml", "policy.yml"]);
    expect(await curfew(["validate"])).toMatchObject({ code: 0, err: "" });
    expect(await curfew(["test"])).toMatchObject({ code: 0 });
  });

  test("plans against a backend, and draws the report", async () => {
    const { url } = await sandbox();
    await writeFile(join(home, "packed.yaml"), policy(url));
    const plan = await curfew(["plan", "packed.yaml", "--format", "html"], { TOKEN: SECRET });
    expect(plan.code).toBe(2);
    expect(plan.err).toBe("");
    expect(plan.out.match(/<svg /g)?.length).toBeGreaterThanOrEqual(6);
  });

  test("has the parts that are loaded only when they are needed", async () => {
    const nowhere = {
      ...{ AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "x", AWS_REGION: "eu-west-1" },
      AWS_ENDPOINT_URL: "http://127.0.0.1:1",
    };
    const history = ["history", "--ledger", "s3://acme/curfew"];
    const [sts, s3] = await Promise.all([
      curfew(history, nowhere),
      curfew(history, { ...nowhere, CURFEW_ACCOUNTS: "123456789012" }),
    ]);
    expect(sts.err).toContain("STS can't be reached (ECONNREFUSED)");
    // The time may be over just as a request is under way.
    expect(s3.err).toMatch(/; S3 (can't be reached \(ECONNREFUSED\)|does not answer in time):/);
  });
});
