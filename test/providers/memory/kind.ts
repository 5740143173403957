/** The provider in memory, for the conformance suite: capabilities that no other kind has. */
import type { Capabilities } from "../../../src/model/capabilities.ts";
import type { Session } from "../../../src/model/inventory.ts";
import { DAY } from "../../../src/time.ts";
import type { Kind, MadeSession, MadeUser, World } from "../conformance/kind.ts";
import { createMemoryProvider, type Stored, type Users } from "./provider.ts";

const NETWORK = "it is asked without a network";

const CAPABILITIES: Capabilities = {
  name: "Memory",
  lock: { endsSessions: false, revives: true },
  end: "session",
  ended: "gone",
  wipe: false,
  enroll: "code",
  moments: { createdAt: null, signedInAt: 0, lastConnectedAt: DAY },
  attributes: { userAgent: "glob" },
  fields: false,
  census: "exact",
  residual: 0,
  compares: [],
  instead: {},
  rights: { read: [], write: [] },
};

export const MEMORY: Kind = {
  name: "memory",
  capabilities: CAPABILITIES,
  lacks: {
    network: NETWORK,
    lesser: "it asks for no credential",
    catalog: "it is no provider that a policy can name",
  },
  writes: () => false,
  build,
};

async function build(made: readonly MadeUser[]): Promise<World> {
  const users: Users = new Map(made.map((user) => [user.id, stored(user)]));
  const codes: string[] = [];
  let fresh = 0;
  const signIn = async (id: string) => {
    const user = users.get(id);
    if (!user || user.locked) throw new Error(`${id} can't sign in`);
    const one = session({ id: `fresh-${++fresh}`, days: 0 });
    user.sessions.set(one.id, one);
    return one.id;
  };
  return {
    // A policy can't name this provider: it borrows the keys of one that it can.
    target: ["provider: journeyapps", "url: http://127.0.0.1:9/api/v4/memory"],
    open: (_target, { pageSize }) =>
      createMemoryProvider(users, {
        ...(pageSize !== undefined && { pageSize }),
        can: CAPABILITIES,
        sent: (user) => void codes.push(user),
      }),
    proxy: null,
    others: [],
    session: (id) => id,
    works: async (id) =>
      [...users.values()].some(({ locked, sessions }) => !locked && sessions.has(id)),
    add: async (user) => void users.set(user.id, stored(user)),
    remove: async (id) => void users.delete(id),
    signIn,
    redeem: async () => signIn(codes.pop() ?? "nobody"),
    secrets: () => ["no secret is here"],
    lesser: [],
    [Symbol.asyncDispose]: async () => {},
  };
}

function stored({ locked = false, sessions = [] }: MadeUser): Stored {
  return { locked, sessions: new Map(sessions.map((one) => [one.id, session(one)])) };
}

function session({ id, days }: MadeSession): Session {
  const signedInAt = Date.now() - days * DAY;
  return {
    id,
    state: "active",
    signedInAt,
    createdAt: null,
    signedOutAt: null,
    lastConnectedAt: Math.floor(Math.max(signedInAt, Date.now() - DAY) / DAY) * DAY,
    lastFullSyncAt: null,
    attributes: { userAgent: null },
  };
}
