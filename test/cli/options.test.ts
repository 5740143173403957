// @module-tag slow
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { curfew, filesOf, folder, shell, stable } from "./run.ts";
import { policy, project, SECTIONS, sandbox, user, writes } from "./world.ts";

const FILE = "policies/production.yaml";
const inventory = ["inventory", "--out", "inventory.jsonl"];
const planned = ["plan", "--inventory", "inventory.jsonl"];

test("--out saves what --format json prints, for this user alone to read", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  const at = ["--at", "2100-01-01T02:00:00+02:00"];
  const json = await curfew(cwd, ["plan", ...at, "--format", "json", "--out", "plan.json"]);
  expect(json).toMatchObject({ code: 2, err: "" });
  expect(await readFile(join(cwd, "plan.json"), "utf8")).toBe(json.out);
  expect((await stat(join(cwd, "plan.json"))).mode & 0o777).toBe(0o600);
  const plan = JSON.parse(json.out);
  expect(plan).toMatchObject({
    evaluatedAt: "2100-01-01T00:00:00.000Z",
    expiresAt: "2100-01-01T04:00:00.000Z",
  });
  // By then all sessions are too old; pacing lets one go.
  expect(plan.actions).toMatchObject([{ user: "bob" }, { user: "ann" }]);
  expect(plan.held).toMatchObject([{ user: "cem", by: "pace" }]);

  // The same inventory at the same moment is the same plan, whoever looks.
  const text = await curfew(cwd, ["plan", ...at, "--out", "again.json"]);
  expect(text.out).toContain(`\nDigest ${plan.digest}\n`);
  expect(await readFile(join(cwd, "again.json"), "utf8")).toBe(json.out);
  const refused = await curfew(cwd, ["plan", "--out", "policies"]);
  expect(refused).toEqual({
    code: 1,
    out: "",
    err: "error: the plan can't be saved to policies: EISDIR\n",
  });
});

test("--inventory plans without credentials and without the target", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  // What the ledger knows is saved too: without it, Bob's lock would be somebody else's.
  expect(await curfew(cwd, ["apply", "--yes"])).toMatchObject({ code: 0 });
  expect(await curfew(cwd, inventory)).toMatchObject({ code: 0 });
  const nothing = `sessions:\n  maxAge: 30d\nusers:\n  locked: []\n  allowEmpty: true\n`;
  await writeFile(join(cwd, FILE), policy(target.url, { sections: nothing }));
  await target.close();

  const away = { env: { TOKEN: undefined } };
  const ran = await curfew(cwd, [...planned, "--ledger", "absent", "--format", "json"], away);
  expect(ran).toMatchObject({ code: 2, err: "" });
  expect(JSON.parse(ran.out)).toMatchObject({
    actions: [{ type: "unlock", user: "bob" }],
    notices: [{ kind: "foreign-lock", user: "dan" }],
  });
  expect(await curfew(cwd, ["plan"], away)).toMatchObject({ code: 1, out: "" });
});

test("--inventory refuses what was edited, what is cut, and another target's", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  await curfew(cwd, inventory);
  const saved = await readFile(join(cwd, "inventory.jsonl"), "utf8");
  const of = async (text: string) => {
    await writeFile(join(cwd, "inventory.jsonl"), text);
    return curfew(cwd, planned);
  };
  const changed = {
    code: 5,
    out: "",
    err: expect.stringMatching(
      /^error: \S.*inventory\.jsonl was changed or cut after it was saved: take the inventory again\n$/,
    ),
  };
  expect(await of(saved.replace('"id":"ann","locked":false', '"id":"ann","locked":true'))).toEqual(
    changed,
  );
  expect(await of(saved.slice(0, -20))).toEqual(changed);
  expect(await of(saved.split("\n").slice(0, 3).join("\n"))).toEqual(changed);
  const none = {
    code: 1,
    out: "",
    err: expect.stringMatching(/^error: .* is not a saved inventory/),
  };
  expect(await of(saved.replace('"attempts":[],', ""))).toEqual(none);
  expect(await of("")).toEqual(none);
  await writeFile(join(cwd, FILE), policy(target.url.replace(/.$/, "x")));
  const other = await of(saved);
  expect(stable(other.err)).toBe(
    "error: inventory.jsonl is an inventory of http://HOST/api/v4/533bda53027894f69b001055, and the target production is http://HOST/api/v4/533bda53027894f69b00105x\n",
  );
  expect(other).toMatchObject({ code: 1, out: "" });
});

test("--user is one user's plan; the run of one user leaves the others, and is not the last run", async () => {
  const target = await sandbox({ estate: [user("ann", 41), user("bob", 2), user("cem", 50)] });
  const cwd = await project(target.url);
  const [ann, nobody] = await Promise.all([
    curfew(cwd, ["plan", "--user", "cem", "--format", "json"]),
    curfew(cwd, ["plan", "--user", "Cem"]),
  ]);
  expect(ann).toMatchObject({ code: 2, err: "" });
  expect(JSON.parse(ann.out).actions).toMatchObject([{ type: "re-authenticate", user: "cem" }]);
  expect(nobody).toEqual({
    code: 1,
    out: "",
    err: "error: production has no user Cem: --user takes the id of one user, in the same letters\n",
  });
  expect(await curfew(cwd, ["apply", "--yes", "--user", "zoe"])).toMatchObject({
    code: 1,
    out: "",
  });
  expect(writes(target)).toBe(0);
  expect(await curfew(cwd, ["apply", "--yes", "--user", "cem"])).toMatchObject({
    code: 0,
    err: "",
  });
  expect(target.counters.operations).toEqual({ "users/sessions/re-authenticate": 1 });
  const drift = await curfew(cwd, ["drift", "--format", "json"]);
  expect(JSON.parse(drift.out)).toMatchObject({
    lastRunAt: null,
    summary: { policy: 2, drift: 0 },
  });
});

test("--target picks one of several", async () => {
  const [one, two] = [await sandbox(), await sandbox()];
  const cwd = await folder({
    "policies/one.yaml": policy(one.url, { name: "one" }),
    "policies/two.yml": policy(two.url, { name: "two", target: "  credentials: env:NOPE\n" }),
    "policies/sub/three.yaml": "not a policy",
  });
  const [picked, unknown, both] = await Promise.all([
    curfew(cwd, ["plan", "--target", "one", "--format", "json"]),
    curfew(cwd, ["apply", "--yes", "--target", "three"]),
    curfew(cwd, inventory),
  ]);
  expect(picked).toMatchObject({ code: 2, err: "" });
  expect(JSON.parse(picked.out)).toMatchObject({ format: "curfew/plan/2", target: "one" });
  expect(unknown).toEqual({
    code: 1,
    out: "",
    err: "error: no policy has the target three: there is one, two\n",
  });
  expect(both).toEqual({
    code: 1,
    out: "",
    err: "error: an inventory is of one target: name it with --target\n",
  });
});

test("the ledger is --ledger's, CURFEW_LEDGER's or the policy's, and a different one is an error", async () => {
  const [free, fixed] = [await sandbox(), await sandbox()];
  const cwd = await project(free.url);
  const own = await project(fixed.url, { target: "  credentials: env:TOKEN\n  ledger: ./ours\n" });
  const env = { CURFEW_LEDGER: "from the environment" };
  const apply = ["apply", "--yes"];
  const places = async (path: string) =>
    Object.keys(await filesOf(path))
      .filter((file) => file.endsWith(".json"))
      .map(stable)
      .filter((file) => !file.endsWith("lease.json"))
      .sort();
  expect(await curfew(cwd, [...apply, "--ledger", "given"], { env })).toMatchObject({ code: 0 });
  expect(await places(cwd)).toEqual(["given/KEY/state.json"]);
  expect(await curfew(cwd, apply, { env })).toMatchObject({ code: 0 });
  expect(await curfew(cwd, apply)).toMatchObject({ code: 0 });
  const all = [".curfew", "from the environment", "given"].map(
    (place) => `${place}/KEY/state.json`,
  );
  expect(await places(cwd)).toEqual(all);
  // An empty variable is none.
  expect(await curfew(cwd, apply, { env: { CURFEW_LEDGER: "" } })).toMatchObject({ code: 0 });
  expect(await places(cwd)).toEqual(all);

  const [given, variable, same] = await Promise.all([
    curfew(own, ["plan", "--ledger", "mine"]),
    curfew(own, ["plan"], { env }),
    curfew(own, ["plan", "--ledger", "./ours"]),
  ]);
  expect(given).toEqual({
    code: 1,
    out: "",
    err: "error: policies/production.yaml:2: the ledger of production is ./ours for everybody, and --ledger (or CURFEW_LEDGER) says mine: leave it out, or change the policy\n",
  });
  expect(variable).toMatchObject({
    code: 1,
    out: "",
    err: expect.stringContaining("says from the environment:"),
  });
  expect(same).toMatchObject({
    code: 2,
    err: "warning: production: the ledger ./ours is read as empty: there is no such folder\n",
  });
  expect(await curfew(own, apply)).toMatchObject({ code: 0, err: "" });
  expect(await places(own)).toEqual(["ours/KEY/state.json"]);
});

// docs/contract.md, "Where the ledger is": a folder or `s3://bucket/prefix`; `.curfew` where none is named.
// An empty name (`--ledger "$UNSET"`) is no folder, and must not become another ledger than the usual one.
test("--ledger with an empty name is an error, or absent", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  await curfew(cwd, ["apply", "--yes", "--ledger", ""]);
  const strange = Object.keys(await filesOf(cwd)).filter((file) => /^127-/.test(file));
  expect(strange).toEqual([]);
});

test("apply without --yes and without a terminal writes nothing", async () => {
  const target = await sandbox();
  const cwd = await project(target.url, { sections: SECTIONS });
  const ran = await shell(cwd, 'echo yes | "$@"', ["apply"]);
  expect(ran).toEqual({
    code: 1,
    out: "",
    err: "error: apply asks before it writes, and nobody can answer here: look at `curfew plan` first, then add --yes\n",
  });
  expect(target.counters.requests).toBe(0);
  expect(Object.keys(await filesOf(cwd))).toEqual([FILE]);
});
