import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { curfew, filesOf, folder, type Ran, stable } from "./run.ts";
import { policy, project, SECTIONS, sandbox, user, writes } from "./world.ts";

/** Two locks wanted where the limit leaves room for one, and a sign-out. */
const REFUSED = `${SECTIONS}    - user: cem
      reason: Left the company
`;

test("several targets: one that fails stops no other, and the first of 5, 1, 3, 2 is the code", {
  tags: "slow",
}, async () => {
  const targets = await Promise.all(
    ["wanted", "refused", "bare"].map((deployment) => sandbox({ deployment })),
  );
  const [wanted, refused, bare] = targets.map(({ url }) => url) as [string, string, string];
  const cwd = await folder({
    "policies/1-lost.yaml": policy(wanted.replace(/[^/]+$/, "elsewhere"), { name: "lost" }),
    "policies/2-bare.yaml": policy(bare, { name: "bare", target: "  credentials: env:NOPE\n" }),
    "policies/3-refused.yaml": policy(refused, { name: "refused", sections: REFUSED }),
    "policies/4-wanted.yaml": policy(wanted, { name: "wanted" }),
  });
  const files = Object.keys(await filesOf(cwd)).sort();
  const plan = (from: number) =>
    curfew(cwd, ["plan", "--format", "json", "--out", `plan-${from}.json`, ...files.slice(from)]);
  const [five, one, three, two] = (await Promise.all([0, 1, 2, 3].map(plan))) as [
    Ran,
    Ran,
    Ran,
    Ran,
  ];
  expect([five.code, one.code, three.code, two.code]).toEqual([5, 1, 3, 2]);
  expect(one.err).toBe(
    "error: policies/2-bare.yaml:2: no credential for bare: the environment variable NOPE is not set. Set one of them to the token of the deployment.\n",
  );
  expect(stable(five.err)).toBe(
    "error: lost: HOST has no such deployment or call at this address (404 ACCOUNT_NOT_FOUND “Account not found.”). Check target.url: it ends in /api/v4/ and the id of the backend deployment.\n" +
      one.err,
  );
  for (const ran of [five, one, three]) {
    expect(JSON.parse(ran.out)).toMatchObject({
      format: "curfew/plans/2",
      plans: [{ target: "refused", refusals: [{ type: "lock" }] }, { target: "wanted" }],
    });
  }
  expect(JSON.parse(two.out)).toMatchObject({ format: "curfew/plan/2", target: "wanted" });
  const saved = await filesOf(cwd);
  for (const [from, { out }] of [five, one, three, two].entries()) {
    expect(saved[`plan-${from}.json`]).toBe(out);
  }

  const text = await curfew(cwd, ["drift", "--target", "refused"]);
  // No run has ended here, so drift can't be told.
  expect(text).toMatchObject({ code: 1, err: "" });
  const applied = await curfew(cwd, ["apply", "--yes"]);
  expect(applied.code).toBe(5);
  expect(targets.map(({ counters }) => counters.operations)).toEqual([
    { "users/lock": 1, "users/sessions/re-authenticate": 1 },
    { "users/sessions/re-authenticate": 1 },
    {},
  ]);
});

test("a refused limit names the limit, the numbers and the line that would allow it", {
  tags: "slow",
}, async () => {
  const target = await sandbox();
  const cwd = await project(target.url, { sections: REFUSED });
  const [text, json, drift] = await Promise.all([
    curfew(cwd, ["plan"]),
    curfew(cwd, ["plan", "--format", "json"]),
    curfew(cwd, ["drift"]),
  ]);
  // No run has ended here, so drift can't be told.
  expect([text.code, json.code, drift.code]).toEqual([3, 3, 1]);
  const { refusals } = JSON.parse(stable(json.out));
  expect(refusals).toMatchInlineSnapshot(`
    [
      {
        "allowed": 1,
        "limit": "percent",
        "message": "2 lock actions wanted, 1 allowed by limits.lock.percent 10% (1 of 4) (the default): nothing of this type is done. If it is meant, add to limits.raise in policies/production.yaml: { type: lock, percent: 50, until: DATE, reason: … }",
        "type": "lock",
        "wanted": 2,
      },
    ]
  `);
  for (const ran of [text, drift]) {
    expect(ran.out).toContain("Refused: 2 to lock, 1 left of limits.lock.percent\n");
  }

  const applied = await curfew(cwd, ["apply", "--yes"]);
  expect(applied).toMatchObject({ code: 3, err: "" });
  expect(target.counters.operations).toEqual({ "users/sessions/re-authenticate": 1 });

  const line = /\{ type: lock, percent: \d+, until: \S+ reason: … \}/.exec(
    text.out.replace(/\s+/g, " "),
  );
  const raised = `${REFUSED}limits:\n  raise:\n    - ${line?.[0].replace("…", "Two leavers")}\n`;
  const after = await curfew(await project(target.url, { sections: raised }), ["apply", "--yes"]);
  expect(after).toMatchObject({ code: 0, err: "" });
  expect(target.counters.operations).toMatchObject({ "users/lock": 2 });
});

test("under enforcement: report an apply writes nothing and exits as plan would", async () => {
  const target = await sandbox();
  const cwd = await project(target.url, { sections: `enforcement: report\n${SECTIONS}` });
  const [text, json] = await Promise.all([
    curfew(cwd, ["apply", "--yes", "--ledger", "one"]),
    curfew(cwd, ["apply", "--yes", "--ledger", "two", "--format", "json"]),
  ]);
  expect(text).toMatchObject({ code: 2, err: "" });
  expect(text.out).toMatch(
    /\nNothing was written: the policy's enforcement is `report`\. It would be 1 to lock, 1 to\nre-authenticate\.\n$/,
  );
  expect(json).toMatchObject({ code: 2, err: "" });
  expect(JSON.parse(json.out)).toMatchObject({
    actions: [],
    held: [{ by: "report" }, { by: "report" }],
    outcomes: [],
  });
  expect(writes(target)).toBe(0);
});

test("an apply in which some actions fail exits 1, and the others are done", async () => {
  const target = await sandbox({
    faults: [
      { kind: "404-route", match: "POST /batch" },
      { kind: "422", match: "POST /users/bob/lock" },
    ],
  });
  const cwd = await project(target.url);
  const ran = await curfew(cwd, ["apply", "--yes"]);
  expect(ran).toMatchObject({ code: 1, err: "" });
  expect(stable(ran.out).split("Digest DIGEST\n\n")[1]).toMatchInlineSnapshot(`
    "Apply to production
      applied     1 re-authenticate
      failed      1 lock
      read again  shows every applied action done

    Failed: 1
      - lock  bob
        HOST did not accept POST users/bob/lock (422 INVALID_VALUE “Invalid value
        specified.”). Trying again won't help; check target.url, and that this version of Curfew is
        current.

    Audit log: 7 lines, head DIGEST
    Applied 1 of 2: 1 failed (HOST did not accept POST users/bob/lock (422 INVALID_VALUE
    “Invalid value specified.”). Trying again won't help; check target.url, and that this ver…). Exit
    code 1: an action failed.
    "
  `);
  expect(target.counters.operations).toEqual({ "users/sessions/re-authenticate": 1 });
  target.faults = [];
  // What failed waits, and is no success; who asks for that user does not wait.
  const again = await curfew(cwd, ["apply", "--yes", "--format", "json"]);
  expect(again).toMatchObject({ code: 1, err: "" });
  expect(JSON.parse(again.out)).toMatchObject({
    actions: [],
    held: [{ user: "bob", by: "retry", failed: 1 }],
  });
  const asked = await curfew(cwd, ["apply", "--user", "bob", "--yes", "--format", "json"]);
  expect(asked).toMatchObject({ code: 0, err: "" });
  expect(JSON.parse(asked.out).actions).toMatchObject([{ user: "bob", cause: "retry" }]);
});

test("a user of an unknown shape is left alone, the others are done, and the code is 1", async () => {
  const estate = [user("abe", 50), user("ann", 41), user("bob", 2)];
  const target = await sandbox({ estate, faults: [{ kind: "wrong-user", match: "GET /users" }] });
  const ran = await curfew(await project(target.url), ["apply", "--yes", "--format", "json"]);
  expect(ran).toMatchObject({ code: 1, err: "" });
  expect(JSON.parse(ran.out)).toMatchObject({
    outcomes: [
      { user: "bob", status: "applied" },
      { user: "ann", status: "applied" },
    ],
    notices: [{ kind: "unclear", user: "abe", message: expect.stringContaining("sessions") }],
  });
  expect(target.user("abe")).toEqual(estate[0]);
});

test("a user that the target lacks is a notice and changes no exit code", async () => {
  const target = await sandbox();
  const sections = "users:\n  locked:\n    - { user: Cem, reason: Left }\nprotected: [zoe]\n";
  const cwd = await project(target.url, { sections });
  const ran = await curfew(cwd, ["plan"]);
  expect(ran).toMatchObject({ code: 0, err: "" });
  expect(stable(ran.out).split("Notices")[1]).toMatchInlineSnapshot(`
    ": 3
      Locked by somebody else (1)
        dan
          locked in the backend, not by Curfew and not by the policy: left as it is (an entry in
          users.locked with \`adopt: true\` takes it over)
      Unknown users (2)
        the policy names Cem, and the target has no such user; did you mean cem?
        (policies/production.yaml:9)
        the policy names zoe, and the target has no such user (policies/production.yaml:10)

    Nothing to do: production is as the policy says. 2 users that the policy names are unknown: Cem,
    zoe.
    Digest DIGEST
    "
  `);
  const applied = await curfew(cwd, ["apply", "--yes"]);
  expect(applied).toMatchObject({ code: 0, err: "" });
  expect(writes(target)).toBe(0);
});

test("an inventory that lost too many users is refused until a raise accepts it", {
  tags: "slow",
}, async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  expect(await curfew(cwd, ["apply", "--yes"])).toMatchObject({ code: 0, err: "" });
  target.remove("cem");
  const refused = await curfew(cwd, ["apply", "--yes"]);
  expect(refused).toMatchObject({ code: 5, out: "" });
  // An apply has the machine's day.
  const told = refused.err.replace(/until: \d{4}-\d\d-\d\d/, "until: DAY");
  expect(told).toMatchInlineSnapshot(`
    "error: production: 3 users were read, 4 were there at the last run: 25% are gone, and limits.inventoryDrop allows 20%. Nothing was written. If they were removed on purpose, add to limits.raise in policies/production.yaml: { type: inventoryDrop, percent: 25, until: DAY, reason: … }
    "
  `);
});

test("a saved plan that was edited is refused, and the audit log says so", {
  tags: "slow",
}, async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  await curfew(cwd, ["plan", "--out", "plan.json"]);
  const plan = JSON.parse(await readFile(join(cwd, "plan.json"), "utf8"));
  plan.expiresAt = "2099-01-01T00:00:00.000Z";
  await writeFile(join(cwd, "plan.json"), JSON.stringify(plan));
  const ran = await curfew(cwd, ["apply", "--plan", "plan.json", "--yes"]);
  expect([ran.code, writes(target)]).toEqual([4, 0]);
  const history = await curfew(cwd, ["history", "--format", "json"]);
  expect(JSON.parse(history.out).lines).toMatchObject([{ kind: "run-stopped", why: "stale" }]);
});

test("no plan and no inventory takes the place of a policy", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  const before = await readFile(join(cwd, "policies/production.yaml"), "utf8");
  for (const command of ["plan", "inventory"]) {
    const ran = await curfew(cwd, [command, "--out", "policies/production.yaml"]);
    expect(ran.code).toBe(1);
    expect(ran.err).toContain("which is named like a policy");
  }
  expect(await readFile(join(cwd, "policies/production.yaml"), "utf8")).toBe(before);
});
