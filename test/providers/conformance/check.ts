/** One check of the suite, and short words for what checks do. */
import { equal, fail, ok } from "node:assert/strict";
import { UnreadableTargetError } from "../../../src/errors.ts";
import type { Account, Session } from "../../../src/model/inventory.ts";
import type { Action } from "../../../src/model/plan.ts";
import type { Provider } from "../../../src/model/ports.ts";
import type { WriteResult } from "../../../src/model/run.ts";
import type { ActionType } from "../../../src/model/vocabulary.ts";
import type { Kind, MadeUser, Need, World } from "./kind.ts";
import { type Line, lineOn } from "./line.ts";

/** What is checked, or why it is not. */
export interface Check {
  name: string;
  /** Why it is not asked of this kind; null where it is. */
  skip: string | null;
  /** Throws AssertionError where the provider does not conform. */
  run(): Promise<void>;
}

/** Checks that belong together. */
export interface Group {
  title: string;
  checks(kind: Kind): Check[];
}

/** A check that `needs` something of the backend, and the capability for which `not` is no reason. */
export function check(
  kind: Kind,
  name: string,
  { needs = [], not = null }: { needs?: readonly Need[]; not?: string | null },
  run: () => Promise<void>,
): Check {
  const lacking = needs.map((need) => kind.lacks[need]).find((reason) => reason !== undefined);
  return { name, skip: not ?? lacking ?? null, run };
}

/** Why a kind is not asked to do what it does not claim; null where it does. */
export const unclaimed = (kind: Kind, claims: boolean, what: string) =>
  claims ? null : `${kind.capabilities.name} ${what}`;

/** Does `work` on a line on a world of these users. */
export async function onLine(
  kind: Kind,
  users: readonly MadeUser[],
  work: (line: Line, world: World) => Promise<void>,
): Promise<void> {
  await using line = await lineOn(kind, users);
  await work(line, line.world);
}

/** An action as a plan would hold it. */
export function action(
  type: ActionType,
  user: string,
  session: string | null = null,
  more: Partial<Action> = {},
): Action {
  return { type, user, session, cause: "policy", reasons: [], expects: {}, ...more };
}

/** Writes and says what became of each. */
export async function write(
  provider: Provider,
  ...actions: readonly Action[]
): Promise<WriteResult["status"][]> {
  const results = await provider.write(actions, () => {});
  equal(results.length, actions.length, "one result for each action");
  return results.map(({ status }) => status);
}

/** One user, who must be there and readable. */
export async function userOf(provider: Provider, id: string): Promise<Account> {
  const record = await provider.user(id);
  if (record === null || !("user" in record)) fail(`${id} can't be read`);
  return record.user;
}

/** The session of a user, by what the provider calls it; undefined where the user's record has none. */
export async function sessionOf(
  provider: Provider,
  user: string,
  session: string,
): Promise<Session | undefined> {
  return (await userOf(provider, user)).sessions.find(({ id }) => id === session);
}

/** Whether a session reads as active. */
export async function readsActive(
  provider: Provider,
  user: string,
  session: string,
): Promise<boolean> {
  return (await sessionOf(provider, user, session))?.state === "active";
}

/** Everybody, by one read of the list. */
export async function readAll(provider: Provider): Promise<Account[]> {
  const all: Account[] = [];
  for await (const page of provider.users()) {
    for (const record of page.objects) {
      if (!("user" in record)) fail(record.unreadable.message);
      all.push(record.user);
    }
  }
  return all;
}

/** The error by which a read gives up; null where it went well. Any other error is thrown on. */
export async function unreadable(work: () => Promise<unknown>): Promise<Error | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (!(error instanceof UnreadableTargetError)) throw error;
    ok(error.message.length > 0);
    return error;
  }
}

/**
 * The id of a made user. Some backends take 24 hexadecimal digits only, so that all are made so; what else an id may be
 * is tried on its own.
 */
export const idOf = (number: number) => number.toString(16).padStart(24, "5f00");

export const ANN = idOf(0xa);
export const BOB = idOf(0xb);
export const CEM = idOf(0xc);
export const NOBODY = idOf(0xf);

/** Two users with two sessions each, one old and one new. */
export const PAIR: readonly MadeUser[] = [
  {
    id: ANN,
    sessions: [
      { id: "ann-old", days: 41 },
      { id: "ann-new", days: 1 },
    ],
  },
  {
    id: BOB,
    sessions: [
      { id: "bob-old", days: 41 },
      { id: "bob-new", days: 1 },
    ],
  },
];

/** What the suite calls a session of the pair. */
export const sessionNamed = (user: string, age: "old" | "new") =>
  `${user === ANN ? "ann" : "bob"}-${age}`;
