import type { Instant } from "../../../model/vocabulary.ts";
import { type Random, uuid } from "../../sandbox-kit/random.ts";
import { Signer } from "./signer.ts";
import type { Device, Lives, Token, TokenChoices } from "./types.ts";

/** A sign-in that gives a token out. */
export interface SignIn extends Device {
  /** Whether it is kept as a persistent authentication too. */
  persistent?: boolean;
  at: Instant;
}

/** All tokens that were given out, and which of them live. */
export class Tokens {
  readonly #now: () => Instant;
  readonly #random: Random;
  readonly #lives: Lives;
  readonly #choices: TokenChoices;
  readonly #signer: Signer;
  readonly #all: Token[] = [];
  readonly #byName = new Map<string, Token>();

  constructor(options: {
    seed: number;
    random: Random;
    lives: Lives;
    choices: TokenChoices;
    now(): Instant;
  }) {
    this.#now = options.now;
    this.#random = options.random;
    this.#lives = options.lives;
    this.#choices = options.choices;
    this.#signer = new Signer(options.seed, options.choices);
  }

  signIn(user: string, { at, persistent = false, deviceType, userAgent }: SignIn): Token {
    return this.#add({
      ...{ user, tiny: this.secret(), signedInAt: at, issuedAt: at, ended: false },
      expires: at + this.#lives.login,
      persistentUntil: persistent ? at + this.#lives.persistent : null,
      deviceType: deviceType ?? null,
      userAgent: userAgent ?? null,
    });
  }

  /** Gives out anew what a living token stands for; what becomes of the old one is the choice `renewal`. */
  renew(old: Token, at = this.#now()): Token {
    const { renewal } = this.#choices;
    const renewed = {
      ...old,
      tiny: renewal === "name-stays" ? old.tiny : this.secret(),
      issuedAt: at,
      ended: false,
      expires: at + this.#lives.login,
    };
    if (renewal !== "old-lives") this.destroy(old);
    return this.#add(renewed);
  }

  /** What a logout does. A persistent authentication outlives it where the choice `logoutEnds` says so. */
  logout(token: Token): void {
    if (this.#choices.logoutEnds === "all") this.destroy(token);
    else token.ended = true;
  }

  destroy(token: Token): void {
    token.ended = true;
    token.persistentUntil = null;
  }

  isLive({ ended, expires, persistentUntil }: Token): boolean {
    const now = this.#now();
    return (!ended && now < expires) || (persistentUntil !== null && now < persistentUntil);
  }

  /** The token of a JWT or tiny token, whether or not it lives; undefined where it is made up. */
  async find(text: string): Promise<Token | undefined> {
    const named = this.#byName.get(text);
    if (named) return named;
    const serial = await this.#signer.serial(text);
    return serial === undefined ? undefined : this.#all[serial];
  }

  /** The living token of a JWT or tiny token. */
  async live(text: string): Promise<Token | undefined> {
    const token = await this.find(text);
    return token && this.isLive(token) ? token : undefined;
  }

  all(): readonly Token[] {
    return this.#all;
  }

  /** Those that a tiny token names: not those that were renewed under their name. */
  named(): Token[] {
    return [...this.#byName.values()];
  }

  jwt(token: Token): Promise<string> {
    return this.#signer.sign(token);
  }

  /** A token as logins answer it. */
  async answer(token: Token): Promise<string> {
    return this.#choices.answers === "tiny" ? token.tiny : this.jwt(token);
  }

  /** Twenty letters and digits that nobody has yet. */
  secret(): string {
    return uuid(this.#random).replaceAll("-", "").slice(-20);
  }

  #add(token: Omit<Token, "serial">): Token {
    const added = { ...token, serial: this.#all.length };
    this.#all.push(added);
    this.#byName.set(added.tiny, added);
    return added;
  }
}
