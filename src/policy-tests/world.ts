/** A test's short form → users as a provider gives them, and a ledger's memory. */
import type { Page, Session, User } from "../model/inventory.ts";
import type { Policy } from "../model/policy.ts";
import type { InventorySource } from "../model/ports.ts";
import type { Attempt, Memory } from "../model/run.ts";
import { ACTION_TYPES, type ActionType, type Instant } from "../model/vocabulary.ts";
import { DAY, HOUR } from "../time.ts";
import type { SessionShort, TestShort, TestsFile, UserShort } from "./schema.ts";
import { parseWhen } from "./when.ts";

type Device = NonNullable<TestsFile["device"]>;

/** The users of a test. `device`: of sessions that name none. */
export function usersOf(test: TestShort, at: Instant, device: Device = {}): User[] {
  return Object.entries(test.users).map(([id, short]) => userOf(id, short, at, device));
}

/** Users besides those of a test, with one active session each, and the policy with all of them protected: nothing is done to them. */
export function othersOf(
  n: number,
  policy: Policy,
  at: Instant,
): { others: User[]; sparing: Policy } {
  const others = Array.from({ length: n }, (_, i) => {
    const id = `another user ${i}`;
    return userOf(id, { sessions: { [`session of ${id}`]: {} } }, at, {});
  });
  const { source } = policy.target;
  const spared = others.map(({ id }) => ({ value: id, source }));
  return { others, sparing: { ...policy, protected: [...policy.protected, ...spared] } };
}

function userOf(id: string, short: UserShort, at: Instant, device: Device): User {
  const locked = short.locked !== undefined && short.locked !== false;
  const sessions = Object.entries(short.sessions ?? {}).map(([session, of]) =>
    sessionOf(session, of, locked, at, device),
  );
  const connections = sessions.flatMap(({ lastConnectedAt }) => lastConnectedAt ?? []);
  return {
    id,
    locked,
    lastConnectedAt: connections.length > 0 ? Math.max(...connections) : null,
    sessions,
    name: id,
    fields: { ...short.fields },
  };
}

/** Of JourneyApps' devices, which tell all of these or say that they don't. */
const NOT_REPORTED = {
  platform: null,
  container: null,
  bundleId: null,
  runtime: null,
  id: null,
  label: null,
};

function sessionOf(
  id: string,
  short: SessionShort,
  locked: boolean,
  at: Instant,
  device: Device,
): Session {
  const moment = (text: string | undefined, otherwise: Instant | null) =>
    text === undefined ? otherwise : (parseWhen(text, at) ?? null);
  const signedIn = moment(short.signedIn, at - DAY);
  const connected = moment(short.connected, at - HOUR);
  const state = short.state ?? (locked ? "ended" : "active");
  const told = short.device ?? device;
  return {
    id,
    state,
    signedInAt: signedIn,
    createdAt: moment(short.created, signedIn),
    signedOutAt: state === "active" ? null : connected,
    lastConnectedAt: connected,
    lastFullSyncAt: moment(short.synced, connected),
    attributes: { ...NOT_REPORTED, ...told },
  };
}

/** An inventory in memory. With `identify` the name of a user is that field of the user model, as everywhere. */
export function sourceOf(users: readonly User[]): InventorySource {
  const page = <T>(objects: T[]): Page<T> => ({
    total: objects.length,
    count: objects.length,
    more: false,
    objects,
  });
  return {
    async *users() {
      yield page(users.map((user) => ({ user: structuredClone(user) })));
    },
    async *profiles(wanted) {
      yield page(
        users.map(({ id, fields }) => ({
          id,
          fields: Object.fromEntries(wanted.map((field) => [field, fields[field] ?? null])),
        })),
      );
    },
  };
}

/** How long ago a lock of ours is taken to have been set. */
const LOCKED_BY_US = 7 * DAY;

/** What the ledger knows in a test. */
export function memoryOf(
  test: TestShort,
  users: readonly User[],
  policy: Policy,
  at: Instant,
): Memory {
  const { used = {}, lastRun, wiped = [], owedWipes = [] } = test.ledger ?? {};
  const sessions = users.flatMap((user) => user.sessions);
  const signIns = (ids: readonly string[]) =>
    Object.fromEntries(
      sessions
        .filter(({ id }) => ids.includes(id))
        .map((session) => [session.id, session.signedInAt ?? session.createdAt]),
    );
  const ours = Object.entries(test.users).filter(([, { locked }]) => locked === "by-us");
  const last = lastRun === undefined ? null : (parseWhen(lastRun, at) ?? null);
  return {
    ownLocks: Object.fromEntries(ours.map(([id]) => [id, at - LOCKED_BY_US])),
    met: {},
    wiped: signIns(wiped),
    owedWipes: signIns(owedWipes),
    last: last === null ? null : { at: last, settledAt: last, policies: [{ policy, from: last }] },
    inventoryUsers: null,
    attempts: ACTION_TYPES.flatMap((type) => attempts(type, used[type] ?? 0, at)),
    failures: [],
    runs: [],
  };
}

/** Applied an hour ago, to users and sessions that are none of the test's. */
function attempts(type: ActionType, n: number, at: Instant): Attempt[] {
  const ofUser = type === "lock" || type === "unlock";
  return Array.from({ length: n }, (_, i) => ({
    run: "earlier",
    at: at - HOUR,
    type,
    user: `another user ${i} to ${type}`,
    session: ofUser ? null : `another session ${i} to ${type}`,
    ...{ wipe: false, counts: "limit", was: ofUser ? null : "active", signedInAt: null },
    ...{ wipes: {}, ends: {}, line: "", before: null, from: at - HOUR, seen: null, undone: false },
    status: "applied",
  }));
}
