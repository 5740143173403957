/** Slingr for the conformance suite: its sandbox on loopback. It lists no sessions; its users have tokens all the same. */
import type { Target } from "../../../src/model/policy.ts";
import { CATALOG } from "../../../src/providers/catalog.ts";
import { createSlingrProvider } from "../../../src/providers/slingr/provider.ts";
import { type Sandbox, startSandbox } from "../../../src/providers/slingr/sandbox/sandbox.ts";
import type { How, Kind, Lesser, MadeUser, World } from "../conformance/kind.ts";
import { proxyBefore } from "../conformance/proxy.ts";

const ACCOUNT = { email: "curfew@example.com", password: "p4ss/w0rd+&", apiToken: "anApiToken/+" };
const CREDENTIAL = `${ACCOUNT.email}:${ACCOUNT.password}`;
const SCRIPT = "/curfew";

export const SLINGR: Kind = {
  name: "slingr",
  // Without `metadata` there is nothing to compare.
  capabilities: { ...CATALOG.slingr, compares: [] },
  lacks: { ids: "it gives its users ids of its own" },
  writes: (method) => method === "PUT",
  build,
};

async function build(users: readonly MadeUser[]): Promise<World> {
  const sandbox = await startSandbox({ users: 0, account: ACCOUNT, script: SCRIPT });
  const tokens = new Map<string, string>();
  for (const user of users) add(sandbox, tokens, user);
  const url = new URL(sandbox.url);
  const proxy = await proxyBefore(url.origin);
  const refused = (without: string, fails: Lesser["fails"], path: RegExp): Lesser => ({
    ...{ without, fails },
    open(target, how) {
      const on = (method: string, asked: string) => path.test(`${method} ${asked}`);
      proxy.fault = { kind: "403", on };
      return opened(target, how);
    },
  });
  let fresh = 0;
  const keep = (token: string) => {
    const id = `fresh-${++fresh}`;
    tokens.set(id, token);
    return id;
  };
  return {
    target: [
      "provider: slingr",
      `url: ${proxy.origin}${url.pathname}`,
      "requestsPerSecond: 1000",
      `script: ${SCRIPT}`,
    ],
    open: opened,
    proxy,
    others: [sandbox.account.id],
    session: (id) => id,
    works: async (id) => sandbox.whose(tokens.get(id) ?? "") !== null,
    add: async (user) => add(sandbox, tokens, user),
    remove: async (user) => sandbox.remove(user),
    signIn: async (user) => keep(sandbox.signIn(user)),
    async redeem() {
      const token = sandbox.exchange(sandbox.outbox.at(-1)?.code ?? "");
      if (token === null) throw new Error("the code is good for no token");
      return keep(token);
    },
    secrets: () => [CREDENTIAL, ACCOUNT.password, ACCOUNT.apiToken, ...tokens.values()],
    lesser: [
      refused("GET users", "read", /^GET \S*\/users$/),
      refused("GET users/{id}", "lock", /^GET \S*\/users\/(?!current)[^/]+$/),
      refused("deactivate", "lock", /^PUT \S*\/deactivate$/),
    ],
    async [Symbol.asyncDispose]() {
      await proxy.close();
      await sandbox.close();
    },
  };
}

function opened(target: Target, how: How) {
  if (target.provider !== "slingr") throw new Error(`not of Slingr: ${target.provider}`);
  return createSlingrProvider({ target, credential: CREDENTIAL, ...how });
}

function add(sandbox: Sandbox, tokens: Map<string, string>, user: MadeUser): void {
  const { id, locked = false, sessions = [] } = user;
  sandbox.add({ id, email: `${encodeURIComponent(id)}@acme.example` }, "+15550000001");
  for (const session of sessions) tokens.set(session.id, sandbox.signIn(id));
  if (locked) sandbox.setStatus(id, "INACTIVE");
}
