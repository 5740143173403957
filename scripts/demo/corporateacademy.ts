/** The story as far as corporateacademy-auth allows it: it ends sessions whose tokens are known, and locks nobody. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { startSandbox } from "../../src/providers/corporateacademy/sandbox/sandbox.ts";
import { iso } from "../../src/time.ts";
import { block, stageWith, tell } from "./stage.ts";

const USERS = 100;
const DAY = 86_400_000;

const policyFor = (url: string, at: number) => `version: 1

target:
  name: demo
  provider: corporateacademy
  url: ${url}
  register: ../tokens.jsonl   # the tokens, by user: secrets, so only their owner may read the file
  requestsPerSecond: 1000     # 10 where absent; each token takes two calls

sessions:
  maxAge: 5d          # sign in again after five days
  maxPerUser: 2

limits:
  raise:              # Curfew paces sign-outs at 5% of sessions a run; the first clean-up may do all at once
    - { type: re-authenticate, percent: 100, perRun: 100, until: ${iso(at + DAY)}, reason: First clean-up }
`;

/** Old tokens and too many of them, somebody who signs in again, and what can't be held there. */
export async function corporateacademyStory(): Promise<void> {
  const at = Date.now();
  const sandbox = await startSandbox({ users: USERS, seed: 7 });
  try {
    const policy = policyFor(sandbox.url, at);
    const { folder, curfew } = await stageWith(policy, "");
    const [first] = sandbox.users();
    if (!first) throw new Error("the sandbox has no users");
    const old = await sandbox.signIn(first.id, { deviceType: "desktop", at: at - 6 * DAY });
    const register = path.join(folder, "tokens.jsonl");
    await sandbox.writeRegister(register);

    tell(
      "1. A service and a policy",
      `A sandbox of corporateacademy-auth is running on this machine, with ${USERS} made-up users. It lists no
sessions; the service that issues the tokens keeps a register of them:

${block(policy)}`,
    );
    tell("2. What is wrong?", "Each token is looked up, checked and aged by its claims.");
    await curfew(2, "plan");
    tell("3. Put it right", "Each session is ended with its own token.");
    await curfew(0, "apply", "--yes");
    tell(
      "4. Anything left?",
      `The token of six days ago that ${first.id} held is ${(await sandbox.works(old.token)) ? "still accepted" : "no longer accepted"}.`,
    );
    await curfew(0, "plan");
    await sandbox.signIn(first.id, { deviceType: "phone", at: at - 6 * DAY });
    await sandbox.writeRegister(register);
    tell("5. A new token in the register", "It is older than the policy allows:");
    await curfew(2, "plan");
    tell(
      "6. What corporateacademy-auth does not let anybody hold",
      "There is no call that locks a user, so a list of leavers is refused at its line:",
    );
    const more = `${policy}\nusers:\n  locked:\n    - user: ${first.id}\n      reason: Left the company\n`;
    await writeFile(path.join(folder, "policies/demo.yaml"), more);
    await curfew(1, "validate");
  } finally {
    await sandbox.close();
  }
}
