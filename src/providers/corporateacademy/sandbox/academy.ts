import type { Instant } from "../../../model/vocabulary.ts";
import { DAY, HOUR, MINUTE } from "../../../time.ts";
import { type Random, random, uuid } from "../../sandbox-kit/random.ts";
import { Kept } from "./kept.ts";
import { Mails } from "./mails.ts";
import { Tokens } from "./tokens.ts";
import type { Lives, Token, TokenChoices } from "./types.ts";
import { Users } from "./users.ts";

const LIVES: Lives = {
  login: 7 * DAY,
  persistent: 365 * DAY,
  confirmation: DAY,
  recovery: HOUR,
  retrieval: MINUTE,
};

const CHOICES: TokenChoices = {
  claims: {
    ...{ user: "sub", signedInAt: "iat", lastUsedAt: "last" },
    ...{ deviceType: "deviceType", userAgent: "userAgent" },
  },
  answers: "tiny",
  renewal: "name-stays",
  logoutEnds: "all",
  exp: "persistent",
  dead: 401,
};

/** What a remote system vouches for, by the remote token. */
interface Vouched {
  user: string;
  tenant: string;
  check: string;
}

/** A sign-in that was asked to be remembered while its token was validated. */
export interface Engagement {
  user: string;
  deviceType: string | null;
  userAgent: string | null;
  at: Instant;
}

export interface AcademyOptions extends Partial<TokenChoices> {
  /** Replaces parts of the defaults. */
  lives?: Partial<Lives>;
  /** Whether a registration needs no Bearer, though the method reference requires one. @default false */
  openRegistration?: boolean;
  /** The tenant of supplier logins that name none. @default "main" */
  tenant?: string;
}

/** The whole state of the backend. */
export class Academy {
  readonly now: () => Instant;
  readonly users = new Users();
  readonly tokens: Tokens;
  readonly mails: Mails;
  /** The tokens of remote logins, by single-use key. */
  readonly retrievals: Kept<string>;
  readonly vouched: Kept<Vouched>;
  readonly engagements: Engagement[] = [];
  readonly lives: Lives;
  readonly dead: TokenChoices["dead"];
  readonly openRegistration: boolean;
  readonly tenant: string;
  readonly #random: Random;

  constructor(options: AcademyOptions, seed: number, now: () => Instant) {
    const choices = { ...CHOICES, ...options };
    this.now = now;
    this.#random = random(seed, -1);
    this.lives = { ...LIVES, ...options.lives };
    this.dead = choices.dead;
    this.openRegistration = options.openRegistration ?? false;
    this.tenant = options.tenant ?? "main";
    this.tokens = new Tokens({ seed, now, choices, lives: this.lives, random: this.#random });
    this.mails = new Mails(now, () => this.tokens.secret(), this.lives);
    this.retrievals = new Kept(now);
    this.vouched = new Kept(now);
  }

  newId(): string {
    return uuid(this.#random);
  }

  /** A remote token for a user, and the code that is checked with it. */
  vouch(user: string, tenant: string) {
    const [remoteToken, check] = [this.tokens.secret(), this.tokens.secret()];
    this.vouched.put(remoteToken, { user, tenant, check }, this.lives.retrieval);
    return { tenant, remoteToken, remoteCheck: check };
  }

  /** The single-use key of a token. */
  keepForRetrieval(token: Token): string {
    const key = this.tokens.secret();
    this.retrievals.put(key, token.tiny, this.lives.retrieval);
    return key;
  }

  /** Removes a user, if there is one; none of its tokens works afterwards. */
  remove(id: string): void {
    const user = this.users.get(id);
    if (user) this.users.remove(user);
    for (const token of this.tokens.all()) if (token.user === id) this.tokens.destroy(token);
  }
}
