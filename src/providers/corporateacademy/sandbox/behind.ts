import type { Instant } from "../../../model/vocabulary.ts";
import type { Academy, Engagement } from "./academy.ts";
import type { Mail } from "./mails.ts";
import {
  pairsOf,
  type RegisterLine,
  type RegisterOptions,
  registerOf,
  writeRegister,
} from "./register.ts";
import type { Device, Token, User } from "./types.ts";
import { hashed } from "./users.ts";

/** A user to add, confirmed; what is absent is made of the id, and the password that of generated users. */
interface NewUser {
  id: string;
  email?: string;
  forename?: string;
  surname?: string;
  password?: string;
  /** Makes it a person of a supplier, with the id as its name. */
  supplier?: { tenant?: string; active?: boolean };
}

/** A user, told without the password. */
type KnownUser = Readonly<Omit<User, "hash">>;

/** A living token, told without its JWT. */
type LiveToken = Readonly<Omit<Token, "serial" | "ended">>;

/** The two forms of one token. */
interface Given {
  /** The JWT. */
  token: string;
  tinyToken: string;
}

/** What a remote system gives its user to sign in with. */
interface Voucher {
  tenant: string;
  remoteToken: string;
  remoteCheck: string;
}

/** What happens behind the API, neither counted nor bent. Where a user or token is named that is not there, it throws. */
export interface Behind {
  /** The mails that were sent, oldest first. */
  readonly outbox: readonly Mail[];
  readonly engagements: readonly Engagement[];
  users(): KnownUser[];
  /** Throws where the id or the address is taken. */
  add(user: NewUser): Promise<void>;
  /** Removes a user, whose tokens are dead then. */
  remove(user: string): void;
  /** Signs a user in, now where `at` is absent. */
  signIn(user: string, how?: Device & { at?: Instant; persistent?: boolean }): Promise<Given>;
  /** The living tokens, of one user or all, as they were first given out. */
  tokens(user?: string): LiveToken[];
  /** Whether a JWT or tiny token is accepted now. */
  works(token: string): Promise<boolean>;
  /** Destroys a JWT or tiny token, its persistent authentication too. */
  destroy(token: string): Promise<void>;
  /** For `login-remote-token-with-check`: good once, for as long as `lives.retrieval`. */
  vouch(user: string, tenant?: string): Voucher;
  /** Signs a user in as a remote service does; gives the key for `retrieve-token-after-login`. */
  remoteSignIn(user: string, how?: Device): string;
  register(options?: RegisterOptions): Promise<RegisterLine[]>;
  /** Writes the register to a file that its owner alone may read. */
  writeRegister(file: string, options?: RegisterOptions): Promise<void>;
  /** Pairs for Redis, `session:` and the tiny token as the key, the JWT as the value; the living ones unless `dead`. */
  redisPairs(options?: { prefix?: string; dead?: boolean }): Promise<[string, string][]>;
}

export function behindTheApi(academy: Academy): Behind {
  const { users, tokens, mails, now } = academy;
  const known = (id: string): string => {
    if (!users.get(id)) throw new Error(`The sandbox has no user ${id}.`);
    return id;
  };
  return {
    outbox: mails.outbox,
    engagements: academy.engagements,
    users: () => structuredClone(users.values()).map(({ hash, ...told }) => told),
    add: async (user) => users.add(await made(user, academy.tenant)),
    remove: (user) => academy.remove(known(user)),
    async signIn(user, how = {}) {
      const token = tokens.signIn(known(user), { at: now(), ...how });
      return { token: await tokens.jwt(token), tinyToken: token.tiny };
    },
    tokens(user) {
      const live = tokens.named().filter((one) => tokens.isLive(one));
      const theirs = user === undefined ? live : live.filter((one) => one.user === user);
      return theirs.map(({ serial, ended, ...told }) => told);
    },
    works: async (token) => (await tokens.live(token)) !== undefined,
    async destroy(token) {
      const found = await tokens.find(token);
      if (!found) throw new Error("The sandbox gave out no such token.");
      tokens.destroy(found);
    },
    vouch: (user, tenant = academy.tenant) => academy.vouch(known(user), tenant),
    remoteSignIn: (user, how = {}) =>
      academy.keepForRetrieval(tokens.signIn(known(user), { at: now(), ...how })),
    register: (options = {}) => registerOf(tokens, options),
    writeRegister: async (file, options = {}) =>
      writeRegister(file, await registerOf(tokens, options)),
    redisPairs: ({ prefix = "session:", dead = false } = {}) => pairsOf(tokens, prefix, dead),
  };
}

async function made(user: NewUser, tenant: string): Promise<User> {
  const { id, supplier } = user;
  return {
    id,
    email: user.email ?? `${id}@acme.example`,
    forename: user.forename ?? id,
    surname: user.surname ?? "Sandbox",
    photoUrl: null,
    confirmed: true,
    hash: user.password === undefined ? null : await hashed(user.password),
    supplier: supplier ? { username: id, tenant, active: true, ...supplier } : null,
  };
}
