/** A backend and a ledger in memory: small, whole implementations of the two ports, for properties of whole runs. */
import type { User } from "../../src/model/inventory.ts";
import type { Action } from "../../src/model/plan.ts";
import type { Ledger, Provider } from "../../src/model/ports.ts";
import type { Memory, WriteResult } from "../../src/model/run.ts";
import { memoryOf, sourceOf } from "./builders.ts";
import { applyBegin, applyFinish, applyIntents, applyOutcomes } from "./memories.ts";

/** Thrown by a backend that dies: what was done before stays done. */
export class Died extends Error {}

/** A user who lives on. */
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface Backend extends Provider {
  /** What is true now. */
  estate: Mutable<User>[];
  /** Every action that was carried out. */
  done: Action[];
}

/** Does what docs/backends/journeyapps.md infers: sign-out and lock leave a session ended, a wipe wiping. Dies after `lifetime` actions. */
export function backendOf(
  before: readonly User[],
  options: {
    writeSize?: number;
    pageSize?: number;
    lifetime?: number;
    lockWipes?: "all" | "active" | "none";
  } = {},
): Backend {
  const { writeSize = 3, pageSize = 2, lifetime = Number.POSITIVE_INFINITY } = options;
  const { lockWipes = "active" } = options;
  const users: Mutable<User>[] = structuredClone([...before]);
  const done: Action[] = [];
  const profiles = () => users.map(({ id, fields }) => ({ id, fields: { ...fields } }));
  return {
    estate: users,
    done,
    writeSize,
    users: () => sourceOf(users, { pageSize }).users(),
    profiles: (fields) => sourceOf(users, { pageSize, profiles: profiles() }).profiles(fields),
    profile: (id, fields) => sourceOf(users, { profiles: profiles() }).profile(id, fields),
    named: (field, value) => sourceOf(users, { profiles: profiles() }).named(field, value),
    info: async () => null,
    rights: async () => [],
    user: async (id) => {
      const user = users.find((u) => u.id === id);
      return user ? { user: structuredClone(user) } : null;
    },
    async write(actions) {
      return actions.map((action): WriteResult => {
        if (done.length >= lifetime) throw new Died();
        const user = users.find((u) => u.id === action.user);
        if (!user) return { status: "gone", error: "OBJECT_NOT_FOUND" };
        carryOut(user, action, lockWipes);
        done.push(action);
        return { status: "done" };
      });
    },
    enroll: () => Promise.reject(new Error("not part of a run")),
    close: async () => {},
  };
}

function carryOut(user: Mutable<User>, action: Action, lockWipes: string): void {
  const session = user.sessions.find((s) => s.id === action.session);
  if (action.type === "unlock") user.locked = false;
  else if (action.type === "lock") {
    user.locked = true;
    for (const s of user.sessions) {
      const wipes = lockWipes === "all" || (lockWipes === "active" && s.state === "active");
      if (s.state === "active") s.state = "ended";
      if (action.wipe && wipes && s.state === "ended") s.state = "wiping";
    }
  } else if (session) session.state = action.type === "wipe" ? "wiping" : "ended";
}

/** Keeps a memory as the ledger does, without a store. */
export function ledgerOf(
  start: Partial<Memory> = {},
): Pick<Ledger, "recall" | "begin" | "intend" | "owned" | "record" | "finish"> {
  let memory = memoryOf(structuredClone(start));
  return {
    recall: async () => structuredClone(memory),
    async begin(run) {
      memory = applyBegin(memory, structuredClone(run));
    },
    async intend(run, attempts, settled = []) {
      memory = applyIntents(memory, structuredClone({ run, attempts, settled }));
    },
    async owned(users) {
      return new Set(users.filter((user) => Object.hasOwn(memory.ownLocks, user)));
    },
    async record(run, outcomes) {
      memory = applyOutcomes(memory, run, structuredClone(outcomes));
    },
    async finish(run) {
      memory = applyFinish(memory, structuredClone(run));
    },
  };
}
