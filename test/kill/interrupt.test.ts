// @module-tag slow
/** A real process that is asked to stop ends its batch, says what is open, and ends with 130; asked twice, it ends at once. */
import { expect, it } from "vitest";
import { writes } from "../cli/world.ts";
import { auditOf } from "./apply.ts";
import { busy, cli, until } from "./child.ts";
import { AGAIN, ALL, apply, HEARD, held, LEFT, lastLine } from "./held.ts";
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
      expect(child.err).toContain(HEARD);
      expect(child.err).toContain("interrupted before anything was written");
      expect(Object.values(on.operations()).every((n) => n === 0)).toBe(true);
      expect((await auditOf(on.job)).at(-1)).toMatchObject({
        ...{ kind: "run-stopped", why: "interrupted" },
      });
    } finally {
      await on.close();
    }
  });

  it(`${signal} while a batch is written: its answer is waited for and on record, what is open is said, and the next run does it`, async () => {
    const { sandbox, job, doors, child } = await held();
    child.process.kill(signal);
    await busy(child, () => child.err.includes(HEARD));
    expect(writes(sandbox)).toBe(0);
    doors.open();
    expect(await child.ended, child.err).toBe(130);
    expect(writes(sandbox)).toBe(ALL - LEFT);
    expect(child.err).toContain(
      "Interrupted: of 1,003 actions for production, 3 are open; the next run takes them up.",
    );
    expect(lastLine(child)).toMatch(
      /Applied 1,000 of 1,003: 3 skipped\. .*Exit code 130: interrupted: the next run takes up what is open\.$/,
    );
    expect((await auditOf(job)).at(-1)).toMatchObject({
      ...{ kind: "run-ended", unknown: 0, outcomes: { applied: 1000, failed: 0, skipped: 3 } },
    });
    const next = apply(job);
    expect(await next.ended, next.err).toBe(0);
    expect(writes(sandbox)).toBe(ALL);
    expect(lastLine(next)).toContain("Applied 3 of 3.");
  });

  it(`a ${signal} after another signal ends it at once, with 130; what it had sent stays intended, and the next run goes on`, async () => {
    const { sandbox, job, doors, child } = await held();
    child.process.kill("SIGINT");
    await busy(child, () => child.err.includes(HEARD));
    // What comes close after the first is that one still.
    const again = setInterval(() => child.process.kill(signal), 50);
    await until(() => child.gone).finally(() => clearInterval(again));
    expect(await child.ended, child.err).toBe(130);
    expect(child.err).toContain(AGAIN);
    expect(doors.batches()).toBe(1);
    const kinds = (await auditOf(job)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "intent")).toHaveLength(ALL - LEFT);
    expect(new Set(kinds)).toEqual(new Set(["plan", "intent"]));
    doors.open();
    const next = apply(job);
    expect(await next.ended, next.err).toBe(0);
    expect(writes(sandbox)).toBe(ALL);
  });
}
