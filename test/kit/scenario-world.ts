/** A scenario's `world.yaml`: the moment, the backend's users in short form, the ledger's memory, and what happens next. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import { ACTION_TYPES, type Instant } from "../../src/model/vocabulary.ts";
import type {
  ServedSession,
  ServedUser,
  WireObject,
} from "../../src/providers/journeyapps/sandbox/types.ts";
import { wireTime } from "../../src/providers/journeyapps/sandbox/types.ts";
import { DAY, HOUR, MINUTE } from "../../src/time.ts";

/** How long before the scenario's moment (`41d`, `30d1s`), or an instant. */
const when = z.string().regex(/^(?:(?:\d+[wdhms])+|\d{4}-\d\d-\d\dT[\d:.]+Z)$/);
const length = z.string().regex(/^(?:\d+[wdhms])+$/);

/** What is left out is healthy: signed in a day ago, connected an hour ago, synced then, on a current device. */
const session = z.strictObject({
  state: z.enum(["ENROLLED", "LOCKED", "RESET", "NEVER_ENROLLED"]).exactOptional(),
  signedIn: when.nullable().exactOptional(),
  /** As `signedIn` where absent. */
  created: when.nullable().exactOptional(),
  connected: when.nullable().exactOptional(),
  /** null: the device does not report it. As `connected` where absent. */
  synced: when.nullable().exactOptional(),
  device: z
    .strictObject({
      id: z.string(),
      platform: z.string(),
      container: z.string(),
      /** null: the device does not report it. */
      runtime: z.string().nullable(),
      bundleId: z.string(),
      label: z.string(),
    })
    .partial()
    .exactOptional(),
  /** Put over the record as it stands, for shapes that the documentation does not know. */
  raw: z.record(z.string(), z.unknown()).exactOptional(),
});

const user = z.strictObject({
  locked: z.boolean().exactOptional(),
  /** The user's object in the app's user model. */
  fields: z.record(z.string(), z.unknown()).exactOptional(),
  /** By id, which is unique in the target; one healthy session `<user>-phone` where absent. */
  sessions: z.record(z.string(), session).exactOptional(),
});

const ledger = z.strictObject({
  /** Users whose lock is ours, and since when. */
  locks: z.record(z.string(), when).exactOptional(),
  attempts: z
    .array(
      z.strictObject({
        type: z.enum(ACTION_TYPES),
        user: z.string(),
        session: z.string().exactOptional(),
        at: when,
        status: z.enum(["intent", "applied", "failed", "skipped"]),
        wipe: z.boolean().exactOptional(),
        urgent: z.boolean().exactOptional(),
      }),
    )
    .exactOptional(),
  /** The last run that held nothing back, its policy file, and how many users it read (as many as now where absent). */
  last: z
    .strictObject({ at: when, policy: z.string(), users: z.int().exactOptional() })
    .exactOptional(),
});

const targetKeys = {
  users: z.record(z.string(), user).exactOptional(),
  /** A page as the API sends it, instead of `users`. */
  usersFrom: z.string().exactOptional(),
  ledger: ledger.exactOptional(),
};

const runs = {
  /** How many runs at one moment it takes until nothing is left to do; 1 where absent. */
  runs: z.int().min(2).exactOptional(),
  why: z.string().exactOptional(),
};

const step = z.strictObject({
  what: z.string(),
  wait: length.exactOptional(),
  /** Behind Curfew's back. */
  lock: z.string().exactOptional(),
  unlock: z.string().exactOptional(),
  signIn: z.string().exactOptional(),
  sync: z.string().exactOptional(),
  /** The folder of the policies from now on. */
  policies: z.string().exactOptional(),
  ...runs,
});

const world = z
  .strictObject({
    /** A sentence: what is so, and what must come of it. */
    situation: z.string(),
    at: z.iso.datetime(),
    ...targetKeys,
    /** Several deployments, instead of one called `production`. */
    targets: z.record(z.string(), z.strictObject(targetKeys)).exactOptional(),
    ...runs,
    /** Each is followed by a plan with goldens of its own, an apply and an empty plan. */
    later: z.array(step).exactOptional(),
  })
  .refine((w) => [w, ...(w.later ?? [])].every((s) => (s.runs === undefined) === !s.why), {
    message: "`runs` comes with `why`",
  });

export type World = z.output<typeof world>;
export type Step = z.output<typeof step>;
export type LedgerShort = z.output<typeof ledger>;
export interface TargetWorld {
  name: string;
  estate: ServedUser[];
  objects: WireObject[];
  ledger: LedgerShort;
}

export function readWorld(folder: string): World {
  return world.parse(parse(readFileSync(path.join(folder, "world.yaml"), "utf8")));
}

/** The deployments of a world, `users` in the wire form. */
export function targetsOf(folder: string, of: World): TargetWorld[] {
  const at = Date.parse(of.at);
  const targets = of.targets ?? { production: of };
  return Object.entries(targets).map(([name, { users = {}, usersFrom, ledger = {} }]) => {
    const estate =
      usersFrom === undefined
        ? Object.entries(users).map(([id, short]) => wireUser(id, short, at))
        : JSON.parse(readFileSync(path.join(folder, usersFrom), "utf8")).objects;
    const objects = Object.entries(users).flatMap(([id, { fields }]) =>
      fields === undefined ? [] : [{ ...fields, id }],
    );
    return { name, estate, objects, ledger };
  });
}

/** `41d` as the instant so long before `at`. */
export function before(at: Instant, text: string): Instant {
  return text.includes("T") ? Date.parse(text) : at - lengthOf(text);
}

const UNITS: Record<string, number> = { w: 7 * DAY, d: DAY, h: HOUR, m: MINUTE, s: 1000 };

export function lengthOf(text: string): number {
  const parts = [...text.matchAll(/(\d+)([wdhms])/g)];
  return parts.reduce((sum, [, n, unit = ""]) => sum + Number(n) * (UNITS[unit] ?? 0), 0);
}

function wireUser(id: string, short: z.output<typeof user>, at: Instant): ServedUser {
  const { locked = false } = short;
  const sessions = Object.entries(short.sessions ?? { [`${id}-phone`]: {} }).map(([key, of]) =>
    wireSession(key, of, locked, at),
  );
  const connections = sessions.flatMap((s) => s.last_connected_at ?? []).sort();
  return {
    id,
    last_connected_at: connections.at(-1) ?? null,
    enrolled: !locked && sessions.some((s) => s.state === "ENROLLED"),
    locked,
    sessions,
  };
}

function wireSession(
  id: string,
  short: z.output<typeof session>,
  locked: boolean,
  at: Instant,
): ServedSession {
  const state = short.state ?? (locked ? "LOCKED" : "ENROLLED");
  const time = (text: string | null) => (text === null ? null : wireTime(before(at, text)));
  const { signedIn = "1d", created = signedIn, connected = "1h", synced = connected } = short;
  const { runtime = "4.95.0", ...device } = short.device ?? {};
  const sync = time(synced);
  return {
    id,
    state,
    last_authenticated_at: time(signedIn),
    created_at: time(created),
    signed_out_at: state === "ENROLLED" ? null : time(connected),
    last_connected_at: time(connected),
    container: {
      version: device.container ?? "23.1.0",
      bundle_id: device.bundleId ?? "xyz.appinstall.acme",
      platform: device.platform ?? "ANDROID",
    },
    ...(runtime === null ? {} : { runtime: { version: runtime } }),
    device: { id: device.id ?? `device-of-${id}` },
    label: device.label ?? "Zebra TC52",
    ...(sync === null ? {} : { sync_status: { last_full_sync: sync } }),
    ...short.raw,
  };
}
