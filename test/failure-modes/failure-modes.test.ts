/**
 * How tools of this kind have failed their users (docs/failure-modes.md): a test for each row, named after its number and
 * what happened there, over the real line. The threads where users reported each are listed on that page.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { PolicyError, UnreadableTargetError } from "../../src/errors.ts";
import { applyExit, driftExit, planExit } from "../../src/exit.ts";
import { parseFault } from "../../src/providers/journeyapps/sandbox/faults.ts";
import { DAY, HOUR, MINUTE } from "../../src/time.ts";
import { curfew, filesOf, folder } from "../cli/run.ts";
import { policy as cliPolicy, sandbox as cliSandbox, writes } from "../cli/world.ts";
import { session, user } from "../fault-matrix/estate.ts";
import type { Line } from "../fault-matrix/line.ts";
import {
  ALL_LOCKS,
  asked,
  estateOf,
  kinds,
  line,
  locking,
  statuses,
  told,
  withLocks,
} from "../fault-matrix/small.ts";
import { picture } from "../kit/scenario-stage.ts";

describe("1: a failed or empty read was taken for the truth", () => {
  test("users that are not read are not gone: nothing is written, and every lock stays ours", async () => {
    const at = await line({ estate: estateOf(10), pageMax: 4, pageSize: 4 });
    const policy = await withLocks(at, "u0", "u9");
    const before = picture(at.sandbox.users());
    const unlocking = await at.policy(`users: { locked: [], allowEmpty: true }\n${ALL_LOCKS}`);
    const { requests } = at.sandbox;
    const writesBefore = requests.filter(({ method }) => method === "POST").length;

    for (const fault of [
      "500@GET /users",
      "500@GET /users:+1",
      "wrong-total@GET /users",
      "cut-json@GET /users:+2",
    ]) {
      at.sandbox.faults = [parseFault(fault)];
      await expect(at.apply(unlocking), fault).rejects.toThrow(UnreadableTargetError);
    }
    at.sandbox.faults = [];
    const users = at.sandbox.users();
    // An empty page that is no error, then one that lacks a few.
    for (const left of [0, 7]) {
      for (const { id } of users.slice(left)) at.sandbox.remove(id);
      await expect(at.apply(unlocking)).rejects.toThrow(/users were read, 10 were there/);
      for (const one of users.slice(left)) at.sandbox.add(one);
    }
    expect(requests.filter(({ method }) => method === "POST")).toHaveLength(writesBefore);
    expect(picture(at.sandbox.users())).toEqual(before);
    expect(Object.keys((await at.memory()).ownLocks).sort()).toEqual(["u0", "u9"]);
    expect((await at.plan(policy)).planned.plan.actions).toEqual([]);
  });
});

describe("2: the file was a subset of reality, and everything not listed was removed", () => {
  test("a policy that names one user touches that one, whoever else there is", async () => {
    const ann = user("ann", [session("ann-phone", 2)]);
    const dan = user("dan", [session("dan-phone", 2, "LOCKED")], true);
    const at = await line({ estate: estateOf(30, ann, dan) });
    const before = picture(at.sandbox.users());
    expect(statuses(await at.apply(await at.policy(locking("ann"))))).toEqual(["applied lock ann"]);
    const { ann: _, ...others } = picture(at.sandbox.users());
    const { ann: __, ...then } = before;
    expect(others).toEqual(then);
  });

  test("limits hold from the first run, and enforcement: report writes nothing", async () => {
    const at = await line({ estate: estateOf(30) });
    const many = locking(...Array.from({ length: 10 }, (_, i) => `u${i}`));
    const { planned } = await at.apply(await at.policy(many));
    expect(planned.plan.refusals).toMatchObject([{ type: "lock", wanted: 10, allowed: 3 }]);
    const report = await at.policy(`enforcement: report\n${many}${ALL_LOCKS}`);
    const run = await at.apply(report);
    expect(run.outcomes).toEqual([]);
    expect(run.planned.plan.held.map(({ by }) => by)).toEqual(Array(10).fill("report"));
    expect(asked(at)).toEqual([]);
  });
});

test("3: a preview changed things: whatever only looks sends no write, and leaves no ledger", {
  tags: "slow",
}, async () => {
  const target = await cliSandbox();
  const cwd = await folder({ "policies/production.yaml": cliPolicy(target.url) });
  const looks = [
    ["validate"],
    ["plan", "--out", "plan.json"],
    ["plan", "--at", "2030-01-01", "--format", "markdown"],
    ["drift"],
    ["inventory", "--out", "saved.jsonl"],
  ];
  const ran = await Promise.all(looks.map((args) => curfew(cwd, args)));
  expect(ran.map(({ code }) => code)).toEqual([0, 2, 2, 1, 0]);
  expect(new Set(target.requests.map(({ method }) => method))).toEqual(new Set(["GET"]));
  expect(Object.keys(await filesOf(cwd)).sort()).toEqual([
    "plan.json",
    "policies/production.yaml",
    "saved.jsonl",
  ]);
  // A pull request from a fork plans with neither a credential nor a request.
  const asksBefore = target.requests.length;
  const fork = await curfew(cwd, ["plan", "--inventory", "saved.jsonl"], {
    env: { TOKEN: undefined },
  });
  expect(fork.code).toBe(2);
  expect(target.requests).toHaveLength(asksBefore);
});

test("4: the dry run left out or made up removals: what plan shows is what apply asks for, in its order", async () => {
  const at = await line({
    estate: estateOf(
      6,
      user("ann", [session("ann-phone", 2)]),
      user("bob", [session("bob-old", 60), session("bob-older", 80)]),
      user("cem", [session("cem-phone", 1)]),
      user("gil", [session("gil-phone", 3)]),
    ),
  });
  await withLocks(at, "cem");
  const sections = `sessions: { maxAge: 30d }\n${locking("ann")}devices:
  denied: [{ id: d-gil-phone, reason: Stolen, action: wipe, unsynced: lose }]
limits: { lock: { percent: 100 }, unlock: { percent: 100 }, re-authenticate: { percent: 100, perRun: 100 }, wipe: { max: 5 } }
`;
  const policy = await at.policy(sections);
  const shown = told((await at.plan(policy)).planned.plan);
  expect(shown).toEqual([
    "lock ann",
    "wipe gil-phone",
    "re-authenticate bob-older",
    "re-authenticate bob-old",
    "unlock cem",
  ]);
  const before = asked(at).length;
  const run = await at.apply(policy);
  expect(asked(at).slice(before)).toEqual(shown);
  expect(told(run.planned.plan)).toEqual(shown);
});

describe("5: it removed what others owned", () => {
  test("a lock that is not ours is never lifted, by no policy and with no ledger", async () => {
    const dan = user("dan", [], true);
    const at = await line({ estate: estateOf(5, dan) });
    const policies = [
      await at.policy(""),
      await at.policy(`users: { locked: [], allowEmpty: true }\n${ALL_LOCKS}`),
      await at.policy(locking("u1") + ALL_LOCKS),
      // Named, and named no more: without `adopt` it does not become ours.
      await at.policy(locking("dan") + ALL_LOCKS),
      await at.policy(`users: { locked: [], allowEmpty: true }\n${ALL_LOCKS}`),
    ];
    for (const policy of policies) {
      await at.apply(policy);
      at.at += DAY;
    }
    expect(asked(at)).toEqual(["lock u1", "unlock u1"]);
    expect(at.sandbox.user("dan")?.locked).toBe(true);
  });

  test("an absent list, null and an empty list are three things", async () => {
    const at = await line({ estate: estateOf(5) });
    await withLocks(at, "u1");
    const absent = await at.apply(await at.policy(ALL_LOCKS));
    expect([told(absent.planned.plan), kinds(absent.planned.plan)]).toEqual([
      [],
      ["orphaned-lock u1"],
    ]);
    for (const users of [
      "users: null",
      "users:",
      "users: { locked: null }",
      "users: { locked: [] }",
    ]) {
      await expect(at.policy(`${users}\n`), users).rejects.toThrow(PolicyError);
    }
    const empty = await at.policy(`users: { locked: [], allowEmpty: true }\n${ALL_LOCKS}`);
    expect(told((await at.apply(empty)).planned.plan)).toEqual(["unlock u1"]);
    for (const devices of ["devices: { allowed: null }", "devices: { allowed: [] }"]) {
      await expect(at.policy(`${devices}\n`), devices).rejects.toThrow(PolicyError);
    }
    expect(told((await at.plan(await at.policy("devices: {}\n"))).planned.plan)).toEqual([]);
  });
});

test("6: what was reviewed is not what ran: a saved plan runs what is in it and still true, and nothing more", async () => {
  const at = await line({
    estate: estateOf(
      6,
      ...["ann", "bob", "cem", "eve"].map((id) => user(id, [session(`${id}-phone`, 60)])),
    ),
  });
  const policy = await at.policy(
    `sessions: { maxAge: 30d }\n${locking("u0", "u1")}${ALL_LOCKS.replace("limits: {", "limits: { re-authenticate: { percent: 100, perRun: 100 },")}`,
  );
  const saved = (await at.plan(policy)).planned.plan;
  expect(saved.actions).toHaveLength(6);
  at.at += HOUR;
  // Since the review: Ann signed in anew, Cem too though long ago, somebody locked u1, a new user breaks the rule,
  // Bob has a second old device.
  at.sandbox.signIn("ann", "ann-phone");
  at.sandbox.signIn("cem", "cem-phone", at.at - 35 * DAY);
  at.sandbox.lock("u1");
  at.sandbox.add(user("new", [session("new-phone", 70)]));
  at.sandbox.update("bob", (bob) => bob.sessions.push(session("bob-tablet", 90)));
  const run = await at.apply(policy, { saved });
  expect(asked(at).sort()).toEqual([
    "lock u0",
    "re-authenticate bob-phone",
    "re-authenticate eve-phone",
  ]);
  expect(
    statuses(run)
      .filter((s) => s.startsWith("skipped"))
      .sort(),
  ).toEqual([
    "skipped lock u1",
    "skipped re-authenticate ann-phone",
    "skipped re-authenticate cem-phone",
  ]);
  expect(applyExit(policy, run.planned.plan, run.outcomes ?? [])).toBe(0);
});

test("6: what was reviewed is not what ran: an edited plan, another policy and another target are stale", {
  tags: "slow",
}, async () => {
  const target = await cliSandbox();
  const cwd = await folder({ "policies/production.yaml": cliPolicy(target.url) });
  expect(await curfew(cwd, ["plan", "--out", "plan.json"])).toMatchObject({ code: 2 });
  const saved = (await filesOf(cwd))["plan.json"] ?? "";
  const of = async (plan: string, policy: string) => {
    const files = { "plan.json": plan, "policies/production.yaml": policy };
    return (await curfew(await folder(files), ["apply", "--plan", "plan.json", "--yes"])).code;
  };
  const codes = await Promise.all([
    of(saved.replace('"user": "bob"', '"user": "cem"'), cliPolicy(target.url)),
    of(saved, cliPolicy(target.url).replace("30d", "31d")),
    of(saved, cliPolicy((await cliSandbox()).url)),
  ]);
  expect(codes).toEqual([4, 4, 4]);
  expect(writes(target)).toBe(0);
  expect(await of(saved, cliPolicy(target.url))).toBe(0);
});

test("7: one bad object stopped the run: the others are done, what failed is told, and the next run finishes", async () => {
  const at = await line({ estate: estateOf(5) });
  const all = ["u0", "u1", "u2", "u3", "u4"];
  const policy = await at.policy(locking(...all) + ALL_LOCKS);
  // u0's record is of an unknown shape, u1 is deleted after it was read, the backend refuses to lock u2.
  at.sandbox.update("u0", (u) => Reflect.deleteProperty(u, "sessions"));
  at.sandbox.faults = [parseFault("404-route@POST /batch"), parseFault("422@POST /users/u2/lock")];
  const run = await at.apply(policy, { agreed: () => at.sandbox.remove("u1") });
  expect(statuses(run)).toEqual([
    "skipped lock u1",
    "failed lock u2",
    "applied lock u3",
    "applied lock u4",
  ]);
  expect(kinds(run.planned.plan)).toEqual(["unclear u0"]);
  expect(applyExit(policy, run.planned.plan, run.outcomes ?? [])).toBe(1);
  at.sandbox.faults = [];
  at.sandbox.update("u0", (u) => Object.assign(u, { sessions: [session("s0", 1)] }));
  // What failed waits for an hour, less ten minutes; nobody else waits for it.
  const next = await at.apply(policy);
  expect(statuses(next)).toEqual(["applied lock u0"]);
  expect(next.planned.plan.held).toMatchObject([{ user: "u2", by: "retry" }]);
  expect(applyExit(policy, next.planned.plan, next.outcomes ?? [])).toBe(1);
  at.at += 50 * MINUTE;
  expect(statuses(await at.apply(policy))).toEqual(["applied lock u2"]);
});

describe("8: rate-limit storms and time-outs, the customer's own integrations starved", () => {
  /** The most requests that came within any second. */
  function busiest(of: Line): number {
    const times = of.sandbox.requests.map(({ at }) => at);
    return Math.max(...times.map((t) => times.filter((u) => u >= t && u < t + 1000).length));
  }

  test("Curfew takes its share and no more, and a backend that takes batches gets a thousand sign-outs in one", async () => {
    const many = Array.from({ length: 1000 }, (_, i) => user(`old-${i}`, [session(`s-${i}`, 60)]));
    const at = await line({ estate: estateOf(200, ...many), pageMax: 40, pageSize: 40 });
    const target = "requestsPerSecond: 4";
    const policy = await at.policy(
      "sessions: { maxAge: 30d }\nlimits: { re-authenticate: { perRun: 100, percent: 100 } }\n",
      { target },
    );
    expect((await at.apply(policy)).outcomes).toHaveLength(1000);
    expect(at.sandbox.requests.length).toBeGreaterThan(30);
    // A second's worth at once, and those of the second that follows.
    expect(busiest(at)).toBeLessThanOrEqual(8);
    expect(at.sandbox.requests.filter(({ path }) => path === "/batch")).toHaveLength(1);
  });

  test("a busy backend is left alone for a second after each 429, and the run gets through", async () => {
    const at = await line({
      ...{ estate: estateOf(60), pageMax: 5, pageSize: 5, rateLimit: { perSecond: 1, burst: 2 } },
    });
    const policy = await at.policy(locking("u3"), { target: "requestsPerSecond: 50" });
    expect(statuses(await at.apply(policy))).toEqual(["applied lock u3"]);
    const { requests } = at.sandbox;
    const refused = requests.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    for (const [i, { status, at: moment }] of requests.entries()) {
      const next = requests[i + 1];
      if (status === 429 && next) expect(next.at - moment).toBeGreaterThanOrEqual(1000);
    }
  });
});

describe("9: it said all was well and enforced nothing", () => {
  test("an unchanged policy is read against the backend again: what somebody undid is drift, and done again", async () => {
    const at = await line({ estate: estateOf(5) });
    const policy = await withLocks(at, "u1");
    at.at += HOUR;
    expect(driftExit((await at.plan(policy)).planned.plan)).toBe(0);
    at.sandbox.unlock("u1");
    const { plan } = (await at.plan(policy)).planned;
    expect([told(plan), plan.actions[0]?.cause, driftExit(plan)]).toEqual([
      ["lock u1"],
      "drift",
      2,
    ]);
    await at.apply(policy);
    expect(at.sandbox.user("u1")?.locked).toBe(true);
  });

  test("a backend that says yes and does nothing is found out", async () => {
    const behind = await line({ estate: estateOf(5, user("old", [session("old-phone", 60)])) });
    const address = await yesMan(behind.sandbox.url);
    const at = await line({ estate: [], address });
    const policy = await at.policy(`sessions: { maxAge: 30d }\n${locking("u1")}${ALL_LOCKS}`);
    const run = await at.apply(policy);
    expect(statuses(run)).toEqual(["failed lock u1", "failed re-authenticate old-phone"]);
    expect(run.outcomes?.map(({ error }) => error)).toEqual([
      expect.stringContaining("did not do it"),
      expect.stringContaining("did not do it"),
    ]);
    expect(applyExit(policy, run.planned.plan, run.outcomes ?? [])).toBe(1);
    // It is not ours, and it is still wanted: it waits, and is tried again.
    expect((await at.memory()).ownLocks).toEqual({});
    expect((await at.plan(policy)).planned.plan.held.map(({ by }) => by)).toEqual([
      "retry",
      "retry",
    ]);
    at.at += HOUR;
    expect((await at.plan(policy)).planned.plan.actions.map(({ cause }) => cause)).toEqual([
      "retry",
      "retry",
    ]);
  });

  test("no policy is dropped in silence: a key, a file or a folder that says nothing is an error", {
    tags: "slow",
  }, async () => {
    const at = await line({ estate: [] });
    await expect(at.policy("session: { maxAge: 30d }\n")).rejects.toThrow(/unknown key "session"/);
    await expect(at.policy("sessions: { maxage: 30d }\n")).rejects.toThrow(/unknown key "maxage"/);
    const cwd = await folder({ "policies/notes.txt": "", "empty/a.yaml": "# nothing\n" });
    const codes = [["plan"], ["plan", "empty"], ["plan", "nowhere"]].map(async (args) => {
      const { code, out } = await curfew(cwd, args);
      return [code, out];
    });
    expect(await Promise.all(codes)).toEqual([
      [1, ""],
      [1, ""],
      [1, ""],
    ]);
  });
});

/** A backend that reads well, and accepts every batch without doing anything of it. */
async function yesMan(real: string): Promise<string> {
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    const json = { "content-type": "application/json" };
    if (request.method === "POST") {
      const { operations } = JSON.parse(text);
      const done = operations.map((o: object) => ({ ...o, success: true }));
      response.writeHead(200, json).end(JSON.stringify({ stop_on_error: false, operations: done }));
      return;
    }
    const { authorization = "" } = request.headers;
    const answer = await fetch(new URL(request.url ?? "", real), { headers: { authorization } });
    response.writeHead(answer.status, json).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${new URL(real).pathname}`;
}

describe("10: administrators locked out; a mass wipe with no brake", () => {
  test("protected users are never touched, by no rule, and to lock one is an error", async () => {
    const admin = user("admin", [session("admin-phone", 400)]);
    const at = await line({ estate: estateOf(3, admin) });
    await expect(at.policy(`${locking("admin")}protected: [admin]\n`)).rejects.toThrow(/admin/);
    const policy = await at.policy(`sessions: { maxAge: 30d, maxIdle: 1m, notBefore: 2026-11-21 }
devices:
  allowed: [{ platform: IOS }]
  otherwise: wipe
  denied: [{ id: d-admin-phone, reason: Lost, action: wipe, unsynced: lose }]
protected: [admin]
limits: { re-authenticate: { percent: 100, perRun: 100 }, wipe: { max: 100, percent: 100 } }
`);
    await at.apply(policy);
    expect(asked(at).length).toBeGreaterThan(0);
    expect(asked(at).filter((one) => one.includes("admin"))).toEqual([]);
  });

  test("nothing is wiped unless a limit says so, and every type has a brake", async () => {
    const at = await line({ estate: estateOf(100) });
    const wiping = "devices: { allowed: [{ platform: IOS }], otherwise: wipe }\n";
    const first = (await at.apply(await at.policy(wiping))).planned.plan;
    // Five sign-outs of a hundred sessions a run, and no wipe.
    expect(first.summary).toEqual({ lock: 0, unlock: 0, "re-authenticate": 5, wipe: 0 });
    const everybody = Array.from({ length: 100 }, (_, i) => `u${i}`);
    const second = (await at.apply(await at.policy(locking(...everybody)))).planned.plan;
    expect(second.refusals).toMatchObject([{ type: "lock" }]);
    expect(second.summary.lock).toBe(0);
    expect(asked(at).filter((one) => !one.startsWith("re-authenticate"))).toEqual([]);
  });

  test("unlocking has a brake too: an emptied list does not let a hundred leavers in", async () => {
    const at = await line({ estate: estateOf(100) });
    const leavers = Array.from({ length: 30 }, (_, i) => `u${i}`);
    await at.apply(await at.policy(`${locking(...leavers)}limits: { lock: { percent: 100 } }\n`));
    at.at += 2 * DAY;
    const run = await at.apply(await at.policy("users: { locked: [], allowEmpty: true }\n"));
    expect(run.planned.plan.refusals).toMatchObject([{ type: "unlock", wanted: 30, allowed: 10 }]);
    expect(at.sandbox.users().filter((u) => u.locked)).toHaveLength(30);
    expect(planExit(run.planned.plan)).toBe(3);
  });
});
