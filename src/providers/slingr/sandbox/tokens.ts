import type { Duration, Instant } from "../../../model/vocabulary.ts";
import { pick, type Random } from "../../sandbox-kit/random.ts";

const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"];

/** What ends a token by itself: being unused as long as its user's groups say; an instant; nothing. */
type Life = { kind: "login" } | { kind: "code"; expires: Instant } | { kind: "api" };

export type Token = Life & { user: string; usedAt: Instant };

/** The tokens that were issued and not ended. */
export class Tokens {
  readonly #tokens = new Map<string, Token>();
  readonly #random: Random;
  readonly #now: () => Instant;
  readonly #idle: (user: string) => Duration;

  constructor(next: Random, now: () => Instant, idle: (user: string) => Duration) {
    this.#random = next;
    this.#now = now;
    this.#idle = idle;
  }

  issue(user: string, life: Life, text = this.#text()): string {
    this.#tokens.set(text, { ...life, user, usedAt: this.#now() });
    return text;
  }

  /** A token that has not ended by itself. */
  find(text: string): Token | undefined {
    const token = this.#tokens.get(text);
    if (!token) return undefined;
    const now = this.#now();
    const dead =
      (token.kind === "code" && now >= token.expires) ||
      (token.kind === "login" && now - token.usedAt >= this.#idle(token.user));
    if (dead) this.#tokens.delete(text);
    return dead ? undefined : token;
  }

  /** Ends every token of a user. */
  endAll(user: string): void {
    for (const [text, token] of this.#tokens) if (token.user === user) this.#tokens.delete(text);
  }

  end(text: string): void {
    this.#tokens.delete(text);
  }

  /** Thirty-two letters, as the documented token has them. */
  #text(): string {
    return Array.from({ length: 32 }, () => pick(this.#random, LETTERS)).join("");
  }
}
