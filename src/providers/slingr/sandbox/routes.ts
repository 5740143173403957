import type { Reply } from "../../sandbox-kit/server.ts";
import { type ActionChoices, act, type FailsAt } from "./actions.ts";
import { ApiError } from "./errors.ts";
import { script } from "./script.ts";
import type { Store } from "./store.ts";
import {
  type Request,
  type Right,
  type ServedUser,
  STATUSES,
  type Status,
  type Verb,
} from "./types.ts";
import { updateUser } from "./update.ts";

/** An app, as its API sees it. */
export interface App extends ActionChoices {
  name: string;
  store: Store;
  /** The most that a page holds. */
  pageMax: number;
  /** The path of the script; null: the app has none. */
  script: string | null;
  /** Curfew's account, and what it may not do. */
  account: { id: string; lacks: readonly Right[] };
  /** Hears of each user whom a call changed. */
  done(verb: Verb): void;
}

/** A page of users where no `size` is given. */
const SIZE = 20;

interface Asked {
  app: App;
  by: ServedUser;
  request: Request;
  fails: FailsAt;
}

type Handler = (asked: Asked, path: readonly string[]) => Reply;

const ROUTES: readonly [string, RegExp, Handler][] = [
  ["GET", /^\/users$/, list],
  ["GET", /^\/users\/current$/, ({ app, by }) => ok(app.store.users.json(by.id))],
  ["GET", /^\/users\/([^/]+)$/, one],
  ["PUT", /^\/users\/([^/]+)$/, update],
  ["PUT", /^\/users\/([^/]+)\/(deactivate|reactivate|unblock)$/, change],
];

/** Answers one request of a caller who was recognized. Throws ApiError. */
export function route(asked: Asked): Reply {
  const { app, by, request } = asked;
  if (request.path === app.script && ["POST", "PUT"].includes(request.method)) {
    return script(app.store, parse(request.body), (right) => need(app, by, right));
  }
  for (const [method, pattern, handler] of ROUTES) {
    const match = method === request.method && pattern.exec(request.path);
    if (match) return handler(asked, match.slice(1).map(decode));
  }
  throw new ApiError("notFound", `There is nothing at ${request.method} ${request.path}.`);
}

/** Answers a login, which alone needs no token. Throws ApiError. */
export function login({ name, store }: App, body: string): Reply {
  const { email, password, emailImpersonatedUser: other } = parse(body);
  if (typeof email !== "string" || typeof password !== "string") {
    throw new ApiError("badRequest", "'email' and 'password' are required.");
  }
  const by = store.authenticate(email, password);
  const user = other === undefined ? by : store.mayLogIn(store.user(String(other)));
  if (other !== undefined && !manages(by)) {
    throw new ApiError("forbidden", "You don't have permissions to impersonate this user.");
  }
  return ok(
    JSON.stringify({
      app: name,
      adminUserEmail: other === undefined ? null : by.email,
      ip: "::ffff:127.0.0.1",
      userEmail: user.email,
      userName: user.fullName,
      userId: user.id,
      token: store.tokens.issue(user.id, { kind: "login" }),
    }),
  );
}

/** A JSON object. Throws ApiError. */
function parse(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === "object" && value !== null) return { ...value };
  } catch {
    // Told below.
  }
  throw new ApiError("badRequest", "The body is not a JSON object.");
}

const ok = (body: string): Reply => ({ status: 200, body });

const manages = ({ permissions }: ServedUser) =>
  permissions.developer || permissions.usersManagement;

function need({ account }: App, by: ServedUser, right: Right): void {
  const lacks = by.id === account.id && account.lacks.includes(right);
  if (lacks || !manages(by)) throw new ApiError("forbidden", "You don't have permissions for it.");
}

function list({ app, by, request: { query } }: Asked): Reply {
  need(app, by, "list");
  const offset = query.get("offset");
  if (offset !== null && !/^[0-9a-f]{24}$/.test(offset)) {
    throw new ApiError("badRequest", "'offset' is not one that was answered.");
  }
  const size = query.get("size") ?? String(SIZE);
  if (!/^[1-9]\d{0,8}$/.test(size)) throw new ApiError("badRequest", "'size' is a whole number.");
  const where = filter(query);
  return ok(app.store.users.page(offset, Math.min(Number(size), app.pageMax), where));
}

/** The documented filters, which must all hold. Empty ones hold for everybody. */
function filter(query: URLSearchParams): (user: ServedUser) => boolean {
  const words = (name: string) => (query.get(name) ?? "").split(",").filter((word) => word !== "");
  const part = (text: string, word: string) => text.toLowerCase().includes(word.toLowerCase());
  const statuses = words("status");
  const unknown = statuses.find((status) => !STATUSES.includes(status as Status));
  if (unknown !== undefined) throw new ApiError("badRequest", `'${unknown}' is no status.`);
  const groups = words("groups");
  const developer = query.get("developer") || undefined;
  const texts = (["firstName", "lastName", "fullName", "email"] as const).flatMap((field) => {
    const word = query.get(field);
    return word ? [[field, word] as const] : [];
  });
  return (user) =>
    (statuses.length === 0 || statuses.includes(user.status)) &&
    (groups.length === 0 ||
      user.groups.some(({ name }) => groups.some((word) => part(name, word)))) &&
    (developer === undefined || String(user.permissions.developer) === developer) &&
    texts.every(([field, word]) => part(user[field], word));
}

function one({ app, by }: Asked, [key = ""]: readonly string[]): Reply {
  const user = app.store.users.find(key)?.user;
  if (user?.id !== by.id) need(app, by, "read");
  return ok(app.store.users.json(app.store.user(key).id));
}

function update({ app, by, request }: Asked, [key = ""]: readonly string[]): Reply {
  need(app, by, "update");
  const { id } = updateUser(app.store, key, parse(request.body), by);
  return ok(app.store.users.json(id));
}

/** For several users it answers a list, which no document says. */
function change(asked: Asked, [keys = "", verb]: readonly string[]): Reply {
  const { app, by, fails } = asked;
  need(app, by, verb as Verb);
  const done = () => app.done(verb as Verb);
  const call = { verb: verb as Verb, keys: keys.split(","), by, fails, done };
  const ids = act(app.store, app, call);
  const [first, ...others] = ids.map((id) => app.store.users.json(id));
  return ok(call.keys.length === 1 && first ? first : `[${[first, ...others].join(",")}]`);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ApiError("badRequest", `'${part}' is not a valid part of a path.`);
  }
}
