// @module-tag slow
import { expect, test } from "vitest";
import type { Action } from "../../src/model/plan.ts";
import { RENDERERS } from "../../src/report/formats.ts";
import { curfew, filesOf, leaks, SECRET, stable } from "./run.ts";
import { project, sandbox, writes } from "./world.ts";

const FORMATS = ["text", "json", "markdown"] as const;
const HOW = { colour: false, width: 100, all: false, several: false };
/** What the sandbox says of itself. */
const INFO = { label: "Curfew sandbox", environment: "testing", region: "local" };

/** The lines up to the first that is empty: whose report it is. */
/** The blocks of a report, without the first, where that says that there is no ledger. */
const blocks = (out: string) =>
  stable(out)
    .split("\n\n")
    .filter((block, i) => i > 0 || !block.startsWith("Without a ledger: "));
const headOf = (out: string) => blocks(out)[0]?.split("\n") ?? [];
const belowHead = (out: string) => blocks(out).slice(1).join("\n\n");

test("the search for the secret finds it", () => {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  for (const found of [SECRET, `a${SECRET}`, base64(SECRET), base64(`id:${SECRET}`)]) {
    expect(leaks(`before ${found} after`)).not.toEqual([]);
  }
  for (const around of ["", "a", "ab", "abc"]) {
    expect(leaks(base64(`${around}${SECRET}${around}`))).toHaveLength(1);
  }
  expect(leaks("nothing to find")).toEqual([]);
});

test("plan and drift in every format, then an inventory, write nothing", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  const [text, json, markdown] = await Promise.all(
    FORMATS.map((format) => curfew(cwd, ["plan", "--format", format])),
  );
  expect(text).toMatchObject({ code: 2, err: "" });
  expect(stable(text?.out ?? "")).toMatchInlineSnapshot(`
    "Without a ledger: no run on this target has ended there. Unlocks, drift and what the last 24 hours
    took of the limits can't be told.

    Plan for production
      deployment  Curfew sandbox · testing · local
      address     http://HOST/api/v4/533bda53027894f69b001055
      evaluated   MOMENT
      good until  MOMENT
      policy      policies/production.yaml
      version     no commit, DIGEST
      inventory   4 users, 3 sessions, 3 active

      Lock 1 user
      - bob
        policy   Left the company  policies/production.yaml:11

      Re-authenticate 1 session
      ~ ann  Phone of ann
        policy   signed in 41 days ago, 30 days allowed  policies/production.yaml:8

    Notices: 1
      Locked, and not managed by Curfew (1)
        dan
          locked in the backend, not managed by Curfew and not locked by the policy: left as it is (an
          entry in users.locked with \`adopt: true\` takes it over)

    Plan: 1 to lock, 0 to wipe, 1 to re-authenticate, 0 to unlock.
    Digest DIGEST
    "
  `);
  expect(json).toMatchObject({ code: 2, err: "" });
  const plan = JSON.parse(json?.out ?? "");
  expect(stable(json?.out ?? "")).toBe(stable(`${JSON.stringify(plan, null, 2)}\n`));
  expect(Object.keys(plan)).toEqual([
    ...["format", "digest", "version", "target", "url", "evaluatedAt", "expiresAt", "policy"],
    ...["inventory", "summary", "actions", "held"],
    ...["heldSummary", "heldCauses", "refusals", "notices", "ledger", "codes"],
  ]);
  expect(plan.actions.map(({ reasons: _, ...action }: Action) => action)).toEqual([
    {
      ...{ type: "lock", user: "bob", session: null, wipe: false, cause: "policy" },
      ...{ expects: { locked: false }, ends: ["s-bob"] },
    },
    {
      ...{ type: "re-authenticate", user: "ann", session: "s-ann", cause: "policy" },
      ...{ label: "Phone of ann", since: expect.any(String) },
      expects: { state: "active", signedInAt: expect.any(String) },
    },
  ]);
  expect(markdown).toMatchObject({ code: 2, err: "" });
  // What JSON holds is all that the others tell.
  const shown = [{ plan, info: INFO }];
  expect(stable(RENDERERS.text.plan(shown, HOW))).toBe(stable(text?.out ?? ""));
  expect(stable(RENDERERS.markdown.plan(shown, HOW))).toBe(stable(markdown?.out ?? ""));

  const [drift, driftJson, driftMarkdown] = await Promise.all(
    FORMATS.map((format) => curfew(cwd, ["drift", "--format", format])),
  );
  // No run has ended, so drift can't be told.
  expect(drift).toMatchObject({ code: 1, err: "" });
  expect(headOf(drift?.out ?? "")).toEqual([
    "Drift report for production",
    ...headOf(text?.out ?? "").slice(1, 4),
    "  last run    none on the whole target, so only a lock of ours that is gone counts as drift yet",
    ...headOf(text?.out ?? "").slice(5),
  ]);
  expect(belowHead(drift?.out ?? "")).toMatchInlineSnapshot(`
    "Wanted by a change of the policy: 2
      Lock 1 user
      - bob
        Left the company  policies/production.yaml:11

      Re-authenticate 1 session
      ~ ann  Phone of ann  since DATE
        signed in 41 days ago, 30 days allowed  policies/production.yaml:8

    Managed by nobody: 1
      Locked, and not managed by Curfew (1)
        dan
          locked in the backend, not managed by Curfew and not locked by the policy: left as it is (an
          entry in users.locked with \`adopt: true\` takes it over)

    Pending for other causes: 2 policy.
    Whether there is drift can't be told. Exit code 1: without a ledger drift can't be told.
    "
  `);
  expect(driftJson).toMatchObject({ code: 1, err: "" });
  expect(JSON.parse(driftJson?.out ?? "")).toMatchObject({
    format: "curfew/drift/1",
    lastRunAt: null,
    drift: [],
    pending: { policy: [{ user: "bob" }, { user: "ann" }] },
    unmanaged: [{ kind: "foreign-lock", user: "dan" }],
  });
  expect(driftMarkdown).toMatchObject({ code: 1, err: "" });
  expect(driftMarkdown?.out).toMatch(
    /^> \[!WARNING\]\n> Without a ledger: .*\n\n### Curfew drift report for production\n\n\*\*Whether there is drift can't be told\. Exit code 1: without a ledger drift can't be told\.\*\* Pending for other causes: 2 policy\.\n/,
  );

  const saved = await curfew(cwd, ["inventory", "--out", "inventory.jsonl"]);
  expect(saved).toEqual({
    code: 0,
    err: "",
    out: "Saved inventory.jsonl: 4 users, 3 sessions, 3 active, of production.\nIt holds personal data: keep it where such data may be kept.\n",
  });
  const summary = await curfew(cwd, ["inventory", "--out", "inventory.jsonl", "--format", "json"]);
  expect(JSON.parse(stable(summary.out))).toEqual({
    ...{ format: "curfew/inventory-summary/1", target: "production", file: "inventory.jsonl" },
    ...{ users: 4, sessions: 3, active: 3, digest: "DIGEST" },
  });

  expect(writes(target)).toBe(0);
  expect(Object.keys(await filesOf(cwd)).sort()).toEqual([
    "inventory.jsonl",
    "policies/production.yaml",
  ]);
});

test("apply, and what plan and drift say after it", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  const applied = await curfew(cwd, ["apply", "--yes"]);
  expect(applied).toMatchObject({ code: 0, err: "" });
  const [planned = "", outcomes = ""] = stable(applied.out).split(/(?<=Digest DIGEST\n)\n/);
  expect(planned).toMatch(
    /^Without a ledger: [\s\S]*\n\nPlan for production\n[\s\S]*\nPlan: 1 to lock, 0 to wipe, 1 to re-/,
  );
  expect(outcomes).toMatchInlineSnapshot(`
    "Apply to production
      applied     1 lock, 1 re-authenticate
      read again  shows every applied action done

    Audit log: 7 lines, head DIGEST
    Applied 2 of 2.
    "
  `);
  expect(target.counters.operations).toEqual({
    "users/lock": 1,
    "users/sessions/re-authenticate": 1,
  });
  expect(target.user("bob")?.locked).toBe(true);

  const again = await curfew(cwd, ["plan"]);
  expect(again).toMatchObject({ code: 0, err: "" });
  expect(again.out).toContain("\nNothing to do: production is as the policy says.\n");

  target.unlock("bob");
  target.signIn("bob", "s-bob");
  const [drift, driftJson] = await Promise.all([
    curfew(cwd, ["drift"]),
    curfew(cwd, ["drift", "--format", "json"]),
  ]);
  expect(drift).toMatchObject({ code: 2, err: "" });
  expect(headOf(drift.out)).toContain("  last run    MOMENT, MINUTES ago");
  expect(headOf(drift.out)).toContain("  inventory   4 users, 3 sessions, 2 active");
  expect(belowHead(drift.out)).toMatchInlineSnapshot(`
    "Changed behind the policy's back: 1
      Lock 1 user
      - bob
        Somebody unlocked this user, after MOMENT; Curfew locked it on MOMENT (MINUTES ago).
        Left the company  policies/production.yaml:11

    Managed by nobody: 1
      Locked, and not managed by Curfew (1)
        dan
          locked in the backend, not managed by Curfew and not locked by the policy: left as it is (an
          entry in users.locked with \`adopt: true\` takes it over)

    Drift: 1 change was made behind the policy's back.
    "
  `);
  expect(driftJson.code).toBe(2);
  expect(JSON.parse(driftJson.out)).toMatchObject({ drift: [{ type: "lock", user: "bob" }] });
});

test("apply as JSON and as Markdown is nothing but the report", async () => {
  const [first, second] = [await sandbox(), await sandbox()];
  const [json, markdown] = await Promise.all([
    curfew(await project(first.url), ["apply", "--yes", "--format", "json"]),
    curfew(await project(second.url), ["apply", "--yes", "--format", "markdown"]),
  ]);
  expect(json).toMatchObject({ code: 0, err: "" });
  expect(JSON.parse(json.out)).toMatchObject({
    format: "curfew/plan/2",
    outcomes: [
      { status: "applied", type: "lock", user: "bob", session: null },
      { status: "applied", type: "re-authenticate", user: "ann", session: "s-ann" },
    ],
  });
  expect(markdown).toMatchObject({ code: 0, err: "" });
  const { outcomes, audit, ...plan } = JSON.parse(json.out);
  expect(audit).toEqual({ lines: 7, head: expect.stringMatching(/^sha256:/) });
  expect(stable(RENDERERS.markdown.apply([{ plan, outcomes, info: INFO }], HOW))).toBe(
    stable(markdown.out),
  );
  expect(markdown.out).toMatch(
    /^> \[!WARNING\]\n> Without a ledger: .*\n\n### Curfew apply to production\n\n\*\*Applied 2 of 2\.\*\*\n/,
  );
});
