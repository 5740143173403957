// @module-tag slow
/** How much of a long history is told, in each format. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { openLedger } from "../../src/ledger/ledger.ts";
import { openFolder } from "../../src/ledger/store/folder/folder.ts";
import { HOUR, iso } from "../../src/time.ts";
import { attempt, beginRun, end, outcome, start } from "../ledger/samples.ts";
import { curfew } from "./run.ts";
import { project } from "./world.ts";

const URL = "http://127.0.0.1:9/api/v4/533bda53027894f69b001055";
const T = Date.parse("2026-11-01T00:00:00Z");
const RUNS = 60;
const id = (n: number) => `run-${String(n).padStart(3, "0")}`;
const ids = (from: number) => Array.from({ length: RUNS - from + 1 }, (_, i) => id(from + i));
const away = { env: { TOKEN: undefined } };

/** Sixty runs that locked somebody, one an hour. */
async function long(): Promise<string> {
  const cwd = await project(URL);
  const ledger = openLedger(openFolder(join(cwd, ".curfew")), { url: URL, place: ".curfew" });
  for (let n = 1; n <= RUNS; n++) {
    const at = T + n * HOUR;
    const one = attempt(id(n), at, `user-${n}`);
    await beginRun(ledger, start(id(n), at, [one]));
    await ledger.record(id(n), [outcome(one, "applied")]);
    await ledger.finish(end(id(n), at));
  }
  return cwd;
}

/** The runs that a history tells, by format, and what it says of those before. */
const READ = {
  text: (out: string) => [...out.matchAll(/^\S+ \S+ UTC {2}(run-\d+)$/gm)].map(([, run]) => run),
  json: (out: string) => JSON.parse(out).lines.map(({ run }: { run: string }) => run),
  ocsf: (out: string) =>
    out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).metadata.correlation_uid),
};

test("fifty runs, as many as --last says, or all with --all or --since; what is left out is said", async () => {
  const cwd = await long();
  for (const format of ["text", "json", "ocsf"] as const) {
    const told = async (...args: string[]) => {
      const ran = await curfew(cwd, ["history", "--format", format, ...args], away);
      expect(ran.code, ran.err).toBe(0);
      return { ...ran, runs: [...new Set(READ[format](ran.out))] };
    };
    const [some, few, all, since] = await Promise.all([
      told(),
      told("--last", "3"),
      told("--all"),
      told("--since", iso(T + 5 * HOUR)),
    ]);
    expect(some.runs, format).toEqual(ids(11));
    expect(few.runs, format).toEqual(ids(58));
    expect(all.runs, format).toEqual(ids(1));
    expect(since.runs, format).toEqual(ids(5));
    if (format === "text") expect(some.out).toContain("… 10 earlier runs (--all shows them)");
    if (format === "json") expect(JSON.parse(some.out).earlier).toBe(10);
    if (format === "json") expect(JSON.parse(all.out)).not.toHaveProperty("earlier");
    expect(some.err).toBe(
      format === "ocsf"
        ? "warning: production: 10 earlier runs not told: add --all, or --since\n"
        : "",
    );
    expect(all.err).toBe("");
  }
  for (const args of [
    ["--last", "0"],
    ["--last", "3", "--all"],
    ["--last", "3", "--verify"],
  ])
    expect((await curfew(cwd, ["history", ...args], away)).code, args.join(" ")).toBe(1);
}, 120_000);
