// @module-tag slow
/** One folder with a target of each provider: validated, planned, applied and told in one run; one down stops no other. */
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startSandbox as startAcademy } from "../../src/providers/corporateacademy/sandbox/sandbox.ts";
import { startSandbox as startSlingr } from "../../src/providers/slingr/sandbox/sandbox.ts";
import { DAY } from "../../src/time.ts";
import { curfew, folder, SECRET } from "./run.ts";
import { policy, sandbox } from "./world.ts";

const WANTED = { field: 2, office: 1, academy: 1 };

async function world() {
  const field = await sandbox();
  const office = await startSlingr({ users: 5, account: { password: "pw-0ff1ce" } });
  onTestFinished(() => office.close().catch(() => {}));
  const academy = await startAcademy({ users: 0 });
  onTestFinished(() => academy.close());
  await academy.add({ id: "ann" });
  const old = await academy.signIn("ann", { at: academy.now() - 40 * DAY, persistent: true });
  await academy.signIn("ann");
  const [leaver] = office
    .users()
    .filter((u) => u.status === "ACTIVE" && u.id !== office.account.id);
  if (!leaver) throw new Error("the app has no active user");
  const cwd = await folder({
    "policies/field.yaml": policy(field.url, { name: "field" }),
    "policies/office.yaml": `version: 1
target: { name: office, provider: slingr, url: "${office.url}", credentials: env:SLINGR, identify: email }
users: { locked: [{ user: ${leaver.email}, reason: Left the company }] }
limits: { lock: { max: 5 } }
`,
    "policies/academy.yaml": `version: 1
target: { name: academy, provider: corporateacademy, url: "${academy.url}", register: ../tokens.jsonl }
sessions: { maxAge: 30d }
`,
  });
  await academy.writeRegister(path.join(cwd, "tokens.jsonl"));
  const { email, password } = office.account;
  const env = { TOKEN: SECRET, SLINGR: `${email}:${password}` };
  const run = (...args: string[]) => curfew(cwd, args, { env });
  return {
    office,
    academy,
    leaver,
    old,
    run,
    secrets: [SECRET, password, old.token, old.tinyToken],
  };
}

/** How many actions each target's plan has. */
function actionsOf(out: string): Record<string, number> {
  const { plans } = JSON.parse(out) as { plans: { target: string; actions: unknown[] }[] };
  return Object.fromEntries(plans.map(({ target, actions }) => [target, actions.length]));
}

test("three providers in one run", async () => {
  const { office, academy, leaver, old, run, secrets } = await world();
  const valid = await run("validate");
  expect([valid.code, valid.out.match(/: valid, for \w+ \(\w+\)/g)]).toEqual([
    0,
    [
      ": valid, for academy (corporateacademy)",
      ": valid, for field (journeyapps)",
      ": valid, for office (slingr)",
    ],
  ]);
  const plan = await run("plan", "--format", "json");
  expect([plan.code, actionsOf(plan.out)]).toEqual([2, WANTED]);
  const told = [valid, plan];
  for (const format of ["text", "markdown", "html", "github"]) {
    told.push(await run("plan", "--format", format));
  }
  const apply = await run("apply", "--yes");
  expect(apply.code).toBe(0);
  expect(office.user(leaver.id)?.status).toBe("INACTIVE");
  expect([await academy.works(old.token), academy.tokens("ann")]).toMatchObject([false, [{}]]);
  const again = await run("plan", "--format", "json");
  expect([again.code, actionsOf(again.out)]).toEqual([0, { field: 0, office: 0, academy: 0 }]);
  for (const { out, err } of [...told, apply, again]) {
    for (const secret of secrets) expect(out + err).not.toContain(secret);
  }
});

test("one that is down stops no other", async () => {
  const { office, academy, old, run } = await world();
  await office.close();
  const plan = await run("plan", "--format", "json");
  expect([plan.code, actionsOf(plan.out)]).toEqual([5, { field: WANTED.field, academy: 1 }]);
  const apply = await run("apply", "--yes");
  expect(apply.code).toBe(5);
  expect(apply.err).toMatch(/error: office: .* refused the connection/);
  expect(await academy.works(old.token)).toBe(false);
});
