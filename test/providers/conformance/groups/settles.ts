/** What is done stays done: again, at the same time as somebody else, and by the next run, which has nothing left to do. */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { Run } from "../../../../src/reconcile.ts";
import {
  ANN,
  action,
  BOB,
  check,
  type Group,
  onLine,
  PAIR,
  readsActive,
  sessionNamed,
  unclaimed,
  userOf,
  write,
} from "../check.ts";
import type { Kind } from "../kind.ts";
import { LIMITS, type Line } from "../line.ts";
import { without } from "./reads.ts";

/** Locks these users. */
export const locking = (...users: string[]) =>
  users.length === 0
    ? "users: { locked: [], allowEmpty: true }\n"
    : `users:\n  locked:\n${users.map((id) => `    - { user: "${id}", reason: Left }\n`).join("")}`;

/** Ends what signed in more than thirty days ago. */
export const AGE = "sessions: { maxAge: 30d }\n";

/** Whether a kind can hold AGE. */
export function holdsAge({ capabilities: { end, moments } }: Kind): boolean {
  return end !== null && (moments.signedInAt ?? moments.createdAt) !== null;
}

export const SETTLES: Group = {
  title: "settles",
  checks: (kind) => {
    const { lock, end } = kind.capabilities;
    const locks = { not: unclaimed(kind, lock !== null, "locks nobody") };
    const ends = { not: unclaimed(kind, end !== null, "ends no session") };
    const ages = { not: unclaimed(kind, holdsAge(kind), "ends no session by its age") };
    return [
      check(kind, "a lock and an unlock twice", locks, () => locksTwice(kind)),
      check(kind, "an end twice, and nobody else's session", ends, () => endsTwice(kind)),
      check(
        kind,
        "a user that has gone is gone, and the others are done",
        { needs: ["removal"], not: locks.not === null || ends.not === null ? null : locks.not },
        () => goneBefore(kind),
      ),
      check(
        kind,
        "a user that goes between the plan and the write",
        { needs: ["removal"], ...locks },
        () => goneMeanwhile(kind),
      ),
      check(kind, "a lock: the second plan is empty", locks, () =>
        onLine(kind, without(kind, PAIR), async (line) => {
          await holds(line, locking(ANN));
          ok((await userOf(line.provider(), ANN)).locked);
        }),
      ),
      check(kind, "an unlock: the second plan is empty", locks, () =>
        onLine(kind, without(kind, PAIR), async (line) => {
          await holds(line, locking(ANN));
          await holds(line, locking());
          equal((await userOf(line.provider(), ANN)).locked, false);
        }),
      ),
      check(kind, "an end by age: the second plan is empty", ages, () => endsByAge(kind)),
      check(kind, "who signs in anew after an end is left alone", ages, () => signsInAnew(kind)),
      check(
        kind,
        "a lock, an unlock: the old token is dead",
        { not: locks.not ?? ends.not, needs: ["token"] },
        () => oldToken(kind),
      ),
      check(kind, "a lock: no session of the user is active", { not: locks.not ?? ends.not }, () =>
        lockedOut(kind),
      ),
    ];
  },
};

/** Applies a policy; everything is done, and the plan after it is empty. */
async function holds(line: Line, sections: string): Promise<Run> {
  const policy = line.policy(sections + LIMITS);
  const run = await line.apply(policy);
  const undone = (run.outcomes ?? []).filter(({ status }) => status !== "applied");
  deepEqual(undone, [], "everything is done");
  await rests(line, sections);
  return run;
}

/** There is nothing left to do. */
async function rests(line: Line, sections: string): Promise<void> {
  const { plan } = (await line.plan(line.policy(sections + LIMITS))).planned;
  deepEqual([plan.actions, plan.held], [[], []], "the plan after it is empty");
}

const locksTwice = (kind: Kind) =>
  onLine(kind, without(kind, PAIR), async (line) => {
    const provider = line.provider();
    for (const [type, locked] of [
      ["lock", true],
      ["unlock", false],
    ] as const) {
      deepEqual(await write(provider, action(type, ANN)), ["done"]);
      const [again] = await write(provider, action(type, ANN));
      ok(again === "done" || again === "gone", `the second time it is ${again}`);
      equal((await userOf(provider, ANN)).locked, locked);
    }
  });

const endsTwice = (kind: Kind) =>
  onLine(kind, PAIR, async (line, world) => {
    const provider = line.provider();
    const end = action("re-authenticate", ANN, world.session("ann-old"));
    deepEqual(await write(provider, end), ["done"]);
    const [again] = await write(provider, end);
    ok(again === "done" || again === "gone", `the second time it is ${again}`);
    if (kind.capabilities.end === "session") {
      ok(await readsActive(provider, ANN, world.session("ann-new")));
    }
    ok(await readsActive(provider, BOB, world.session("bob-old")));
  });

const goneBefore = (kind: Kind) =>
  onLine(kind, without(kind, PAIR), async (line, world) => {
    const provider = line.provider();
    const of = (user: string) =>
      kind.capabilities.lock
        ? action("lock", user)
        : action("re-authenticate", user, world.session(sessionNamed(user, "old")));
    const actions = [of(ANN), of(BOB)];
    await world.remove(ANN);
    deepEqual(await write(provider, ...actions), ["gone", "done"]);
  });

const goneMeanwhile = (kind: Kind) =>
  onLine(kind, without(kind, PAIR), async (line, world) => {
    const policy = line.policy(locking(ANN, BOB) + LIMITS);
    const { outcomes } = await line.apply(policy, () => world.remove(ANN));
    const told = (outcomes ?? []).filter(({ type }) => type === "lock");
    deepEqual(
      told.map(({ user, status }) => `${user} ${status}`),
      [`${ANN} skipped`, `${BOB} applied`],
    );
    await rests(line, locking(ANN, BOB));
  });

const endsByAge = (kind: Kind) =>
  onLine(kind, PAIR, async (line, world) => {
    const run = await holds(line, AGE);
    equal(run.outcomes?.length, 2);
    const provider = line.provider();
    for (const user of [ANN, BOB]) {
      equal(await readsActive(provider, user, world.session(sessionNamed(user, "old"))), false);
      if (!kind.lacks.token) equal(await world.works(sessionNamed(user, "old")), false);
      if (kind.capabilities.end === "user") continue;
      ok(await readsActive(provider, user, world.session(sessionNamed(user, "new"))));
      if (!kind.lacks.token) ok(await world.works(sessionNamed(user, "new")));
    }
  });

const signsInAnew = (kind: Kind) =>
  onLine(kind, PAIR, async (line, world) => {
    await holds(line, AGE);
    const session = await world.signIn(ANN);
    await rests(line, AGE);
    ok(await readsActive(line.provider(), ANN, world.session(session)));
    if (!kind.lacks.token) ok(await world.works(session));
  });

const oldToken = (kind: Kind) =>
  onLine(kind, PAIR, async (line, world) => {
    await holds(line, locking(ANN));
    equal(await world.works("ann-new"), false, "it is dead while the user is locked");
    await holds(line, locking());
    equal(await world.works("ann-new"), false, "it is dead after the unlock");
    ok(await world.works("bob-new"), "somebody else's works");
    ok(await world.works(await world.signIn(ANN)), "whoever signs in anew works");
  });

const lockedOut = (kind: Kind) =>
  onLine(kind, PAIR, async (line) => {
    await holds(line, locking(ANN));
    const { sessions } = await userOf(line.provider(), ANN);
    deepEqual(
      sessions.filter(({ state }) => state === "active"),
      [],
    );
  });
