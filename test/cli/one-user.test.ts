// @module-tag slow
/** Who is asked for by --user is looked for in every target, by present and remembered names. */
import { expect, test } from "vitest";
import { curfew, folder } from "./run.ts";
import { policy, sandbox, user, writes } from "./world.ts";

const TARGET = "  credentials: env:TOKEN\n  identify: email\n";
const LIMITS = "limits: { lock: { percent: 100 }, unlock: { percent: 100 } }\n";
const MAX_AGE = "sessions:\n  maxAge: 30d\n";
const LOCKED = "users:\n  locked:\n    - { user: ann@acme.example, reason: Left }\n";

/** A target whose users have an e-mail address each. */
async function target(emails: Record<string, string>) {
  const estate = Object.keys(emails).map((id) => user(id, 41));
  const objects = estate.map(({ id }) => ({ id, type: "user", email: emails[id] ?? "" }));
  return sandbox({ estate, objects });
}

test("a user of one of several targets is no error of the others; a user of none is", async () => {
  const office = await target({ a1: "ann@acme.example", a2: "bob@acme.example" });
  const plant = await target({ p1: "cem@acme.example" });
  const cwd = await folder({
    "policies/office.yaml": policy(office.url, {
      name: "office",
      target: TARGET,
      sections: MAX_AGE,
    }),
    "policies/plant.yaml": policy(plant.url, { name: "plant", target: TARGET, sections: MAX_AGE }),
  });
  const [ann, cem, nobody] = await Promise.all([
    curfew(cwd, ["plan", "--user", "Ann@acme.example ", "--format", "json"]),
    curfew(cwd, ["forecast", "--user", "CEM@acme.example", "--format", "json"]),
    curfew(cwd, ["plan", "--user", "zoe@acme.example"]),
  ]);
  expect(ann).toMatchObject({ code: 2, err: "plant has no such user: left out\n" });
  const { plans } = JSON.parse(ann.out);
  expect(plans).toMatchObject([{ target: "office", actions: [{ user: "a1" }] }]);
  expect(plans[0].actions).toHaveLength(1);
  expect(cem).toMatchObject({ code: 0, err: "office has no such user: left out\n" });
  expect(nobody).toMatchObject({ code: 1, out: "" });
  expect(nobody.err).toMatch(
    /^error: office has no user zoe@\S+: .*\nerror: plant has no user zoe@/,
  );

  const applied = await curfew(cwd, ["apply", "--yes", "--user", "cem@acme.example"]);
  expect(applied).toMatchObject({ code: 0, err: "office has no such user: left out\n" });
  expect([writes(office), writes(plant)]).toEqual([0, 1]);
});

test("who was met under a name is found by it after a change of the name", async () => {
  const office = await target({ a1: "ann@acme.example", a2: "bob@acme.example" });
  const cwd = await folder({
    "policies/office.yaml": policy(office.url, {
      ...{ name: "office", target: TARGET, sections: LOCKED + LIMITS },
    }),
  });
  expect((await curfew(cwd, ["apply", "--yes"])).code).toBe(0);
  office.unlock("a1");
  const [before] = office.objects();
  office.remove("a1");
  office.add(user("a1", 41), { id: "a1", type: "user", ...before, email: "ann@new.example" });
  const ran = await curfew(cwd, ["plan", "--user", "ANN@acme.example", "--format", "json"]);
  expect(ran).toMatchObject({ code: 2, err: "" });
  expect(JSON.parse(ran.out).actions).toMatchObject([{ type: "lock", user: "a1" }]);
});
