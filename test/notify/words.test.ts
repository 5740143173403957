/** What people read: short, and harmless whatever a backend, a device or a name says. */
import { expect, it } from "vitest";
import type { Action } from "../../src/model/plan.ts";
import { judge } from "../../src/notify/judge.ts";
import { slackText } from "../../src/notify/slack.ts";
import { keyOf } from "../../src/notify/webhook.ts";
import { driftContent, failedContent, lockContent } from "../../src/notify/words.ts";
import { NOW, planned, policyOf, userOf } from "../kit/builders.ts";

const lock = (user: string, more: Partial<Action> = {}): Action => ({
  ...{ type: "lock", user, session: null, cause: "drift", expects: {} },
  reasons: [{ rule: "users.locked", file: "policies/p.yaml", line: 40, message: "Left" }],
  ...more,
});

it("calls nobody and disguises no link, whatever names and errors say", () => {
  const name =
    "<!channel> <https://evil.example|bank> @channel @jane [bank](https://evil.example) & jane@acme.example\u202e\n::error::x";
  const text = slackText({
    ...failedContent(
      [{ status: "failed", type: "lock", user: name, session: null, error: name }],
      [],
    ),
  });
  expect(text).not.toMatch(/<|>|&(?!amp;|lt;|gt;)/);
  expect(text).not.toMatch(/(^|\s)@\w/);
  expect(text).not.toContain("](");
  expect(text).not.toContain("\u202e");
  expect(text.split("\n").every((line) => !line.startsWith("::"))).toBe(true);
  expect(text).toContain("jane@acme.example");
});

it("cuts before it escapes, and says so", () => {
  const text = slackText({ title: "t", lines: ["&".repeat(5_000)] });
  expect(text.endsWith("&amp;… (cut)")).toBe(true);
});

it("names the first five and counts the rest, for people; lists fifty for programs", () => {
  const actions = Array.from({ length: 120 }, (_, i) => lock(`u${i}`));
  const { title, lines, data } = lockContent(actions);
  expect(title).toBe("120 users locked");
  expect(lines[0]).toBe("lock u0: Left (policies/p.yaml:40)");
  expect(lines[5]).toBe("… and 115 more");
  expect(data).toMatchObject({ count: 120, actions: { length: 50 } });
});

it("says of a lock that it wipes, and of drift what is still open", () => {
  expect(lockContent([lock("a", { wipe: true })]).title).toBe(
    "1 user locked, with a wipe of their devices",
  );
  const found = [
    { action: lock("a"), closed: true },
    { action: lock("b"), closed: false },
  ];
  expect(driftContent(found).lines[2]).toMatch(/^1 change not put right yet/);
});

it("gives the same event the same id, and another moment another", () => {
  const policy = policyOf({
    freeze: { until: NOW + 1, reason: "r", allow: [], source: { file: "f", line: 1 } },
  });
  const { plan } = planned([userOf("a")], policyOf());
  const idAt = (at: number) =>
    judge(policy, { run: `r${at}`, at, whole: true, plan, outcomes: [] }, {}).messages[0]?.id;
  expect(idAt(NOW)).toMatch(/^[0-9a-f]{32}$/);
  expect(idAt(NOW)).toBe(idAt(NOW));
  expect(idAt(NOW)).not.toBe(idAt(NOW - 1));
});

it("takes no secret that is weak or of another form", () => {
  const of = (bytes: number) => `whsec_${Buffer.alloc(bytes, 1).toString("base64")}`;
  expect(keyOf(of(24))).toEqual(Buffer.alloc(24, 1));
  expect(keyOf(of(64))).toHaveLength(64);
  for (const bad of [of(23), of(65), "hunter2", "whsec_", of(32).slice(6), `${of(32)}\n`])
    expect(keyOf(bad)).toBeNull();
});
