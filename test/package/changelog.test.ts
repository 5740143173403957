/** The changelog, and the notes of a release that are made from it. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import pkg from "../../package.json" with { type: "json" };
import { releaseNotes } from "../../scripts/changelog.ts";

const ROOT = path.join(import.meta.dirname, "../..");
const SCRIPT = path.join(ROOT, "scripts/release-notes.ts");
const CHANGELOG = readFileSync(path.join(ROOT, "CHANGELOG.md"), "utf8");

const SAMPLE = `# Changelog

## [Unreleased]

- later

## [1.10.0] - 2026-12-01

### Added

- [a link](docs/guide.md), and more

## [1.1.0] - 2026-11-01

- older

## [1.0.0]

[1.10.0]: https://x.example/1
[1.1.0]: https://x.example/2
`;

describe("the notes of a release", () => {
  test("are the section of its version, without heading and addresses", () => {
    expect(releaseNotes(SAMPLE, { tag: "v1.10.0", version: "1.10.0" })).toBe(
      "### Added\n\n- [a link](docs/guide.md), and more\n",
    );
    expect(releaseNotes(SAMPLE, { tag: "v1.1.0", version: "1.1.0" })).toBe("- older\n");
  });

  test.each([
    ["1.10.0", "1.10.0", /the tag is 1\.10\.0, and package\.json has version 1\.10\.0/],
    ["v1.1.0", "1.10.0", /the tag is v1\.1\.0/],
    ["", "1.10.0", /the tag is absent/],
    ["v2.0.0", "2.0.0", /says nothing of \[2\.0\.0\]/],
    ["v1.0.0", "1.0.0", /says nothing of \[1\.0\.0\] with its date/],
  ])("of the tag %j for version %s are refused", (tag, version, message) => {
    expect(() => releaseNotes(SAMPLE, { tag, version })).toThrow(message);
  });

  test("are printed by the script, which fails on another tag", () => {
    const notes = execFileSync(process.execPath, [SCRIPT, `v${pkg.version}`], { encoding: "utf8" });
    expect(notes).toBe(releaseNotes(CHANGELOG, { tag: `v${pkg.version}`, version: pkg.version }));
    const wrong = spawnSync(process.execPath, [SCRIPT, "v0.0.0"], { encoding: "utf8" });
    expect([wrong.status, wrong.stdout]).toEqual([1, ""]);
    expect(wrong.stderr).toMatch(/^error: the tag is v0\.0\.0/);
  });
});

test("the changelog has what is coming first, then versions with their dates, each with its address", () => {
  const [first, ...versions] = [...CHANGELOG.matchAll(/^## (.*)$/gm)].map(([, said = ""]) => said);
  expect(first).toBe("[Unreleased]");
  expect(versions.length).toBeGreaterThan(0);
  for (const heading of [first, ...versions].slice(1))
    expect(heading).toMatch(/^\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}$/);
  for (const [, version] of CHANGELOG.matchAll(/^## \[([^\]]+)\]/gm))
    expect(CHANGELOG).toContain(`\n[${version}]: https://github.com/curfew-io/curfew/`);
});
