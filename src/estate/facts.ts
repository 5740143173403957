/** What the charts of a report tell of an estate: counted into buckets while the inventory streams by. */
import type { Sink } from "../inventory/read.ts";
import type { Session, UserRecord } from "../model/inventory.ts";
import type { AllowedDevice, Policy } from "../model/policy.ts";
import type { Known } from "../model/run.ts";
import type { Duration, Instant } from "../model/vocabulary.ts";
import { signInOf } from "../plan/decide/session.ts";
import { type Forecast, forecastMeter } from "../plan/forecast/forecast.ts";
import { readVersion } from "../policy/devices.ts";
import { rulebook, type UserPolicy } from "../policy/effective.ts";
import { DAY, HOUR, MINUTE } from "../time.ts";

/** A bound on the age of sessions, as it is written. */
export interface AgeLimit {
  value: Duration;
  /** The group that it is for; null for everybody. */
  group: string | null;
  file: string;
  line: number;
}

/** Active sessions by the time since their sign-in. */
export interface AgeBuckets {
  /** How much time a bucket covers. */
  width: Duration;
  /** Sessions a bucket; the last one holds all that are older. `past`: of users whose own limit is passed. */
  within: number[];
  past: number[];
  /** Sessions whose sign-in and creation can't be told. */
  unknown: number;
  limits: AgeLimit[];
}

/** Active sessions of one platform and version. */
export interface DeviceCount {
  platform: string | null;
  version: string | null;
  allowed: number;
  refused: number;
}

export interface Devices {
  /** Which version is counted: that of the container, or of the runtime where the policy names only that one. */
  version: "container" | "runtime";
  /** By platform, the newest version first. */
  counts: DeviceCount[];
  /** Sessions of platforms and versions beyond MOST_PAIRS. */
  others: { allowed: number; refused: number };
  /** What the policy allows; null: any device. */
  allowed: AllowedDevice[] | null;
}

/** The facts of one estate at one moment. */
export interface EstateFacts {
  ages: AgeBuckets;
  devices: Devices;
  /** What falls due in the next 30 days. */
  due: Forecast;
}

/** Counts users; holds none of them. */
export interface FactsMeter extends Sink {
  add(record: UserRecord): void;
  facts(): EstateFacts;
}

const DUE_DAYS = 30;

/** So many platforms and versions are told apart: devices may call themselves anything. */
export const MOST_PAIRS = 2_000;

/** Longer names of platforms and versions are cut: devices may call themselves anything. */
const LONGEST_NAME = 40;

/** A meter for one read of the inventory, in constant memory. */
export function factsMeter(known: Known): FactsMeter {
  const { policy, at } = known;
  const book = rulebook(policy);
  const ages = agesMeter(policy, at);
  const devices = devicesMeter(policy);
  const due = forecastMeter(known, DUE_DAYS);
  return {
    add(record) {
      due.add(record);
      if ("unreadable" in record) return;
      const { user } = record;
      const own = book.forUser(user, at);
      for (const session of user.sessions) {
        if (session.state !== "active") continue;
        ages.add(session, own);
        devices.add(
          session,
          !book.devices || own.anyDevice !== null || book.devices.allows(session),
        );
      }
    },
    facts: () => ({ ages: ages.counted(), devices: devices.counted(), due: due.result() }),
  };
}

// ---------------------------------------------------------------- ages

/** Twice the limit is shown; without a limit, so much. */
const UNLIMITED: Duration = 90 * DAY;
const MOST_BELOW = 15;
const WIDTHS: Duration[] = [
  ...[1, 5, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 4, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 3, 5, 7, 10, 14, 15, 30, 60, 90, 180, 365].map((n) => n * DAY),
];

/** The narrowest bucket of which no more than 15 lie below the limit, best such that the limit is the end of one. */
export function bucketWidth(limit: Duration): Duration {
  const fitting = WIDTHS.filter((width) => limit / width <= MOST_BELOW);
  return (
    fitting.find((width) => limit % width === 0) ?? fitting[0] ?? Math.ceil(limit / MOST_BELOW)
  );
}

function agesMeter(policy: Policy, at: Instant) {
  const limits = ageLimits(policy);
  const shown = Math.max(...limits.map(({ value }) => value), 0) || UNLIMITED;
  const main = limits.find(({ group }) => group === null)?.value ?? shown;
  const width = bucketWidth(main);
  const last = Math.ceil((limits.length > 0 ? 2 * main : shown) / width);
  const within: number[] = new Array(last + 1).fill(0);
  const past: number[] = new Array(last + 1).fill(0);
  let unknown = 0;
  return {
    add(session: Session, { maxAge }: UserPolicy) {
      const signedIn = signInOf(session);
      if (signedIn === null) {
        unknown++;
        return;
      }
      // A sign-in of the future, by another clock, is as young as can be.
      const age = Math.max(0, at - signedIn);
      const bucket = Math.min(last, Math.floor(age / width));
      const counts = maxAge !== null && age > maxAge.value ? past : within;
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    },
    counted: (): AgeBuckets => ({ width, within, past, unknown, limits }),
  };
}

function ageLimits(policy: Policy): AgeLimit[] {
  const written = [
    { group: null, rules: policy.sessions },
    ...policy.groups.map(({ name, sessions }) => ({ group: name, rules: sessions })),
  ];
  return written.flatMap(({ group, rules }) =>
    rules.maxAge ? [{ value: rules.maxAge.value, group, ...rules.maxAge.source }] : [],
  );
}

// ---------------------------------------------------------------- devices

function devicesMeter(policy: Policy) {
  const { allowed = null } = policy.devices;
  const names = (key: "container" | "runtime") => allowed?.some((entry) => entry[key]) ?? false;
  const version = names("runtime") && !names("container") ? "runtime" : "container";
  const pairs = new Map<string, DeviceCount>();
  const others = { allowed: 0, refused: 0 };
  return {
    add(session: Session, complies: boolean) {
      const pair = {
        platform: cut(session.attributes.platform ?? null),
        version: cut(session.attributes[version] ?? null),
      };
      const key = JSON.stringify([pair.platform, pair.version]);
      let counted: Pick<DeviceCount, "allowed" | "refused"> | undefined = pairs.get(key);
      if (!counted && pairs.size < MOST_PAIRS) {
        const made = { ...pair, allowed: 0, refused: 0 };
        pairs.set(key, made);
        counted = made;
      }
      (counted ?? others)[complies ? "allowed" : "refused"]++;
    },
    counted: (): Devices => {
      const counts = [...pairs.values()].sort(byPlatformAndVersion);
      return { version, counts, others, allowed };
    },
  } as const;
}

function cut(name: string | null): string | null {
  return name === null || name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME)}…`;
}

/** Platforms by name, the newest version first; what can't be read comes last. */
function byPlatformAndVersion(a: DeviceCount, b: DeviceCount): number {
  const [first, second] = [a.platform ?? "\uffff", b.platform ?? "\uffff"];
  if (first !== second) return first < second ? -1 : 1;
  const [left, right] = [a, b].map(({ version }) =>
    version === null ? null : readVersion(version),
  );
  if (left && right) return right.compare(left);
  if (left || right) return left ? -1 : 1;
  return (a.version ?? "\uffff") < (b.version ?? "\uffff") ? -1 : 1;
}
