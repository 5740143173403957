// @module-tag slow
/** Which rights a credential lacks, each read tried by itself. */
import { expect, test } from "vitest";
import { curfew } from "./run.ts";
import { nobody, project, sandbox, user, writes } from "./world.ts";

const NAMED = "  credentials: env:TOKEN\n  identify: email\n";

async function target() {
  const estate = [user("a1", 41)];
  const objects = [{ id: "a1", type: "user", email: "ann@acme.example" }];
  return sandbox({ estate, objects });
}

/** Right by right, what came of it. */
function states(out: string): Record<string, string> {
  const { rights } = JSON.parse(out) as { rights: { call: string; state: string }[] };
  return Object.fromEntries(rights.map(({ call, state }) => [call, state]));
}

test("all rights are there: exit code 0, no plan, nothing written, no ledger", async () => {
  const deployment = await target();
  const cwd = await project(deployment.url, { target: NAMED });
  const ran = await curfew(cwd, ["plan", "--check"]);
  expect(ran).toMatchObject({ code: 0, err: "" });
  expect(ran.out).toMatchInlineSnapshot(`
    "Rights of the credential of production
      read what the deployment says of itself  there  (GET info)
      read users and sessions                  there  (GET users)
      read one user                            there  (GET users/{id})
      read the user model                      there  (GET datamodel)
      read the objects of the user model       there  (GET objects/{model})
      read one object                          there  (GET objects/{model}/{id})
      lock users                               not tried: it can be told only by writing  (POST users/{id}/lock, POST batch)
      unlock users                             not tried: it can be told only by writing  (POST users/{id}/unlock, POST batch)
      sign sessions out                        not tried: it can be told only by writing  (POST users/{id}/sessions/{id}/re-authenticate, POST batch)
      wipe sessions                            not tried: it can be told only by writing  (POST users/{id}/sessions/{id}/wipe, POST batch)
      make tokens for \`curfew enroll\`          not tried: it can be told only by writing  (POST users/{id}/authentication-token)

    Nothing that a plan needs is missing.
    "
  `);
  expect(ran.out).not.toContain("Plan for");
  expect(writes(deployment)).toBe(0);
});

test("of names and fields only what the policy needs is tried", async () => {
  const cwd = await project((await target()).url);
  const { code, out } = await curfew(cwd, ["plan", "--check", "--format", "json"]);
  expect(code).toBe(0);
  expect(states(out)).toMatchObject({ "GET users": "there", "GET datamodel": "unneeded" });
});

test.each([
  ["GET /users", { "GET users": "missing", "GET users/{id}": "untried", "GET datamodel": "there" }],
  ["GET /users/a1", { "GET users": "there", "GET users/{id}": "missing" }],
  ["GET /datamodel", { "GET datamodel": "missing", "GET objects/{model}": "untried" }],
  ["GET /objects/user", { "GET objects/{model}": "missing", "GET users": "there" }],
  [
    "GET /objects/user/a1",
    { "GET objects/{model}/{id}": "missing", "GET objects/{model}": "there" },
  ],
  ["GET /info", { "GET info": "missing", "GET users": "there" }],
])("a refused %s is the one right that is missing: exit code 1", async (match, expected) => {
  const deployment = await target();
  deployment.faults = [{ kind: "401", match }];
  const cwd = await project(deployment.url, { target: NAMED });
  const { code, out } = await curfew(cwd, ["plan", "--check", "--format", "json"]);
  expect(code).toBe(1);
  expect(states(out)).toMatchObject(expected);
  expect(Object.values(states(out)).filter((state) => state === "missing")).toHaveLength(1);
});

test("a credential that no call accepts is no matter of rights: one sentence, exit code 5", async () => {
  for (const section of ["  credentials: env:TOKEN\n", NAMED]) {
    const cwd = await project((await target()).url, { target: section });
    const ran = await curfew(cwd, ["plan", "--check"], { env: { TOKEN: "wrong" } });
    expect(ran).toMatchObject({ code: 5, out: "" });
    expect(ran.err).toMatch(
      /^error: \S+ does not accept the credential \(401 .*\)\. Check .* is its kind\. Nothing can be told of its rights\.\n$/,
    );
  }
});

test("a target that does not answer tells nothing of rights; nothing of a plan goes along", async () => {
  const gone = await project(await nobody());
  expect((await curfew(gone, ["plan", "--check"])).code).toBe(5);
  const cwd = await project((await target()).url);
  const ran = await curfew(cwd, ["plan", "--check", "--out", "plan.json"]);
  expect(ran).toMatchObject({ code: 1, out: "" });
  expect(ran.err).toContain("--check makes no plan");
});
