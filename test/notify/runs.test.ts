/** Whole runs against a sandbox, hour by hour, and what real webhooks get of them: each event once. */
import { createHmac } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadPolicies } from "../../src/checkout/load.ts";
import type { Settings } from "../../src/parts.ts";
import type { ServedUser } from "../../src/providers/journeyapps/sandbox/sandbox.ts";
import { type Ran, type RunRequest, runOn } from "../../src/run.ts";
import { DAY, HOUR, iso } from "../../src/time.ts";
import { folder, SECRET } from "../cli/run.ts";
import { policy, SECTIONS, sandbox, user } from "../cli/world.ts";
import { clockAt, type Receiver, receiver } from "./receiver.ts";

const AT = Date.now();
const KEY = Buffer.alloc(32, 7);
const WHSEC = `whsec_${KEY.toString("base64")}`;

const CHANNELS = (hook: string) => `notify:
  channels:
    - slack: env:SLACK_WEBHOOK
    - webhook: ${hook}
      secret: env:WEBHOOK_SECRET
`;

/** A project whose policy may change, with a Slack-compatible and a signed webhook. */
async function stage(url: string, sections = SECTIONS, notify = CHANNELS) {
  const slack = await receiver();
  const hook = await receiver();
  const text = (at: string, said: string) => policy(at, { sections: said + notify(hook.url) });
  const cwd = await folder({ "policies/production.yaml": text(url, sections) });
  const warnings: string[] = [];
  const untold: number[] = [];
  const settings: Settings = {
    env: { TOKEN: SECRET, SLACK_WEBHOOK: slack.url, WEBHOOK_SECRET: WHSEC },
    ...{ cwd, ledger: null, clock: clockAt(AT) },
    onWarning: (message) => warnings.push(message),
    onUntold: (failures) => untold.push(failures),
  };
  /** The run of an hour. */
  const run = async (hour: number, more: Partial<RunRequest> = {}): Promise<Ran> => {
    const at = AT + hour * HOUR;
    const [first] = await loadPolicies(["policies"], { cwd, at, commit: "c0ffee".repeat(7) });
    if (!first) throw new Error("no policy");
    const id = `r${String(hour * 100).padStart(8, "0")}`;
    return runOn(first, settings, {
      ...{ id, at, only: null, saved: null, agree: () => true },
      ...more,
    });
  };
  const change = (said: string, at = url) =>
    writeFile(join(cwd, "policies/production.yaml"), text(at, said));
  return { slack, hook, cwd, warnings, untold, settings, run, change };
}

const titles = ({ got }: Receiver) =>
  got.map(({ body }) => String(JSON.parse(body).text).split("\n")[0]);
const events = ({ got }: Receiver) => got.map(({ body }) => JSON.parse(body));

/** Locks two, of whom one is allowed. */
const TOO_MANY = `users:
  locked:
    - { user: ann, reason: Left }
    - { user: bob, reason: Left }
limits:
  lock: { max: 1 }
`;

it("tells of a refusal once in ten hourly runs, with the words that help", async () => {
  const target = await sandbox();
  const on = await stage(target.url, TOO_MANY);
  for (let hour = 0; hour < 10; hour++) await on.run(hour);
  expect(titles(on.slack)).toEqual(["*production: refused: 2 to lock, 1 allowed*"]);
  const [{ text }] = on.slack.got.map(({ body }) => JSON.parse(body)) as [{ text: string }];
  expect(text).toMatch(/limits\.raise in policies\/production\.yaml/);
  expect(text).toMatch(/Policy: policies\/production\.yaml, commit c0ffeec0ffee$/);
  expect(on.warnings).toEqual([]);
});

it("signs a CloudEvent that anybody can check, and names no secret", async () => {
  const target = await sandbox();
  const on = await stage(target.url, TOO_MANY);
  await on.run(0);
  const [{ headers, body }] = on.hook.got as [Receiver["got"][number]];
  expect(headers["content-type"]).toBe("application/cloudevents+json; charset=utf-8");
  const event = JSON.parse(body);
  expect(event).toMatchObject({
    ...{ specversion: "1.0", type: "curfew.refusal", source: target.url },
    ...{ time: new Date(AT).toISOString(), datacontenttype: "application/json" },
    data: { target: "production", refusals: [{ type: "lock", wanted: 2, allowed: 1 }] },
  });
  const { "webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": sent } = headers;
  expect(id).toBe(event.id);
  expect(stamp).toBe(String(Math.floor(AT / 1000)));
  const digest = createHmac("sha256", KEY).update(`${id}.${stamp}.${body}`).digest("base64");
  expect(sent).toBe(`v1,${digest}`);
  for (const secret of [SECRET, WHSEC, on.slack.url]) {
    expect(on.hook.got.map((one) => one.body).join() + (await toldText(on.cwd))).not.toContain(
      secret,
    );
  }
});

it("tells of an error once, of its end once, and of the next one again", async () => {
  const target = await sandbox();
  const on = await stage(target.url, "sessions:\n  maxAge: 30d\n");
  target.fail("401");
  for (const hour of [0, 1, 2]) await expect(on.run(hour)).rejects.toThrow();
  expect(titles(on.slack)).toEqual(["*production: the target can't be read*"]);
  target.faults = [];
  for (const hour of [3, 4]) await on.run(hour);
  expect(titles(on.slack).slice(1)).toEqual(["*production: over: the target can be read again*"]);
  target.fail("401");
  await expect(on.run(5)).rejects.toThrow();
  expect(titles(on.slack)).toHaveLength(3);
  expect(new Set(events(on.hook).map(({ id }) => id)).size).toBe(3);
  expect(events(on.hook).map(({ type }) => type)).toEqual([
    ...["curfew.error", "curfew.error.over", "curfew.error"],
  ]);
});

it("tells of actions that fail once, until none does", async () => {
  const target = await sandbox();
  const on = await stage(target.url);
  target.fail("422@POST /**");
  for (const hour of [0, 1]) await on.run(hour);
  expect(titles(on.slack)).toEqual(["*production: 2 actions failed*"]);
  target.faults = [];
  // After two failures they wait for two hours, and that is not over.
  await on.run(2);
  expect(titles(on.slack).slice(1)).toEqual([]);
  await on.run(3);
  expect(titles(on.slack).slice(1)).toEqual([
    "*production: 1 user locked*",
    "*production: over: no action fails any more*",
  ]);
});

it("says nothing of a run that found another at work, or that nobody agreed to", async () => {
  const target = await sandbox();
  const on = await stage(target.url);
  await expect(on.run(0, { agree: () => false })).rejects.toThrow("not agreed to");
  expect(on.slack.got).toEqual([]);
});

it("tells of locks, and of drift each time that it was put right", async () => {
  const target = await sandbox();
  const on = await stage(target.url);
  await on.run(0);
  expect(titles(on.slack)).toEqual(["*production: 1 user locked*"]);
  const [{ text }] = on.slack.got.map(({ body }) => JSON.parse(body)) as [{ text: string }];
  expect(text).toMatch(/lock bob: Left the company .*\(policies\/production\.yaml:\d+\)/);
  for (const hour of [1, 2]) {
    target.unlock("bob");
    await on.run(hour);
  }
  await on.run(3);
  const drift = [
    "*production: 1 user locked*",
    "*production: drift: somebody changed the backend (1 to lock)*",
  ];
  expect(titles(on.slack).slice(1)).toEqual([...drift, ...drift]);
});

it("tells of refusals and drift under report too, once, although nothing is put right", async () => {
  const target = await sandbox();
  const on = await stage(target.url);
  await on.run(0);
  target.unlock("bob");
  await on.change(`enforcement: report\n${SECTIONS}`);
  for (const hour of [1, 2, 3]) await on.run(hour);
  expect(titles(on.slack).slice(1)).toEqual([
    "*production: drift: somebody changed the backend (1 to lock)*",
  ]);
  expect(events(on.hook).at(-1)).toMatchObject({
    data: { count: 1, open: 1, actions: [{ type: "lock", user: "bob", closed: false }] },
  });
});

it("tells of a freeze when it begins and when it is over, and a longer one is no end", async () => {
  const target = await sandbox();
  const on = await stage(target.url);
  const freeze = (hours: number) =>
    `${SECTIONS}freeze: { until: "${iso(AT + hours * HOUR)}", reason: Moving house }\n`;
  await on.change(freeze(2));
  for (const hour of [0, 1]) await on.run(hour);
  await on.change(freeze(4));
  for (const hour of [2, 3, 5, 6]) await on.run(hour);
  const begun = "*production: a freeze is in force: nothing is done*";
  expect(titles(on.slack)).toEqual([
    ...[begun, begun],
    ...["*production: 1 user locked*", "*production: the freeze is over*"],
  ]);
});

it("tells of an exception 14 and 3 days before its end, and not between", async () => {
  const target = await sandbox();
  const on = await stage(target.url);
  const until = iso(AT + 20 * DAY);
  await on.change(`${SECTIONS}exceptions:
  - { user: ann, rule: sessions.maxAge, reason: Rig, owner: jane@acme.example, until: "${until}" }
`);
  const told = [];
  for (let day = 0; day <= 21; day++) {
    const before = on.slack.got.length;
    await on.run(24 * day);
    const news = titles(on.slack).slice(before);
    if (news.includes("*production: 1 exception ends soon*")) told.push(20 - day);
  }
  expect(told).toEqual([14, 3]);
  const said = on.slack.got
    .map(({ body }) => JSON.parse(body).text)
    .find((t) => /exception/.test(t));
  expect(said).toMatch(/ann, sessions\.maxAge: ends in 14 days, .*owner jane@acme\.example \(pol/);
});

it("sends again what could not be delivered, as the same event, and only to whom it was not", async () => {
  const target = await sandbox();
  const on = await stage(target.url, TOO_MANY);
  on.hook.status = 500;
  on.hook.text = `no: ${on.slack.url}`;
  await on.run(0);
  expect(on.hook.got).toHaveLength(3);
  expect(on.untold).toEqual([1]);
  expect(on.warnings).toEqual([
    expect.stringMatching(
      /^policies\/production\.yaml:\d+: webhook http:.* was not told of 1 event: it answered 500\. The next run tries again\.$/,
    ),
  ]);
  on.hook.status = 200;
  for (const hour of [1, 2]) await on.run(hour);
  expect(on.slack.got).toHaveLength(1);
  expect(on.hook.got).toHaveLength(4);
  expect(new Set(events(on.hook).map(({ id }) => id)).size).toBe(1);
  expect(on.untold).toEqual([1]);
});

it("gives up a message that the receiver will never take, says so, and sends those after it", async () => {
  const target = await sandbox();
  const on = await stage(target.url, TOO_MANY);
  on.hook.status = 400;
  await on.run(0);
  expect(on.warnings).toEqual([
    expect.stringMatching(
      /will never take the message “production: refused.*answered 400\. It is given up/,
    ),
  ]);
  on.hook.status = 200;
  await on.change(TOO_MANY.replace("max: 1", "max: 2"));
  await on.run(1);
  expect(on.hook.got).toHaveLength(on.slack.got.length);
  expect(on.warnings).toHaveLength(1);
});

it("goes on to the other users after those whom the service will never take", async () => {
  const estate = Array.from({ length: 30 }, (_, i) => user(`u-${i}`, 28));
  const target = await sandbox({ estate });
  const on = await stage(target.url, "sessions: { maxAge: 30d }\n", HEADS_UP);
  on.hook.refuses = (body) => /"subject":"u-1?[0-9]"/.test(body);
  await on.run(0);
  expect(new Set(events(on.hook).map(({ subject }) => subject)).size).toBe(30);
  expect(on.warnings).toEqual([expect.stringMatching(/20 users not told .* It is given up\.$/)]);
  on.hook.refuses = () => false;
  await on.run(1);
  expect(on.hook.got).toHaveLength(30);
});

it("warns without the address where a secret is missing or no address, and tells the others", async () => {
  const target = await sandbox();
  const on = await stage(target.url, TOO_MANY);
  on.settings.env = { ...on.settings.env, SLACK_WEBHOOK: "http://hooks.example/very-secret" };
  await on.run(0);
  on.settings.env = { ...on.settings.env, SLACK_WEBHOOK: undefined, WEBHOOK_SECRET: "very-secret" };
  await on.run(1);
  expect(on.hook.got).toHaveLength(1);
  expect(on.warnings).toEqual([
    expect.stringMatching(
      /slack env:SLACK_WEBHOOK .* what env:SLACK_WEBHOOK holds is not an address/,
    ),
    expect.stringMatching(/the environment variable SLACK_WEBHOOK is not set/),
  ]);
  expect(on.warnings.join()).not.toContain("very-secret");
});

it("sends nothing to a host that nobody approved, and says which", async () => {
  const target = await sandbox();
  const stranger = () => CHANNELS("https://hooks.stranger.example/x");
  const on = await stage(target.url, TOO_MANY, stranger);
  await on.run(0);
  const said = /nothing is sent to hooks\.stranger\.example.*CURFEW_HOSTS=hooks\.stranger\.example/;
  expect(on.warnings).toEqual([expect.stringMatching(said)]);
  // Approved, it is only not there.
  on.settings.env = { ...on.settings.env, CURFEW_HOSTS: "hooks.stranger.example" };
  await on.run(1);
  expect(on.warnings[1]).toMatch(/could not be reached/);
});

it("tells only of what a channel is for, and nobody of what a run on one user does not see", async () => {
  const target = await sandbox();
  const on = await stage(
    target.url,
    TOO_MANY,
    () => "notify:\n  channels: [{ slack: env:SLACK_WEBHOOK, on: [lock, error] }]\n",
  );
  await on.run(0);
  expect(on.slack.got).toEqual([]);
  target.fail("401");
  await expect(on.run(1)).rejects.toThrow();
  target.faults = [];
  await on.run(2, { only: "cem" });
  expect(titles(on.slack)).toEqual(["*production: the target can't be read*"]);
  await on.run(3);
  expect(titles(on.slack)[1]).toMatch(/over/);
});

it("writes no note where a policy tells nobody, and begins anew after a damaged one", async () => {
  const target = await sandbox();
  const on = await stage(target.url, TOO_MANY, () => "");
  await on.run(0);
  expect(await toldText(on.cwd)).toBe("");
  await on.change(`${TOO_MANY}${CHANNELS(on.hook.url)}`);
  await on.run(1);
  await writeFile(await toldFile(on.cwd), "{");
  for (const hour of [2, 3]) await on.run(hour);
  expect(on.slack.got).toHaveLength(2);
});

const HEADS_UP = (hook: string) => `notify:
  users: { before: 3d, webhook: "${hook}", secret: env:WEBHOOK_SECRET }
`;

it("gives 1,000 users a heads-up of three days, one each, some at once, and once", async () => {
  const estate = [
    ...Array.from({ length: 1000 }, (_, i) => user(`soon-${i}`, 28)),
    ...Array.from({ length: 20 }, (_, i) => user(`later-${i}`, 20)),
    user("denied", 28),
  ];
  // Two sessions of one user are one event, of the first that falls due.
  estate[0]?.sessions.push(...second("s-0b", 29));
  const target = await sandbox({ estate });
  const on = await stage(
    target.url,
    "sessions: { maxAge: 30d }\ndevices:\n  denied: [{ id: d-denied, reason: Lost }]\n",
    HEADS_UP,
  );
  for (const hour of [0, 1]) await on.run(hour);
  const all = events(on.hook);
  expect(all).toHaveLength(1000);
  expect(new Set(all.map(({ subject }) => subject)).size).toBe(1000);
  expect(new Set(all.map(({ id }) => id)).size).toBe(1000);
  expect(on.hook.most).toBeGreaterThan(1);
  expect(on.hook.most).toBeLessThanOrEqual(8);
  const soonest = all.find(({ subject }) => subject === "soon-0");
  expect(Object.keys(all[1].data).sort()).toEqual(["due", "rule", "target", "user"]);
  expect(all[1]).toMatchObject({
    ...{ specversion: "1.0", type: "curfew.session.due-soon", source: target.url },
    data: { user: { id: all[1].subject }, rule: "sessions.maxAge" },
  });
  const others = all.filter(({ subject }) => subject !== "soon-0").map(({ data }) => data.due);
  expect(others.every((due) => Date.parse(due) > Date.parse(soonest.data.due))).toBe(true);
  expect(on.warnings).toEqual([]);
}, 60_000);

it("tells a user again of another moment, forgets what is past, and tries again whom it missed", async () => {
  const target = await sandbox({ estate: [user("ann", 28), user("bob", 28)] });
  const on = await stage(target.url, "sessions: { maxAge: 30d }\n", HEADS_UP);
  on.hook.status = 404;
  await on.run(0);
  expect(on.warnings[0]).toMatch(/notify\.users: 2 users not told .*: the service answered 404/);
  on.hook.status = 200;
  await on.run(1);
  expect(
    events(on.hook)
      .slice(2)
      .map(({ subject }) => subject)
      .sort(),
  ).toEqual(["ann", "bob"]);
  // Signs in, and is due again a month later.
  target.signIn("ann", "s-ann", AT + 2 * HOUR);
  await on.run(24 * 28);
  expect(
    events(on.hook)
      .slice(4)
      .map(({ subject }) => subject),
  ).toEqual(["ann"]);
  expect(Object.keys(JSON.parse(await toldText(on.cwd)).users)).toEqual(["ann"]);
});

it("leaves a service alone that does not answer, and stops when the door has no time", async () => {
  const estate = Array.from({ length: 100 }, (_, i) => user(`u-${i}`, 28));
  const target = await sandbox({ estate });
  const on = await stage(target.url, "sessions: { maxAge: 30d }\n", HEADS_UP);
  on.hook.status = 404;
  await on.run(0);
  expect(on.hook.got.length).toBeLessThan(20);
  const before = on.hook.got.length;
  await on.run(1, { enough: () => false });
  expect(on.hook.got).toHaveLength(before);
  expect(on.warnings[1]).toMatch(/100 users not told .*: there was no time left/);
});

/** Another session, from another user's. */
function second(id: string, days: number): NonNullable<ServedUser["sessions"]> {
  return user("x", days).sessions.map((session) => ({ ...session, id }));
}

async function toldFile(cwd: string): Promise<string> {
  const ledger = join(cwd, ".curfew");
  const names = await readdir(ledger, { recursive: true });
  const name = names.find((one) => one.endsWith("told.json"));
  return name ? join(ledger, name) : "";
}

async function toldText(cwd: string): Promise<string> {
  const file = await toldFile(cwd);
  return file ? readFile(file, "utf8") : "";
}
