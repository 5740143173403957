import fc from "fast-check";
import { expect, test } from "vitest";
import { html, json, prose, raw } from "../../../src/report/html/markup.ts";
import { applyRows, driftRows, pack, planRows, unpack } from "../../../src/report/html/rows.ts";
import { finder, repositoryOf } from "../../../src/report/told/links.ts";
import { withoutOrders } from "../../../src/text/safe.ts";
import * as build from "../builders.ts";
import { HOSTILE, hostilePlan } from "./estate.ts";

const NOWHERE = () => null;

test("a template escapes all but markup, joins lists, and leaves out what is nothing", () => {
  const inner = html`<b>${"a & b"}</b>`;
  expect(html`<p title="${`"'<>`}">${inner}${[1, raw("<i>"), null]}${false}</p>`.text).toBe(
    '<p title="&#34;&#39;&#60;&#62;"><b>a &#38; b</b>1<i></p>',
  );
});

test("no text ends an element or an attribute, or is an order to a CI runner", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...HOSTILE)), (text) => {
      const escaped = html`${text}`.text;
      expect(escaped).not.toMatch(/[<>"'\p{Cc}\p{Cf}]/u);
      expect(withoutOrders(escaped)).toBe(escaped);
    }),
  );
});

test("JSON in a script element is the same value, and ends no element", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(...HOSTILE), (value, hostile) => {
      const all = [value, hostile];
      const { text } = json(all);
      expect(text).not.toMatch(/[<>\u2028\u2029]/);
      expect(withoutOrders(text)).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(all)));
    }),
  );
});

test("prose: backticks are code, and an action's name is not broken", () => {
  const text = (of: string) => html`${prose(of)}`.text;
  expect(text("raise `limits.<b>` to re-authenticate")).toBe(
    'raise <code>limits.&#60;b&#62;</code> to <span class="whole">re-authenticate</span>',
  );
  expect(text("one ` alone")).toBe("one ` alone");
});

test("rows are the same after they were packed", () => {
  const plan = build.busyPlan();
  const known = { lastRunAt: null, ownLocks: { [build.JANE]: 0 } };
  const outcomes = build.outcomesOf(plan.actions.slice(3), "failed");
  const find = (file: string, line: number) => `https://git.example/${file}#L${line}`;
  for (const rows of [
    planRows(plan, find),
    driftRows(plan, known, NOWHERE),
    applyRows(plan, outcomes, NOWHERE),
    planRows(hostilePlan(), NOWHERE),
  ]) {
    const { texts, rows: packed } = JSON.parse(json(pack(rows)).text);
    expect(packed.map((row: never) => unpack(texts, row))).toEqual(rows);
  }
});

test("what repeats is held once: 50,000 rows are less than 200 bytes each", () => {
  const rows = planRows(build.plan({ actions: build.manySignOuts(50_000) }), NOWHERE);
  expect(json(pack(rows)).text.length / rows.length).toBeLessThan(200);
});

test("rows: a plan's wipes first and what is held last; drift first; failures first", () => {
  const plan = build.busyPlan();
  const first = planRows(plan, NOWHERE).map(({ kind, status }) => `${kind}, ${status}`);
  expect([...new Set(first)]).toEqual([
    "lock-and-wipe, to do",
    "wipe, to do",
    "lock, to do",
    "re-authenticate, to do",
    "unlock, to do",
    "lock, held by limit",
    "re-authenticate, held by pace",
  ]);
  const [drifted] = driftRows(plan, { lastRunAt: null }, NOWHERE);
  expect([drifted?.cause, drifted?.note]).toEqual([
    "drift",
    "Somebody unlocked this user; the policy locks it.",
  ]);
  const outcomes = build.outcomesOf(plan.actions);
  const [lock, ...others] = outcomes;
  if (!lock) throw new Error("the busy plan has a lock");
  const failed = { ...lock, status: "failed" as const, error: "HTTP 500" };
  const [row] = applyRows(plan, [...others, failed], NOWHERE);
  expect([row?.status, row?.user, row?.note]).toEqual(["failed", build.OMAR, "HTTP 500"]);
});

test.each([
  [
    { GITHUB_SERVER_URL: "https://github.com", GITHUB_REPOSITORY: "acme/policies" },
    "https://github.com/acme/policies/blob/",
  ],
  [
    { CI_PROJECT_URL: "https://gitlab.example/acme/policies" },
    "https://gitlab.example/acme/policies/-/blob/",
  ],
  [
    { CI_PROJECT_URL: "https://ci:s3cret@gitlab.example/acme" },
    "https://gitlab.example/acme/-/blob/",
  ],
  [{ CI_PROJECT_URL: "javascript:alert(1)" }, undefined],
  [{ CI_PROJECT_URL: "nothing of the kind" }, undefined],
  [{ GITHUB_REPOSITORY: "acme/policies" }, undefined],
  [{}, undefined],
])("the repository of %o", (env, files) => {
  expect(repositoryOf(env)?.files).toBe(files);
});

test("a line has an address where the commit and the repository are known and the file is in it", () => {
  const plan = build.plan();
  const { commit } = plan.policy;
  const repository = { files: "https://git.example/p/blob/" };
  const find = finder(plan, { repository });
  expect(find("policies/a b#1.yaml", 7)).toBe(
    `https://git.example/p/blob/${commit}/policies/a%20b%231.yaml#L7`,
  );
  expect(find("./policies/x.yaml", 1)).toBe(
    `https://git.example/p/blob/${commit}/policies/x.yaml#L1`,
  );
  expect(finder(plan, { repository, folder: "ops/curfew/" })("policies/x.yaml", 1)).toBe(
    `https://git.example/p/blob/${commit}/ops/curfew/policies/x.yaml#L1`,
  );
  for (const file of ["/etc/passwd", "../other/x.yaml", "C:\\policies\\x.yaml"]) {
    expect(find(file, 1), file).toBeNull();
  }
  expect(finder(plan, {})("policies/x.yaml", 1)).toBeNull();
  for (const odd of [null, "main/../..", '"><script>']) {
    const of = { ...plan, policy: { ...plan.policy, commit: odd } };
    expect(finder(of, { repository })("policies/x.yaml", 1)).toBeNull();
  }
});
