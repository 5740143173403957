/** better-auth itself, in this process: its admin plugin on node:sqlite in memory, on loopback. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { createAccessControl } from "better-auth/plugins/access";
import { admin } from "better-auth/plugins/admin";
import { adminAc, defaultStatements, userAc } from "better-auth/plugins/admin/access";
import { bearer } from "better-auth/plugins/bearer";
import type { Instant } from "../../../src/model/vocabulary.ts";
import { DAY, iso } from "../../../src/time.ts";

/** A server that runs. */
export interface Server {
  /** Scheme, host and port; the API is below `/api/auth`. */
  readonly origin: string;
  addUser(user: { id: string; locked: boolean; role: string }): void;
  addSession(session: { id: string; user: string; token: string; at: Instant }): void;
  removeUser(id: string): void;
  close(): Promise<void>;
}

/** A role for each of these rights, `user:ban`, which lacks that one and is called `without user:ban`. */
export async function startServer(lacking: readonly string[]): Promise<Server> {
  const database = new DatabaseSync(":memory:");
  const access = createAccessControl(defaultStatements);
  const lesser = lacking.map((right) => [roleWithout(right), access.newRole(allBut(right))]);
  const auth = betterAuth({
    database,
    baseURL: "http://127.0.0.1",
    secret: "what signs cookies in tests only",
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    logger: { disabled: true },
    plugins: [
      admin({ ac: access, roles: { admin: adminAc, user: userAc, ...Object.fromEntries(lesser) } }),
      bearer(),
    ],
  });
  await (await getMigrations(auth.options)).runMigrations();
  const server = createServer(toNodeHandler(auth));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    ...behind(database),
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      database.close();
    },
  };
}

export const roleWithout = (right: string) => `without ${right}`;

function allBut(lacking: string) {
  const { user, session } = defaultStatements;
  return {
    user: user.filter((right) => `user:${right}` !== lacking),
    session: session.filter((right) => `session:${right}` !== lacking),
  };
}

/** What changes without a request. */
function behind(database: DatabaseSync): Omit<Server, "origin" | "close"> {
  let numbered = 0;
  return {
    addUser({ id, locked, role }) {
      const now = iso(Date.now());
      database
        .prepare(
          "insert into user (id, name, email, emailVerified, createdAt, updatedAt, role, banned) values (?, ?, ?, 1, ?, ?, ?, ?)",
        )
        .run(id, id, `user-${++numbered}@acme.example`, now, now, role, locked ? 1 : 0);
    },
    addSession({ id, user, token, at }) {
      const ends = iso(Date.now() + 7 * DAY);
      database
        .prepare(
          "insert into session (id, userId, token, createdAt, updatedAt, expiresAt, userAgent) values (?, ?, ?, ?, ?, ?, ?)",
        )
        .run(id, user, token, iso(at), iso(Math.max(at, Date.now() - DAY)), ends, "Mozilla/5.0");
    },
    removeUser(id) {
      database.prepare("delete from session where userId = ?").run(id);
      database.prepare("delete from user where id = ?").run(id);
    },
  };
}
