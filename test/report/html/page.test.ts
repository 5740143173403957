import { hash } from "node:crypto";
import { expect, test } from "vitest";
import { htmlRenderer } from "../../../src/report/html/renderer.ts";
import { withoutOrders } from "../../../src/text/safe.ts";
import * as b from "../../kit/builders.ts";
import * as build from "../builders.ts";
import {
  applyPage,
  driftPage,
  factsOf,
  HOSTILE,
  hostilePage,
  OPTIONS,
  planPage,
  policy,
  runs,
  users,
} from "./estate.ts";

const verdictOf = (page: string) =>
  /class="verdict">(.*?)<\/p>/.exec(page)?.[1]?.replace(/<[^>]+>/g, "");

/** Everything of the page that is text, without its markup. */
const textOf = (page: string) => page.replace(/<(script|style)[\s\S]*?<\/\1>|<[^>]+>/g, " ");

const withoutScript = (page: string) => page.replace(/<script>[\s\S]*?<\/script>/, "");

test("the verdict says what matters, in the words of every format", () => {
  expect(verdictOf(planPage())).toBe("2 to lock, 1 to wipe, 13 to re-authenticate, 1 to unlock.");
  expect(verdictOf(planPage(build.plan()))).toBe(
    "Nothing to do: production is as the policy says.",
  );
  const held = build.plan({ held: build.held("pace", build.manySignOuts(3)) });
  expect(verdictOf(planPage(held))).toBe("Nothing is done now.");
  expect(verdictOf(driftPage())).toBe("Drift: 1 change was made behind the policy&#39;s back.");
  expect(verdictOf(applyPage())).toBe(
    "Applied 15 of 18: 1 failed (HTTP 500), 1 skipped, 1 without an outcome.",
  );
});

test("what one decides by comes first, then the actions, and the charts last", () => {
  const unknown = {
    kind: "unknown-user",
    user: "jane@acme.example",
    message: "no such user",
  } as const;
  const plan = { ...build.busyPlan(), base: { commit: null } };
  const notices = [...plan.notices, unknown, { ...unknown, user: "new", added: true as const }];
  const raise = "limits.raise, until 2026-12-01: lock max 500 (Plant closure)";
  const lifted = [{ what: raise, source: b.source(80) }];
  const known = { facts: factsOf(users(200)), runs: runs(3), lifted };
  const page = htmlRenderer.plan([{ plan: { ...plan, notices }, ...known }], OPTIONS);
  const order = [
    "Now: 14 of 1,861 active sessions, 1 %; 2 of 1,247 users locked, under 1 %.",
    "Refused: 120 to lock",
    "1 user that this change names and the target lacks",
    "Wipes: 2 to wipe",
    "1 user named by the policy and unknown to the target",
    "<code>jane@acme.example</code>",
    raise,
    'class="tiles"',
    'class="actions"',
    "What this change does",
    ">Held</h2>",
    ">Notices</h2>",
    'class="charts"',
  ];
  const places = order.map((one) => page.indexOf(one));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, z) => a - z));
  // No tile like any other.
  expect(page).not.toContain('<li class="tile wipe');
  expect(planPage(build.plan())).not.toMatch(/class="callout/);
});

test("an apply tells what the read after the writes has shown", () => {
  const plan = build.plan({ actions: [build.wipe(), build.lock(), ...build.manySignOuts(3)] });
  const outcomes = build.outcomesOf(plan.actions).map((one, i) => ({
    ...one,
    ...(i < 3 ? { confirmed: true } : i === 3 ? { confirmed: false } : {}),
  }));
  const page = htmlRenderer.apply([{ plan, outcomes }], OPTIONS);
  expect(page).toContain("Read back: 3 of 5 confirmed, 2 not confirmed.");
  expect(page.match(/class="status applied">applied, confirmed</g)).toHaveLength(3);
  expect(page.match(/class="status unseen">applied, not confirmed</g)).toHaveLength(2);
  expect(page).toContain("Wipes: 1 applied<");
  const whole = outcomes.map((one) => ({ ...one, confirmed: true }));
  expect(htmlRenderer.apply([{ plan, outcomes: whole }], OPTIONS)).toContain(
    "Read back: 5 of 5 confirmed.",
  );
});

test("a platform that is not allowed has a line of its own, however many others are more frequent", () => {
  const estate = b.estateOf(400, (i) => ({
    platform: i < 3 ? "TIZEN" : "ANDROID",
    container: i < 3 ? `${i}.0.0` : `${20 + (i % 30)}.1.0`,
  }));
  const page = htmlRenderer.plan([{ plan: build.plan(), facts: factsOf(estate) }], OPTIONS);
  const [drawn = ""] = /id="t0-devices"[\s\S]*?<\/svg>/.exec(page) ?? [];
  expect(drawn).toContain(">TIZEN (all versions)</text>");
  expect(drawn).toContain(">others</text>");
});

test("tiles count each type, what is held and by what, drift and notices", () => {
  const tiles = [...planPage().matchAll(/<li class="tile.*?<\/li>/gs)].map(([tile]) =>
    tile.replace(/<[^>]+>/g, "|").replace(/\|+/g, "|"),
  );
  expect(tiles).toEqual([
    "|Locks|2|2 held|",
    "|Re-authentications|13|300 held|",
    "|Unlocks|1|",
    "|Held|302|2 by limit, 300 by pace|",
    "|Drift|1|somebody changed the backend|",
    "|Notices|3|of 2 kinds|",
  ]);
});

test("the charts say in words and numbers what they draw", () => {
  const text = textOf(planPage());
  for (const sentence of [
    "200 active sessions by the days since sign-in. 80 sessions are older than the limit.",
    "Active sessions by platform and version of the container. All are allowed.",
    "The last 30 runs: 193 applied, 6 failed, 3 runs with a refusal.",
  ]) {
    expect(text).toContain(sentence);
  }
  expect(text).toMatch(/116 to re-authenticate; most on 2026-1\d-\d\d \(4\)\. 80 are due already/);
});

test("the policy's limit is drawn in the ages, each with the line where it is written", () => {
  const page = planPage();
  const ages = page.slice(page.indexOf('id="t0-ages"'), page.indexOf('id="t0-due"'));
  expect(ages.match(/>limit 30 days</g)).toHaveLength(2);
  expect(textOf(ages)).toMatch(/7 days\s+for contractors\s+policies\/production\.yaml:41/);
});

test("a picture is attributes only: no style, no script, nothing to load", () => {
  const pictures = planPage().match(/<svg[\s\S]*?<\/svg>/g) ?? [];
  expect(pictures).toHaveLength(8);
  for (const picture of pictures)
    expect(picture).not.toMatch(
      /<(?!\/?(?:svg|g|path|text|circle)\b)| (?:style|class|href|on\w+)=/,
    );
});

test("with a base the change comes first, then what was pending, what falls due, and what is wanted no longer", () => {
  const more = {
    base: { commit: "0123456789abcdef0123" },
    averted: [build.lock({ user: build.id(7) })],
  };
  const page = planPage({ ...build.busyPlan(), ...more });
  expect(verdictOf(page)).toBe(
    "This change: 1 to lock, 1 to wipe; held: 2 to lock, 300 to re-authenticate.",
  );
  const text = textOf(page)
    .replace(/\s+/g, " ")
    .replace(/ (?=[,.;])/g, "");
  for (const line of [
    "In all: 2 to lock, 1 to wipe, 13 to re-authenticate, 1 to unlock.",
    "Pending anyway (drift) 1 to lock, 1 to re-authenticate",
    "Due with or without this change 12 to re-authenticate, 1 to unlock",
    "No longer, by this change 1 to lock",
    "Compared with commit 0123456789ab",
  ]) {
    expect(text).toContain(line);
  }
  expect(page).toContain('<option value="averted">averted (1)</option>');
});

test("after an apply the head of the audit log is told, to be noted", () => {
  expect(textOf(applyPage())).toContain(`1,204 lines, head sha256:${"ab".repeat(32)}`);
  expect(textOf(planPage())).not.toContain("Audit log");
});

test("what is not known is not drawn", () => {
  const bare = htmlRenderer.plan([{ plan: build.busyPlan() }], OPTIONS);
  expect(bare).not.toContain("<svg");
  const past = htmlRenderer.plan([{ plan: build.busyPlan(), runs: runs(2) }], OPTIONS);
  expect(past.match(/<figure/g)).toHaveLength(1);
});

test("an empty estate, one without rules and one with a limit of minutes are drawn too", () => {
  for (const [all, of] of [
    [[], b.policyOf()],
    [users(3), b.policyOf()],
    [users(3), policy({ sessions: { maxAge: b.written(90 * b.MINUTE) } })],
    [users(3), policy({ devices: { ...b.onlyTizen(), allowed: [] } })],
  ] as const) {
    const known = { facts: factsOf([...all], of), runs: runs(1) };
    const page = htmlRenderer.plan([{ plan: build.plan(), ...known }], OPTIONS);
    expect(page.match(/<svg/g)).toHaveLength(8);
    expect(withoutScript(page)).not.toMatch(/NaN|undefined|Infinity/);
  }
});

test("reasons link to the line of policy where commit and repository are known, else they name it", () => {
  const address =
    "https://git.example/p/blob/68d79a1b0c3d4e5f68d79a1b0c3d4e5f68d79a1b/policies/production.yaml#L18";
  const linked = planPage(build.busyPlan(), {
    repository: { files: "https://git.example/p/blob/" },
  });
  expect(linked).toContain(
    `<a class="source" href="${address}" rel="noreferrer">policies/production.yaml:18</a>`,
  );
  expect(planPage()).toContain('<span class="source">policies/production.yaml:18</span>');
});

test("several targets are one page with a list of them, and no id is twice", () => {
  const plans = ["north", "south"].map((target) => ({
    plan: { ...build.busyPlan(), target },
    ...{ facts: factsOf(users(20)), runs: runs(3) },
  }));
  const page = htmlRenderer.plan(plans, { ...OPTIONS, several: true });
  expect(page).toContain("<title>Curfew plan for 2 targets</title>");
  expect(page).toContain('<a href="#t1"><b>south</b>');
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [, to] of page.matchAll(/ href="#([^"]+)"/g)) expect(ids).toContain(to);
  for (const [, to] of page.matchAll(/url\(#([^)]+)\)/g)) expect(ids).toContain(to);
});

test.each([
  ["plan", planPage],
  ["drift", driftPage],
  ["apply", applyPage],
  ["hostile", hostilePage],
])("%s: nothing in the file leads out, and its policy allows its one script by hash", (_, page) => {
  const text = page();
  const csp = /Content-Security-Policy" content="([^"]+)"/.exec(text)?.[1];
  const scripts = [...text.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(
    ([, script = ""]) => script,
  );
  expect(scripts).toHaveLength(1);
  expect(csp).toContain("default-src 'none'");
  expect(csp).toContain(`script-src 'sha256-${hash("sha256", scripts[0] ?? "", "base64")}'`);
  const loads = text.match(
    /<(img|iframe|object|embed|audio|video|base)\b|<link(?! rel="icon" href="data:,")|@import|<[^>]+\s(?:src|on[a-z]+)=/gi,
  );
  expect(loads).toBeNull();
  expect(text).not.toMatch(/url\((?!#)/);
  // The door takes orders to CI runners out of all it prints: nothing here may change by it.
  expect(withoutOrders(text)).toBe(text);
});

test("every hostile text is there, as text", () => {
  const page = hostilePage();
  for (const text of HOSTILE.filter((one) => /[<>]/.test(one))) expect(page).not.toContain(text);
  expect(page).toContain("&#60;img src=x onerror=&#34;window.pwned=1&#34;&#62;");
});

test("the same report is the same file", () => {
  expect(planPage()).toBe(planPage());
});
