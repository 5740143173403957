// @module-tag slow
/** bin/curfew.js under an older Node starts the pinned one; whoever ends the first means the second. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { delimiter, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const BIN = join(import.meta.dirname, "../../bin/curfew.js");
/** A Node of the machine's own that is older than 24; null where there is none. */
const OLD =
  (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "node"))
    .find((node) => /^v2[0-3]\./.test(spawnSync(node, ["--version"]).stdout?.toString() ?? "")) ??
  null;

test.runIf(OLD)(
  "a signal to the outer process ends the inner one (skipped where no Node older than 24 is installed)",
  async () => {
    const outer = spawn(OLD ?? "", [BIN, "sandbox", "--users", "3", "--port", "0"], {
      stdio: "pipe",
    });
    onTestFinished(() => void outer.kill("SIGKILL"));
    let out = "";
    for await (const chunk of outer.stdout) {
      out += chunk;
      if (/http:\/\/\S+/.test(out)) break;
    }
    const url = /http:\/\/\S+/.exec(out)?.[0] ?? "";
    expect((await fetch(`${url}/info.json`)).status).toBe(401);
    outer.kill("SIGTERM");
    const [code] = await once(outer, "exit");
    expect(code).toBe(0);
    await expect(fetch(`${url}/info.json`)).rejects.toThrow();
  },
);
