/** The story of the first backend: JourneyApps. */
import { startSandbox } from "../../src/providers/journeyapps/sandbox/sandbox.ts";
import { iso } from "../../src/time.ts";
import { block, stageWith, tell } from "./stage.ts";

const USERS = 300;

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

/** A field force with devices: leavers, a stolen phone, old sessions, and an administrator behind the policy's back. */
export async function journeyAppsStory(): Promise<void> {
  const at = Date.now();
  const sandbox = await startSandbox({ users: USERS, seed: 7, port: 0, at });
  try {
    const working = sandbox.users().filter((user) => user.enrolled && !user.locked);
    const [one, two, three, owner] = working;
    const stolen = owner?.sessions.find((session) => session.state === "ENROLLED")?.device?.id;
    const old = working.findLast((user) =>
      user.sessions.some(
        (s) =>
          s.state === "ENROLLED" &&
          Date.parse(s.last_authenticated_at ?? "") < at - 90 * 86_400_000,
      ),
    );
    if (!one || !two || !three || !stolen || !old)
      throw new Error("the sandbox has too few users for the demo");
    const policy = policyFor(sandbox.url, [one.id, two.id, three.id], stolen, old.id, at);
    const { curfew } = await stageWith(policy, sandbox.token);

    tell(
      "1. A backend and a policy",
      `A sandbox of a JourneyApps deployment is running on this machine, with ${USERS} made-up users and
their devices. This policy says who may hold a session there:

${block(policy)}`,
    );
    tell(
      "2. What is wrong?",
      "Curfew reads every user and session and works out the difference. A plan writes nothing.",
    );
    await curfew(2, "plan");
    tell("3. Put it right", "The same plan, carried out. Without --yes it would ask first.");
    await curfew(0, "apply", "--yes");
    tell("4. Anything left?", "Planned again, on a fresh read of the backend:");
    await curfew(0, "plan");
    sandbox.unlock(one.id);
    tell(
      "5. Somebody goes behind the policy's back",
      `An administrator has just unlocked ${one.id} in the backend's console.\nThe drift report, which runs in CI, catches it:`,
    );
    await curfew(2, "drift");
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
}
