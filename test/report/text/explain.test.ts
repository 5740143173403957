/** The explanation of one user as text, Markdown and JSON. */
import { expect, test } from "vitest";
import type { User } from "../../../src/model/inventory.ts";
import { explain } from "../../../src/plan/explain/explain.ts";
import { explanationsJson } from "../../../src/report/machine/json.ts";
import { explainMarkdown } from "../../../src/report/markdown/explain.ts";
import { explainText } from "../../../src/report/text/explain.ts";
import type { ExplainReport } from "../../../src/report/told/explain.ts";
import {
  DAY,
  exceptionOf,
  groupOf,
  HOUR,
  limitsOf,
  lockedOf,
  memoryOf,
  NOW,
  onlyTizen,
  planned,
  policyOf,
  raiseOf,
  sessionOf,
  source,
  userOf,
  usersLocked,
  written,
} from "../../kit/builders.ts";

const policy = policyOf({
  target: { ...policyOf().target, identify: "email" },
  sessions: { maxAge: written(30 * DAY, 31), maxPerUser: written(2, 33) },
  groups: [groupOf("crew", { where: { team: "sea" }, sessions: { maxAge: written(7 * DAY, 51) } })],
  exceptions: [
    exceptionOf("sessions.maxAge", { user: "jane@x.org", allow: 10 * DAY }),
    exceptionOf("sessions.maxPerUser", { group: "crew", source: source(61) }),
  ],
  devices: onlyTizen(),
  users: usersLocked(lockedOf("jane@x.org", { from: NOW - DAY, ticket: "HR-1" })),
  limits: limitsOf({ lock: { max: 0 } }, { raise: [raiseOf("wipe", { max: 3 })] }),
  enforcement: { default: "enforce", rules: { "devices.allowed": "report" } },
  rollout: 50,
});
const jane = userOf(
  "u-1",
  [
    sessionOf("s-1", { signedInAt: NOW - 41 * DAY, label: "Zebra TC52" }),
    sessionOf("s-2", { label: "iPad", lastFullSyncAt: null }),
    sessionOf("s-3", { label: "iPad", state: "ended", lastConnectedAt: NOW - 3 * HOUR }),
  ],
  { name: "jane@x.org", fields: { email: "jane@x.org", team: "sea" } },
);

function report(user: User = jane, more: Partial<ExplainReport> = {}): ExplainReport {
  const { plan } = planned([user], policy);
  const { target, url, evaluatedAt, inventory } = plan;
  return {
    format: "curfew/explanation/1",
    ...{ target, url, evaluatedAt, policy: plan.policy, inventory },
    ...explain(user, policy, NOW, memoryOf(), plan),
    history: null,
    ...more,
  };
}
const options = { colour: false, width: 110, all: false };

test("the text tells what is done, and each rule with what wins and why", () => {
  expect(explainText(report(), null, options)).toMatchInlineSnapshot(`
    "jane@x.org in production
      address     https://62d541f4156bc4dd685318da.backend.us.journeyapps.com/api/v4/615ae1ee8c5ef500078a4908
      evaluated   2026-11-22 10:00:00 UTC
      policy      policies/production.yaml
      version     no commit, sha256:a86edfe06316
      inventory   1 user, 3 sessions, 2 active

    Wanted and held: 1 to lock, 2 to re-authenticate.
      By limit: 1 to lock. A limit holds them back; a reviewed \`limits.raise\` lets them go.
      - jane@x.org  u-1
        policy   Left the company (HR-1)  policies/production.yaml:40
      By report: 2 to re-authenticate. Their enforcement is \`report\`, so nothing is written; \`enforce\` lets them
      go.
      ~ jane@x.org  u-1  Zebra TC52
        policy   ANDROID, container 20.6.1, runtime 4.85.0, xyz.appinstall.myapp,      policies/production.yaml:24
                 device device-s-1: not the one entry of devices.allowed
                 signed in 41 days ago, 10 days allowed by the exception until         policies/production.yaml:60
                 2026-12-22T10:00:00Z
      ~ jane@x.org  u-1  iPad
        policy   ANDROID, container 20.6.1, runtime 4.85.0, xyz.appinstall.myapp,      policies/production.yaml:24
                 device device-s-2: not the one entry of devices.allowed

    Refused: 1 to lock, 0 left of limits.lock.max
      1 lock action wanted, 0 allowed by limits.lock.max 0 (the default): nothing of this type is done. If it is
      meant, add to limits.raise in policies/production.yaml: { type: lock, max: 1, until: 2026-11-23, reason: … }

    The user
      id          u-1
      name        jane@x.org
      locked      no
      groups      crew (by where, policies/production.yaml:50)
      rollout     not reached: stands at 63.39, and the rollout goes to 50
      fields      email: jane@x.org, team: sea

    3 sessions
      Zebra TC52  s-1  active
        signed in 41 days ago (2026-10-12), connected 1 hour ago (2026-11-22), synced 1 hour ago (2026-11-22)
        ANDROID, container 20.6.1, runtime 4.85.0, xyz.appinstall.myapp, device device-s-1
      s-2  active
        signed in 1 day ago (2026-11-21), connected 1 hour ago (2026-11-22), synced at an unknown time
        ANDROID, container 20.6.1, runtime 4.85.0, xyz.appinstall.myapp, device device-s-2
      s-3  ended
        signed in 1 day ago (2026-11-21), connected 3 hours ago (2026-11-22), synced 1 hour ago (2026-11-22)
        ANDROID, container 20.6.1, runtime 4.85.0, xyz.appinstall.myapp, device device-s-3

    Rules, in the order of precedence

      users.locked  broken
      > policies/production.yaml:40  locked: Left the company (HR-1) from 2026-11-21T10:00:00Z
            in force: users.locked has no exceptions
        the user  broken  to be locked, and is not locked

      devices.denied  the policy says nothing of it for this user

      devices.allowed  broken, only reported
      > policies/production.yaml:24  1 device allowed, else re-authenticate  the only list
        Zebra TC52  broken
            ANDROID, container 20.6.1, runtime 4.85.0, xyz.appinstall.myapp, device device-s-1: not the one entry
            of devices.allowed
        s-2  broken
            ANDROID, container 20.6.1, runtime 4.85.0, xyz.appinstall.myapp, device device-s-2: not the one entry
            of devices.allowed

      sessions.notBefore  the policy says nothing of it for this user

      sessions.maxAge  broken, the rollout has not reached this user
        policies/production.yaml:31  30 days
            less strict than policies/production.yaml:51
        policies/production.yaml:51  7 days in group crew
            relaxed by the exception at policies/production.yaml:60
      > policies/production.yaml:60  10 days until 2026-12-22T10:00:00Z: Offshore rig, owner jane.doe@acme.example
            exceptions come before groups and the top level
        Zebra TC52  broken  signed in 41 days ago, 10 days allowed by the exception until 2026-12-22T10:00:00Z
        s-2         kept    signed in 1 day ago, 10 days allowed: due 2026-12-01T10:00:00.001Z

      sessions.maxIdle  the policy says nothing of it for this user

      sessions.maxPerUser  waived by an exception, the rollout has not reached this user
        policies/production.yaml:33  2 sessions
            waived by the exception at policies/production.yaml:61
      > policies/production.yaml:61
            waived for group crew until 2026-12-22T10:00:00Z: Offshore rig, owner jane.doe@acme.example
            exceptions come before groups and the top level

    A saved inventory holds no history: curfew history --user tells what was done and why.
    "
  `);
});

test("what wins keeps its mark on a narrow terminal, and the past comes last", () => {
  const text = explainText(report(), "History of production\n", { ...options, width: 60 });
  expect(text).toMatch(/\n {2}> policies\/production\.yaml:60\n {8}10 days until/);
  expect(text).toMatch(/\n {8}exceptions come before groups and the top level\n/);
  expect(text.endsWith("\nHistory of production\n")).toBe(true);
  expect(text).not.toContain("A saved inventory");
});

test("no text of a backend is markup, an order or a control character", () => {
  const evil = "\u001b[2J\u202e<b>|[x](y)\n";
  const user = { ...jane, fields: { email: "jane@x.org", team: evil } };
  user.sessions = [sessionOf(`id${evil}`, { label: evil, platform: evil, device: evil })];
  const text = explainText(report(user), null, options);
  const markdown = explainMarkdown(report(user), null, 60_000);
  for (const of of [text, markdown]) {
    expect([...of].filter((c) => c !== "\n" && /[\p{Cc}\p{Cf}]/u.test(c))).toEqual([]);
  }
  expect(markdown).not.toMatch(/<b>|\[x\]\(y\)/);
});

test("markdown tells the same, keeps to its size, and says what it leaves out", () => {
  const whole = explainMarkdown(report(), [], 60_000);
  const sections = whole.split(/^(?=\*\*(?:[a-z]+\.|History))/m);
  expect(sections.slice(1).map((text) => text.split("\n")[0])).toEqual([
    "**users.locked**: broken",
    "**devices.denied**: the policy says nothing of it for this user",
    "**devices.allowed**: broken, only reported",
    "**sessions.notBefore**: the policy says nothing of it for this user",
    "**sessions.maxAge**: broken, the rollout has not reached this user",
    "**sessions.maxIdle**: the policy says nothing of it for this user",
    "**sessions.maxPerUser**: waived by an exception, the rollout has not reached this user",
    "**History**",
  ]);
  expect(sections[1]).toContain("\n- the user: **broken**, to be locked, and is not locked\n");
  expect(sections.at(-1)).toBe("**History**\n\nnothing was done yet\n\n");
  expect([sections[0], sections[5]].join("")).toMatchInlineSnapshot(`
    "### Curfew explains jane@x.org in production

    **Wanted and held: 1 to lock, 2 to re-authenticate.**

    - lock, held by limit (policy)
      - \`users.locked\` \`policies/production.yaml:40\`: Left the company (HR-1)
    - re-authenticate session \`s-1\`, held by report (policy)
      - \`devices.allowed\` \`policies/production.yaml:24\`: ANDROID, container 20.6.1, runtime 4.85.0, xyz.appinstall.myapp, device device-s-1: not the one entry of devices.allowed
      - \`sessions.maxAge\` \`policies/production.yaml:60\`: signed in 41 days ago, 10 days allowed by the exception until 2026-12-22T10:00:00Z
    - re-authenticate session \`s-2\`, held by report (policy)
      - \`devices.allowed\` \`policies/production.yaml:24\`: ANDROID, container 20.6.1, runtime 4.85.0, xyz.appinstall.myapp, device device-s-2: not the one entry of devices.allowed
    - refused: 1 lock action wanted, 0 allowed by limits.lock.max 0 (the default): nothing of this type is done. If it is meant, add to limits.raise in policies/production.yaml: { type: lock, max: 1, until: 2026-11-23, reason: … }

    - id: u-1
    - name: jane@x.org
    - locked: no
    - groups: crew (by where, policies/production.yaml:50)
    - rollout: not reached: stands at 63.39, and the rollout goes to 50
    - fields: email: jane@x.org, team: sea
    - Zebra TC52, active: signed in 41 days ago (2026-10-12), connected 1 hour ago (2026-11-22), synced 1 hour ago (2026-11-22)
    - s-2, active: signed in 1 day ago (2026-11-21), connected 1 hour ago (2026-11-22), synced at an unknown time
    - s-3, ended: signed in 1 day ago (2026-11-21), connected 3 hours ago (2026-11-22), synced 1 hour ago (2026-11-22)

    **sessions.maxAge**: broken, the rollout has not reached this user

    |  | Where | Says | Why |
    | --- | --- | --- | --- |
    |  | \`policies/production.yaml:31\` | 30 days | less strict than policies/production.yaml:51 |
    |  | \`policies/production.yaml:51\` | 7 days in group crew | relaxed by the exception at policies/production.yaml:60 |
    | **holds** | \`policies/production.yaml:60\` | 10 days until 2026-12-22T10:00:00Z: Offshore rig, owner jane.doe@acme.example | exceptions come before groups and the top level |

    - Zebra TC52: **broken**, signed in 41 days ago, 10 days allowed by the exception until 2026-12-22T10:00:00Z
    - s-2: kept, signed in 1 day ago, 10 days allowed: due 2026-12-01T10:00:00.001Z

    "
  `);
  const short = explainMarkdown(report(), [], 3_500);
  expect(short.length).toBeLessThanOrEqual(3_500);
  expect(short).toContain("not shown for lack of room; `curfew explain` has them all");
});

test("JSON is the report, or a list of several", () => {
  expect(JSON.parse(explanationsJson([report()], false))).toEqual(
    JSON.parse(JSON.stringify(report())),
  );
  expect(JSON.parse(explanationsJson([report()], true))).toMatchObject({
    format: "curfew/explanations/1",
    explanations: [{ user: { id: "u-1" } }],
  });
});
