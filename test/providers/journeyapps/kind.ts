/** JourneyApps for the conformance suite: its sandbox on loopback. */
import type { Target } from "../../../src/model/policy.ts";
import { CATALOG } from "../../../src/providers/catalog.ts";
import { createJourneyAppsProvider } from "../../../src/providers/journeyapps/provider.ts";
import {
  type ServedUser,
  startSandbox,
} from "../../../src/providers/journeyapps/sandbox/sandbox.ts";
import { type ServedSession, wireTime } from "../../../src/providers/journeyapps/sandbox/types.ts";
import { DAY } from "../../../src/time.ts";
import { ofJourneyApps } from "../../kit/builders.ts";
import type { How, Kind, MadeSession, MadeUser, World } from "../conformance/kind.ts";
import { proxyBefore } from "../conformance/proxy.ts";

const TOKEN = "O:s3cr3t-t0ken/+&";

export const JOURNEYAPPS: Kind = {
  name: "journeyapps",
  capabilities: CATALOG.journeyapps,
  lacks: { token: "it gives users no token that anybody could ask about" },
  writes: (method) => method === "POST",
  build,
};

async function build(users: readonly MadeUser[]): Promise<World> {
  const sandbox = await startSandbox({ estate: users.map(served), token: TOKEN });
  const url = new URL(sandbox.url);
  const proxy = await proxyBefore(url.origin);
  const open = (target: Target, how: How) =>
    createJourneyAppsProvider({ target: ofJourneyApps(target), credential: TOKEN, ...how });
  const refused = (without: string, fails: "read" | "lock" | "end", path: RegExp) => ({
    ...{ without, fails },
    open(target: Target, how: How) {
      const on = (method: string, asked: string) => path.test(`${method} ${asked}`);
      proxy.fault = { kind: "403", on };
      return open(target, how);
    },
  });
  return {
    target: [
      "provider: journeyapps",
      `url: ${proxy.origin}${url.pathname}`,
      "requestsPerSecond: 1000",
    ],
    open,
    proxy,
    others: [],
    session: (id) => id,
    works: () => Promise.reject(new Error("no token is given")),
    add: async (user) => sandbox.add(served(user)),
    remove: async (user) => sandbox.remove(user),
    signIn: async (user) => sandbox.signIn(user, {}).id,
    async redeem(enrolment) {
      if (!("token" in enrolment)) throw new Error("no token was made");
      return sandbox.enroll(enrolment.token).id;
    },
    secrets: () => [TOKEN],
    lesser: [
      refused("GET users", "read", /^GET \S*\/users$/),
      refused("GET users/{id}", "lock", /^GET \S*\/users\/[^/]+$/),
      refused("POST batch", "end", /^POST \S*\/batch/),
    ],
    async [Symbol.asyncDispose]() {
      await proxy.close();
      await sandbox.close();
    },
  };
}

function served({ id, locked = false, sessions = [] }: MadeUser): ServedUser {
  const enrolled = !locked && sessions.length > 0;
  const connected = wireTime(Date.now() - DAY);
  return { id, last_connected_at: connected, enrolled, locked, sessions: sessions.map(session) };
}

function session({ id, days }: MadeSession): ServedSession {
  const signedIn = wireTime(Date.now() - days * DAY);
  return {
    id,
    state: "ENROLLED",
    last_authenticated_at: signedIn,
    created_at: signedIn,
    signed_out_at: null,
    last_connected_at: wireTime(Date.now() - DAY / 24),
    container: { version: "23.1.0", bundle_id: "xyz.appinstall.acme", platform: "ANDROID" },
    runtime: { version: "4.95.0" },
    device: { id: `d-${id}` },
    label: `Device ${id}`,
  };
}
