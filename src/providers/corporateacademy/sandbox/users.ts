import { compare, hash } from "bcryptjs";
import type { User } from "./types.ts";

/** The password of all generated users. */
const PASSWORD = "sandbox";

/** The lowest that bcrypt takes: nothing is protected here. */
const COST = 4;

/** Who may sign in, by id, e-mail address (in any case) and supplier's name. */
export class Users {
  readonly #byId = new Map<string, User>();
  readonly #byEmail = new Map<string, User>();
  readonly #byUsername = new Map<string, User>();

  /** Throws where the id, the address or the name is taken. */
  add(user: User): void {
    const username = user.supplier?.username;
    const email = user.email.toLowerCase();
    const isTaken = username !== undefined && this.#byUsername.has(username);
    if (isTaken || this.#byId.has(user.id) || this.#byEmail.has(email)) {
      throw new Error(`The sandbox already has ${user.id}, or somebody with the same address.`);
    }
    this.#byId.set(user.id, user);
    this.#byEmail.set(email, user);
    if (username !== undefined) this.#byUsername.set(username, user);
  }

  get(id: string): User | undefined {
    return this.#byId.get(id);
  }

  byEmail(email: string): User | undefined {
    return this.#byEmail.get(email.toLowerCase());
  }

  byUsername(username: string): User | undefined {
    return this.#byUsername.get(username);
  }

  values(): User[] {
    return [...this.#byId.values()];
  }

  remove(user: User): void {
    this.#byId.delete(user.id);
    this.#byEmail.delete(user.email.toLowerCase());
    if (user.supplier) this.#byUsername.delete(user.supplier.username);
  }
}

export async function hasPassword(user: User, password: string): Promise<boolean> {
  return user.hash === null ? password === PASSWORD : compare(password, user.hash);
}

export function hashed(password: string): Promise<string> {
  return hash(password, COST);
}
