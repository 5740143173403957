/** better-auth for the conformance suite: a real server, and what its admin plugin can do. */
import { randomBytes } from "node:crypto";
import type { Capabilities } from "../../../src/model/capabilities.ts";
import type { Target } from "../../../src/model/policy.ts";
import { DAY } from "../../../src/time.ts";
import type { How, Kind, Lesser, MadeUser, World } from "../conformance/kind.ts";
import { proxyBefore } from "../conformance/proxy.ts";
import { createBetterAuthProvider } from "./provider.ts";
import { roleWithout, type Server, startServer } from "./server.ts";

const CAPABILITIES: Capabilities = {
  name: "better-auth",
  lock: { endsSessions: true, revives: false },
  end: "session",
  ended: "gone",
  wipe: false,
  enroll: null,
  // A session's use is noted when it is renewed, once a day.
  moments: { createdAt: 0, signedInAt: 0, lastConnectedAt: DAY },
  attributes: { userAgent: "glob" },
  fields: false,
  census: "exact",
  residual: 0,
  compares: [],
  instead: {},
  rights: {
    read: ["user:list", "user:get", "session:list"],
    write: ["user:ban", "session:revoke"],
  },
};

const LACKING: readonly [right: string, fails: Lesser["fails"]][] = [
  ["user:list", "read"],
  ["session:list", "read"],
  ["user:get", "lock"],
  ["user:ban", "lock"],
  ["session:revoke", "end"],
];

const WRITES = /\/admin\/(?:ban-user|unban-user|revoke-user-session)$/;

export const BETTER_AUTH: Kind = {
  name: "better-auth",
  capabilities: CAPABILITIES,
  lacks: {
    many: "its sessions are read by a call for each user",
    catalog: "it is no provider that a policy can name",
  },
  writes: (_method, path) => WRITES.test(path),
  build,
};

const ADMIN = "the-admin";

async function build(made: readonly MadeUser[]): Promise<World> {
  const server = await startServer(LACKING.map(([right]) => right));
  const proxy = await proxyBefore(server.origin);
  const tokens = new Map<string, string>();
  const signIn = (user: string, days: number, id: string) => {
    const token = randomBytes(24).toString("hex");
    tokens.set(id, token);
    server.addSession({ id, user, token, at: Date.now() - days * DAY });
    return token;
  };
  const administrator = (id: string, role: string) => {
    server.addUser({ id, locked: false, role });
    return signIn(id, 0, `${id}-session`);
  };
  const add = ({ id, locked = false, sessions = [] }: MadeUser) => {
    server.addUser({ id, locked, role: "user" });
    for (const session of sessions) signIn(id, session.days, session.id);
  };
  const credential = administrator(ADMIN, "admin");
  const others = [ADMIN];
  const lesser = LACKING.map(([without, fails]) => ({
    ...{ without, fails },
    open(target: Target, how: How) {
      const id = `${ADMIN} ${roleWithout(without)}`;
      others.push(id);
      return opened(target, administrator(id, roleWithout(without)), how);
    },
  }));
  for (const user of made) add(user);
  let fresh = 0;
  return {
    // A policy can't name this provider: it borrows the keys of one that it can.
    target: ["provider: journeyapps", `url: ${proxy.origin}/api/auth`],
    open: (target, how) => opened(target, credential, how),
    proxy,
    others,
    session: (id) => id,
    works: (id) => works(server, tokens.get(id) ?? ""),
    add: async (user) => add(user),
    remove: async (id) => server.removeUser(id),
    async signIn(user) {
      const id = `fresh-${++fresh}`;
      signIn(user, 0, id);
      return id;
    },
    redeem: () => Promise.reject(new Error("nothing is made to sign in with")),
    secrets: () => [...tokens.values()],
    lesser,
    async [Symbol.asyncDispose]() {
      await proxy.close();
      await server.close();
    },
  };
}

function opened({ url }: Target, credential: string, how: How) {
  return createBetterAuthProvider({ url, credential, requestsPerSecond: 1000, ...how });
}

/** Asks the server itself, as the user's own app does. */
async function works({ origin }: Server, token: string): Promise<boolean> {
  const answer = await fetch(`${origin}/api/auth/get-session?disableRefresh=true`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return (await answer.json()) !== null;
}
