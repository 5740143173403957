import { describe, expect, test } from "vitest";
import type { Plan } from "../../../src/model/plan.ts";
import { RENDERERS } from "../../../src/report/formats.ts";
import { MAX_CHARS } from "../../../src/report/markdown/md.ts";
import { commentMarker, pullRequestMarkdown } from "../../../src/report/markdown/pull-request.ts";
import { planText } from "../../../src/report/text/plan.ts";
import * as build from "../builders.ts";

const GITHUB_TAKES = 65_536;
const BASE = { commit: "0123456789abcdef0123456789abcdef01234567" };

/** Two locks by this change, thirty sign-outs for drift, one that fell due, one averted. */
function change(more: Partial<Plan> = {}): Plan {
  return build.plan({
    base: BASE,
    actions: [
      build.lock({ user: build.id(1) }),
      build.lock({ user: build.id(2) }),
      ...build.manySignOuts(30, { cause: "drift" }),
      build.reAuthenticate({ user: build.JANE, cause: "due" }),
    ],
    averted: [build.unlock({ user: build.LINA })],
    ...more,
  });
}

/** The text of each part, by its title. */
function parts(text: string): Record<string, string> {
  const [, ...sections] = text.split(/^#### /m);
  return Object.fromEntries(
    sections.map((section) => {
      const [title = "", ...lines] = section.split("\n");
      return [title, lines.join("\n")];
    }),
  );
}

/** What stands above the parts. */
function first(text: string): string {
  return text.slice(0, text.indexOf("\n#### "));
}

/** How many rows a text shows and how many it says it left out. */
function accounted(text: string): { shown: number; left: number } {
  const left = [...text.matchAll(/_(?:… and )?([\d,]+)(?: more)? not shown for lack of room/g)];
  return {
    shown: text.split("\n").filter(
      (line) =>
        /^\| ./.test(line) &&
        !/^\| (?:User|Rule|---) \|/.test(line) &&
        // A count of a line of policy, not a row.
        !/^\| `[a-z]+\.[A-Za-z]+` \| [\d,]+ \|/.test(line),
    ).length,
    left: left.reduce((sum, [, n = ""]) => sum + Number(n.replaceAll(",", "")), 0),
  };
}

describe("the comment of a pull request", () => {
  test("tells the change, what was pending and what falls due apart", () => {
    const text = pullRequestMarkdown(change());
    expect(text.split("\n").slice(0, 4)).toEqual([
      "<!-- curfew:plan:production -->",
      "### Curfew plan for production",
      "",
      "**This change: 2 to lock; no longer 1 to unlock.**<br>Pending anyway (drift): 30 to re-authenticate. Due with or without this change: 1 to re-authenticate.",
    ]);
    const told = parts(text);
    expect(Object.keys(told)).toEqual([
      "This change",
      "Pending anyway (drift)",
      "Due with or without this change",
    ]);
    expect(told["This change"]).toMatchInlineSnapshot(`
      "
      <details><summary>No longer: Unlock 1 user</summary>

      | User | Device | Why it was wanted | Policy before |
      | --- | --- | --- | --- |
      | \`066b26c4-8418-11e7-9ba9-04017e679e01\` |  | was locked until 2026-11-20T00:00:00Z: On leave | \`policies/production.yaml:66\` |

      </details>

      "
    `);
    expect(told["Pending anyway (drift)"]?.match(/^\| `/gm)).toHaveLength(30);
    expect(told["Pending anyway (drift)"]).toMatch(
      /^\n<details><summary>Re-authenticate 30 sessions \(30 drift; 30 sessions\.maxAge\)<\/summary>/,
    );
    expect(told["Due with or without this change"]).toContain(`| \`${build.JANE}\``);
    expect(text).toContain("Compared with the policies of the base, commit `0123456789ab`.");
    expect(text.trimEnd()).toMatch(/Plan `sha256:(ab){32}`<\/sub>$/);
  });

  test("an empty part says so", () => {
    const told = parts(pullRequestMarkdown(build.plan({ base: { commit: null } })));
    for (const text of Object.values(told)) expect(text).toMatch(/^\nNothing\.\n/);
  });

  test("what is held stands in its part, with what lets it go", () => {
    const plan = change({
      held: [
        ...build.held("limit", [build.wipe()]),
        ...build.held("pace", build.manySignOuts(3, { cause: "due" })),
      ],
    });
    const told = parts(pullRequestMarkdown(plan));
    expect(first(pullRequestMarkdown(plan))).toMatch(
      /\*\*Wipe 1 session\*\*[\s\S]*\| policy \| held by limit \|/,
    );
    expect(told["This change"]).not.toContain("Held by pace");
    expect(told["Due with or without this change"]).toContain(
      "**Held by pace: 3 to re-authenticate.**",
    );
  });

  test("a user whom the change adds and the target lacks is an error of the change", () => {
    const unknown = { kind: "unknown-user", user: "nobody", message: "nobody is no user" } as const;
    const plan = change({
      notices: [
        { ...unknown, added: true, file: "policies/production.yaml", line: 7 },
        { ...unknown, user: "old" },
      ],
    });
    const text = pullRequestMarkdown(plan);
    expect(text).toContain("1 unknown user is an error");
    const errors = first(text);
    expect(errors).toContain("**Errors: 1 user that this change names and the target lacks**");
    expect(errors).toContain("| `nobody` | nobody is no user | `policies/production.yaml:7` |");
    expect(errors).not.toContain("`old`");
    expect(text).toContain("Notices: Unknown users (1)");
  });

  test("wipes and locks of any part are open and first; all else is folded", () => {
    const plan = change({
      actions: [
        build.lock({ cause: "drift" }),
        ...build.manySignOuts(3, { cause: "policy" }),
        ...build.manySignOuts(3, { cause: "sign-in" }),
      ],
    });
    const told = parts(pullRequestMarkdown(plan));
    expect(told["This change"]).toContain("<details><summary>Re-authenticate 3 sessions");
    expect(first(pullRequestMarkdown(plan))).toContain("**Lock 1 user**");
    expect(told["Pending anyway (drift)"]).toContain(
      "<details><summary>Re-authenticate 3 sessions",
    );
  });
});

describe("its size", () => {
  const large = (n: number, more: Partial<Plan> = {}) =>
    build.plan({
      base: BASE,
      actions: [
        ...build.manyLocks(40),
        ...build.manySignOuts(60, { cause: "policy" }),
        ...build.manySignOuts(n, { cause: "drift" }),
        ...build.manySignOuts(n, { cause: "due" }),
      ],
      held: build.held("pace", build.manySignOuts(n, { cause: "due" })),
      notices: Array.from({ length: n }, (_, i) => build.foreignLock(build.id(i))),
      ...more,
    });

  test("5,000 of each: the change is complete, the rest is counted, nothing is lost", () => {
    const text = pullRequestMarkdown(large(5_000));
    expect(Buffer.byteLength(text)).toBeLessThan(GITHUB_TAKES);
    const { shown, left } = accounted(text);
    expect(shown + left).toBe(40 + 60 + 4 * 5_000);
    expect(first(text).match(/Left the company/g)).toHaveLength(40);
    expect(parts(text)["This change"]?.match(/^\| `/gm)).toHaveLength(60);
    expect(first(text) + parts(text)["This change"]).not.toContain("not shown");
    expect(text).toContain("`curfew plan --base … --all` has them all");
    expect(text).not.toContain("attach");
    expect(text).toContain(`Plan \`sha256:${"ab".repeat(32)}\``);
  });

  test("5,000 locks by the change do not fit: they are counted, not cut", () => {
    const text = pullRequestMarkdown(large(0, { actions: build.manyLocks(5_000) }));
    expect(Buffer.byteLength(text)).toBeLessThan(GITHUB_TAKES);
    const { shown, left } = accounted(text);
    expect([shown + left, left > 0]).toEqual([5_000, true]);
  });

  test("a pending lock is placed before any sign-out that nobody's change causes", () => {
    const pending = build.manyLocks(30, { cause: "drift" });
    const plan = large(5_000);
    const text = pullRequestMarkdown({ ...plan, actions: [...plan.actions, ...pending] });
    expect(first(text).match(/Left the company/g)).toHaveLength(70);
  });

  test.each([
    ["Chinese", "员工离职设备丢失"],
    ["emoji", "👩‍👩‍👧‍👦🔒🧨"],
    ["what must be escaped", "@&<>|`www."],
  ])("names in %s take their bytes, not their characters", (_, text) => {
    const name = text.repeat(20);
    const actions = build.manySignOuts(5_000, {
      cause: "policy",
      name,
      label: name,
      reasons: [build.reason({ message: name })],
    });
    const report = pullRequestMarkdown(build.plan({ base: BASE, actions }));
    expect(Buffer.byteLength(report)).toBeLessThan(GITHUB_TAKES);
    const { shown, left } = accounted(report);
    expect(shown + left).toBe(5_000);
    expect(shown).toBeGreaterThan(5);
  });

  test("files with names of 4,000 characters leave the counts and the digest", () => {
    const files = Array.from({ length: 5 }, (_, i) => `${"@".repeat(4_000)}${i}.yaml`);
    const plan = change();
    const text = pullRequestMarkdown({ ...plan, policy: { ...plan.policy, files } });
    expect(Buffer.byteLength(text)).toBeLessThan(GITHUB_TAKES);
    expect(text).toContain("**This change: 2 to lock; no longer 1 to unlock.**");
    expect(text).toContain("33 actions, notices and refusals are not shown");
    expect(text).toContain("Plan `sha256:");
  });

  test("several targets keep to one comment together", () => {
    const options = { colour: false, width: 100, all: false, several: true };
    const plans = ["a", "b", "c"].map((target) => ({ plan: { ...large(2_000), target } }));
    const text = RENDERERS.markdown.plan(plans, options);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_CHARS);
    expect(text.match(/^<!-- curfew:plan:[abc] -->$/gm)).toHaveLength(3);
  });
});

describe("what stops a reviewer", () => {
  const options = {
    repository: { files: "https://github.com/acme/policies/blob/" },
    lifted: [
      {
        what: "limits.raise, until 2026-12-01: lock max 500 (Plant closure)",
        source: { file: "policies/production.yaml", line: 80 },
      },
    ],
  };
  const unknown = {
    kind: "unknown-user",
    user: "nobody",
    message: "no user",
    added: true,
  } as const;
  const plan = change({
    actions: [
      ...build.manySignOuts(234, { cause: "policy" }),
      build.lock({ user: build.id(1), cause: "drift" }),
      build.wipe(),
    ],
    notices: [unknown, { kind: "unclear", user: "odd", message: "sessions: is text" }],
    refusals: build.busyPlan().refusals,
  });
  const text = pullRequestMarkdown(plan, options);

  test("comes in the order in which one decides", () => {
    const order = [
      "**Errors: 1 user",
      "**Unclear, so that nothing is done about them: 1 user**",
      "**Refused: 120 to lock",
      "**Wipe 1 session**",
      "**Lock 1 user**",
      "Now: 235 of 1,861 active sessions, 13 %; 1 of 1,247 users locked, under 1 %.",
      "> **Brakes that are lifted or changed:**",
      "| `sessions.maxAge` | 234 | 0 |",
      "#### This change",
      "<details><summary>Re-authenticate 234 sessions",
    ];
    const places = order.map((one) => text.indexOf(one));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  test("lines of policy are links, and without a repository they are not", () => {
    const { commit } = plan.policy;
    expect(text).toContain(
      `[\`policies/production.yaml:61\`](https://github.com/acme/policies/blob/${commit}/policies/production.yaml#L61)`,
    );
    expect(text).toContain(
      `limits.raise, until 2026-12-01: lock max 500 (Plant closure) [\`policies/production.yaml:80\`](https://github.com/`,
    );
    expect(text).toContain(`blob/${BASE.commit}/policies/production.yaml#L66`);
    expect(pullRequestMarkdown(plan)).not.toContain("](http");
  });

  test("1,000 locks are all named, in short rows, however little room is left for the rest", () => {
    const locks = build.manyLocks(1_000);
    const many = change({ actions: [...build.manySignOuts(5_000, { cause: "policy" }), ...locks] });
    const long = pullRequestMarkdown(many, options);
    expect(Buffer.byteLength(long)).toBeLessThan(GITHUB_TAKES);
    for (const { user } of locks) expect(first(long)).toContain(user);
  });
});

describe("hostile names", () => {
  test.each([
    ["production", "<!-- curfew:plan:production -->"],
    ["a --> <b>\n", "<!-- curfew:plan:a%20--%3E%20%3Cb%3E%0A -->"],
    ["it's (!)*", "<!-- curfew:plan:it%27s%20%28%21%29%2A -->"],
    ["\ud800", "<!-- curfew:plan:%EF%BF%BD -->"],
  ])("the marker of %j", (target, marker) => {
    expect(commentMarker(target)).toBe(marker);
  });

  test("add no row, no section, no mention and no markup", () => {
    const evil = "x | y\n#### This change\n| @all | `</details><script>--> ::error::";
    const actions = [
      build.reAuthenticate({ name: evil, label: evil, user: evil, session: evil, cause: "policy" }),
      build.reAuthenticate({ name: evil, label: evil, user: evil, session: evil, cause: "drift" }),
    ];
    const text = pullRequestMarkdown(build.plan({ base: BASE, actions, target: evil }));
    expect(Object.keys(parts(text))).toHaveLength(3);
    expect(text).not.toMatch(/<script|@all|^::/m);
    expect(text.match(/<!--/g)).toHaveLength(1);
    expect(text.match(/<\/details>/g)).toHaveLength(2);
    expect(accounted(text).shown).toBe(2);
  });
});

test("as text, the three parts are told briefly", () => {
  const plan = change({
    held: build.held("pace", build.manySignOuts(2, { cause: "due" })),
    notices: [{ kind: "unknown-user", user: "nobody", message: "nobody is no user", added: true }],
  });
  const text = planText(plan, { colour: false, width: 100, all: false });
  const titles = text.split("\n").filter((line) => /^[A-Z][^:]*(?:\([a-z]+\))?: /.test(line));
  expect(titles).toMatchInlineSnapshot(`
    [
      "This change: 2 to lock",
      "Errors, added by this change: 1",
      "No longer, by this change: 1 to unlock",
      "Pending anyway (drift): 30 to re-authenticate",
      "Due with or without this change: 1 to re-authenticate; held: 2 to re-authenticate",
      "Plan: 2 to lock, 0 to wipe, 31 to re-authenticate, 0 to unlock; 2 held. 1 user that the policy names",
    ]
  `);
  expect(text).toContain("Changed behind the policy's back.");
  expect(text).toContain("held by pace");
});
