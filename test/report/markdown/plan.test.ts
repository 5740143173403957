import { describe, expect, test } from "vitest";
import type { Plan } from "../../../src/model/plan.ts";
import { MAX_CHARS, md, mdClip } from "../../../src/report/markdown/md.ts";
import {
  driftMarkdown,
  outcomesMarkdown,
  planMarkdown,
} from "../../../src/report/markdown/plan.ts";
import { heldCounts } from "../../kit/builders.ts";
import * as build from "../builders.ts";

describe("escaping", () => {
  test.each([
    ["a cell's end", "a|b", "a\\|b"],
    ["code", "`x` \\", "\\`x\\` \\\\"],
    ["HTML", "<img src=x onerror=y>&amp;", "&lt;img src=x onerror=y&gt;&amp;amp;"],
    ["links and images", "![a](b)", "\\!\\[a\\](b)"],
    ["emphasis", "*a* _b_ ~c~", "\\*a\\* \\_b\\_ \\~c\\~"],
    [
      "a mention",
      "@everyone (@acme/team) @@x",
      "@&#8203;everyone (@&#8203;acme/team) @&#8203;@&#8203;x",
    ],
    ["an e-mail address", "jane@acme.example", "jane@acme.example"],
    ["a reference", "see #12 and GH-7", "see #&#8203;12 and GH-&#8203;7"],
    [
      "an address",
      "https://evil.example www.evil.example",
      "https&#58;//evil.example www&#46;evil.example",
    ],
    ["a heading, a list", "# a", "\\# a"],
    ["a numbered list", "12. a", "12\\. a"],
    ["a list of another form", "12) a", "12\\) a"],
    ["line breaks and escapes", "a\n\x1b[2J\u202e", "a\\\\n\\\\x1b\\[2J\\\\u202e"],
    ["an entity", "&#8203;@", "&amp;#&#8203;8203;@&#8203;"],
  ])("%s", (_, text, expected) => {
    expect(md(text)).toBe(expected);
  });

  test("clips before it escapes", () => {
    expect(mdClip("|".repeat(100), 3)).toBe("\\|\\|…");
  });

  test("a hostile name adds no row, no column and no markup", () => {
    const evil = "x | y\n| @all | `</details><script>";
    const actions = [build.reAuthenticate({ name: evil, label: evil, user: evil, session: evil })];
    const text = planMarkdown(build.plan({ actions, target: evil }));
    const rows = text.split("\n").filter((line) => line.startsWith("|"));
    // How many actions rest on which line, then the action.
    expect(rows).toHaveLength(6);
    expect(rows.map((r) => r.match(/(?<!\\)\|/g)?.length)).toEqual([5, 5, 5, 6, 6, 6]);
    expect(text).not.toMatch(/<script|@all/);
    expect(text.match(/<\/details>/g)).toHaveLength(1);
  });
});

describe("a plan as Markdown", () => {
  test("one of everything", () => {
    const plan = build.busyPlan();
    const held = plan.held.slice(-2);
    const small = {
      ...plan,
      ...{ held, ...heldCounts(held) },
      actions: plan.actions.filter((a) => !a.label?.startsWith("Zebra")),
    };
    expect(planMarkdown(small)).toMatchInlineSnapshot(`
      "### Curfew plan for production

      **Plan: 2 to lock (1 with a wipe), 1 to wipe, 13 to re-authenticate, 1 to unlock; 2 held; 1 refusal.**

      > [!CAUTION]
      > **Refused: 120 to lock, 50 left of limits.lock.max.** 120 locks are wanted and 50 are left of limits.lock.max in 24 hours: no user is locked in this run. Check the change, then raise the limit with a \\\`limits.raise\\\` entry.

      **Lock 1 user and wipe the devices**

      | User | Device | Why | Cause |  | Policy |
      | --- | --- | --- | --- | --- | --- |
      | jane.doe@acme.example<br>\`5571fb26-54f7-11e7-a8f8-040151508301\` |  | Left the company (HR-812) | drift, **urgent** | now | \`policies/production.yaml:61\` |

      **Wipe 1 session**

      | User | Device | Why | Cause |  | Policy |
      | --- | --- | --- | --- | --- | --- |
      | \`066b26c4-8418-11e7-9ba9-04017e679e01\` | Sony C6903<br>\`99bb26c4-8418-11e7-9ba9-04017e679e01\` | device 3456 is denied: Lost in Durban (SEC-502); unsynced data may be lost | policy | now | \`policies/production.yaml:44\` |

      **Lock 3 users**

      | User | Device | Why | Cause |  | Policy |
      | --- | --- | --- | --- | --- | --- |
      | omar@acme.example<br>\`c8c8c4f8-5013-11e7-a8c7-04017e679e01\` |  | Left the company (HR-812) | policy | now | \`policies/production.yaml:61\` |
      | \`0000004d-54f7-11e7-a8f8-040151508301\` |  | Left the company (HR-812) | policy | held by limit | \`policies/production.yaml:61\` |
      | \`0000004e-54f7-11e7-a8f8-040151508301\` |  | Left the company (HR-812) | policy | held by limit | \`policies/production.yaml:61\` |

      Now: 2 of 1,861 active sessions, under 1 %; 2 of 1,247 users locked, under 1 %.

      With what is held: 2 of 1,861 active sessions, under 1 %; 4 of 1,247 users locked, under 1 %.

      | Rule | Now | Held | Policy |
      | --- | --- | --- | --- |
      | \`users.locked\` | 3 | 2 | \`policies/production.yaml:61\` |
      | \`sessions.maxAge\` | 1 | 0 | \`policies/production.yaml:18\` |
      | \`devices.allowed\` | 1 | 0 | \`policies/production.yaml:27\` |
      | \`devices.denied\` | 1 | 0 | \`policies/production.yaml:44\` |

      <details><summary>Re-authenticate 1 session (1 sign-in; 1 devices.allowed, 1 sessions.maxAge)</summary>

      | User | Device | Why | Cause | Policy |
      | --- | --- | --- | --- | --- |
      | \`00000384-54f7-11e7-a8f8-040151508301\` | iPad<br>\`77aa26c4-8418-11e7-9ba9-04017e679e01\` | signed in 41 days ago, 30 days allowed<br>IOS, container 20.5.0: none of the 3 allowed devices | sign-in | \`policies/production.yaml:18\`<br>\`policies/production.yaml:27\` |

      </details>

      <details><summary>Unlock 1 user (1 due; 1 users.locked)</summary>

      | User | Device | Why | Cause | Policy |
      | --- | --- | --- | --- | --- |
      | \`066b26c4-8418-11e7-9ba9-04017e679e01\` |  | was locked until 2026-11-20T00:00:00Z: On leave | due | \`policies/production.yaml:66\` |

      </details>

      **Held by limit: 2 to lock.** A limit holds them back; a reviewed \`limits.raise\` lets them go.

      <details><summary>Notices: Protected: left alone (1)</summary>

      | User | What | Policy |
      | --- | --- | --- |
      | \`c8c8c4f8-5013-11e7-a8c7-04017e679e01\` | protected, so not done: lock (users.locked: Left the company) | \`policies/production.yaml:90\` |

      </details>

      <details><summary>Notices: Locked by somebody else (2)</summary>

      | User | What | Policy |
      | --- | --- | --- |
      | \`00000005-54f7-11e7-a8f8-040151508301\` | locked in the backend, not by Curfew: left as it is |  |
      | \`00000006-54f7-11e7-a8f8-040151508301\` | locked in the backend, not by Curfew: left as it is |  |

      </details>

      Ledger only, no write to the backend: 1 lock found in place is adopted; 2 locks that somebody lifted and nobody wants are forgotten.

      <sub>\`https://62d541f4156bc4dd685318da.backend.us.journeyapps.com/api/v4/615ae1ee8c5ef500078a4908\`<br>Evaluated 2026-11-22 10:00:00 UTC, good until 2026-11-22 14:00:00 UTC<br>Policy \`policies/production.yaml\`, \`policies/shared/devices.yaml\`, commit \`68d79a1b0c3d\`, \`sha256:1f2e1f2e1f2e\`<br>Inventory: 1,247 users, 2,080 sessions, 1,861 active<br>Plan \`sha256:abababababababababababababababababababababababababababababababab\`</sub>
      "
    `);
  });

  test("nothing to do", () => {
    expect(planMarkdown(build.plan())).toContain(
      "**Nothing to do: production is as the policy says.**",
    );
  });

  test.each([8_000, 20_000, MAX_CHARS])(
    "keeps to %i characters and counts what it leaves out",
    { tags: "slow" },
    (maxChars) => {
      const plan = build.plan({
        actions: [...build.manyLocks(20), ...build.manySignOuts(50_000)],
        held: build.held("pace", build.manySignOuts(50_000)),
        notices: Array.from({ length: 5_000 }, (_, i) => build.foreignLock(build.id(i))),
      });
      const text = planMarkdown(plan, { maxChars });
      expect(text.length).toBeLessThanOrEqual(maxChars);
      for (const { user } of plan.actions.slice(0, 20)) expect(text).toContain(`| \`${user}\` |`);
      const shown = text.split("\n").filter((line) => /^\| `[0-9a-f]{8}-/.test(line)).length;
      const left = [...text.matchAll(/_(?:… and )?([\d,]+)(?: more)? not shown for lack of room/g)];
      const counted = left.reduce((sum, [, n = ""]) => sum + Number(n.replaceAll(",", "")), 0);
      expect(shown + counted).toBe(20 + 50_000 + 50_000 + 5_000);
      expect(text).toContain("`curfew plan --all` has them all");
    },
  );

  test("locks that do not fit are counted too, and the page stays whole", () => {
    const text = planMarkdown(build.plan({ actions: build.manyLocks(50_000) }));
    expect(text.length).toBeLessThanOrEqual(MAX_CHARS);
    expect(text).toMatch(/… and [\d,]+ more not shown/);
    expect(text).toContain("**Plan: 50,000 to lock");
    expect(text).toContain(`Plan \`sha256:${"ab".repeat(32)}\``);
  });

  test("locks held back are placed before sign-outs that are done", () => {
    const plan = build.plan({
      actions: build.manySignOuts(50_000),
      held: build.held("limit", build.manyLocks(30)),
    });
    const text = planMarkdown(plan, { maxChars: 12_000 });
    for (const { user } of plan.held) expect(text).toContain(`| \`${user}\` |  |`);
  });
});

describe("drift and outcomes as Markdown", () => {
  const facts = {
    lastRunAt: "2026-11-22T09:00:00.000Z",
    ownLocks: { [build.OMAR]: Date.parse("2026-11-20T09:00:03Z") },
  };

  /** The foot is the plan's. */
  function aboveFoot(text: string, plan: Plan): string {
    const [, foot = ""] = planMarkdown(plan).split(/(?=<sub>)/);
    expect(text.slice(-foot.length)).toBe(foot);
    return text.slice(0, -foot.length);
  }

  test("drift first and open, the rest folded", () => {
    const plan = build.plan({
      actions: [build.lock({ cause: "drift" }), build.reAuthenticate()],
      held: build.held("freeze", [build.wipe({ cause: "drift" })]),
      notices: [build.foreignLock(build.id(4))],
    });
    expect(aboveFoot(driftMarkdown(plan, facts), plan)).toMatchInlineSnapshot(`
      "### Curfew drift report for production

      **Drift: 2 changes were made behind the policy's back.** Pending for other causes: 1 due.

      Last run: 2026-11-22 09:00:00 UTC, 1 hour ago.

      #### Changed behind the policy's back

      | Action | User | Device | What differs | Why | Policy |
      | --- | --- | --- | --- | --- | --- |
      | wipe, held by freeze | \`066b26c4-8418-11e7-9ba9-04017e679e01\` | Sony C6903<br>\`99bb26c4-8418-11e7-9ba9-04017e679e01\` | This device has not been wiped although the policy wipes it. | device 3456 is denied: Lost in Durban (SEC-502); unsynced data may be lost | \`policies/production.yaml:44\` |
      | lock | \`c8c8c4f8-5013-11e7-a8c7-04017e679e01\` |  | Somebody unlocked this user; Curfew locked it on 2026-11-20 09:00:03 UTC (2 days ago). | Left the company (HR-812) | \`policies/production.yaml:61\` |

      <details><summary>Fallen due since the last run: Re-authenticate 1 session (1 sessions.maxAge)</summary>

      | User | Device | Why | Since | Held | Policy |
      | --- | --- | --- | --- | --- | --- |
      | \`5571fb26-54f7-11e7-a8f8-040151508301\` | Zebra TC52<br>\`77aa26c4-8418-11e7-9ba9-04017e679e01\` | signed in 41 days ago, 30 days allowed | 2026-11-11 |  | \`policies/production.yaml:18\` |

      </details>

      <details><summary>Managed by nobody: Locked by somebody else (1)</summary>

      | User | What | Policy |
      | --- | --- | --- |
      | \`00000004-54f7-11e7-a8f8-040151508301\` | locked in the backend, not by Curfew: left as it is |  |

      </details>

      "
    `);
  });

  test("no drift", () => {
    expect(driftMarkdown(build.plan(), facts)).toContain("**No drift.**\n");
  });

  test("failures open with their errors, the rest folded", () => {
    const plan = build.plan({
      actions: [build.lock({ name: "omar|x" }), ...build.manySignOuts(3)],
    });
    const outcomes = build.outcomesOf(plan.actions.slice(0, 3)).map((o, i) => {
      if (i === 0)
        return { ...o, status: "failed" as const, error: "INVALID_VALUE: `wipe` | missing" };
      return i === 1 ? { ...o, status: "skipped" as const, error: "no longer wanted" } : o;
    });
    expect(aboveFoot(outcomesMarkdown(plan, outcomes), plan)).toMatchInlineSnapshot(`
      "### Curfew apply to production

      **Applied 1 of 4: 1 failed (INVALID\\_VALUE: \\\`wipe\\\` \\| missing), 1 skipped, 1 without an outcome.**

      > [!WARNING]
      > 1 action has no outcome and may have taken effect; the next run finds out and takes it up.

      #### Failed: 1 lock

      **1: INVALID\\_VALUE: \\\`wipe\\\` \\| missing**

      | Action | User | Device |
      | --- | --- | --- |
      | lock | omar\\|x<br>\`c8c8c4f8-5013-11e7-a8c7-04017e679e01\` |  |

      <details><summary>Skipped: 1 re-authenticate</summary>

      | Action | User | Device | Why |
      | --- | --- | --- | --- |
      | re-authenticate | \`00000000-54f7-11e7-a8f8-040151508301\` | Zebra 0<br>\`000f4240-54f7-11e7-a8f8-040151508301\` | no longer wanted |

      </details>

      <details><summary>Applied: 1 re-authenticate</summary>

      | Action | User | Device |
      | --- | --- | --- |
      | re-authenticate | \`00000001-54f7-11e7-a8f8-040151508301\` | Zebra 1<br>\`000f4241-54f7-11e7-a8f8-040151508301\` |

      </details>

      "
    `);
  });

  test("both keep to their size with 50,000 actions", { tags: "slow" }, () => {
    const actions = build.manySignOuts(50_000, { cause: "drift" });
    const plan = build.plan({ actions });
    expect(driftMarkdown(plan, facts).length).toBeLessThanOrEqual(MAX_CHARS);
    const failed = build.outcomesOf(actions, "failed");
    expect(outcomesMarkdown(plan, failed).length).toBeLessThanOrEqual(MAX_CHARS);
  });
});
