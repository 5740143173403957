/** A provider for a real server that tests can always have: better-auth with its admin plugin. Tests alone use it. */
import { LateError, UnreadableTargetError, UsageError } from "../../../src/errors.ts";
import type { AccountRecord } from "../../../src/model/inventory.ts";
import type { Action } from "../../../src/model/plan.ts";
import type { Provider } from "../../../src/model/ports.ts";
import type { Right, WriteResult } from "../../../src/model/run.ts";
import { inPool } from "../../../src/pool.ts";
import type { Manner } from "../../../src/providers/http/client.ts";
import { CallError } from "../../../src/providers/http/faults.ts";
import { pages } from "../../../src/providers/http/paging.ts";
import { type Api, createApi } from "./api.ts";
import { accountOf, type WireUser } from "./wire.ts";

/** Calls for the sessions of one user each, at once. */
const AT_ONCE = 8;

/** What it asks of a role, by resource and right, and the call that needs it. */
const RIGHTS: readonly [resource: string, right: string, call: string][] = [
  ["user", "list", "GET admin/list-users"],
  ["user", "get", "GET admin/get-user"],
  ["session", "list", "POST admin/list-user-sessions"],
  ["user", "ban", "POST admin/ban-user, POST admin/unban-user"],
  ["session", "revoke", "POST admin/revoke-user-session"],
];

export interface Options extends Manner {
  /** The server's address, `http://127.0.0.1:…/api/auth`. */
  url: string;
  /** The token of an administrator's session. */
  credential: string;
  pageSize?: number | undefined;
}

/** Speaks to one server. */
export function createBetterAuthProvider(options: Options): Provider {
  const { url, credential, pageSize = 100, ...manner } = options;
  const api = createApi(url, credential, manner);
  const { client } = api;
  const noModel = () => new UnreadableTargetError(`${client.host} has no user model.`);
  const record = async (user: WireUser): Promise<AccountRecord> => ({
    user: accountOf(user, await api.sessions(user.id), Date.now()),
  });
  const userNow = async (id: string) => {
    const user = await api.user(id);
    return user && (await record(user));
  };
  return {
    writeSize: 1,
    async *users() {
      for await (const page of pages(pageSize, ({ id }) => id, api.users)) {
        yield { ...page, objects: await inPool(page.objects, AT_ONCE, record) };
      }
    },
    async *profiles() {
      yield await Promise.reject(noModel());
    },
    profile: () => Promise.reject(noModel()),
    named: () => Promise.reject(noModel()),
    skew: client.skew,
    info: async () => null,
    user: userNow,
    async write(actions, check) {
      const results: WriteResult[] = [];
      for (const action of actions) results.push(await carryOut(action, api, check, userNow));
      return results;
    },
    rights: () => rightsOf(api),
    enroll: () => Promise.reject(new UsageError(`${client.host} enrolls nobody.`)),
    close: client.close,
  };
}

async function carryOut(
  action: Action,
  api: Api,
  check: () => void,
  userNow: Provider["user"],
): Promise<WriteResult> {
  const { type, user, session } = action;
  try {
    if (type === "lock") await api.ban(user, check);
    else if (type === "unlock") await api.unban(user, check);
    else if (type === "wipe") return { status: "failed", error: "nothing is wiped here" };
    else {
      const found = (await api.sessions(user)).find(({ id }) => id === session);
      if (!found) return { status: "gone", error: "the session is gone" };
      await api.revoke(found.token, check);
    }
    return { status: "done" };
  } catch (error) {
    if (error instanceof LateError) return { status: "unanswered", error: error.message };
    if (!(error instanceof CallError)) throw error;
    const { kind, sent, message } = error;
    if (kind === "absent") return { status: "gone", error: message };
    if (!sent) return { status: kind === "passing" ? "unanswered" : "failed", error: message };
    return looked(action, message, userNow);
  }
}

/** Its answer was lost: whether it was done. What is not done may still come. */
async function looked(
  { type, user, session }: Action,
  message: string,
  userNow: Provider["user"],
): Promise<WriteResult> {
  const unknown = { status: "unknown", error: message } as const;
  try {
    const record = await userNow(user);
    if (!record || !("user" in record)) return unknown;
    const { locked, sessions } = record.user;
    const done =
      session === null ? locked === (type === "lock") : sessions.every(({ id }) => id !== session);
    return done ? { status: "done" } : unknown;
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    return unknown;
  }
}

async function rightsOf(api: Api): Promise<Right[]> {
  const rights: Right[] = [];
  for (const [resource, right, call] of RIGHTS) {
    const there = await api.may(resource, right);
    rights.push({
      ...{ right: `${resource}:${right}`, call },
      ...(there
        ? ({ state: "there", why: null } as const)
        : ({ state: "missing", why: "the administrator's role does not have it" } as const)),
    });
  }
  return rights;
}
