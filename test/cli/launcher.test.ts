// @module-tag slow
/** bin/curfew.js under an older Node starts the pinned one; whoever ends the first means the second, once. */
import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { auditOf } from "../kill/apply.ts";
import { busy, type Child, type cli, launched, until } from "../kill/child.ts";
import { AGAIN, ALL, HEARD, held, LEFT } from "../kill/held.ts";
import { writes } from "./world.ts";

/** A Node of the machine's own that is older than 24; null where there is none. */
const OLD =
  (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "node"))
    .find((node) => /^v2[0-3]\./.test(spawnSync(node, ["--version"]).stdout?.toString() ?? "")) ??
  null;
/** This Node, which says that it is an older one. */
const POSING = [
  process.execPath,
  "--import",
  `data:text/javascript,Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.0.0" } })`,
];

describe.each([
  { what: "this Node, posing as an older one", node: POSING },
  { what: "an older Node (skipped where none is installed)", node: OLD === null ? [] : [OLD] },
])("$what", ({ node }) => {
  const it = test.runIf(node.length > 0);
  const start: typeof cli = (...of) => {
    const child = launched(node, ...of);
    onTestFinished(() => signal(child, "SIGKILL", true));
    return child;
  };

  it("a signal to the outer process ends the inner one", async () => {
    const outer = start(process.cwd(), "sandbox", "--users", "3", "--port", "0");
    const address = () => /http:\/\/\S+/.exec(outer.out)?.[0];
    await busy(outer, () => address() !== undefined);
    expect((await fetch(`${address()}/info.json`)).status).toBe(401);
    signal(outer, "SIGTERM");
    expect(await outer.ended, outer.err).toBe(0);
    await expect(fetch(`${address()}/info.json`)).rejects.toThrow();
  });

  it.each([
    ["the outer process alone", "SIGINT", false],
    ["the outer process alone", "SIGTERM", false],
    ["both, as by Ctrl-C,", "SIGINT", true],
    ["both", "SIGTERM", true],
  ] as const)("%s: a %s is one, and 130 is passed on", async (_, kind, group) => {
    const { sandbox, doors, child } = await held({ start });
    signal(child, kind, group);
    await busy(child, () => child.err.includes(HEARD));
    doors.open();
    expect(await child.ended, child.err).toBe(130);
    expect(writes(sandbox)).toBe(ALL - LEFT);
    expect(child.err).toContain("3 are open");
    expect(child.err).not.toContain(AGAIN);
  });

  it("a second Ctrl-C ends both at once, with 130", async () => {
    const { job, doors, child } = await held({ start });
    signal(child, "SIGINT", true);
    await busy(child, () => child.err.includes(HEARD));
    const again = setInterval(() => signal(child, "SIGINT", true), 50);
    await until(() => child.gone).finally(() => clearInterval(again));
    expect(await child.ended, child.err).toBe(130);
    expect(child.err).toContain(AGAIN);
    expect(doors.batches()).toBe(1);
    const kinds = (await auditOf(job)).map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(["plan", "intent"]));
  });
});

/** Sends a signal to a process, or to its group; to none where it has ended. */
function signal({ process: { pid = 0 } }: Child, kind: NodeJS.Signals, group = false): void {
  try {
    process.kill(group ? -pid : pid, kind);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
