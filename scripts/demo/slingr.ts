/** The story as far as Slingr allows it: it locks users, and tells and ends no sessions. */
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { startSandbox } from "../../src/providers/slingr/sandbox/sandbox.ts";
import { block, stageWith, tell } from "./stage.ts";

const USERS = 300;

const policyFor = (url: string, leavers: readonly string[], account: string) => `version: 1

target:
  name: demo
  provider: slingr
  url: ${url}
  credentials: [env:SANDBOX_TOKEN]   # email:password of Curfew's account; never written here
  identify: email
  script: /curfew                    # what the app exposes of sys.auth
  metadata: ../app-metadata

sessions:
  maxIdle: 4h        # Slingr's groups hold it themselves: Curfew tells where they don't

users:
  locked:
${leavers.map((user, i) => `    - user: ${user}\n      reason: Left the company\n      ticket: HR-${812 + i}`).join("\n")}

protected:
  - ${account}   # Curfew's own account
`;

/** Leavers, an administrator behind the policy's back, a first sign-in, and what can't be held there. */
export async function slingrStory(): Promise<void> {
  const sandbox = await startSandbox({ users: USERS, seed: 7 });
  try {
    const { account } = sandbox;
    const working = sandbox.users().filter((u) => u.status === "ACTIVE" && u.id !== account.id);
    const [one, two, three, joiner] = working;
    if (!one || !two || !three || !joiner) throw new Error("the sandbox has too few users");
    const policy = policyFor(sandbox.url, [one.email, two.email, three.email], account.email);
    const { folder, curfew } = await stageWith(policy, `${account.email}:${account.password}`);
    for (const [name, text] of Object.entries(sandbox.metadata())) {
      const file = path.join(folder, "app-metadata", name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    const token = sandbox.signIn(one.id);

    tell(
      "1. An app and a policy",
      `A sandbox of a Slingr app is running on this machine, with ${USERS} made-up users. This policy says
who may use it:

${block(policy)}`,
    );
    tell("2. What is wrong?", "A plan writes nothing.");
    await curfew(2, "plan");
    tell("3. Put it right", "Several users go in one call, and each is read again.");
    await curfew(0, "apply", "--yes");
    tell(
      "4. And their logins?",
      `The token that ${one.email} had before is ${sandbox.whose(token) === null ? "dead" : "alive"} in this sandbox. No document says what
becomes of it in a real app, so try that on yours.`,
    );
    await curfew(0, "plan");
    sandbox.setStatus(one.id, "ACTIVE");
    tell(
      "5. Somebody goes behind the policy's back",
      `An administrator has just reactivated ${one.email}. The drift report catches it, and tells
which groups let a login idle for longer than the policy says:`,
    );
    await curfew(2, "drift");
    tell("6. A first sign-in", "The app sends a one-time code; Curfew never sees it.");
    await curfew(0, "enroll", joiner.email, "--yes");
    tell(
      "7. What Slingr does not let anybody hold",
      "Sessions can be neither listed nor ended, so rules about their age are refused at their line:",
    );
    const more = policy.replace("  maxIdle:", "  maxAge: 30d\n  maxIdle:");
    await writeFile(path.join(folder, "policies/demo.yaml"), more);
    await curfew(1, "validate");
  } finally {
    await sandbox.close();
  }
}
