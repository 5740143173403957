/** `curfew validate` for machines: annotations and code scanning. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { curfew, folder } from "./run.ts";
import { policy } from "./world.ts";

const LOOPBACK = "http://127.0.0.1:9/api/v4/533bda53027894f69b001055";
const WRONG = "sessions:\n  maxAge: 30 days\nuser: []\n";

test("--format github gives orders at lines of the checkout, and nothing else does", async () => {
  const cwd = await folder({
    "estate/policies/a.yaml": policy(LOOPBACK, { sections: WRONG }),
    "estate/policies/::error::b.yaml": 'version: 1\n"::warning::x\\n::error::y": 1\n',
  });
  const env = { GITHUB_WORKSPACE: cwd };
  const { code, out, err } = await curfew(join(cwd, "estate"), ["validate", "--format", "github"], {
    env,
  });
  expect([code, err]).toEqual([1, ""]);
  const lines = out.trimEnd().split("\n");
  expect(lines.slice(0, -1).every((line) => /^::error file=estate\/policies\//.test(line))).toBe(
    true,
  );
  expect(out).toContain("::error file=estate/policies/a.yaml,line=8,col=11,title=Policy::");
  expect(out).toContain("file=estate/policies/%3A%3Aerror%3A%3Ab.yaml,");
  expect(lines.at(-1)).toMatch(/^\d+ errors found\.$/);
});

test("--format sarif is a log also where nothing is wrong", async () => {
  const cwd = await folder({
    "good/a.yaml": policy(LOOPBACK),
    "bad/a.yaml": policy(LOOPBACK, { sections: WRONG }),
  });
  const results = async (path: string) => {
    const { code, out } = await curfew(cwd, ["validate", path, "--format", "sarif"]);
    return [code, JSON.parse(out).runs[0].results.length];
  };
  expect(await results("good")).toEqual([0, 0]);
  expect(await results("bad")).toEqual([1, 2]);
});
