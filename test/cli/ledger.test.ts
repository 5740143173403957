// @module-tag slow
/** What the ledger remembers, told; and an own lock that somebody gives up. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openLedger } from "../../src/ledger/ledger.ts";
import { openFolder } from "../../src/ledger/store/folder/folder.ts";
import { curfew, stable } from "./run.ts";
import { policy, project, sandbox, user, writes } from "./world.ts";

const LIMITS = "limits: { lock: { percent: 100 }, unlock: { percent: 100 } }\n";
const LOCKED = (...who: string[]) =>
  `users:\n  locked:\n${who.map((one) => `    - { user: ${one}, reason: Left }\n`).join("")}${LIMITS}`;
const NONE = `users:\n  locked: []\n  allowEmpty: true\n${LIMITS}`;
const NAMED = "  credentials: env:TOKEN\n  identify: email\n";
const FILE = "policies/production.yaml";
/** No credential: the ledger is all that is needed. */
const away = { env: { TOKEN: undefined } };

/** Ann and Bob, who have addresses; Ann is locked by us. */
async function named() {
  const estate = [user("a1", 1), user("b1", 1)];
  const objects = [
    { id: "a1", type: "user", email: "ann@acme.example" },
    { id: "b1", type: "user", email: "bob@acme.example" },
  ];
  const target = await sandbox({ estate, objects });
  const cwd = await project(target.url, { target: NAMED, sections: LOCKED("Ann@acme.example") });
  expect((await curfew(cwd, ["apply", "--yes"])).code).toBe(0);
  return { target, cwd };
}

test("ledger lists own locks, what failed and when it is tried next, and nothing of a stranger", async () => {
  const target = await sandbox();
  const cwd = await project(target.url, { sections: LOCKED("bob", "cem") });
  target.faults = [
    { kind: "404-route", match: "POST /batch" },
    { kind: "422", match: "POST /users/cem/lock" },
  ];
  expect((await curfew(cwd, ["apply", "--yes"])).code).toBe(1);
  await target.close();
  const [text, json, ann, bob] = await Promise.all([
    curfew(cwd, ["ledger"], away),
    curfew(cwd, ["ledger", "--format", "json"], away),
    curfew(cwd, ["ledger", "--user", "ann"], away),
    curfew(cwd, ["ledger", "--user", "bob", "--format", "json"], away),
  ]);
  for (const ran of [text, json, ann, bob]) expect(ran).toMatchObject({ code: 0, err: "" });
  expect(stable(text.out)).toMatchInlineSnapshot(`
    "Ledger of production
      place       .curfew/KEY
      last run    MOMENT

    Own locks, which the policy lifts when it no longer wants them: 1
      bob  since MOMENT  line 4 of the log

    Failed, and waits to be tried again: 1
      lock  cem  1 time, last on MOMENT  next from MOMENT on
    "
  `);
  const report = JSON.parse(json.out);
  expect(report).toMatchObject({
    ...{ format: "curfew/ledger/1", target: "production", user: null, names: [], owedWipes: [] },
    ownLocks: [{ user: "bob", name: null }],
    failures: [{ type: "lock", user: "cem", session: null, times: 1 }],
  });
  const [failed] = report.failures;
  expect(Date.parse(failed.next) - Date.parse(failed.last)).toBe(50 * 60_000);
  const history = await curfew(cwd, ["history", "--format", "json"], away);
  const { line } = report.ownLocks[0];
  expect(JSON.parse(history.out).lines[line - 1]).toMatchObject({
    kind: expect.stringMatching(/^(intent|outcome)$/),
    user: "bob",
  });
  expect(ann.out).toContain("It remembers nothing of this user.");
  expect(JSON.parse(bob.out)).toMatchObject({
    user: "bob",
    ownLocks: [{ user: "bob" }],
    failures: [],
  });
});

test("ledger tells remembered names, and finds a user by one in any case", async () => {
  const { cwd } = await named();
  const [all, ann, bob] = await Promise.all(
    [[], ["--user", "ANN@acme.example"], ["--user", "bob@acme.example"]].map((more) =>
      curfew(cwd, ["ledger", "--format", "json", ...more], away),
    ),
  );
  const names = [{ name: "ann@acme.example", list: "users.locked", user: "a1" }];
  expect(JSON.parse(all?.out ?? "")).toMatchObject({ names, ownLocks: [{ user: "a1" }] });
  expect(JSON.parse(ann?.out ?? "")).toMatchObject({ names, ownLocks: [{ user: "a1" }] });
  expect(JSON.parse(bob?.out ?? "")).toMatchObject({ names: [], ownLocks: [] });
});

test("ledger tells which wipes are owed, and whose they are", async () => {
  const target = await sandbox({ estate: [user("ann", 1), user("bob", 1)] });
  const denied = "devices:\n  denied:\n    - { id: d-ann, reason: Lost, action: wipe }\n";
  const cwd = await project(target.url, { sections: denied });
  await curfew(cwd, ["apply", "--yes"]);
  const [ann, bob] = await Promise.all([
    curfew(cwd, ["ledger", "--user", "ann", "--format", "json"], away),
    curfew(cwd, ["ledger", "--user", "bob", "--format", "json"], away),
  ]);
  expect(JSON.parse(ann.out).owedWipes).toMatchObject([{ session: "s-ann", user: "ann" }]);
  expect(JSON.parse(bob.out).owedWipes).toEqual([]);
});

test("a lock that is given up is foreign: nothing is written, the log says who, and nobody lifts it", async () => {
  const target = await sandbox();
  const cwd = await project(target.url, { sections: LOCKED("bob") });
  expect((await curfew(cwd, ["apply", "--yes"])).code).toBe(0);
  const before = [writes(target), target.counters.requests];
  const released = await curfew(cwd, ["release", "bob"], away);
  expect(released).toMatchObject({ code: 0, err: "" });
  expect(stable(released.out)).toMatch(
    /^The lock of bob at production was ours since MOMENT \(line \d+ of the log\), and is ours no more\.\n/,
  );
  expect(released.out).toContain("list the user in users.locked with `adopt: true`");
  expect([writes(target), target.counters.requests]).toEqual(before);

  await writeFile(join(cwd, FILE), policy(target.url, { sections: NONE }));
  const plan = JSON.parse((await curfew(cwd, ["plan", "--format", "json"])).out);
  expect(plan.actions).toEqual([]);
  const foreign = { kind: "foreign-lock", user: "bob" };
  expect(plan.notices).toEqual(expect.arrayContaining([expect.objectContaining(foreign)]));
  // Also after a run, which caches what the log says.
  expect((await curfew(cwd, ["apply", "--yes"])).code).toBe(0);
  expect(target.user("bob")?.locked).toBe(true);

  const [history, one, ocsf, verified, again] = await Promise.all([
    curfew(cwd, ["history"], away),
    curfew(cwd, ["history", "--user", "bob", "--format", "json"], away),
    curfew(cwd, ["history", "--format", "ocsf"], away),
    curfew(cwd, ["history", "--verify"], away),
    curfew(cwd, ["release", "bob"], away),
  ]);
  expect(history.out).toContain("The lock of bob was given up: it is foreign from then on.");
  expect(history.out).toMatch(/\n {2}by {8}.+ on .+, process \d+\n/);
  expect(history.out).not.toContain("It has not ended");
  const lines = JSON.parse(one.out).lines;
  const line = { kind: "released", user: "bob", target: "production", commit: null };
  expect(lines).toEqual(expect.arrayContaining([expect.objectContaining(line)]));
  expect(ocsf.out).toContain('"message":"lock of bob: given up."');
  expect(verified.code).toBe(0);
  expect(again).toMatchObject({ code: 1, out: "" });
  expect(again.err).toMatch(/^error: production has no lock of ours on bob, so there is none/);
});

test("a lock is given up by a name of now or as it is remembered; nobody's, or another's, is none of ours", async () => {
  const { target, cwd } = await named();
  const bob = await curfew(cwd, ["release", "bob@acme.example"]);
  expect(bob).toMatchObject({ code: 1, out: "" });
  expect(bob.err).toContain("production has no lock of ours on bob@acme.example (b1)");
  expect((await curfew(cwd, ["release", "zoe@acme.example"])).code).toBe(1);

  const locked = target.user("a1");
  target.remove("a1");
  if (locked) target.add(locked, { id: "a1", type: "user", email: "ann@new.example" });
  const ran = await curfew(cwd, ["release", "ANN@acme.example", "--format", "json"]);
  expect(ran).toMatchObject({ code: 0, err: "" });
  expect(JSON.parse(ran.out)).toMatchObject({ format: "curfew/released/1", user: "a1" });
  expect(
    JSON.parse((await curfew(cwd, ["ledger", "--format", "json"], away)).out).ownLocks,
  ).toEqual([]);
});

test("a name of two users, the one of before and the one of now, gives up neither's lock", async () => {
  const { target, cwd } = await named();
  const locked = target.user("a1");
  target.remove("a1");
  if (locked) target.add(locked, { id: "a1", type: "user", email: "ann@new.example" });
  target.add(user("a2", 1), { id: "a2", type: "user", email: "ann@acme.example" });
  const ran = await curfew(cwd, ["release", "ann@acme.example"]);
  expect(ran).toMatchObject({ code: 1, out: "" });
  expect(ran.err).toContain(
    "is or was the name of several users: give the id of one, such as a1, a2",
  );
  expect((await curfew(cwd, ["release", "a1"], away)).code).toBe(0);
});

test("no lock is given up while a run is at work", async () => {
  const target = await sandbox();
  const cwd = await project(target.url, { sections: LOCKED("bob") });
  expect((await curfew(cwd, ["apply", "--yes"])).code).toBe(0);
  const place = join(cwd, ".curfew");
  const ledger = openLedger(openFolder(place), { url: target.url, place });
  const holder = { run: "other", host: "elsewhere", pid: 1, started: null, who: "jane" };
  const clock = { now: Date.now, elapsed: () => performance.now() };
  const lease = await ledger.lock(holder, clock);
  const ran = await curfew(cwd, ["release", "bob"], away);
  expect(ran.code).toBe(6);
  await lease.release();
  expect(
    JSON.parse((await curfew(cwd, ["ledger", "--format", "json"], away)).out).ownLocks,
  ).toHaveLength(1);
});
