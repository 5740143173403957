import type { Instant } from "../../../model/vocabulary.ts";
import { MINUTE } from "../../../time.ts";
import { between, digits, random, uuid } from "../../sandbox-kit/random.ts";
import { ApiError } from "./errors.ts";
import { summary } from "./estate.ts";
import { Table } from "./table.ts";
import {
  type Estate,
  type ServedSession,
  type ServedUser,
  type WireObject,
  wireTime,
} from "./types.ts";

const TOKEN_LIVES = 5 * MINUTE;

/** What a device is, when it is new: any part of a session. */
export type NewDevice = Partial<Omit<ServedSession, "id" | "state">>;

export const LOCK_WIPES = ["all", "active", "none"] as const;
export const ENDED_WIPE = ["wiping", "ended"] as const;

/** What no document says of wipes. */
export interface WipeChoices {
  /** Which sessions a lock with `wipe` wipes. */
  lockWipes: (typeof LOCK_WIPES)[number];
  /** What a wipe does to an ended session: it is `wiping` at once, or the wipe is accepted and it stays `ended`. */
  endedWipe: (typeof ENDED_WIPE)[number];
}

interface StoreOptions extends Partial<WipeChoices> {
  now(): Instant;
  seed: number;
  changed(): void;
}

/**
 * The state of a deployment and what the API's calls do to it. What the documentation leaves open is as
 * inferred in docs/backends/journeyapps.md: re-authenticate and lock make a session LOCKED, wipe makes it RESET, unlock
 * leaves sessions as they are, and repeating a call is harmless. Calls throw ApiError.
 */
export class Store {
  readonly users = new Table<ServedUser>();
  readonly objects = new Table<WireObject>();
  readonly now: () => Instant;
  readonly #changed: () => void;
  readonly #random: () => number;
  readonly #lockWipes: WipeChoices["lockWipes"];
  readonly #endedWipe: WipeChoices["endedWipe"];
  readonly #tokens = new Map<string, { user: string; expires: Instant }>();

  constructor(estate: Estate, options: StoreOptions) {
    this.now = options.now;
    this.#changed = options.changed;
    this.#lockWipes = options.lockWipes ?? "active";
    this.#endedWipe = options.endedWipe ?? "wiping";
    this.#random = random(options.seed, -1);
    for (const user of estate.users) this.users.add(user);
    for (const object of estate.objects) this.objects.add(object);
  }

  lock(id: string, wipe: boolean): void {
    const user = this.#user(id);
    for (const session of user.sessions) {
      const wipes = this.#lockWipes === "all" || session.state === "ENROLLED";
      this.#end(session, wipe && wipes && this.#lockWipes !== "none" ? "RESET" : "LOCKED");
    }
    this.#save(user, true);
  }

  unlock(id: string): void {
    this.#save(this.#user(id), false);
  }

  /** Signs a session out; its data stays on the device. */
  reauthenticate(id: string, sessionId: string): void {
    const user = this.#user(id);
    this.#end(this.#session(user, sessionId), "LOCKED");
    this.#save(user);
  }

  wipe(id: string, sessionId: string): void {
    const user = this.#user(id);
    const session = this.#session(user, sessionId);
    if (session.state === "ENROLLED" || this.#endedWipe === "wiping") this.#end(session, "RESET");
    this.#save(user);
  }

  session(id: string, sessionId: string): ServedSession {
    return this.#session(this.#user(id), sessionId);
  }

  /** Eight digits that enroll a device as this user within five minutes. */
  token(id: string): string {
    const token = String(between(this.#random, 10_000_000, 99_999_999));
    this.#tokens.set(token, { user: this.#user(id).id, expires: this.now() + TOKEN_LIVES });
    return token;
  }

  /** What a device does with a token. Throws where it is unknown, used or expired. */
  enroll(token: string, device: NewDevice): ServedSession {
    const found = this.#tokens.get(token);
    if (!found) throw new ApiError("OBJECT_NOT_FOUND", "No such token.");
    if (this.now() >= found.expires) throw new ApiError("INVALID_VALUE", "The token has expired.");
    this.#tokens.delete(token);
    return this.signIn(found.user, device, this.now());
  }

  /** A user signs in, on the device of a session or on a new one. Throws where the user is locked. */
  signIn(id: string, device: string | NewDevice, at: Instant): ServedSession {
    const user = this.#user(id);
    if (user.locked) throw new ApiError("INVALID_VALUE", `The user ${id} is locked.`);
    const session =
      typeof device === "string" ? this.#session(user, device) : this.#newSession(user, device);
    const time = wireTime(at);
    session.state = "ENROLLED";
    session.created_at ??= time;
    session.last_authenticated_at = time;
    session.last_connected_at = time;
    this.#save(user);
    return session;
  }

  /** Anything else that may happen to a user. */
  update(id: string, change: (user: ServedUser) => void): void {
    const user = this.#user(id);
    change(user);
    this.users.touch(id);
    this.#changed();
  }

  add(user: ServedUser, object?: WireObject, place?: number): void {
    this.users.add(user, place);
    if (object) this.objects.add(object, place);
    this.#changed();
  }

  remove(id: string): void {
    this.users.remove(this.#user(id).id);
    this.objects.remove(id);
    this.#changed();
  }

  #user(id: string): ServedUser {
    const user = this.users.get(id);
    if (!user) throw new ApiError("OBJECT_NOT_FOUND", `No user found with ID: '${id}'`);
    return user;
  }

  #session(user: ServedUser, id: string): ServedSession {
    const session = user.sessions.find((one) => one.id === id);
    if (!session) throw new ApiError("OBJECT_NOT_FOUND", `No session found with ID: '${id}'`);
    return session;
  }

  #newSession(user: ServedUser, device: NewDevice): ServedSession {
    const session: ServedSession = {
      id: uuid(this.#random),
      state: "ENROLLED",
      last_authenticated_at: null,
      created_at: null,
      signed_out_at: null,
      last_connected_at: null,
      container: { version: "23.1.0", bundle_id: "xyz.appinstall.acme", platform: "ANDROID" },
      runtime: { version: "4.95.0" },
      device: { id: digits(this.#random) },
      label: "Zebra TC52",
      ...device,
    };
    user.sessions.push(session);
    return session;
  }

  /** A RESET session stays RESET until its device enrolls, and one that never enrolled has nothing to end. */
  #end(session: ServedSession, state: "LOCKED" | "RESET"): void {
    const ends = session.state === "ENROLLED" || (session.state === "LOCKED" && state === "RESET");
    if (!ends) return;
    session.state = state;
    session.signed_out_at = wireTime(this.now());
  }

  #save(user: ServedUser, locked = user.locked): void {
    Object.assign(user, summary(locked, user.sessions));
    this.users.touch(user.id);
    this.#changed();
  }
}
