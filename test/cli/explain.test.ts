// @module-tag slow
/** `curfew explain` as a process. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { curfew, stable } from "./run.ts";
import { policy, project, sandbox, user, writes } from "./world.ts";

test("tells each rule for one user, and what was done before and why", async () => {
  const target = await sandbox({ estate: [user("ann", 41), user("bob", 2)] });
  const cwd = await project(target.url);
  expect(await curfew(cwd, ["apply", "--yes", "--user", "bob"])).toMatchObject({ code: 0 });
  const before = writes(target);
  const [ann, bob, json, markdown] = await Promise.all([
    curfew(cwd, ["explain", "ann"]),
    curfew(cwd, ["explain", "bob"]),
    curfew(cwd, ["explain", "bob", "policies/production.yaml", "--format", "json"]),
    curfew(cwd, ["explain", "bob", "--format", "markdown"]),
  ]);
  expect(ann).toMatchObject({ code: 0, err: "" });
  expect(stable(ann.out)).toMatchInlineSnapshot(`
    "ann in production
      address     http://HOST/api/v4/533bda53027894f69b001055
      evaluated   MOMENT
      policy      policies/production.yaml
      version     no commit, DIGEST
      inventory   2 users, 2 sessions, 1 active

    An apply now would do this: 1 to re-authenticate.
      ~ ann  Phone of ann
        policy   signed in 41 days ago, 30 days allowed  policies/production.yaml:8

    The user
      id          ann
      locked      no

    1 session
      Phone of ann  s-ann  active
        signed in 41 days ago (DATE), connected 1 hour ago (DATE), synced 1 hour ago
        (DATE)
        ANDROID, container 20.6.1, runtime 4.85.0, xyz.appinstall.myapp, device d-ann

    Rules, in the order of precedence

      users.locked  kept
      > policies/production.yaml:10  not locked  no entry names this user
        the user  kept  not to be locked, and is not locked

      devices.denied  the policy says nothing of it for this user

      devices.allowed  the policy says nothing of it for this user

      sessions.notBefore  the policy says nothing of it for this user

      sessions.maxAge  broken
      > policies/production.yaml:8  30 days  the only one that applies
        Phone of ann  broken  signed in 41 days ago, 30 days allowed

      sessions.maxIdle  the policy says nothing of it for this user

      sessions.maxPerUser  the policy says nothing of it for this user

    The audit log of production tells nothing of ann: no run did anything to a user of this id, or of
    this name.

    Audit log: 4 lines, all proved; head
    DIGEST
    "
  `);
  expect(bob).toMatchObject({ code: 0, err: "" });
  expect(bob.out).toContain("An apply now would do nothing to this user.");
  expect(bob.out).toMatch(/> policies\/production\.yaml:11 {2}locked: Left the company/);
  expect(bob.out).toMatch(/History of production, user bob\n[\s\S]*Applied: 1 lock\n/);
  expect(JSON.parse(json.out)).toMatchObject({
    format: "curfew/explanation/1",
    user: { id: "bob", locked: true },
    verdict: { actions: [], held: [] },
    history: expect.arrayContaining([expect.objectContaining({ kind: "intent", user: "bob" })]),
  });
  expect(markdown.out).toMatch(/^### Curfew explains bob in production\n/);
  expect(markdown.out).toMatch(
    /: lock, applied; `users\.locked` `policies\/production\.yaml:11`: Left the company\n/,
  );
  expect(writes(target)).toBe(before);
});

test("works on a saved inventory, at any moment, without a ledger or credentials", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  await curfew(cwd, ["inventory", "--out", "inventory.jsonl"]);
  await target.close();
  const away = { env: { TOKEN: undefined } };
  const on = ["--inventory", "inventory.jsonl"];
  const [later, unknown, none] = await Promise.all([
    curfew(cwd, ["explain", "cem", ...on, "--at", "2100-01-01"], away),
    curfew(cwd, ["explain", "an", ...on], away),
    curfew(cwd, ["explain"], away),
  ]);
  expect(later).toMatchObject({ code: 0, err: "" });
  // Ann and Bob are as old by then, and pacing takes one a run.
  expect(later.out).toContain("Wanted and held: 1 to re-authenticate.\n  By pace: ");
  expect(later.out).toMatch(/\n {2}sessions\.maxAge {2}broken\n/);
  expect(later.out).toContain("A saved inventory holds no history");
  expect(unknown).toEqual({
    code: 1,
    out: "",
    err: 'error: production has no user an: did you mean "ann"? Give the id of one user, in the same letters\n',
  });
  expect(none).toMatchObject({ code: 1, out: "" });
  expect(none.err).toMatch(/^error: missing required argument 'user'\n/);

  await writeFile(
    join(cwd, "policies/other.yaml"),
    policy("http://127.0.0.1:1/api", { name: "other" }),
  );
  const several = await curfew(
    cwd,
    ["explain", "ann", ...on, "--format", "json", "--target", "production"],
    away,
  );
  expect(several).toMatchObject({ code: 0, err: "" });
  const both = await curfew(cwd, ["explain", "ann", ...on, "--format", "json"], away);
  expect(both.code).toBe(1);
  expect(JSON.parse(both.out)).toMatchObject({
    format: "curfew/explanations/1",
    explanations: [{ target: "production" }],
  });
});
