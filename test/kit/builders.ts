/** Small, readable builders of the nouns, and the real parts joined for unit tests. Every moment hangs on NOW. */
import { inventoryMeter } from "../../src/inventory/meter.ts";
import type {
  AccountRecord,
  Page,
  Profile,
  Session,
  User,
  UserRecord,
} from "../../src/model/inventory.ts";
import type { Held, Plan } from "../../src/model/plan.ts";
import type {
  DeniedDevice,
  Exception,
  Group,
  JourneyAppsTarget,
  Limit,
  Limits,
  LockedEntry,
  Policy,
  Raise,
  Target,
} from "../../src/model/policy.ts";
import type { InventorySource } from "../../src/model/ports.ts";
import type { Attempt, Known, Memory } from "../../src/model/run.ts";
import type { ActionType, Instant, Source, Written } from "../../src/model/vocabulary.ts";
import { decide } from "../../src/plan/decide/decide.ts";
import type { Decision, Owned } from "../../src/plan/decide/want.ts";
import { type Planned, planner } from "../../src/plan/plan.ts";
import { policyDigest } from "../../src/policy/digest.ts";
import { rulebook } from "../../src/policy/effective.ts";
import { emptyMemory } from "./memories.ts";

export const NOW: Instant = Date.parse("2026-11-22T10:00:00Z");
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const FILE = "policies/production.yaml";

export function source(line: number): Source {
  return { file: FILE, line };
}

export function written<T>(value: T, line = 18): Written<T> {
  return { value, source: source(line) };
}

// ---------------------------------------------------------------- policy

/** A complete policy that asks for nothing, but for what is given; limits are docs/contract.md's defaults. */
export function policyOf(more: Partial<Policy> = {}): Policy {
  const policy: Policy = {
    target: {
      name: "production",
      provider: "journeyapps",
      url: "https://62d541f4156bc4dd685318da.backend.us.journeyapps.com/api/v4/615ae1ee8c5ef500078a4908",
      credentials: ["env:JOURNEYAPPS_TOKEN"],
      auth: "bearer",
      ledger: null,
      identify: null,
      environment: null,
      requestsPerSecond: 10,
      source: source(3),
    },
    enforcement: { default: "enforce", rules: {} },
    rollout: 100,
    sessions: {},
    devices: { otherwise: "re-authenticate", denied: [], source: null },
    users: { source: null },
    groups: [],
    exceptions: [],
    protected: [],
    limits: limitsOf(),
    windows: {},
    freeze: null,
    planExpires: 4 * HOUR,
    digest: "",
    commit: null,
    files: [FILE],
    ...more,
  };
  return { ...policy, digest: policyDigest(policy) };
}

/** A target that is known to be JourneyApps'. */
export function ofJourneyApps(target: Target): JourneyAppsTarget {
  if (target.provider !== "journeyapps") throw new Error(`${target.name} is of another provider`);
  return target;
}

/** The defaults of docs/contract.md; a type that is given replaces the default whole. */
export function limitsOf(
  types: Partial<Record<ActionType, Partial<Limit>>> = {},
  more: Partial<Omit<Limits, "types">> = {},
): Limits {
  const limit = (type: ActionType, otherwise: Omit<Limit, "source">): Limit => ({
    source: null,
    ...(types[type] ? { exceed: otherwise.exceed, ...types[type] } : otherwise),
  });
  return {
    types: {
      lock: limit("lock", { max: 50, percent: 10, exceed: "refuse" }),
      unlock: limit("unlock", { max: 50, percent: 10, exceed: "refuse" }),
      "re-authenticate": limit("re-authenticate", { percent: 25, perRun: 5, exceed: "pace" }),
      wipe: limit("wipe", { max: 0, exceed: "refuse" }),
    },
    urgent: 5,
    denied: 20,
    inventoryDrop: 20,
    exceptionsLast: 90 * DAY,
    raise: [],
    ...more,
  };
}

/** No type is limited: for tests that are about something else. */
export function noLimits(more: Partial<Omit<Limits, "types">> = {}): Limits {
  return limitsOf({ lock: {}, unlock: {}, "re-authenticate": {}, wipe: {} }, more);
}

export function lockedOf(user: string, more: Partial<LockedEntry> = {}): LockedEntry {
  const flags = { wipe: false, urgent: false, adopt: false };
  return { user, reason: "Left the company", ...flags, source: source(40), ...more };
}

export function usersLocked(...locked: LockedEntry[]): Policy["users"] {
  return { locked, source: source(39) };
}

export function deniedOf(id: string, more: Partial<DeniedDevice> = {}): DeniedDevice {
  const base = { reason: "Lost in Durban", action: "re-authenticate", unsynced: "wait" } as const;
  return { id, ...base, source: source(30), ...more };
}

/** `devices` with one allowed platform, TIZEN, that no session of these builders has. */
export function onlyTizen(more: Partial<Policy["devices"]> = {}): Policy["devices"] {
  const allowed = [{ platform: "TIZEN", source: source(25) }];
  return { allowed, otherwise: "re-authenticate", denied: [], source: source(24), ...more };
}

export function denying(...denied: DeniedDevice[]): Policy["devices"] {
  return { otherwise: "re-authenticate", denied, source: source(29) };
}

export function groupOf(name: string, more: Partial<Group> = {}): Group {
  return { name, members: [], sessions: {}, source: source(50), ...more };
}

export function exceptionOf(rule: Exception["rule"], more: Partial<Exception> = {}): Exception {
  const base = { reason: "Offshore rig", owner: "jane.doe@acme.example" };
  return { rule, ...base, until: NOW + 30 * DAY, source: source(60), ...more };
}

export function raiseOf(type: Raise["type"], more: Partial<Raise>): Raise {
  return { type, until: NOW + DAY, reason: "Plant closure", source: source(70), ...more };
}

// ---------------------------------------------------------------- inventory and ledger

/** What a session is made with: its parts, those of JourneyApps' devices by name. */
export type SessionParts = Partial<Session> &
  Partial<
    Record<"platform" | "container" | "bundleId" | "runtime" | "device" | "label", string | null>
  >;

/** An active session that breaks nothing usual: signed in yesterday, connected and synced an hour ago. */
export function sessionOf(id: string, more: SessionParts = {}): Session {
  const {
    platform = "ANDROID",
    container = "20.6.1",
    bundleId = "xyz.appinstall.myapp",
    runtime = "4.85.0",
    device = `device-${id}`,
    label = null,
    ...rest
  } = more;
  return {
    id,
    state: "active",
    signedInAt: NOW - DAY,
    createdAt: NOW - 100 * DAY,
    signedOutAt: null,
    lastConnectedAt: NOW - HOUR,
    lastFullSyncAt: NOW - HOUR,
    attributes: { platform, container, bundleId, runtime, id: device, label },
    ...rest,
  };
}

export function userOf(id: string, sessions: Session[] = [], more: Partial<User> = {}): User {
  return { id, locked: false, lastConnectedAt: null, sessions, name: id, fields: {}, ...more };
}

/** Users u000, u001, … each with one session s000, s001, … */
export function estateOf(n: number, session: (i: number) => SessionParts = () => ({})): User[] {
  return Array.from({ length: n }, (_, i) => {
    const number = String(i).padStart(3, "0");
    return userOf(`u${number}`, [sessionOf(`s${number}`, session(i))]);
  });
}

export function memoryOf(more: Partial<Memory> = {}): Memory {
  return { ...emptyMemory(), ...more };
}

/** The last run, which held nothing. */
export function settledOf(policy: Policy, at: Instant): NonNullable<Memory["last"]> {
  return { at, settledAt: at, policies: [{ policy, from: at }] };
}

/** An applied action of an hour ago. */
export function attemptOf(type: ActionType, user: string, more: Partial<Attempt> = {}): Attempt {
  const { at = NOW - HOUR, session = null } = more;
  const was = session === null ? null : "active";
  const base = { run: "run-1", at, session, signedInAt: null, wipe: false, wipes: {}, ends: {} };
  const told = { counts: "limit", was, line: "", before: null, from: at, seen: null } as const;
  return { type, user, ...base, ...told, undone: false, status: "applied", ...more };
}

// ---------------------------------------------------------------- the parts, joined

/** What is known of a policy's target at NOW. */
export function knownOf(policy: Policy = policyOf(), memory: Partial<Memory> = {}): Known {
  return { policy, at: NOW, memory: memoryOf(memory) };
}

/** The decision for one user, at NOW where no other moment is given. */
export function decided(
  user: User,
  policy: Policy,
  owned: Partial<Owned> = {},
  at: Instant = NOW,
): Decision {
  return decide(user, rulebook(policy), at, { ...memoryOf(), ...owned });
}

/** `type session` of each want, or `type` where it is about the user. */
export function wanted(decision: Decision): string[] {
  return decision.wants.map((w) => (w.session === null ? w.type : `${w.type} ${w.session}`));
}

export interface Setting {
  memory?: Partial<Memory>;
  at?: Instant;
  only?: string;
  saved?: Plan;
  listed?: number;
}

/** The plan of these users under this policy, with the facts that a whole read of them gives. */
export function planned(
  users: readonly (User | UserRecord)[],
  policy: Policy,
  { memory = {}, at = NOW, only, saved, listed }: Setting = {},
): Planned {
  const sink = planner({
    policy,
    at,
    memory: memoryOf(memory),
    version: "0.0.0-test",
    scope: { only: only ?? null, saved: saved ?? null },
    listed,
  });
  const meter = inventoryMeter();
  let unreadable = 0;
  for (const item of users) {
    const record = "id" in item ? { user: item } : item;
    if ("user" in record) meter.add(record.user);
    else unreadable++;
    sink.add(record);
  }
  return sink.finish(meter.facts(unreadable));
}

// ---------------------------------------------------------------- an inventory to read

/** Bends the n-th page (from 0) of the k-th read (from 1) of users; null drops it. */
export type Fault = (
  page: Page<AccountRecord>,
  n: number,
  read: number,
) => Page<AccountRecord> | Page<AccountRecord>[] | null;

export interface MemorySource
  extends Required<Omit<InventorySource, "skew" | "saved" | "user" | "settings" | "capabilities">> {
  /** How often `users` was read. */
  reads(): number;
}

interface Paging {
  pageSize?: number;
  fault?: Fault;
  /** What the read of the user model gives. */
  profiles?: readonly Profile[];
  /** What is true when one is asked for alone. @default `profiles` */
  profilesNow?: readonly Profile[];
}

const late = ({ profiles = [], profilesNow = profiles }: Paging) => profilesNow;

function reducedTo({ fields: all, ...rest }: Profile, fields: readonly string[]): Profile {
  const of = Object.fromEntries(fields.map((field) => [field, all[field] ?? null]));
  return { ...rest, fields: of };
}

/** An inventory in memory, paged as a backend pages; every read gives fresh records. */
export function sourceOf(
  users: readonly (User | AccountRecord)[],
  options: Paging = {},
): MemorySource {
  const { pageSize = 2, fault = (page) => page, profiles = [] } = options;
  const records = users.map((item): AccountRecord => ("id" in item ? { user: item } : item));
  let reads = 0;
  return {
    reads: () => reads,
    async *users() {
      const read = ++reads;
      let n = 0;
      for (const page of paged(structuredClone(records), pageSize)) {
        const bent = fault(page, n++, read);
        if (bent !== null) yield* Array.isArray(bent) ? bent : [bent];
      }
    },
    async *profiles(fields) {
      const reduced = profiles.map((profile) => reducedTo(profile, fields));
      yield* paged(reduced, pageSize);
    },
    async profile(id, fields) {
      const profile = late(options).find((one) => one.id === id);
      return profile ? reducedTo(profile, fields) : null;
    },
    async named(field, value) {
      const has = ({ fields }: Profile) => String(fields[field] ?? "") === value;
      return late(options)
        .filter(has)
        .map(({ id }) => id);
    },
  };
}

function* paged<T>(all: readonly T[], size: number): Generator<Page<T>> {
  for (let i = 0; i === 0 || i < all.length; i += size) {
    const objects = all.slice(i, i + size);
    yield { total: all.length, count: objects.length, more: i + size < all.length, objects };
  }
}

/** How a plan counts what it holds. */
export function heldCounts(held: readonly Held[]): Pick<Plan, "heldSummary" | "heldCauses"> {
  const heldSummary: Plan["heldSummary"] = {};
  const heldCauses: Plan["heldCauses"] = {};
  for (const { type, by, cause } of held) {
    const of = heldSummary[type] ?? {};
    heldSummary[type] = { ...of, [by]: (of[by] ?? 0) + 1 };
    heldCauses[cause] = (heldCauses[cause] ?? 0) + 1;
  }
  return { heldSummary, heldCauses };
}
