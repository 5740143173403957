/** The holes and the other failures that docs/failure-modes.md lists below its table: a test for each, over the real line. */
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { planExit } from "../../src/exit.ts";
import { RENDERERS } from "../../src/report/formats.ts";
import { HOUR, MINUTE } from "../../src/time.ts";
import { curfew, folder } from "../cli/run.ts";
import { policy as cliPolicy, sandbox as cliSandbox, user as cliUser } from "../cli/world.ts";
import { BEFORE, session, user } from "../fault-matrix/estate.ts";
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

describe("holes in other tools' limits", () => {
  test("a minimum count under which no limit applied: nine of nine are refused", async () => {
    const at = await line({ estate: estateOf(9) });
    const nine = Array.from({ length: 9 }, (_, i) => `u${i}`);
    const run = await at.apply(await at.policy(locking(...nine)));
    expect(run.planned.plan.refusals).toMatchObject([
      { type: "lock", limit: "percent", wanted: 9, allowed: 1 },
    ]);
    expect(asked(at)).toEqual([]);
  });

  test("a limit of 0 that switched the check off: 0 means none", async () => {
    const at = await line({ estate: estateOf(20, user("old", [session("old-phone", 60)])) });
    for (const limit of ["max: 0", "percent: 0", "max: 0, percent: 100"]) {
      const run = await at.apply(
        await at.policy(`${locking("u1")}limits: { lock: { ${limit} } }\n`),
      );
      expect(run.planned.plan.refusals, limit).toMatchObject([{ type: "lock", allowed: 0 }]);
    }
    const paced = `sessions: { maxAge: 30d }\nlimits: { re-authenticate: { perRun: 0 } }\n`;
    expect(told((await at.apply(await at.policy(paced))).planned.plan)).toEqual([]);
    expect(asked(at)).toEqual([]);
  });

  test("limits per run but not per day: three runs are one day, and the day rolls", async () => {
    const at = await line({ estate: estateOf(60) });
    const limits = "limits: { lock: { max: 2, percent: 100 } }\n";
    const wants = async (...users: string[]) =>
      statuses(await at.apply(await at.policy(locking(...users) + limits)));
    expect(await wants("u0", "u1")).toHaveLength(2);
    at.at += 8 * HOUR;
    expect(await wants("u0", "u1", "u2")).toEqual([]);
    at.at += 16 * HOUR - MINUTE;
    expect(await wants("u0", "u1", "u2")).toEqual([]);
    at.at += MINUTE;
    expect(await wants("u0", "u1", "u2")).toEqual(["applied lock u2"]);
  });
});

describe("others", () => {
  test("only the first page was read: whoever is on the last one is held to the policy too", async () => {
    const last = user("zoe", [session("zoe-phone", 60)]);
    const at = await line({ estate: [...estateOf(11), last], pageMax: 2 });
    const run = await at.apply(await at.policy("sessions: { maxAge: 30d }\n"));
    expect(run.planned.plan.inventory.users).toBe(12);
    expect(statuses(run)).toEqual(["applied re-authenticate zoe-phone"]);
  });

  test("the run flapped for ever between two states: once done, no later run does anything", async () => {
    const old = user("old", [session("old-phone", 60), session("old-tablet", 61)]);
    const at = await line({ estate: estateOf(5, old) });
    await withLocks(at, "u1", "u2");
    const policy = await at.policy(`sessions: { maxAge: 30d, maxPerUser: 1 }
${locking("u2", "u3", "old")}devices: { denied: [{ id: d-s4, reason: Lost, action: wipe, unsynced: lose }] }
limits: { lock: { percent: 100 }, unlock: { percent: 100 }, re-authenticate: { percent: 100 }, wipe: { max: 5 } }
`);
    expect((await at.apply(policy)).outcomes?.length).toBeGreaterThan(3);
    const rest = picture(at.sandbox.users());
    for (let i = 0; i < 5; i++) {
      at.at += 10 * MINUTE;
      expect(told((await at.apply(policy)).planned.plan)).toEqual([]);
    }
    expect(picture(at.sandbox.users())).toEqual(rest);
  });

  test("it flapped without a word: who comes back on a forbidden device three times a day is told", async () => {
    const at = await line({ estate: estateOf(5) });
    const policy = await at.policy(
      "devices: { denied: [{ id: d-s1, reason: Lost }] }\nlimits: { re-authenticate: { percent: 100, perRun: 100 } }\n",
    );
    for (let i = 0; i < 3; i++) {
      expect(kinds((await at.apply(policy)).planned.plan)).toEqual([]);
      at.at += HOUR;
      at.sandbox.signIn("u1", "s1");
    }
    const run = await at.apply(policy);
    expect(kinds(run.planned.plan)).toEqual(["flapping u1"]);
    expect(statuses(run)).toEqual(["applied re-authenticate s1"]);
  });

  test("a rename became a removal and a creation: another name for the target and its file is the same deployment", {
    tags: "slow",
  }, async () => {
    const target = await cliSandbox();
    const locks = (list: string) => `users:\n  ${list}\n`;
    const bob = locks("locked: [{ user: bob, reason: Left }]");
    const cwd = await folder({ "policies/acme.yaml": cliPolicy(target.url, { sections: bob }) });
    expect((await curfew(cwd, ["apply", "--yes"])).code).toBe(0);
    await rm(path.join(cwd, "policies/acme.yaml"));
    const renamed = (sections: string) =>
      writeFile(
        path.join(cwd, "policies/prod.yaml"),
        cliPolicy(target.url, { name: "prod", sections }),
      );
    await renamed(bob);
    expect((await curfew(cwd, ["apply", "--yes"])).code).toBe(0);
    expect(target.counters.operations).toEqual({ "users/lock": 1 });
    // The lock is still ours: nobody else's would be lifted.
    await renamed(locks("locked: []\n  allowEmpty: true"));
    expect((await curfew(cwd, ["apply", "--yes"])).code).toBe(0);
    expect(target.counters.operations).toEqual({ "users/lock": 1, "users/unlock": 1 });
  });

  test("letters in another case named another user: they name nobody, and are told", async () => {
    const twins = [user("ann", [session("a", 1)]), user("ANN", [session("b", 1)])];
    const at = await line({ estate: estateOf(5, ...twins) });
    const run = await at.apply(await at.policy(locking("Ann") + ALL_LOCKS));
    expect(asked(at)).toEqual([]);
    expect(run.planned.plan.notices).toMatchObject([{ kind: "unknown-user", user: "Ann" }]);
    expect(run.planned.plan.notices[0]?.message).toContain("ANN");
    expect(statuses(await at.apply(await at.policy(locking("ann") + ALL_LOCKS)))).toEqual([
      "applied lock ann",
    ]);
    expect(at.sandbox.user("ANN")?.locked).toBe(false);
  });

  test("an expiry date turned CI red on its day: what has ended is no error, and what ends soon a notice", async () => {
    const target = await cliSandbox({ estate: [cliUser("bob", 2), cliUser("cem", 1)] });
    const ended = `users:
  locked: [{ user: bob, reason: Leave, until: 2020-01-31 }]
exceptions:
  - { user: cem, rule: sessions.maxAge, reason: Rig, owner: o, until: 2020-01-31 }
limits:
  raise: [{ type: lock, max: 9, until: 2020-01-31, reason: Closure }]
freeze: { until: 2020-01-31, reason: Holidays }
`;
    const cwd = await folder({ "policies/p.yaml": cliPolicy(target.url, { sections: ended }) });
    // Without a run, drift can't be told.
    expect((await curfew(cwd, ["apply", "--yes"])).code).toBe(0);
    const codes = ["validate", "plan", "drift"].map(
      async (command) => (await curfew(cwd, [command])).code,
    );
    expect(await Promise.all(codes)).toEqual([0, 0, 0]);

    const at = await line({ estate: estateOf(3) });
    const soon = new Date(BEFORE + 2 * HOUR).toISOString();
    const policy = await at.policy(
      `exceptions: [{ user: u1, rule: sessions.maxAge, reason: Rig, owner: o, until: ${soon} }]\nsessions: { maxAge: 30d }\n`,
    );
    for (const kind of ["expiring-exception", "over"]) {
      const { plan } = (await at.plan(policy)).planned;
      expect([plan.notices.map((notice) => notice.kind), planExit(plan)]).toEqual([[kind], 0]);
      at.at += 2 * HOUR;
    }
  });

  test("comments cut at 65,000 characters hid the destructive part: locks and wipes stand first and whole", async () => {
    const many = Array.from({ length: 600 }, (_, i) =>
      user(`old-${i}`, [session(`phone-${i}`, 60)]),
    );
    const leavers = Array.from({ length: 60 }, (_, i) => `u${i}`);
    const at = await line({ estate: estateOf(61, ...many) });
    const policy = await at.policy(`sessions: { maxAge: 30d }
${locking(...leavers)}devices: { denied: [{ id: d-s60, reason: Stolen, action: wipe, unsynced: lose }] }
limits: { lock: { percent: 100, max: 60 }, re-authenticate: { percent: 100, perRun: 100 }, wipe: { max: 5 } }
`);
    const { plan } = (await at.plan(policy)).planned;
    expect(plan.actions).toHaveLength(661);
    const how = { colour: false, width: 100, all: false, several: false };
    const comment = RENDERERS.markdown.plan([{ plan, info: null }], how);
    expect(comment.length).toBeLessThan(65_000);
    const rowOf = (id: string) => comment.indexOf(`\`${id}\``);
    for (const id of [...leavers, "u60"]) {
      expect(rowOf(id)).toBeGreaterThan(0);
      expect(rowOf(id)).toBeLessThan(rowOf("old-0"));
    }
    // What does not fit is counted, not left out in silence.
    const shown = comment.split("\n").filter((row) => row.includes("old-")).length;
    expect(shown).toBeLessThan(600);
    expect(comment).toContain(`${600 - shown} more`);
  });

  test('a string "false" was taken as true: it is neither in a policy nor in a backend', async () => {
    const at = await line({
      estate: estateOf(3),
      objects: [
        { id: "u1", rig: "false" },
        { id: "u2", rig: false },
      ],
    });
    for (const flag of ["wipe", "urgent", "adopt"]) {
      const entry = `users: { locked: [{ user: u1, reason: Left, ${flag}: "false" }] }\n`;
      await expect(at.policy(entry), flag).rejects.toThrow(new RegExp(flag));
    }
    await expect(at.policy('users: { locked: [], allowEmpty: "false" }\n')).rejects.toThrow(
      /allowEmpty/,
    );
    const rigged = (rig: boolean) =>
      at.policy(`groups: { g: { where: { rig: ${rig} }, sessions: { maxAge: 1h } } }
limits: { re-authenticate: { percent: 100, perRun: 100 } }
`);
    expect(told((await at.plan(await rigged(true))).planned.plan)).toEqual([]);
    expect(told((await at.plan(await rigged(false))).planned.plan)).toHaveLength(2);
    at.sandbox.update("u0", (u) => Object.assign(u, { locked: "false" }));
    const { plan } = (await at.plan(await at.policy(locking("u0") + ALL_LOCKS))).planned;
    expect([told(plan), kinds(plan)]).toEqual([[], ["unclear u0"]]);
  });
});
