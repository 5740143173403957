/** A backend in memory that differs from JourneyApps where backends do: a lock ends nothing, an unlock revives, what ended is gone. */

import { UsageError } from "../../../src/errors.ts";
import type { Capabilities } from "../../../src/model/capabilities.ts";
import type { Account, AccountRecord, Session } from "../../../src/model/inventory.ts";
import type { Action } from "../../../src/model/plan.ts";
import type { Provider } from "../../../src/model/ports.ts";
import type { WriteResult } from "../../../src/model/run.ts";

/** A user there; a session that ended is no longer in it. */
export interface Stored {
  locked: boolean;
  sessions: Map<string, Session>;
}

/** Users by id. */
export type Users = Map<string, Stored>;

interface Options {
  pageSize?: number;
  sent: (user: string) => void;
  can: Capabilities;
}

/** Works on these users; `sent` is told of each one-time code. */
export function createMemoryProvider(
  users: Users,
  { pageSize = 100, sent, can }: Options,
): Provider {
  const nobody = async () => [];
  return {
    capabilities: can,
    writeSize: 1,
    async *users() {
      const ids = [...users.keys()];
      for (let i = 0; i === 0 || i < ids.length; i += pageSize) {
        const objects = ids.slice(i, i + pageSize).flatMap((id) => recordOf(id, users) ?? []);
        const more = i + pageSize < ids.length;
        yield { total: ids.length, count: objects.length, more, objects };
      }
    },
    async *profiles() {
      yield { total: 0, count: 0, more: false, objects: [] };
    },
    profile: async () => null,
    named: nobody,
    info: async () => null,
    user: async (id) => recordOf(id, users),
    async write(actions, check) {
      return actions.map((action): WriteResult => {
        check();
        return carryOut(action, users.get(action.user));
      });
    },
    rights: async () => [
      { right: "read and change what is in memory", call: "none", state: "there", why: null },
    ],
    async enroll(id) {
      if (!users.has(id)) throw new UsageError(`There is no user ${id}; give the id of one.`);
      sent(id);
      return { sent: "email", to: `${id}@memory.example`, lives: 0 };
    },
    close: async () => {},
  };
}

function recordOf(id: string, users: Users): AccountRecord | null {
  const stored = users.get(id);
  if (!stored) return null;
  const { locked } = stored;
  const sessions = [...stored.sessions.values()].map((one) => ({ ...one }));
  const user: Account = { id, locked, lastConnectedAt: null, sessions };
  return { user };
}

/** A lock ends nothing here, and an unlock revives: what the action names ends with it. */
function carryOut(
  { type, session, user: id, ends = [] }: Action,
  user: Stored | undefined,
): WriteResult {
  if (!user) return { status: "gone", error: `there is no user ${id}` };
  if (type === "lock" || type === "unlock") {
    for (const one of ends) user.sessions.delete(one);
    user.locked = type === "lock";
    return { status: "done" };
  }
  if (type === "wipe") return { status: "failed", error: "nothing is wiped here" };
  return user.sessions.delete(session ?? "")
    ? { status: "done" }
    : { status: "gone", error: "the session is gone" };
}
