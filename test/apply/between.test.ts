/** Over real HTTP: the backend changes after it was read, and before anything is written to it. */
import { expect, it } from "vitest";
import { parseFault } from "../../src/providers/journeyapps/sandbox/faults.ts";
import { HOUR } from "../../src/time.ts";
import { session, user } from "../fault-matrix/estate.ts";
import type { Line } from "../fault-matrix/line.ts";
import { ALL_LOCKS, asked, estateOf, line, locking, statuses } from "../fault-matrix/small.ts";

const NOBODY = `users: { locked: [], allowEmpty: true }\n${ALL_LOCKS}`;
const STOLEN = (unsynced: string) =>
  `devices:\n  denied: [{ id: d-ann-phone, reason: Stolen, action: wipe, unsynced: ${unsynced} }]\nlimits: { wipe: { max: 5 } }\n`;

/** Applies this policy; `between` comes after the read, and before the first write. */
async function applied(at: Line, sections: string, between: () => void = () => {}) {
  const run = await at.apply(await at.policy(sections), { agreed: between });
  at.at += HOUR;
  return run;
}

it("an administrator locks meanwhile: the lock is theirs, and is not lifted two runs later", async () => {
  const at = await line({ estate: estateOf(9) });
  const run = await applied(at, locking("u1", "u2") + ALL_LOCKS, () => at.sandbox.lock("u1"));
  expect(statuses(run)).toEqual(["skipped lock u1", "applied lock u2"]);
  expect(asked(at)).toEqual(["lock u2"]);
  expect(Object.keys((await at.memory()).ownLocks)).toEqual(["u2"]);
  await applied(at, locking("u1", "u2") + ALL_LOCKS);
  expect(statuses(await applied(at, NOBODY))).toEqual(["applied unlock u2"]);
  expect(at.sandbox.user("u1")?.locked).toBe(true);
});

it("an administrator lifts a lock of ours meanwhile: nothing is sent, and it is ours no more", async () => {
  const at = await line({ estate: estateOf(9) });
  await applied(at, locking("u1") + ALL_LOCKS);
  const run = await applied(at, NOBODY, () => at.sandbox.unlock("u1"));
  expect(statuses(run)).toEqual(["skipped unlock u1"]);
  expect(asked(at)).toEqual(["lock u1"]);
  at.sandbox.lock("u1");
  await applied(at, NOBODY);
  await applied(at, NOBODY);
  expect(at.sandbox.user("u1")?.locked).toBe(true);
});

for (const [state, unsynced] of [
  ["ENROLLED", "lose"],
  ["LOCKED", "wait"],
] as const) {
  it(`a device of a session that was ${state} signs in anew before its wipe: it is not wiped`, async () => {
    const ann = user("ann", [session("ann-phone", 3, state)]);
    const at = await line({ estate: estateOf(9, ann) });
    const run = await applied(at, STOLEN(unsynced), () => at.sandbox.signIn("ann", "ann-phone"));
    expect(statuses(run)).toEqual(["skipped wipe ann-phone"]);
    expect(run.outcomes?.[0]?.error).toMatch(/^somebody signed in anew, at /);
    expect(asked(at)).toEqual([]);
    expect(at.sandbox.user("ann")?.sessions[0]?.state).toBe("ENROLLED");
  });
}

it("who is gone meanwhile is skipped, and a look that can't be read fails its action alone", async () => {
  const at = await line({ estate: estateOf(9) });
  const run = await applied(at, locking("u1", "u2", "u3") + ALL_LOCKS, () => {
    at.sandbox.remove("u1");
    at.sandbox.faults = [parseFault("wrong-shape@GET /users/u2")];
  });
  expect(statuses(run)).toEqual(["skipped lock u1", "failed lock u2", "applied lock u3"]);
  expect(asked(at)).toEqual(["lock u3"]);
  expect(Object.keys((await at.memory()).ownLocks)).toEqual(["u3"]);
});

/** The answer of our lock of u1 is lost; the administrator comes at the first read after it, or not at all. */
async function lost(fault: string, then: (at: Line) => void = () => {}) {
  let sent = false;
  let came = false;
  const at: Line = await line({
    estate: estateOf(9),
    before({ method, path }) {
      if (method === "POST") sent = true;
      else if (sent && !came && path === "/users/u1") {
        came = true;
        then(at);
      }
    },
  });
  const run = await applied(at, locking("u1") + ALL_LOCKS, () => {
    at.sandbox.faults = [parseFault(`${fault}@POST /batch`)];
  });
  at.sandbox.faults = [];
  return { at, run, ours: Object.keys((await at.memory()).ownLocks) };
}

/** Whether the user is still locked once no line of the policy wants it. */
async function staysLocked(at: Line): Promise<boolean | undefined> {
  await applied(at, NOBODY);
  await applied(at, NOBODY);
  return at.sandbox.user("u1")?.locked;
}

it("a lock whose answer was lost, and that is seen right after it, is ours", async () => {
  const { at, run, ours } = await lost("reset-after");
  expect(statuses(run)).toEqual(["applied lock u1"]);
  expect(ours).toEqual(["u1"]);
  expect(await staysLocked(at)).toBe(false);
});

it("one that is not seen stays an intent, counts, and is done by the next run", async () => {
  const { at, run } = await lost("reset-before");
  expect(statuses(run)).toEqual(["failed lock u1"]);
  const { attempts } = await at.memory();
  expect(attempts.map(({ user: id, status }) => `${status} ${id}`)).toEqual(["intent u1"]);
  expect(statuses(await applied(at, locking("u1") + ALL_LOCKS))).toEqual(["applied lock u1"]);
  expect(await staysLocked(at)).toBe(false);
});

/** docs/threat-model.md, "Residual risks": a backend that is slow looks like an administrator who is quick. */
it("nothing tells an administrator's lock in its place from ours: it counts as ours, as the user was free at the look", async () => {
  const soon = await lost("reset-before", (at) => at.sandbox.lock("u1"));
  expect(statuses(soon.run)).toEqual(["applied lock u1"]);
  const late = await lost("reset-before");
  late.at.sandbox.lock("u1");
  expect(statuses(await applied(late.at, locking("u1") + ALL_LOCKS))).toEqual([]);
  for (const { at } of [soon, late]) {
    expect(Object.keys((await at.memory()).ownLocks)).toEqual(["u1"]);
    expect(await staysLocked(at)).toBe(false);
  }
});

it("who was seen free by two runs after it is not ours any more", async () => {
  const { at } = await lost("reset-before");
  await applied(at, NOBODY);
  await applied(at, NOBODY);
  at.sandbox.lock("u1");
  expect(await staysLocked(at)).toBe(true);
});
