import type { Duration, Instant } from "../../../model/vocabulary.ts";
import { Kept } from "./kept.ts";
import type { User } from "./types.ts";

/** A mail that the sandbox sent, which is nowhere but in its outbox. */
export interface Mail {
  kind: "confirmation" | "recovery";
  to: string;
  userId: string;
  /** A secret, as in the link of a real mail. */
  validationToken: string;
  at: Instant;
}

/** The mails that prove who owns an address, and the pairs that they are checked against: one of a kind for a user. */
export class Mails {
  readonly outbox: Mail[] = [];
  readonly #now: () => Instant;
  readonly #secret: () => string;
  readonly #lives: Record<Mail["kind"], Duration>;
  readonly #pairs: Kept<string>;

  constructor(now: () => Instant, secret: () => string, lives: Record<Mail["kind"], Duration>) {
    this.#now = now;
    this.#secret = secret;
    this.#lives = lives;
    this.#pairs = new Kept(now);
  }

  send(kind: Mail["kind"], user: User): void {
    const validationToken = this.#secret();
    this.#pairs.put(`${kind}:${user.id}`, validationToken, this.#lives[kind]);
    const at = this.#now();
    this.outbox.push({ kind, to: user.email, userId: user.id, validationToken, at });
  }

  isValid(kind: Mail["kind"], userId: string, validationToken: string): boolean {
    return this.#pairs.get(`${kind}:${userId}`) === validationToken;
  }

  /** Whether it is valid, once: the pair is deleted then. */
  use(kind: Mail["kind"], userId: string, validationToken: string): boolean {
    const valid = this.isValid(kind, userId, validationToken);
    if (valid) this.#pairs.delete(`${kind}:${userId}`);
    return valid;
  }
}
