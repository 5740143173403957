import { expect, test } from "vitest";
import { forecastMeter } from "../../../src/plan/forecast/forecast.ts";
import { forecastsJson } from "../../../src/report/machine/json.ts";
import { forecastMarkdown } from "../../../src/report/markdown/forecast.ts";
import { forecastText } from "../../../src/report/text/forecast.ts";
import type { ForecastReport } from "../../../src/report/told/forecast.ts";
import { bar, shade } from "../../../src/text/bars.ts";
import {
  DAY,
  HOUR,
  knownOf,
  lockedOf,
  NOW,
  policyOf,
  sessionOf,
  userOf,
  usersLocked,
  written,
} from "../../kit/builders.ts";
import { plan } from "../builders.ts";

const policy = policyOf({
  sessions: { maxAge: written(30 * DAY, 31), maxIdle: written(4 * DAY, 32) },
  enforcement: { default: "enforce", rules: { "sessions.maxIdle": "report" } },
  users: usersLocked(lockedOf("zoe", { from: NOW + DAY })),
});

/** Eight fall due tomorrow, Zoe is locked then, one is too old already, and one is only reported. */
function report(more: Partial<ForecastReport> = {}): ForecastReport {
  const meter = forecastMeter(knownOf(policy), 4);
  const age = (ms: number, label: string | null = null) =>
    sessionOf(`s-${label}`, { signedInAt: NOW - ms, lastConnectedAt: NOW, label });
  for (let i = 0; i < 8; i++) meter.add({ user: userOf(`u${i}`, [age(29 * DAY - i * HOUR)]) });
  meter.add({ user: userOf("old", [age(31 * DAY)]) });
  meter.add({ user: userOf("zoe", [age(DAY)], { name: "zoe" }) });
  meter.add({ user: userOf("ida", [{ ...age(DAY), lastConnectedAt: NOW - 2 * DAY }]) });
  meter.add({ user: userOf("evil", [age(28 * DAY, "\u001b[2J\u202e|<b>")]) });
  meter.add({ unreadable: { id: "x", field: "sessions", message: "sessions: is text" } });
  const { target, url, evaluatedAt, policy: from, inventory } = plan();
  return {
    format: "curfew/forecast/1",
    ...{ target, url, evaluatedAt, policy: from, inventory, user: null },
    ...meter.result(),
    ...more,
  };
}
const options = { colour: false, width: 100, all: false };

test("the text is a chart, and the rules and first users of each day", () => {
  expect(forecastText(report(), options)).toMatchInlineSnapshot(`
    "Forecast for production
      address     https://62d541f4156bc4dd685318da.backend.us.journeyapps.com/api/v4/
                  615ae1ee8c5ef500078a4908
      evaluated   2026-11-22 10:00:00 UTC
      days        4, of UTC
      policy      policies/production.yaml, policies/shared/devices.yaml
      version     commit 68d79a1b0c3d, sha256:1f2e1f2e1f2e
      inventory   1,247 users, 2,080 sessions, 1,861 active

      Wanted already: 1 to re-authenticate (see curfew plan).
      1 user can't be read, so nothing is known of it.

      Sun 2026-11-22
      Mon 2026-11-23  ████████████████████████████████████████████  1 to lock, 8 to re-authenticate
      Tue 2026-11-24  ████▉░░░░░                                    1 to re-authenticate; 1 held if idle
      Wed 2026-11-25

    Day by day

      Mon 2026-11-23  1 to lock, 8 to re-authenticate
          8  sessions.maxAge  policies/production.yaml:31
          1  users.locked     policies/production.yaml:40
        10:00  lock             zoe
        10:00  re-authenticate  u0   s-null
        11:00  re-authenticate  u1   s-null
        12:00  re-authenticate  u2   s-null
        13:00  re-authenticate  u3   s-null
        … and 4 more

      Tue 2026-11-24  1 to re-authenticate; 1 held if idle
          1  sessions.maxAge  policies/production.yaml:31
        10:00  evil  \\x1b[2J\\u202e|<b>

    10 fall due in 4 days, most on 2026-11-23 (9); 1 held by report or by the rollout, and not counted.
    What is due comes unless somebody signs in again. “If idle” are sessions that have been silent for
    half of \`sessions.maxIdle\` or longer, and end then only if they stay silent. Limits, windows and a
    freeze may make either later.
    "
  `);
});

test("the chart keeps to a narrow terminal, and a day to its own colour", () => {
  const text = forecastText(report(), { ...options, width: 60 });
  const chart = text.split("\n").filter((line) => /^ {2}\w{3} 20\S+ +[▁-▏░▒]/.test(line));
  expect(chart.length).toBeGreaterThan(1);
  for (const line of chart) expect(line.length).toBeLessThanOrEqual(64);
  const coloured = forecastText(report(), { ...options, colour: true });
  // A lock among them: magenta; sign-outs alone: yellow.
  expect(coloured).toContain("2026-11-23  \u001b[35m█");
  expect(coloured).toContain("2026-11-24  \u001b[33m");
});

test("what only silence would bring is drawn lighter and told apart", () => {
  const idle = policyOf({
    sessions: { maxAge: written(30 * DAY, 31), maxIdle: written(4 * DAY, 32) },
  });
  const meter = forecastMeter(knownOf(idle), 3);
  const session = (id: string, signedIn: number, connected: number) =>
    sessionOf(id, { signedInAt: NOW - signedIn, lastConnectedAt: NOW - connected });
  meter.add({ user: userOf("old", [session("a", 29 * DAY, 0)]) });
  meter.add({ user: userOf("ida", [session("b", 5 * DAY, 3 * DAY)]) });
  meter.add({ user: userOf("kim", [session("c", 5 * DAY, HOUR)]) });
  const told = report(meter.result());
  const text = forecastText(told, options);
  expect(text).toContain(
    `\n  Mon 2026-11-23  ${"█".repeat(24)}${"▒".repeat(24)}  1 to re-authenticate; 1 if idle\n`,
  );
  expect(text).toMatch(
    /\n {4}if idle:\n {6}1 {2}sessions\.maxIdle {2}policies\/production\.yaml:32\n {4}10:00 {2}ida/,
  );
  expect(text).toContain(
    "1 falls due in 3 days, most on 2026-11-23 (1); 1 only if they stay idle, and not counted.",
  );
  expect(text).not.toContain("kim");
  const markdown = forecastMarkdown(told, 60_000);
  expect(markdown).toContain(
    "██████████▒▒▒▒▒▒▒▒▒▒ | 1 to re-authenticate; 1 if idle | 1 `sessions.maxAge` `policies/production.yaml:31`<br>_if idle:_ 1 `sessions.maxIdle` `policies/production.yaml:32` | `old`<br>_if idle:_ `ida` |",
  );
  expect(JSON.parse(forecastsJson([told], false)).days[1]).toMatchObject({
    total: 1,
    idle: { total: 1, due: { "re-authenticate": 1 }, first: [{ user: "ida" }] },
  });
});

test("nothing to tell is told", () => {
  const meter = forecastMeter(knownOf(), 2);
  const text = forecastText(report(meter.result()), options);
  expect(text).toContain("\nNothing falls due in 2 days.\n");
  expect(text).not.toMatch(/[█░]|Wanted already|Day by day/);
});

test("markdown is a table in which nothing of a backend is markup, and says what it leaves out", () => {
  const whole = forecastMarkdown(report(), 60_000);
  expect(whole).toMatchInlineSnapshot(`
    "### Curfew forecast for production, 4 days

    **10 fall due in 4 days, most on 2026-11-23 (9); 1 held by report or by the rollout, and not counted.**

    Wanted already: 1 to re-authenticate.

    | Day (UTC) |  | Due | Rules | First |
    | --- | --- | --- | --- | --- |
    | Sun 2026-11-22 |  |  |  |  |
    | Mon 2026-11-23 | ████████████████████ | 1 to lock, 8 to re-authenticate | 8 \`sessions.maxAge\` \`policies/production.yaml:31\`<br>1 \`users.locked\` \`policies/production.yaml:40\` | \`zoe\`, \`u0\`, \`u1\`, \`u2\`, \`u3\`, 4 more |
    | Tue 2026-11-24 | ██▎░░ | 1 to re-authenticate; 1 held if idle | 1 \`sessions.maxAge\` \`policies/production.yaml:31\` | \`evil\` |
    | Wed 2026-11-25 |  |  |  |  |

    _What is due comes unless somebody signs in again. “If idle” are sessions that have been silent for half of \\\`sessions.maxIdle\\\` or longer, and end then only if they stay silent. Limits, windows and a freeze may make either later._

    Policy \`policies/production.yaml\`, \`policies/shared/devices.yaml\`
    "
  `);
  const short = forecastMarkdown(report(), 900);
  expect(short.length).toBeLessThanOrEqual(900);
  expect(short).toMatch(/not shown for lack of room; `curfew forecast` has them all/);
});

test("JSON is the report, or a list of several", () => {
  expect(JSON.parse(forecastsJson([report()], false))).toEqual(report());
  expect(JSON.parse(forecastsJson([report()], true))).toEqual({
    format: "curfew/forecasts/1",
    forecasts: [report()],
  });
});

test("bars are drawn to an eighth, and what is not nothing shows", () => {
  expect([0, 1, 4, 8, 12, 16].map((n) => bar(n, 16, 2))).toEqual(["", "▏", "▌", "█", "█▌", "██"]);
  expect(bar(1, 1_000_000, 10)).toBe("▏");
  expect([shade(0, 4, 4), shade(1, 400, 4), shade(4, 4, 4)]).toEqual(["", "░", "░░░░"]);
  expect(bar(1, 0, 4) + shade(1, 0, 4)).toBe("");
});
