import type { AccountRecord, Page, Profile, Session } from "../../model/inventory.ts";
import type { Action } from "../../model/plan.ts";
import type { TargetInfo } from "../../model/run.ts";
import type { Client } from "../http/client.ts";
import type { Span } from "../http/paging.ts";
import { ask, ShapeError, sameId, unless } from "../http/shape.ts";
import {
  type BatchResult,
  readBatchReply,
  readInfo,
  readObject,
  readPage,
  readSession,
  readToken,
  readUser,
  readUserModel,
  toOperation,
  type UserModel,
} from "./wire.ts";

/**
 * The calls of the JourneyApps Backend API v4 that Curfew makes, one method each (docs/backends/journeyapps.md). All throw
 * CallError, also for an answer of an unknown shape. Deleting a user is not among them, and must never be.
 */
export interface Api {
  users(span: Span): Promise<Page<AccountRecord>>;
  /** null: there is no such user. */
  user(userId: string): Promise<AccountRecord | null>;
  /** null: there is no such session. */
  session(userId: string, sessionId: string): Promise<Session | null>;
  /** null where the deployment has no such call. */
  info(): Promise<TargetInfo | null>;
  userModel(): Promise<UserModel>;
  /** Objects of a model, reduced to `fields`. */
  objects(
    model: string,
    fields: readonly string[],
    span: Span,
    /** Only objects that have this value in a field. */
    where?: { field: string; value: string },
  ): Promise<Page<Profile>>;
  /** One object, reduced to `fields`; null: there is none. */
  object(model: string, id: string, fields: readonly string[]): Promise<Profile | null>;
  /** Up to 1,000 actions in one call. `repeated`: an earlier try may have carried out some of them. */
  batch(
    actions: readonly Action[],
    repeat: "always" | "unsent",
    before: () => void,
  ): Promise<{ results: BatchResult[]; repeated: boolean }>;
  /** One action by its own call: lock, unlock, wipe or re-authenticate. */
  act(action: Action, repeat: "always" | "unsent", before: () => void): Promise<void>;
  authenticationToken(userId: string): Promise<{ token: string; url: string }>;
}

/** A thousand operations take a deployment longer than any other call. */
const BATCH_PATIENCE = 60_000;

/** `askTotal`: to a CloudCode token, pages give their `total` only when asked for it. */
export function createApi(client: Client, askTotal: boolean): Api {
  const get = async <T>(path: string, read: (body: unknown) => T, signal?: AbortSignal) =>
    (await ask(client, { method: "GET", path, ...(signal && { signal }) }, read)).value;
  const page = async <T>(
    path: string,
    span: Span,
    read: (raw: unknown, index: number) => T,
    criterion = "",
  ) => {
    const query = `limit=${span.limit}&skip=${span.skip}${askTotal ? "&total=true" : ""}${criterion}`;
    const readAll = (body: unknown) => {
      const raw = readPage(body);
      return { ...raw, objects: raw.objects.map(read) };
    };
    return get(`${path}?${query}`, readAll, span.signal);
  };

  return {
    users: (span) => page("users", span, readUser),
    user: (userId) =>
      unless(
        "absent",
        get(`users/${part(userId)}`, (body) => {
          const record = readUser(body);
          if ("user" in record) sameId(record.user.id, userId);
          return record;
        }),
      ),
    session: (userId, sessionId) =>
      unless(
        "absent",
        get(`users/${part(userId)}/sessions/${part(sessionId)}`, (body) => {
          const session = readSession(body);
          sameId(session.id, sessionId);
          return session;
        }),
      ),
    info: () => unless("route", get("info.json", readInfo)),
    userModel: () => get("datamodel.json", readUserModel),
    objects: (model, fields, span, where) =>
      page(
        `objects/${part(model)}.json`,
        span,
        (raw, index) => within(`objects[${index}]`, () => readObject(raw, fields)),
        where && `&${part(`q[${where.field}]`)}=${part(where.value)}`,
      ),
    object: (model, id, fields) =>
      unless(
        "absent",
        get(`objects/${part(model)}/${part(id)}.json`, (body) => readOne(body, fields, id)),
      ),
    async batch(actions, repeat, before) {
      const body = { operations: actions.map(toOperation) };
      const call = { method: "POST", path: "batch.json", body, repeat, before } as const;
      const { value, repeated } = await ask(
        client,
        { ...call, patience: BATCH_PATIENCE },
        (reply) => readBatchReply(reply, actions.length),
      );
      return { results: value, repeated };
    },
    async act(action, repeat, before) {
      await client.call({ method: "POST", repeat, before, ...singleCall(action) });
    },
    async authenticationToken(userId) {
      const path = `users/${part(userId)}/authentication-token`;
      return (await ask(client, { method: "POST", path }, readToken)).value;
    },
  };
}

function readOne(body: unknown, fields: readonly string[], id: string): Profile {
  const object = readObject(body, fields);
  sameId(object.id, id);
  return object;
}

function singleCall(action: Action): { path: string; body?: unknown } {
  const user = `users/${part(action.user)}`;
  if (action.type === "lock") return { path: `${user}/lock`, body: { wipe: action.wipe === true } };
  if (action.type === "unlock") return { path: `${user}/unlock` };
  return { path: `${user}/sessions/${part(action.session ?? "")}/${action.type}` };
}

/** An id as one segment of a path. */
function part(id: string): string {
  return encodeURIComponent(id);
}

/** Puts the path of an object before that of its field at fault. */
function within<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new ShapeError(`${path}.${error.field}`, error.fault);
  }
}
