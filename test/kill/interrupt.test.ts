// @module-tag slow
/** A real process that is asked to stop says so, and ends with 130. */
import { expect, it } from "vitest";
import { auditOf } from "./apply.ts";
import { busy, cli } from "./child.ts";
import { stage } from "./stage.ts";

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  it(`${signal} while users are read: nothing is written, the log says why, and the exit code is 130`, async () => {
    const on = await stage({ latency: 150 }, { writeSize: 4 });
    try {
      const before = on.sandbox.counters.requests;
      const child = cli(on.job.cwd, "apply", on.job.policy, "--yes");
      await busy(child, () => on.sandbox.counters.requests > before);
      child.process.kill(signal);
      expect(await child.ended, child.err).toBe(130);
      expect(child.err).toContain("Interrupted: nothing is sent after the batch under way.");
      expect(child.err).toContain("interrupted before anything was written");
      expect(Object.values(on.operations()).every((n) => n === 0)).toBe(true);
      expect((await auditOf(on.job)).at(-1)).toMatchObject({
        ...{ kind: "run-stopped", why: "interrupted" },
      });
    } finally {
      await on.close();
    }
  });
}
