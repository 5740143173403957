// @module-tag slow
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const SOURCE = join(import.meta.dirname, "../../../../src/ledger/store/s3/s3.ts");
/** No profile, file or metadata service of the machine is asked. */
const BARE = {
  PATH: process.env.PATH ?? "",
  AWS_CONFIG_FILE: "/dev/null",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  AWS_EC2_METADATA_DISABLED: "true",
};

/** What a process prints that opens a ledger in S3: each step, and with `use` the error of a reading. */
async function run(env: Record<string, string>, use: boolean): Promise<string[]> {
  const program = `
    import { registerHooks } from "node:module";
    let loaded = "not loaded";
    registerHooks({
      resolve(name, context, next) {
        if (name.startsWith("@aws-sdk/")) loaded = "loaded";
        return next(name, context);
      },
    });
    const { openS3 } = await import(${JSON.stringify(SOURCE)});
    const place = { bucket: "acme", prefix: "p" };
    const store = openS3(place, { now: Date.now, env: process.env });
    console.log(loaded);
    if (${use}) await store.get("a").catch((error) => console.log(error.name, error.message));
    console.log(loaded);
  `;
  const args = ["--input-type=module", "-e", program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return stdout.trim().split("\n");
}

describe("a process that opens a ledger in S3", () => {
  it("loads the SDK when it first needs it", async () => {
    expect(await run(BARE, false)).toEqual(["not loaded", "not loaded"]);
    expect((await run(BARE, true)).at(-1)).toBe("loaded");
  });

  it("without a region is told so", async () => {
    expect((await run(BARE, true))[1]).toBe(
      "UsageError The ledger in s3://acme/p can't be used; no region is given: set AWS_REGION to the bucket's.",
    );
  });

  it("without credentials is told so", async () => {
    expect((await run({ ...BARE, AWS_REGION: "eu-central-1" }, true))[1]).toBe(
      "UsageError The ledger in s3://acme/p can't be used; AWS has no valid credentials from here: sign in (aws sso login), or set AWS_PROFILE or the keys of a role.",
    );
  });
});
