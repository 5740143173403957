import { describe, expect, test } from "vitest";
import { outcomesText } from "../../../src/report/text/apply.ts";
import * as build from "../builders.ts";

const plain = { colour: false, width: 80, all: false };
const lastLine = (text: string) => text.trimEnd().split("\n").at(-1);

describe("what became of a plan, as text", () => {
  test("all went well", () => {
    const plan = build.plan({ actions: [build.lock(), ...build.manySignOuts(62)] });
    expect(outcomesText(plan, build.outcomesOf(plan.actions), plain)).toMatchInlineSnapshot(`
      "Apply to production
        applied     1 lock, 62 re-authenticate
        read again  shows 0 of 63 applied actions done; 63 not read again

      Applied 63 of 63.
      "
    `);
  });

  test("failures in full, skipped by reason, and what has no outcome", () => {
    const plan = build.busyPlan();
    const outcomes = build.outcomesOf(plan.actions).slice(0, -1);
    const told = outcomes.map((o, i) => {
      if (i === 1)
        return {
          ...o,
          status: "failed" as const,
          error:
            "INVALID_VALUE: the backend refused it; see the deployment's log for what it did not accept",
        };
      if (i > 4 && i < 8)
        return { ...o, status: "skipped" as const, error: "it signed in since the plan was made" };
      return o;
    });
    expect(outcomesText(plan, told, plain)).toMatchInlineSnapshot(`
      "Apply to production
        applied     1 lock, 1 wipe, 10 re-authenticate
        failed      1 lock
        skipped     3 re-authenticate
        read again  shows 0 of 12 applied actions done; 12 not read again

      Failed: 1
        ! lock  jane.doe@acme.example  5571fb26-54f7-11e7-a8f8-040151508301
          INVALID_VALUE: the backend refused it; see the deployment's log for what it
          did not accept

      Skipped: 3
        3: it signed in since the plan was made
        ~ re-authenticate  00000002-54f7-11e7-a8f8-040151508301  Zebra 2
        ~ re-authenticate  00000003-54f7-11e7-a8f8-040151508301  Zebra 3
        ~ re-authenticate  00000004-54f7-11e7-a8f8-040151508301  Zebra 4

      1 action has no outcome and may have taken effect; the next run finds out and
      takes it up.

      Refused: 120 to lock, 50 left of limits.lock.max
        120 locks are wanted and 50 are left of limits.lock.max in 24 hours: no user
        is locked in this run. Check the change, then raise the limit with a
        \`limits.raise\` entry.

      Held: 2 by limit, 300 by pace.
      Applied 12 of 17: 1 failed (INVALID_VALUE: the backend refused it; see the
      deployment's log for what it did not accept), 3 skipped, 1 without an outcome.
      "
    `);
  });

  test("failures fold by their cause, skipped by their reason; --all shows each", () => {
    const actions = build.manySignOuts(100);
    const plan = build.plan({ actions });
    const failed = build
      .outcomesOf(actions.slice(0, 50), "failed")
      .map((one) => ({ ...one, error: `HOST refused POST users/${one.user}/lock (422)` }));
    const skipped = build.outcomesOf(actions.slice(50), "skipped");
    const text = outcomesText(plan, [...failed, ...skipped], plain);
    expect(text).toContain(
      `\nFailed: 50\n  50: HOST refused POST users/${build.id(0)}/lock (422)\n`,
    );
    expect(text.match(/HOST refused/g)).toHaveLength(2);
    for (const { user } of failed.slice(0, 3)) expect(text).toContain(`re-authenticate  ${user}`);
    expect(text).toContain("  … and 47 more (--all shows them)\n");
    expect(text).toContain("  … and 40 more (--all shows them)\n");
    const verdict = `Applied 0 of 100: 50 failed (HOST refused POST users/${build.id(0)}/lock (422)), 50 skipped.`;
    expect(text.replace(/\s+/g, " ")).toContain(verdict);
    const all = outcomesText(plan, [...failed, ...skipped], { ...plain, all: true });
    for (const { user } of [...failed, ...skipped]) expect(all).toContain(user);
    expect(all.match(/HOST refused/g)).toHaveLength(51);
  });

  test("reasons that differ for everybody fold too", () => {
    const actions = build.manySignOuts(100);
    const outcomes = build
      .outcomesOf(actions, "skipped")
      .map((o) => ({ ...o, error: `gone: ${o.user}` }));
    const text = outcomesText(build.plan({ actions }), outcomes, plain);
    expect(text).toContain("  … and 90 for other reasons (--all shows them)\n");
  });

  test("what a lock with `wipe` is not shown to have wiped is not told as done", () => {
    const plan = build.plan({ actions: [build.lock({ wipe: true }), build.lock()] });
    const outcomes = build.outcomesOf(plan.actions).map((one) => ({ ...one, confirmed: true }));
    const [first, second] = outcomes;
    if (!first || !second) throw new Error("there are two");
    const text = outcomesText(plan, [{ ...first, unwiped: ["s1", "s2"] }, second], plain);
    expect(text).toContain("shows 1 of 2 applied actions done");
    expect(text).toContain("2 sessions are not shown wiped; the next run wants their wipes.");
    expect(outcomesText(plan, outcomes, plain)).not.toContain("wiped");
  });

  test("enforcement `report`: nothing was written, and why", () => {
    const plan = build.plan({ held: build.held("report", build.busyPlan().actions) });
    expect(outcomesText(plan, [], plain)).toMatchInlineSnapshot(`
      "Apply to production

      Held: 17 by report.
      Nothing was written: the policy's enforcement is \`report\`. It would be 2 to
      lock, 1 to wipe, 13 to re-authenticate, 1 to unlock.
      "
    `);
  });

  test("a rule that is only reported beside others that are enforced", () => {
    const plan = build.plan({
      actions: [build.lock()],
      held: build.held("report", build.manySignOuts(3)),
    });
    const text = outcomesText(plan, build.outcomesOf(plan.actions), { ...plain, width: 120 });
    expect(text).toContain(
      "Not written, because the enforcement of their rules is `report`: 3 to re-authenticate.",
    );
    expect(lastLine(text)).toBe("Applied 1 of 1.");
  });

  test("nothing to do, and everything held", () => {
    expect(lastLine(outcomesText(build.plan(), [], plain))).toBe(
      "Nothing to do: production is as the policy says.",
    );
    const waiting = build.plan({ held: build.held("window", build.manySignOuts(3)) });
    expect(lastLine(outcomesText(waiting, [], plain))).toBe("Nothing was written: all 3 are held.");
  });

  test("a hostile error can't write to the terminal", () => {
    const plan = build.plan({ actions: [build.lock()] });
    const outcomes = build
      .outcomesOf(plan.actions, "failed")
      .map((o) => ({ ...o, error: "\x1b[2Jdone\nApplied 1 of 1." }));
    const text = outcomesText(plan, outcomes, plain);
    expect(text).not.toContain("\x1b");
    expect(text).toContain("\\x1b[2Jdone\\nApplied 1 of 1.");
  });
});
