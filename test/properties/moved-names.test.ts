/** A name that moves, and a lock that comes late, over the real line: sandbox, ledger, runs one after the other. */
import { expect, test } from "vitest";
import { DAY, HOUR, MINUTE } from "../../src/time.ts";
import { session, user } from "../fault-matrix/estate.ts";
import type { Line } from "../fault-matrix/line.ts";
import {
  ALL_LOCKS,
  estateOf,
  kinds,
  line,
  locking,
  statuses,
  told,
} from "../fault-matrix/small.ts";

const IDENTIFY = { target: "identify: email" };
const NOBODY = `users: { locked: [], allowEmpty: true }\n${ALL_LOCKS}`;

/** Gives a user another name in the user model. */
function rename({ sandbox }: Line, id: string, email: string): void {
  const record = sandbox.user(id);
  if (!record) throw new Error(`no user ${id}`);
  sandbox.remove(id);
  sandbox.add(record, { id, email });
}

const LEA = '["users.locked","lea@x"]';

const isLocked = ({ sandbox }: Line, id: string) => sandbox.user(id)?.locked;

// docs/threat-model.md, H4: the leaver was let in, for the drift of somebody else's name.
test("a leaver whose name is given to somebody else stays locked until the policy lets the name go", async () => {
  const estate = estateOf(3, user("lea", [session("lea-phone", 1)]));
  const objects = estate.map(({ id }) => ({ id, email: `${id}@x` }));
  const at = await line({ estate, objects });
  const locks = await at.policy(locking("lea@x") + ALL_LOCKS, IDENTIFY);
  expect(statuses(await at.apply(locks))).toEqual(["applied lock lea"]);
  expect((await at.memory()).met).toEqual({ [LEA]: "lea" });

  at.at += DAY;
  rename(at, "lea", "someone@x");
  rename(at, "u0", "lea@x");
  const moved = await at.apply(locks);
  expect(statuses(moved)).toEqual(["applied lock u0"]);
  expect(kinds(moved.planned.plan)).toEqual(["orphaned-lock lea"]);
  expect(moved.planned.plan.notices[0]?.message).toContain("moved to user u0");
  expect([isLocked(at, "lea"), isLocked(at, "u0")]).toEqual([true, true]);
  expect((await at.memory()).met).toEqual({ [LEA]: "lea" });
  const again = (await at.plan(locks)).planned.plan;
  expect([told(again), again.ledger]).toEqual([[], { adopt: [], forget: [] }]);

  at.at += DAY;
  const corrected = await at.policy(locking("someone@x") + ALL_LOCKS, IDENTIFY);
  expect(statuses(await at.apply(corrected))).toEqual(["applied unlock u0"]);
  expect((await at.memory()).met).toEqual({ '["users.locked","someone@x"]': "lea" });

  at.at += DAY;
  const none = await at.policy(NOBODY, IDENTIFY);
  expect(statuses(await at.apply(none))).toEqual(["applied unlock lea"]);
  expect(await at.memory()).toMatchObject({ ownLocks: {}, met: {} });
});

test("two renames let no leaver in: the name of the lock stays while the policy locks it", async () => {
  const estate = estateOf(4, user("lea", [session("lea-phone", 1)]));
  const objects = estate.map(({ id }) => ({ id, email: `${id}@x` }));
  const at = await line({ estate, objects });
  const both = await at.policy(locking("lea@x", "temp@x") + ALL_LOCKS, IDENTIFY);
  expect(statuses(await at.apply(both))).toEqual(["applied lock lea"]);
  at.at += DAY;
  rename(at, "lea", "temp@x");
  await at.apply(both);
  expect((await at.memory()).met).toMatchObject({ [LEA]: "lea" });
  at.at += DAY;
  rename(at, "u1", "lea@x");
  const left = await at.policy(locking("lea@x") + ALL_LOCKS, IDENTIFY);
  expect(statuses(await at.apply(left))).toEqual(["applied lock u1"]);
  expect(isLocked(at, "lea")).toBe(true);
});

test("an entry for somebody who is gone keeps nobody locked whose name the ledger knows", async () => {
  const estate = estateOf(4, user("lea", [session("lea-phone", 1)]));
  const objects = estate.map(({ id }) => ({ id, email: `${id}@x` }));
  const at = await line({ estate, objects });
  await at.apply(await at.policy(locking("lea@x", "gone@x") + ALL_LOCKS, IDENTIFY));
  at.at += DAY;
  const gone = await at.policy(locking("gone@x") + ALL_LOCKS, IDENTIFY);
  expect(statuses(await at.apply(gone))).toEqual(["applied unlock lea"]);
});

test("a lock that takes effect after the next run has read is still ours, and is lifted", async () => {
  const at = await line({ estate: estateOf(9) });
  const locks = await at.policy(locking("u0") + ALL_LOCKS);
  at.sandbox.fail("reset-before@POST /batch");
  at.sandbox.fail("reset-before@POST /users/lock");
  expect(statuses(await at.apply(locks))).toEqual(["failed lock u0"]);
  at.sandbox.faults = [];

  at.at += MINUTE;
  const none = await at.policy(NOBODY);
  const silent = (await at.apply(none)).planned.plan;
  expect([told(silent), kinds(silent), silent.ledger.forget]).toEqual([[], [], []]);

  at.sandbox.lock("u0");
  at.at += MINUTE;
  const late = await at.apply(none);
  expect(kinds(late.planned.plan)).toEqual([]);
  expect(statuses(late)).toEqual(["applied unlock u0"]);
});

test("a lock that never came is forgotten by a run of later, and one of then is somebody else's", async () => {
  const at = await line({ estate: estateOf(9) });
  at.sandbox.fail("reset-before@POST /batch");
  at.sandbox.fail("reset-before@POST /users/lock");
  await at.apply(await at.policy(locking("u0") + ALL_LOCKS));
  at.sandbox.faults = [];

  const none = await at.policy(NOBODY);
  const forgotten = [];
  for (let run = 0; run < 3; run++) {
    at.at += HOUR;
    forgotten.push((await at.apply(none)).planned.plan.ledger.forget);
  }
  expect(forgotten).toEqual([[], ["u0"], []]);
  at.sandbox.lock("u0");
  expect(kinds((await at.plan(none)).planned.plan)).toEqual(["foreign-lock u0"]);
});

test("a protected user who loses the name stays protected over all runs until the line goes", async () => {
  const boss = user("boss", [session("boss-phone", 40)]);
  const estate = estateOf(3, boss);
  const objects = estate.map(({ id }) => ({ id, email: `${id}@x` }));
  const at = await line({ estate, objects });
  const rules = "sessions: { maxAge: 30d }\nlimits: { re-authenticate: { percent: 100 } }\n";
  const guarded = await at.policy(`protected: [BOSS@x]\n${rules}`, IDENTIFY);
  expect(statuses(await at.apply(guarded))).toEqual([]);
  for (const name of ["one@x", "two@x"]) {
    at.at += HOUR;
    rename(at, "boss", name);
    rename(at, "u0", "boss@x");
    expect(statuses(await at.apply(guarded))).toEqual([]);
  }
  at.at += HOUR;
  const free = await at.policy(rules, IDENTIFY);
  expect(statuses(await at.apply(free))).toEqual(["applied re-authenticate boss-phone"]);
  expect((await at.memory()).met).toEqual({});
});
