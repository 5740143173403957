/** The calls of better-auth's admin plugin that are made, one method each. All throw CallError. */
import type * as z from "zod";
import type { Page } from "../../../src/model/inventory.ts";
import { readAddress } from "../../../src/providers/http/address.ts";
import {
  type Call,
  type Client,
  createClient,
  type Manner,
} from "../../../src/providers/http/client.ts";
import { CallError, type Meaning, type RefusedAnswer } from "../../../src/providers/http/faults.ts";
import type { Span } from "../../../src/providers/http/paging.ts";
import {
  changedUser,
  oneUser,
  refusal,
  sessionList,
  success,
  userPage,
  type WireSession,
  type WireUser,
} from "./wire.ts";

export interface Api {
  users(span: Span): Promise<Page<WireUser>>;
  /** null: there is no such user. */
  user(id: string): Promise<WireUser | null>;
  sessions(user: string): Promise<WireSession[]>;
  ban(user: string, before: () => void): Promise<void>;
  unban(user: string, before: () => void): Promise<void>;
  revoke(token: string, before: () => void): Promise<void>;
  /** Whether the credential has a right, e.g. `user`, `ban`. */
  may(resource: string, right: string): Promise<boolean>;
  readonly client: Client;
}

/** Speaks with the server at `url` by the token of an administrator's session. */
export function createApi(url: string, token: string, manner: Manner): Api {
  const client = createClient({
    ...manner,
    address: readAddress(url, "https://…/api/auth"),
    secrets: () => [token],
    proof: () => ({ authorization: `Bearer ${token}` }),
    readError(body) {
      const { data } = refusal.safeParse(body);
      return data ? { type: data.code, title: data.message } : null;
    },
    meaningOf,
  });
  const ask = <S extends z.ZodType>(shape: S, call: Call) => asked(client, shape, call);
  const post = (path: string, body: unknown, before: () => void): Call => {
    return { method: "POST", path: `admin/${path}`, body, repeat: "always", before };
  };
  return {
    client,
    async users({ skip, limit, signal }) {
      const path = `admin/list-users?limit=${limit}&offset=${skip}&sortBy=id`;
      const call = { method: "GET", path, ...(signal && { signal }) } as const;
      const { users, total } = await ask(userPage, call);
      const more = users.length > 0 && skip + users.length < total;
      return { total, count: users.length, more, objects: users };
    },
    user: (id) =>
      ask(oneUser, { method: "GET", path: `admin/get-user?id=${encodeURIComponent(id)}` }).catch(
        (error: unknown) => {
          if (error instanceof CallError && error.kind === "absent") return null;
          throw error;
        },
      ),
    async sessions(userId) {
      const list: Call = {
        ...{ method: "POST", path: "admin/list-user-sessions", body: { userId } },
        repeat: "always",
      };
      return (await ask(sessionList, list)).sessions;
    },
    ban: async (userId, before) =>
      void (await ask(changedUser, post("ban-user", { userId }, before))),
    unban: async (userId, before) =>
      void (await ask(changedUser, post("unban-user", { userId }, before))),
    async revoke(sessionToken, before) {
      const call = post("revoke-user-session", { sessionToken }, before);
      await ask(success, { ...call, secrets: [sessionToken] });
    },
    async may(resource, right) {
      const body = { permissions: { [resource]: [right] } };
      const call: Call = { method: "POST", path: "admin/has-permission", body, repeat: "always" };
      return (await ask(success, call)).success;
    },
  };
}

/** Makes a call and reads its answer; an unknown shape is an error that names the field. */
async function asked<S extends z.ZodType>(
  client: Client,
  shape: S,
  call: Call,
): Promise<z.infer<S>> {
  const { body } = await client.call(call);
  const read = shape.safeParse(body);
  if (read.success) return read.data;
  const field = read.error.issues[0]?.path.join(".") || "the whole";
  const message = `${client.host} answered ${call.method} ${call.path} in an unknown form: ${field}. Check target.url.`;
  throw new CallError(message, "lasting", call.method === "POST");
}

function meaningOf({ status, type }: RefusedAnswer): Meaning {
  if (status !== 404) return {};
  return type === "USER_NOT_FOUND" ? { kind: "absent" } : { kind: "route" };
}
