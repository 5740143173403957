import type { Duration, Instant } from "../../../model/vocabulary.ts";
import { FaultBook } from "../../sandbox-kit/faults.ts";
import { random } from "../../sandbox-kit/random.ts";
import type { RateLimit } from "../../sandbox-kit/rate.ts";
import { readSaved, Saver } from "../../sandbox-kit/saver.ts";
import { listen } from "../../sandbox-kit/server.ts";
import type { ActionChoices } from "./actions.ts";
import { Api, type Counters, type Logged } from "./api.ts";
import type { Message } from "./codes.ts";
import { generateUsers, keep, membership, type NewUser, objectId } from "./estate.ts";
import { type FaultName, type FaultRule, parseFault } from "./faults.ts";
import { GROUPS, type Group, metadataOf } from "./groups.ts";
import { exchange } from "./script.ts";
import { type LockChoices, Store } from "./store.ts";
import type { Kept, Request, Right, ServedUser, Status } from "./types.ts";

export type { ServedUser, Status } from "./types.ts";

const FORMAT = "curfew/slingr-sandbox/1";

/** The account that Curfew logs in with, where nothing else is chosen. */
const ACCOUNT = { email: "curfew@example.com", password: "sandbox", apiToken: "sandboxApiToken" };

/** What survives a restart: no token and no code. */
interface Saved {
  format: typeof FORMAT;
  users: readonly Kept[];
}

export interface SandboxOptions extends Partial<ActionChoices>, Partial<LockChoices> {
  /** @default 0, any free port */
  port?: number;
  /** How many users are made up, besides Curfew's account. @default 250 */
  users?: number;
  /** @default 1 */
  seed?: number;
  /** The moment for which the users are made up. @default now, by `clock` */
  at?: Instant;
  /** These users instead of generated ones. */
  estate?: readonly ServedUser[];
  /** The app's groups; the account is in the first. */
  groups?: readonly Group[];
  /** Curfew's account: a manager of users, and no developer. Its API token works until the account does not. */
  account?: Partial<typeof ACCOUNT>;
  /** What the account may not do. @default nothing */
  lacks?: readonly Right[];
  /** The names of the groups whose users the account may change. @default everybody's */
  manages?: readonly string[];
  /** The path of the script that hands on `sys.auth`; null: the app has none. @default "/curfew" */
  script?: string | null;
  /** A file that keeps the users. Where it exists, its users are used. */
  data?: string;
  /** The code of the app, in the answer of a login. @default "sandbox" */
  app?: string;
  /** The environment in the address. @default "dev" */
  env?: string;
  /** Milliseconds before every request. @default 0 */
  latency?: number;
  faults?: readonly FaultRule[];
  /** Requests beyond it are answered 429. @default none */
  rateLimit?: RateLimit;
  /** The most that a page holds. @default 1000 */
  pageMax?: number;
  /** The most letters that an address may have, from its first slash; beyond it: 414. @default 8000 */
  urlMax?: number;
  /** Called just before each answer is made, so that users can come and go while they are read. */
  before?: (request: Request) => void;
  /** @default the machine's */
  clock?: () => Instant;
}

/** A running sandbox. What it returns of its state are copies; its methods act behind Curfew's back. */
export interface Sandbox {
  /** The base URL, for `target.url`. */
  readonly url: string;
  readonly port: number;
  /** Curfew's account. */
  readonly account: { id: string } & typeof ACCOUNT;
  /** Whether the users came from the file `data`. */
  readonly restored: boolean;
  /** The last 10,000 requests, oldest first. */
  readonly requests: readonly Logged[];
  readonly counters: Readonly<Counters>;
  /** The messages that the script sent, oldest first. */
  readonly outbox: readonly Message[];
  /** The faults in force. Setting them starts their counts again. */
  faults: readonly FaultRule[];
  /** Adds a fault, also as `--fault` writes it. Throws UsageError. */
  fail(fault: FaultRule | string): void;
  /** The present moment of the sandbox. */
  now(): Instant;
  /** Moves the clock of the sandbox on. */
  advance(by: Duration): void;
  /** The files of the app's metadata, by path: `security/groups/<name>.json`. */
  metadata(): Record<string, string>;
  /** The highest id first, the account among them. */
  users(): ServedUser[];
  /** By id or address. */
  user(key: string): ServedUser | undefined;
  /** As an administrator would, or the system. */
  setStatus(id: string, status: Status): void;
  /** Null takes it away; made-up users have none. */
  setPassword(id: string, password: string | null): void;
  /** A token of a user who just logged in. Throws where the user is not ACTIVE. */
  signIn(id: string): string;
  /** A token for a code, as its receiver would get it; null where the code is good for none. */
  exchange(code: string): string | null;
  /** Whose token it is, by id; null where it works no more. Asking is no use of it. */
  whose(token: string): string | null;
  /** Changes a user in any other way; its version rises. */
  update(id: string, change: (user: ServedUser) => void): void;
  add(user: NewUser, phone?: string): ServedUser;
  remove(id: string): void;
  /** Ends all connections; the file `data` is up to date then. */
  close(): Promise<void>;
}

/**
 * Starts a server on 127.0.0.1 that speaks the REST API of a Slingr app as documented and inferred
 * (docs/backends/slingr.md). Throws UsageError where the port is taken or `data` is not a sandbox's file.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { clock = Date.now, seed = 1, env = "dev", groups = GROUPS } = options;
  let ahead = 0;
  const now = () => clock() + ahead;
  const saved = options.data === undefined ? undefined : readSaved<Saved>(options.data, FORMAT);
  const store = new Store(saved?.users ?? initial(options, groups, seed, now()), {
    ...{ groups, seed, now },
    lockEndsSessions: options.lockEndsSessions ?? true,
    unlockRevives: options.unlockRevives ?? true,
    changed: () => saver?.changed(),
  });
  const saver = options.data === undefined ? undefined : saverOf(options.data, store);
  const account = settle(store, seed, options);
  const faults = new FaultBook<FaultName>();
  faults.rules = options.faults ?? [];
  const app = {
    name: options.app ?? "sandbox",
    store,
    pageMax: options.pageMax ?? 1000,
    script: options.script === undefined ? "/curfew" : options.script,
    account: { id: account.id, lacks: options.lacks ?? [] },
    many: options.many ?? "stop",
    wrongState: options.wrongState ?? "refuse",
  };
  const { latency = 0, rateLimit, urlMax = 8000, before } = options;
  const api = new Api({ env, app, faults, latency, rateLimit, urlMax, before, now });
  const server = await listen(options.port ?? 0, api.accept);
  // Written at once, so that made-up users stay the same when nobody changes them.
  if (!saved) saver?.changed();
  return {
    url: `http://127.0.0.1:${server.port}/${env}/runtime/api`,
    port: server.port,
    account,
    restored: saved !== undefined,
    requests: api.requests,
    counters: api.counters,
    ...behindTheBack(store),
    get faults() {
      return faults.rules;
    },
    set faults(rules) {
      faults.rules = [...rules];
    },
    fail: (fault) => faults.add(typeof fault === "string" ? parseFault(fault) : fault),
    advance(by) {
      ahead += by;
    },
    async close() {
      await server.close();
      await saver?.save();
    },
  };
}

function saverOf(file: string, store: Store): Saver {
  return new Saver(file, (): Saved => {
    const users = store.users.all.map(({ user, phone, password, failed }) => ({
      ...{ user, phone, password, failed },
    }));
    return { format: FORMAT, users };
  });
}

/** The users at the start, besides the account. */
function initial(
  options: SandboxOptions,
  groups: readonly Group[],
  seed: number,
  now: Instant,
): Kept[] {
  const { estate, users = 250, at = now } = options;
  return estate
    ? structuredClone(estate).map((user) => keep(user))
    : generateUsers({ users, seed, at, groups });
}

/** Sees that the account is there, with its password and its API token. */
function settle(store: Store, seed: number, options: SandboxOptions): Sandbox["account"] {
  const account = { ...ACCOUNT, ...options.account };
  const { email, password, apiToken } = account;
  const { id } =
    store.users.find(email)?.user ??
    store.add({
      ...{ id: objectId(random(seed, -3), store.now(), 0xffffff), email },
      ...{ firstName: "Curfew", lastName: "Account" },
      groups: store.groups.slice(0, 1).map((group) => membership(group, true)),
      permissions: { developer: false, usersManagement: true, ...managed(store, options.manages) },
    });
  store.setPassword(id, password);
  store.tokens.issue(id, { kind: "api" }, apiToken);
  return { id, ...account };
}

function managed(store: Store, names?: readonly string[]) {
  if (!names) return {};
  const groups = store.groups.filter(({ name }) => names.includes(name));
  return { managedGroups: groups.map(({ id, label }) => ({ id, name: label })) };
}

/** The part of a sandbox that reads and changes the state without a request. */
function behindTheBack(store: Store) {
  return {
    outbox: store.codes.outbox,
    now: store.now,
    metadata: () => Object.fromEntries(store.groups.map(metadataOf)),
    users: () => structuredClone(store.users.all.map(({ user }) => user)),
    user: (key: string) => structuredClone(store.users.find(key)?.user),
    setStatus: (id: string, status: Status) => store.setStatus(id, status),
    setPassword: (id: string, password: string | null) => store.setPassword(id, password),
    signIn: (id: string) => {
      const user = store.mayLogIn(store.user(id));
      return store.tokens.issue(user.id, { kind: "login" });
    },
    exchange: (code: string) => exchange(store, code),
    whose: (token: string) => store.whose(token, false)?.id ?? null,
    update: (id: string, change: (user: ServedUser) => void) => store.update(id, change),
    add: (user: NewUser, phone?: string) =>
      structuredClone(store.add(structuredClone(user), phone ?? null)),
    remove: (id: string) => store.remove(id),
  };
}
