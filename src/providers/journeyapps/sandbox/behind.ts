/**
 * How somebody plays the administrator behind Curfew's back, against a sandbox that runs: `POST /sandbox/ACT` with
 * `{"user": "…"}`, beside the documented API and with its credential. The server listens on this machine only.
 */
import { UsageError } from "../../../errors.ts";
import type { Reply } from "../../sandbox-kit/server.ts";
import { ApiError } from "./errors.ts";
import type { Store } from "./store.ts";
import type { WireObject } from "./types.ts";

export const ACTS = ["lock", "unlock", "sign-in"] as const;

export type Act = (typeof ACTS)[number];

const PATH = "/sandbox/";

/** What an act answers. */
interface Done {
  /** The id of the user. */
  user: string;
  /** Of a sign-in: the session. */
  session: string | null;
}

const DO: Record<Act, (store: Store, user: string) => string | null> = {
  lock(store, user) {
    store.lock(user, false);
    return null;
  },
  unlock(store, user) {
    store.unlock(user);
    return null;
  },
  /** On the first device that the user has, or on a new one. */
  "sign-in"(store, user) {
    const [first] = store.users.get(user)?.sessions ?? [];
    return store.signIn(user, first?.id ?? {}, store.now()).id;
  },
};

/** The act that a request asks for; null where it is none: then it is for the API. */
export function actOf(method: string, target: string): Act | null {
  const act = target.startsWith(PATH) ? target.slice(PATH.length) : "";
  return method === "POST" ? (ACTS.find((known) => known === act) ?? null) : null;
}

/** Carries an act out. Throws ApiError. */
export function act(what: Act, body: string, store: Store): Reply {
  const asked = userIn(body);
  const user = find(asked, store);
  const done: Done = { user, session: DO[what](store, user) };
  return { status: 200, body: JSON.stringify(done) };
}

function userIn(body: string): string {
  try {
    const { user } = JSON.parse(body) as { user?: unknown };
    if (typeof user === "string") return user;
  } catch {
    // Told below.
  }
  throw new ApiError("INVALID_API_REQUEST", "The parameter 'user' is required.");
}

/** By id, or by a value of the user model that nobody else has, such as an e-mail address. */
function find(asked: string, store: Store): string {
  if (store.users.get(asked)) return asked;
  const has = (object: WireObject) => Object.values(object).includes(asked);
  const [found, another] = store.objects.values().filter(has);
  if (another) throw new ApiError("INVALID_VALUE", `Several users have ${asked}: give an id.`);
  if (found) return found.id;
  throw new ApiError("OBJECT_NOT_FOUND", `No user found with ID: '${asked}'`);
}

/** Asks the sandbox at a port of this machine. Throws UsageError where there is none, or it does not do it. */
export async function behind(what: Act, user: string, port: number, token: string): Promise<Done> {
  const answer = await fetch(`http://127.0.0.1:${port}${PATH}${what}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ user }),
  }).catch((error: Error) => {
    const why = (error.cause as { code?: string } | undefined)?.code ?? error.message;
    throw new UsageError(
      `no sandbox answers on port ${port} (${why}): start one with \`curfew sandbox\`, or give its --port`,
    );
  });
  const text = await answer.text();
  if (answer.ok) return JSON.parse(text) as Done;
  throw new UsageError(`the sandbox on port ${port} did not do it: ${faultIn(text)}`);
}

function faultIn(text: string): string {
  try {
    return String((JSON.parse(text) as { detail?: unknown }).detail ?? text);
  } catch {
    return text.trim();
  }
}
