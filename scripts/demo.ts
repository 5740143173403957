/**
 * `npm run demo`: the main job of Curfew on the embedded sandbox, told step by step.
 * Every step runs the real command line, so what is shown is what a user sees.
 */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createColors } from "picocolors";
import { startSandbox } from "../src/providers/journeyapps/sandbox/sandbox.ts";
import { iso } from "../src/time.ts";

const CURFEW = path.join(import.meta.dirname, "../bin/curfew.js");
const USERS = 300;
const colour = !process.env.NO_COLOR && process.stdout.isTTY === true;
const paint = createColors(colour);

function tell(title: string, text: string): void {
  process.stdout.write(`\n${paint.bold(paint.inverse(` ${title} `))}\n${text}\n\n`);
}

async function curfew(cwd: string, token: string, ...args: string[]): Promise<number> {
  process.stdout.write(`${paint.cyan(`$ curfew ${args.join(" ")}`)}\n`);
  const env = { ...process.env, SANDBOX_TOKEN: token, ...(colour ? { FORCE_COLOR: "1" } : {}) };
  const child = spawn(process.execPath, [CURFEW, ...args], {
    cwd,
    env,
    stdio: ["ignore", "inherit", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      process.stdout.write(`${paint.dim(`exit code ${code}`)}\n`);
      resolve(code ?? 1);
    });
  });
}

function policyFor(
  url: string,
  leavers: string[],
  stolen: string,
  director: string,
  at: number,
): string {
  return `version: 1

target:
  name: demo
  provider: journeyapps
  url: ${url}
  credentials: [env:SANDBOX_TOKEN]   # a reference; the secret is never written here

sessions:
  maxAge: 90d        # sign in again after 90 days
  maxIdle: 45d       # or when the app was not used for 45 days

users:
  locked:
${leavers.map((user, i) => `    - user: ${user}\n      reason: Left the company\n      ticket: HR-${812 + i}`).join("\n")}

devices:
  denied:
    - id: ${stolen}
      reason: Stolen in Durban
      ticket: SEC-502

protected:
  - ${director}   # the on-call account: never locked, never signed out

limits:
  raise:             # Curfew paces sign-outs at 5% of sessions a run; the first clean-up may do all at once
    - { type: re-authenticate, percent: 100, perRun: 100, until: ${iso(at + 86_400_000)}, reason: First clean-up }
`;
}

function expect(code: number, wanted: number): void {
  if (code !== wanted)
    throw new Error(`the last step ended with exit code ${code} instead of ${wanted}`);
}

const at = Date.now();
const sandbox = await startSandbox({ users: USERS, seed: 7, port: 0, at });
const folder = await mkdtemp(path.join(tmpdir(), "curfew-demo-"));
try {
  const working = sandbox.users().filter((user) => user.enrolled && !user.locked);
  const [one, two, three, owner] = working;
  const stolen = owner?.sessions.find((session) => session.state === "ENROLLED")?.device?.id;
  const old = working.findLast((user) =>
    user.sessions.some(
      (s) =>
        s.state === "ENROLLED" && Date.parse(s.last_authenticated_at ?? "") < at - 90 * 86_400_000,
    ),
  );
  if (!one || !two || !three || !stolen || !old)
    throw new Error("the sandbox has too few users for the demo");
  await mkdir(path.join(folder, "policies"));
  const policy = policyFor(sandbox.url, [one.id, two.id, three.id], stolen, old.id, at);
  await writeFile(path.join(folder, "policies/demo.yaml"), policy);
  const run = (...args: string[]) => curfew(folder, sandbox.token, ...args);

  tell(
    "1. A backend and a policy",
    `A sandbox of a JourneyApps deployment is running on this machine, with ${USERS} made-up users and
their devices. This policy says who may hold a session there:

${policy.replace(/^(?=.)/gm, "    ").trimEnd()}`,
  );
  tell(
    "2. What is wrong?",
    "Curfew reads every user and session and works out the difference. A plan writes nothing.",
  );
  expect(await run("plan"), 2);
  tell("3. Put it right", "The same plan, carried out. Without --yes it would ask first.");
  expect(await run("apply", "--yes"), 0);
  tell("4. Anything left?", "Planned again, on a fresh read of the backend:");
  expect(await run("plan"), 0);
  sandbox.unlock(one.id);
  tell(
    "5. Somebody goes behind the policy's back",
    `An administrator has just unlocked ${one.id} in the backend's console.\nThe drift report, which runs in CI, catches it:`,
  );
  expect(await run("drift"), 2);
  tell(
    "What to try next",
    `Keep a sandbox running, with a policy of its own to play with:

    node bin/curfew.js sandbox --write-policy sandbox/policy.yaml

and in another terminal, in this folder:

    export CURFEW_SANDBOX_TOKEN=sandbox
    node bin/curfew.js plan sandbox --all
    node bin/curfew.js apply sandbox
    node bin/curfew.js drift sandbox

The example of a whole estate is policies/production.yaml: node bin/curfew.js validate`,
  );
} finally {
  await sandbox.close();
}
