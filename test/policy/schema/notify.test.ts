/** The section `notify`: what is taken, and what is said of what is not. */
import { expect, test } from "vitest";
import { keptOf } from "../../../src/policy/stored.ts";
import { load, loadOne, MINIMAL, problemsOf } from "../helpers.ts";

const GOOD = `notify:
  channels:
    - slack: aws-secret:curfew/slack
      on: [refusal, freeze]
    - webhook: https://hooks.acme.example/curfew
      secret: env:WEBHOOK_SECRET
    - sns: arn:aws:sns:eu-west-1:123456789012:curfew
  users:
    before: 3d
    webhook: http://127.0.0.1:8080/
    secret: env:WEBHOOK_SECRET
`;

test("is complete, with all events where a channel names none", async () => {
  const all = ["refusal", "error", "lock", "drift", "exception-expiring", "freeze"];
  const { notify } = await loadOne(GOOD);
  const source = (line: number) => ({ file: "p.yaml", line });
  expect(notify).toEqual({
    channels: [
      { via: "slack", to: "aws-secret:curfew/slack", on: ["refusal", "freeze"], source: source(9) },
      {
        ...{
          via: "webhook",
          to: "https://hooks.acme.example/curfew",
          secret: "env:WEBHOOK_SECRET",
        },
        ...{ on: all, source: source(11) },
      },
      { via: "sns", to: "arn:aws:sns:eu-west-1:123456789012:curfew", on: all, source: source(13) },
    ],
    users: {
      ...{ before: 3 * 86_400_000, webhook: "http://127.0.0.1:8080/" },
      ...{ secret: "env:WEBHOOK_SECRET", source: source(14) },
    },
  });
});

test("is not in a ledger's last policy, which nobody asks for it, and is absent where it is not given", async () => {
  const policy = await loadOne(GOOD);
  const { notify: _, ...rest } = policy;
  expect(keptOf(policy)).toEqual(rest);
  expect("notify" in (await loadOne(""))).toBe(false);
});

test("is joined from fragments", async () => {
  const channel = (name: string) => `notify: { channels: [{ slack: "env:${name}" }] }\n`;
  const [policy] = await load(
    { "p.yaml": `${MINIMAL}include: [f/n.yaml]\n${channel("A")}`, "f/n.yaml": channel("B") },
    ["p.yaml"],
  );
  expect(policy?.notify?.channels.map(({ to }) => to)).toEqual(["env:A", "env:B"]);
});

/** What is put behind MINIMAL (so its first line is line 7), and every problem that must be found. */
const CHANNEL = (said: string) => `notify: { channels: [${said}] }`;
const SIGNED = (address: string) => CHANNEL(`{ webhook: "${address}", secret: env:S }`);
const USERS = (before: string) =>
  `notify: { users: { before: ${before}, webhook: "https://h.example", secret: env:S } }`;
// biome-ignore format: one row a case
const BAD: [string, string, string | RegExp][] = [
  ["unknown event", CHANNEL("{ slack: env:A, on: [refusals] }"), '7:43: notify.channels[0].on[0]: "refusals" is not one of refusal, error, lock, drift, exception-expiring, freeze: did you mean "refusal"?'],
  ["event twice", CHANNEL("{ slack: env:A, on: [lock, lock] }"), /"lock" is in the list twice/],
  ["no event", CHANNEL("{ slack: env:A, on: [] }"), /on: must not be empty/],
  ["unknown key", CHANNEL("{ slak: env:A }"), /unknown key "slak": did you mean "slack"\?/],
  ["the address of Slack itself", CHANNEL("{ slack: 'https://hooks.slack.com/services/T/very-secret' }"), "7:31: notify.channels[0].slack: is not a reference: write env:NAME or aws-secret:NAME, never the secret itself"],
  ["no way", CHANNEL("{ on: [lock] }"), "7:22: notify.channels[0]: names no way to tell anybody: give it one of slack, webhook and sns"],
  ["two ways", CHANNEL("{ slack: env:A, sns: 'arn:aws:sns:eu-west-1:123456789012:c' }"), /names several ways/],
  ["not signed", CHANNEL("{ webhook: 'https://h.example' }"), /webhook: needs secret beside it/],
  ["signs nothing", CHANNEL("{ slack: env:A, secret: env:S }"), /secret: signs what is sent to a webhook, and to nothing else/],
  ["the secret itself", CHANNEL("{ webhook: 'https://h.example', secret: whsec_very-secret }"), /secret: is not a reference/],
  ["plain http", SIGNED("http://hooks.example"), /must begin with https:\/\//],
  ["a token in the address", SIGNED("https://h.example/?token=very-secret"), /webhook: must hold no credentials, no query and no fragment: keep such an address as a secret/],
  ["a password in the address", SIGNED("https://u:very-secret@h.example/"), /must hold no credentials/],
  ["no address", SIGNED("hooks.example"), /is not a URL/],
  ["no topic", CHANNEL("{ sns: curfew }"), /"curfew" is not the ARN of a topic: write arn:aws:sns:REGION:ACCOUNT:NAME/],
  ["a channel twice", CHANNEL("{ slack: env:A }, { slack: env:A, on: [lock] }"), /the same channel is listed twice: also at p\.yaml:7/],
  ["no channel", "notify: { channels: [] }", /channels: must not be empty/],
  ["before and no more", "notify: { users: { before: 3d } }", /"webhook" is missing/],
  ["too short", USERS("30m"), "7:28: notify.users.before: is less than the hour between two runs: write 1h or more"],
  ["longer than a session lives", `sessions: { maxAge: 30d, maxIdle: 3d }\n${USERS("3d")}`, "8:28: notify.users.before: is not shorter than the 3 days at p.yaml:7: everybody would be told all the time"],
  ["longer than a group's", `groups: { g: { members: [a], sessions: { maxAge: 2d } } }\n${USERS("3d")}`, /is not shorter than the 2 days/],
];

test.each(BAD)("%s", async (_, sections, problem) => {
  const problems = await problemsOf({ "p.yaml": `${MINIMAL}${sections}\n` });
  expect(problems.join("\n")).not.toContain("very-secret");
  expect(problems[0]).toEqual(
    typeof problem === "string" ? `p.yaml:${problem}` : expect.stringMatching(problem),
  );
});
