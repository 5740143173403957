/** A made world is read whole, whatever the size of a page. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Incomplete } from "../../../../src/errors.ts";
import { MOMENTS } from "../../../../src/model/capabilities.ts";
import type { Account } from "../../../../src/model/inventory.ts";
import {
  CEM,
  check,
  type Group,
  idOf,
  NOBODY,
  onLine,
  PAIR,
  readAll,
  unclaimed,
  userOf,
} from "../check.ts";
import type { Kind, MadeUser, World } from "../kind.ts";

const MANY = 10_000;
/** From here on ids are those of the many. */
const MORE = 0x100;
const LEAVES = idOf(MORE + 1);
/** What a read of many may keep of each, in bytes: half of what an account takes. */
const KEPT = 250;

/** Ids that mean something in an address, and some of other alphabets. */
const ODD = ["a/b", "50%", "100%25", "who?", "#1", "a b", "a+b", "ä-ö", "用户", "Ελένη", "x&y=z"];

export const READS: Group = {
  title: "reads it whole",
  checks: (kind) => [
    ...[1, 3, 1000].map((size) =>
      check(kind, `pages of ${size}`, {}, () =>
        onLine(kind, estate(kind), async (line, world) => {
          const all = await readAll(line.provider({ pageSize: size }));
          deepEqual(told(all, world), told(made(estate(kind), world), world));
        }),
      ),
    ),
    check(kind, "ids that mean something in an address", { needs: ["ids"] }, () =>
      onLine(kind, odd(kind), async (line, world) => {
        const provider = line.provider({ pageSize: 3 });
        const all = await readAll(provider);
        deepEqual(told(all, world), told(made(odd(kind), world), world));
        for (const id of ODD) equal((await userOf(provider, id)).id, id);
      }),
    ),
    check(kind, "one user reads as in the list, and nobody as null", {}, () =>
      onLine(kind, estate(kind), async (line) => {
        const provider = line.provider();
        for (const listed of await readAll(provider)) {
          deepEqual(await userOf(provider, listed.id), listed);
        }
        equal(await provider.user(NOBODY), null);
      }),
    ),
    check(kind, "somebody comes and somebody goes while it is read", { needs: ["removal"] }, () =>
      changesMeanwhile(kind),
    ),
    check(
      kind,
      "sessions tell what is claimed of them, and nothing else",
      { not: unclaimed(kind, kind.capabilities.end !== null, "has no sessions") },
      () =>
        onLine(kind, PAIR, async (line) => {
          for (const { sessions } of await readAll(line.provider())) {
            for (const session of sessions) tells(kind, session);
          }
        }),
    ),
    check(kind, `${MANY} users in bounded memory`, { needs: ["many"] }, () => readsMany(kind)),
  ],
};

/** Whoever was there all the time is there once; or the read says that it is not whole. */
const changesMeanwhile = (kind: Kind) =>
  onLine(kind, estate(kind), async (line, world) => {
    const seen: string[] = [];
    let pages = 0;
    const read = async () => {
      for await (const { objects } of line.provider({ pageSize: 3 }).users()) {
        for (const record of objects) if ("user" in record) seen.push(record.user.id);
        if (++pages > 1) continue;
        await world.remove(LEAVES);
        await world.add({ id: idOf(1), sessions: [] });
      }
    };
    const gaveUp = await read().then(
      () => false,
      (error: unknown) => {
        if (error instanceof Incomplete) return true;
        throw error;
      },
    );
    equal(new Set(seen).size, seen.length, "nobody comes twice");
    const stayed = estate(kind).flatMap(({ id }) => (id === LEAVES ? [] : id));
    const missing = stayed.filter((id) => !seen.includes(id));
    if (!gaveUp) deepEqual(missing, []);
  });

/** What is still held at the end of a read, and was not at its beginning. The backend, in the same process, is warm by then. */
const readsMany = (kind: Kind) =>
  onLine(kind, without(kind, many(MANY)), async (line, { others }) => {
    const provider = line.provider({ pageSize: 500 });
    await readAll(provider);
    let users = 0;
    let first = 0;
    let grown = 0;
    for await (const { objects, more } of provider.users()) {
      users += objects.length;
      if (first === 0) first = heap();
      if (!more) grown = heap() - first;
    }
    equal(users, MANY + others.length);
    ok(grown < KEPT * MANY, `a read has kept ${grown} bytes`);
  });

/** Where a kind has no sessions, users without. */
export function without(kind: Kind, users: readonly MadeUser[]): MadeUser[] {
  return kind.capabilities.end === null
    ? users.map(({ sessions: _, ...user }) => user)
    : [...users];
}

function estate(kind: Kind): MadeUser[] {
  const others = many(11);
  const locked: MadeUser[] = kind.capabilities.lock ? [{ id: CEM, locked: true }] : [];
  return without(kind, [...PAIR, ...locked, ...others]);
}

function odd(kind: Kind): MadeUser[] {
  const users = ODD.map((id, i) => ({ id, sessions: [{ id: `odd-${i}`, days: 2 }] }));
  return without(kind, users);
}

function many(count: number): MadeUser[] {
  return Array.from({ length: count }, (_, i) => ({
    id: idOf(MORE + i),
    sessions: [{ id: `session-${i}`, days: 3 }],
  }));
}

interface Told {
  id: string;
  locked: boolean;
  sessions: string[];
}

/** Who is there, who is locked and which sessions are active. */
function told(all: readonly Told[] | readonly Account[], { others }: World): Told[] {
  return all
    .filter(({ id }) => !others.includes(id))
    .map(({ id, locked, sessions }) => ({
      ...{ id, locked },
      sessions: sessions
        .map((one) => (typeof one === "string" ? one : `${one.id} ${one.state}`))
        .sort(),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function made(users: readonly MadeUser[], world: World): Told[] {
  return users.map(({ id, locked = false, sessions = [] }) => ({
    ...{ id, locked },
    sessions: sessions.map((one) => `${world.session(one.id)} active`),
  }));
}

function tells({ capabilities }: Kind, session: Account["sessions"][number]): void {
  for (const moment of MOMENTS) {
    const claimed = capabilities.moments[moment] !== null;
    equal(session[moment] !== null, claimed, `${moment} is told`);
  }
  const { attributes } = session;
  const unclaimed = Object.keys(attributes).filter((name) => !(name in capabilities.attributes));
  deepEqual(unclaimed, [], "attributes that nobody claims");
  for (const name of Object.keys(capabilities.attributes)) {
    ok(name in attributes, `${name} is told, or said to be unknown`);
  }
}

/** The bytes in use, after what is no longer used has gone. */
function heap(): number {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  collect();
  return process.memoryUsage().heapUsed;
}
