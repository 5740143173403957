import type { Reply } from "../../sandbox-kit/server.ts";
import { ApiError } from "./errors.ts";
import { type Around, batch, type FailsAt, perform } from "./operations.ts";
import type { Table } from "./table.ts";
import type { Request, WireObject } from "./types.ts";

/** What a deployment answers besides its users. */
export interface Deployment extends Around {
  info: { label: string; environment: string; region: string };
  /** The most that a page holds. */
  pageMax: number;
}

type Handler = (
  deployment: Deployment,
  request: Request,
  path: readonly string[],
  fails?: FailsAt,
) => Reply;

/** The user model's name. */
const MODEL = "user";

/** A page of users where no `limit` is given. Not documented; it is below `pageMax`, so that clients must page. */
const USERS_PAGE = 100;

const ROUTES: readonly [string, RegExp, Handler][] = [
  [
    "GET",
    /^\/users$/,
    ({ store, pageMax }, { query }) => ok(page(store.users, query, pageMax, USERS_PAGE)),
  ],
  ["GET", /^\/users\/([^/]+)$/, ({ store }, _request, [id = ""]) => ok(found(store.users, id))],
  [
    "GET",
    /^\/users\/([^/]+)\/sessions\/([^/]+)$/,
    ({ store }, _request, [user_id = "", session_id = ""]) =>
      ok(JSON.stringify(store.session(user_id, session_id))),
  ],
  [
    "POST",
    /^\/users\/([^/]+)\/(lock|unlock|authentication-token)$/,
    (deployment, { body }, [user_id, call]) =>
      single({ ...parameters(body), method: `users/${call}`, user_id }, deployment),
  ],
  [
    "POST",
    /^\/users\/([^/]+)\/sessions\/([^/]+)\/(wipe|re-authenticate)$/,
    (deployment, _request, [user_id, session_id, call]) =>
      single({ method: `users/sessions/${call}`, user_id, session_id }, deployment),
  ],
  [
    "POST",
    /^\/batch$/,
    (deployment, { body }, _path, fails) => batch(parse(body), deployment, fails),
  ],
  ["GET", /^\/info$/, ({ info }) => ok(JSON.stringify(info))],
  ["GET", /^\/datamodel$/, ({ store }) => ok(JSON.stringify(dataModel(store.objects)))],
  [
    "GET",
    /^\/objects\/([^/]+)$/,
    ({ store, pageMax }, { query }, [model = ""]) =>
      ok(objects(store.objects, model, query, pageMax)),
  ],
  [
    "GET",
    /^\/objects\/([^/]+)\/([^/]+)$/,
    ({ store }, _request, [model = "", id = ""]) => ok(object(store.objects, model, id)),
  ],
];

/** Answers one authorized request. Throws ApiError. */
export function route(deployment: Deployment, request: Request, fails?: FailsAt): Reply {
  for (const [method, pattern, handler] of ROUTES) {
    const match = method === request.method && pattern.exec(request.path);
    if (match) return handler(deployment, request, match.slice(1).map(decode), fails);
  }
  throw new ApiError("ROUTE_ERROR", `No route matches ${request.method} ${request.path}`);
}

const ok = (body: string): Reply => ({ status: 200, body });

function single(operation: object, deployment: Deployment): Reply {
  const result = perform(operation, deployment);
  return result ? ok(JSON.stringify(result)) : { status: 204, body: "" };
}

function found<T extends { id: string }>(table: Table<T>, id: string): string {
  const json = table.json(id);
  if (!json) throw new ApiError("OBJECT_NOT_FOUND", `No user found with ID: '${id}'`);
  return json;
}

function page<T extends { id: string }>(
  table: Table<T>,
  query: URLSearchParams,
  pageMax: number,
  usual: number,
  where?: (value: T) => boolean,
): string {
  const limit = Math.min(whole(query, "limit", usual), pageMax);
  return table.page(whole(query, "skip", 0), limit, where);
}

/** `q[field]=value` and `query[field]=value`, which must all hold; of the documented comparisons, equality. */
function objects(
  table: Table<WireObject>,
  model: string,
  query: URLSearchParams,
  pageMax: number,
): string {
  if (model !== MODEL) throw new ApiError("INVALID_API_REQUEST", `There is no model '${model}'.`);
  const criteria = [...query].flatMap(([key, value]) => {
    const field = /^(?:q|query)\[(.+)\]$/.exec(key)?.[1];
    return field === undefined ? [] : [[field, value] as const];
  });
  const known = criteria.length > 0 ? dataModel(table).models[MODEL].fields : {};
  for (const [field] of criteria) {
    if (field === "id" || Object.hasOwn(known, field)) continue;
    throw new ApiError("INVALID_API_REQUEST", `The model '${model}' has no field '${field}'.`);
  }
  const where = (object: WireObject) =>
    criteria.every(([field, value]) => String(key(object[field])) === value);
  return page(table, query, pageMax, 1000, criteria.length > 0 ? where : undefined);
}

function object(table: Table<WireObject>, model: string, id: string): string {
  if (model !== MODEL) throw new ApiError("INVALID_API_REQUEST", `There is no model '${model}'.`);
  const json = table.json(id);
  if (!json) throw new ApiError("OBJECT_NOT_FOUND", `No ${model} found with ID: '${id}'`);
  return json;
}

/** What a choice is compared by; anything else is itself. */
function key(value: unknown): unknown {
  return typeof value === "object" && value !== null && "key" in value ? value.key : value;
}

/** The fields that the objects have, with the types that their values show. */
function dataModel(table: Table<WireObject>) {
  const fields: Record<string, { name: string; label: string; type: string }> = {};
  for (const object of table.values()) {
    for (const [name, value] of Object.entries(object)) {
      if (META.has(name) || Object.hasOwn(fields, name) || value === null) continue;
      const label = name.charAt(0).toUpperCase() + name.slice(1);
      fields[name] = { name, label, type: typeOf(value) };
    }
  }
  const model = {
    name: MODEL,
    label: "User",
    display: "{name}",
    fields,
    belongs_to: {},
    has_many: {},
  };
  return { app_user: MODEL, models: { [MODEL]: model } as const };
}

/** What every object has besides the fields of its model. */
const META = new Set(["id", "type", "updated_at", "display"]);

function typeOf(value: unknown): string {
  if (typeof key(value) === "boolean") return "boolean";
  if (value !== key(value)) return "single-choice";
  return typeof value === "number" ? "number" : "text";
}

function whole(query: URLSearchParams, name: string, usual: number): number {
  const text = query.get(name);
  if (text === null) return usual;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new ApiError("INVALID_API_REQUEST", `'${name}' is a whole number, not '${text}'.`);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new ApiError("INVALID_API_REQUEST", "The body is not JSON.");
  }
}

/** The body of a call; one that takes no parameters may come without. */
function parameters(body: string): object {
  const value = body === "" ? {} : parse(body);
  if (typeof value === "object" && value !== null) return value;
  throw new ApiError("INVALID_API_REQUEST", "The body is not a JSON object.");
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ApiError("INVALID_API_REQUEST", `'${part}' is not a valid part of a path.`);
  }
}
