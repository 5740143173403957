import type { Instant } from "../../../model/vocabulary.ts";
import { FaultBook } from "../../sandbox-kit/faults.ts";
import type { RateLimit } from "../../sandbox-kit/rate.ts";
import { readSaved, Saver } from "../../sandbox-kit/saver.ts";
import { listen } from "../../sandbox-kit/server.ts";
import { Api, type Counters, type Logged } from "./api.ts";
import { generateEstate } from "./estate.ts";
import { type FaultName, type FaultRule, parseFault } from "./faults.ts";
import { type NewDevice, Store, type WipeChoices } from "./store.ts";
import type { Estate, Request, ServedSession, ServedUser, WireObject } from "./types.ts";

export type { FaultRule } from "./faults.ts";
export type { ServedUser } from "./types.ts";

/** The deployment of the vendor's examples. */
const DEPLOYMENT = "533bda53027894f69b001055";

const FORMAT = "curfew/sandbox/1";

/** What survives a restart. */
interface Saved extends Estate {
  format: typeof FORMAT;
  deployment: string;
  token: string;
}

/** Of a wipe it does the least that may be, where nothing is chosen: a lock wipes active sessions only. */
export interface SandboxOptions extends Partial<WipeChoices> {
  /** @default 0, any free port */
  port?: number;
  /** How many users are made up. @default 250 */
  users?: number;
  /** @default 1 */
  seed?: number;
  /** The moment for which the estate is made up. @default now, by `clock` */
  at?: Instant;
  /** These users instead of generated ones. */
  estate?: ServedUser[];
  /** The user model's objects of `estate`, by the id of their user. @default none */
  objects?: WireObject[];
  /** A file that keeps the state. Where it exists, its users, deployment and token are used. */
  data?: string;
  /** The accepted credential. @default "sandbox" */
  token?: string;
  /** The id in the address. @default that of the vendor's examples */
  deployment?: string;
  /** What `info.json` says. */
  info?: { label?: string; environment?: string; region?: string };
  /** Milliseconds before every request. @default 0 */
  latency?: number;
  faults?: readonly FaultRule[];
  /** Requests beyond it are answered 429. @default none */
  rateLimit?: RateLimit;
  /** The most that a page holds. @default 1000 */
  pageMax?: number;
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
  readonly token: string;
  /** Whether the state came from the file `data`. */
  readonly restored: boolean;
  /** The last 10,000 requests, oldest first. */
  readonly requests: readonly Logged[];
  readonly counters: Readonly<Counters>;
  /** The faults in force. Setting them starts their counts again. */
  faults: readonly FaultRule[];
  /** Adds a fault, also as `--fault` writes it. Throws UsageError. */
  fail(fault: FaultRule | string): void;
  users(): ServedUser[];
  user(id: string): ServedUser | undefined;
  objects(): WireObject[];
  lock(id: string, wipe?: boolean): void;
  unlock(id: string): void;
  /** Signs in on the device of a session, given by its id, or on a new one. Throws where the user is locked. */
  signIn(id: string, device: string | NewDevice, at?: Instant): ServedSession;
  /** Signs in a new device with an authentication token. Throws where it is unknown, used or expired. */
  enroll(token: string, device?: NewDevice): ServedSession;
  /** Changes a user in any other way; `enrolled` is the caller's to keep true. */
  update(id: string, change: (user: ServedUser) => void): void;
  /** Adds a user, and its object, at the end of the lists or before what is at this place. */
  add(user: ServedUser, object?: WireObject, place?: number): void;
  remove(id: string): void;
  /** Ends all connections; the file `data` is up to date then. */
  close(): Promise<void>;
}

/**
 * Starts a server on 127.0.0.1 that speaks the JourneyApps Backend API v4 as documented and inferred
 * (docs/backends/journeyapps.md). Throws UsageError where the port is taken or `data` is not a sandbox's file.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { clock = Date.now, seed = 1 } = options;
  const saved = options.data === undefined ? undefined : readSaved<Saved>(options.data, FORMAT);
  const id = options.deployment ?? saved?.deployment ?? DEPLOYMENT;
  const token = options.token ?? saved?.token ?? "sandbox";
  const store = new Store(saved ?? initialEstate(options, seed, clock), {
    ...{ now: clock, seed },
    ...(options.lockWipes ? { lockWipes: options.lockWipes } : {}),
    ...(options.endedWipe ? { endedWipe: options.endedWipe } : {}),
    changed: () => saver?.changed(),
  });
  const state = (): Saved => ({
    format: FORMAT,
    deployment: id,
    token,
    users: store.users.values(),
    objects: store.objects.values(),
  });
  const saver = options.data === undefined ? undefined : new Saver(options.data, state);
  const faults = new FaultBook<FaultName>();
  faults.rules = options.faults ?? [];
  const deployment = {
    store,
    host: "127.0.0.1",
    info: { label: "Curfew sandbox", environment: "testing", region: "local", ...options.info },
    pageMax: options.pageMax ?? 1000,
  };
  const { latency = 0, rateLimit, before } = options;
  const api = new Api({ id, token, deployment, faults, latency, rateLimit, before, now: clock });
  const server = await listen(options.port ?? 0, api.accept);
  deployment.host = `127.0.0.1:${server.port}`;
  // Written at once, so that made-up users stay the same when nobody changes them.
  if (!saved) saver?.changed();
  return {
    url: `http://${deployment.host}/api/v4/${id}`,
    port: server.port,
    token,
    restored: saved !== undefined,
    requests: api.requests,
    counters: api.counters,
    ...behindTheBack(store, clock),
    get faults() {
      return faults.rules;
    },
    set faults(rules) {
      faults.rules = [...rules];
    },
    fail: (fault) => faults.add(typeof fault === "string" ? parseFault(fault) : fault),
    async close() {
      await server.close();
      await saver?.save();
    },
  };
}

function initialEstate(options: SandboxOptions, seed: number, clock: () => Instant) {
  if (options.estate) {
    const { estate, objects = [] } = options;
    return structuredClone({ users: estate, objects });
  }
  return generateEstate({ users: options.users ?? 250, seed, at: options.at ?? clock() });
}

/** The part of a sandbox that reads and changes the state without a request. */
function behindTheBack(store: Store, clock: () => Instant) {
  return {
    users: () => structuredClone(store.users.values()),
    user: (id: string) => structuredClone(store.users.get(id)),
    objects: () => structuredClone(store.objects.values()),
    lock: (id: string, wipe = false) => store.lock(id, wipe),
    unlock: (id: string) => store.unlock(id),
    signIn: (id: string, device: string | NewDevice, at = clock()) =>
      structuredClone(store.signIn(id, device, at)),
    enroll: (token: string, device: NewDevice = {}) => structuredClone(store.enroll(token, device)),
    update: (id: string, change: (user: ServedUser) => void) => store.update(id, change),
    add: (user: ServedUser, object?: WireObject, place?: number) =>
      store.add(...structuredClone([user, object] as const), place),
    remove: (id: string) => store.remove(id),
  };
}
