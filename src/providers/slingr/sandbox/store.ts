import { compareSync, hashSync } from "bcryptjs";
import type { Instant } from "../../../model/vocabulary.ts";
import { random } from "../../sandbox-kit/random.ts";
import { Codes } from "./codes.ts";
import { ApiError } from "./errors.ts";
import { keep, madeUser, membership, type NewUser, objectId } from "./estate.ts";
import { type Group, idleOf } from "./groups.ts";
import { Tokens } from "./tokens.ts";
import type { Kept, ServedUser, Status } from "./types.ts";
import { Users } from "./users.ts";

/** Low: a sandbox's passwords protect nothing. */
const COST = 4;

/** How many wrong passwords in a row a group allows where it says nothing. */
const ATTEMPTS = 10;

/** What no document says of the tokens of a user who is not ACTIVE. */
export interface LockChoices {
  /** Whether they are refused. */
  lockEndsSessions: boolean;
  /** Whether those that were refused work again when the user is ACTIVE again. */
  unlockRevives: boolean;
}

interface StoreOptions extends LockChoices {
  groups: readonly Group[];
  seed: number;
  now(): Instant;
  changed(): void;
}

/** The state of an app: its users, their tokens and codes. What its methods refuse they throw as ApiError. */
export class Store {
  readonly users: Users;
  readonly groups: readonly Group[];
  readonly tokens: Tokens;
  readonly codes: Codes;
  readonly now: () => Instant;
  readonly #options: StoreOptions;
  readonly #random: () => number;
  #added = 0;

  constructor(users: readonly Kept[], options: StoreOptions) {
    this.#options = options;
    this.#random = random(options.seed, -1);
    this.now = options.now;
    this.groups = options.groups;
    this.users = new Users(users);
    this.tokens = new Tokens(this.#random, this.now, (id) => this.#idle(id));
    this.codes = new Codes(random(options.seed, -2), this.now);
  }

  /** By id or address. */
  kept(key: string): Kept {
    const found = this.users.find(key);
    if (!found) throw new ApiError("notFound", "The user was not found.");
    return found;
  }

  user(key: string): ServedUser {
    return this.kept(key).user;
  }

  /** Whose token it is; undefined where it works no more. `use` counts as use of it. */
  whose(text: string, use: boolean): ServedUser | undefined {
    const token = this.tokens.find(text);
    const user = token && this.users.find(token.user)?.user;
    if (!token || !user) return undefined;
    if (user.status !== "ACTIVE" && this.#options.lockEndsSessions) return undefined;
    if (use) token.usedAt = this.now();
    return user;
  }

  /** Whoever has this address and password and may log in; too many wrong ones block a user. */
  authenticate(email: string, password: string): ServedUser {
    const kept = this.users.find(email);
    if (!kept?.password || !compareSync(password, kept.password)) {
      if (kept) this.#wrong(kept);
      throw new ApiError("unauthorized", "The credentials are invalid.");
    }
    kept.failed = 0;
    return this.mayLogIn(kept.user);
  }

  mayLogIn(user: ServedUser): ServedUser {
    if (user.status === "ACTIVE") return user;
    throw new ApiError("forbidden", "The user is not allowed to log in.");
  }

  setStatus(key: string, status: Status): void {
    const kept = this.kept(key);
    const { id } = kept.user;
    this.users.change(id, (user) => {
      user.status = status;
    });
    const { lockEndsSessions, unlockRevives } = this.#options;
    if (status !== "ACTIVE" && lockEndsSessions && !unlockRevives) this.tokens.endAll(id);
    if (status === "ACTIVE") kept.failed = 0;
    this.#options.changed();
  }

  /** Null takes the password away. */
  setPassword(id: string, password: string | null): void {
    this.kept(id).password = password === null ? null : hashSync(password, COST);
    this.#options.changed();
  }

  update(id: string, change: (user: ServedUser) => void): void {
    this.users.change(this.user(id).id, change);
    this.#options.changed();
  }

  /** In the last group where nothing is said. Throws where the id or the address is taken. */
  add(given: NewUser, phone: string | null = null): ServedUser {
    const id = objectId(this.#random, this.now(), 0x800000 + this.#added++);
    const groups = this.groups.slice(-1).map((group) => membership(group, true));
    const user = madeUser({ id, groups, ...given });
    this.users.add(keep(user, phone));
    this.#options.changed();
    return user;
  }

  remove(key: string): void {
    const { id } = this.user(key);
    this.users.remove(id);
    this.tokens.endAll(id);
    this.#options.changed();
  }

  #wrong(kept: Kept): void {
    kept.failed += 1;
    const primary = kept.user.groups.find((group) => group.primary)?.id;
    const group = this.groups.find(({ id }) => id === primary);
    const most = group?.maximumLoginAttempts ?? ATTEMPTS;
    if (kept.failed > most && kept.user.status === "ACTIVE")
      this.setStatus(kept.user.id, "BLOCKED");
  }

  #idle(id: string) {
    const groups = this.users.find(id)?.user.groups ?? [];
    return idleOf(
      groups.map((group) => group.id),
      this.groups,
    );
  }
}
