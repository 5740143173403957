/** corporateacademy-auth for the conformance suite: its sandbox on loopback, and a register of tokens in a file. */
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Target } from "../../../src/model/policy.ts";
import { CATALOG } from "../../../src/providers/catalog.ts";
import { createCorporateacademyProvider } from "../../../src/providers/corporateacademy/provider.ts";
import { startSandbox } from "../../../src/providers/corporateacademy/sandbox/sandbox.ts";
import { DAY } from "../../../src/time.ts";
import type { How, Kind, MadeUser, World } from "../conformance/kind.ts";
import { proxyBefore } from "../conformance/proxy.ts";

/** The user as whom it is asked. */
const CALLER = "the-caller";
const REGISTER = "tokens.jsonl";
const CLAIMS = {
  ...{ user: "sub", signedInAt: "iat", lastUsedAt: "last" },
  ...{ deviceType: "deviceType", userAgent: "userAgent" },
};

export const CORPORATEACADEMY: Kind = {
  name: "corporateacademy",
  capabilities: CATALOG.corporateacademy,
  lacks: {
    many: "each of its sessions is asked for by calls of its own",
    lesser: "whoever has a token may ask about it and end it",
  },
  writes: (_method, asked) => asked.endsWith("/logout"),
  build,
};

async function build(users: readonly MadeUser[]): Promise<World> {
  const sandbox = await startSandbox({ users: 0, claims: CLAIMS });
  const url = new URL(sandbox.url);
  const proxy = await proxyBefore(url.origin);
  const cwd = await mkdtemp(path.join(tmpdir(), "curfew-academy-"));
  const tokens = new Map<string, { token: string; tinyToken: string }>();
  // As whoever issues tokens keeps it: those that have ended since are still in it.
  const register = () => sandbox.writeRegister(path.join(cwd, REGISTER), { dead: true });
  const signIn = async (user: string, id: string, days: number) => {
    const how = { at: Date.now() - days * DAY, persistent: true };
    const device = { deviceType: "mobile", userAgent: "Mozilla/5.0" };
    tokens.set(id, await sandbox.signIn(user, { ...how, ...device }));
  };
  const add = async ({ id, sessions = [] }: MadeUser) => {
    await sandbox.add({ id });
    for (const session of sessions) await signIn(id, session.id, session.days);
  };
  for (const user of users) await add(user);
  await add({ id: CALLER, sessions: [{ id: CALLER, days: 1 }] });
  const credential = tokens.get(CALLER)?.token ?? "";
  await register();
  let fresh = 0;
  return {
    target: [
      "provider: corporateacademy",
      `url: ${proxy.origin}${url.pathname.replace(/\/$/, "")}`,
      "requestsPerSecond: 1000",
      `register: ${REGISTER}`,
    ],
    open: (target, how) => opened(target, { cwd, credential }, how),
    proxy,
    others: [CALLER],
    session: (id) =>
      createHash("sha256")
        .update(tokens.get(id)?.token ?? "")
        .digest("hex")
        .slice(0, 32),
    works: (id) => sandbox.works(tokens.get(id)?.token ?? ""),
    async add(user) {
      await add(user);
      await register();
    },
    async remove(user) {
      sandbox.remove(user);
      await register();
    },
    async signIn(user) {
      const id = `fresh-${++fresh}`;
      await signIn(user, id, 0);
      await register();
      return id;
    },
    redeem: () => Promise.reject(new Error("nothing is made to sign in with")),
    secrets: () => [...tokens.values()].flatMap((one) => Object.values(one)),
    lesser: [],
    async [Symbol.asyncDispose]() {
      await proxy.close();
      await sandbox.close();
      await rm(cwd, { recursive: true, force: true });
    },
  };
}

/** Pages are the register's, of a size of its own. */
function opened(
  target: Target,
  given: { cwd: string; credential: string },
  { pageSize: _, ...how }: How,
) {
  if (target.provider !== "corporateacademy") throw new Error(`another's: ${target.provider}`);
  return createCorporateacademyProvider({ target, env: {}, ...given, ...how });
}
