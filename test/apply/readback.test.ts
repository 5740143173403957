import { expect, it } from "vitest";
import { readBack } from "../../src/apply/readback.ts";
import type { User } from "../../src/model/inventory.ts";
import type { Provider } from "../../src/model/ports.ts";
import type { Outcome } from "../../src/model/run.ts";
import {
  DAY,
  lockedOf,
  NOW,
  noLimits,
  planned,
  policyOf,
  sessionOf,
  userOf,
  usersLocked,
  written,
} from "../kit/builders.ts";

const old = sessionOf("s1", { signedInAt: NOW - 40 * DAY });
const policy = policyOf({
  sessions: { maxAge: written(30 * DAY) },
  users: usersLocked(lockedOf("bob")),
  limits: noLimits(),
});
const { steps } = planned([userOf("ann", [old]), userOf("bob")], policy);
const outcome = (status: Outcome["status"], i: number): Outcome => {
  const { type, user, session } = steps[i]?.action ?? { type: "lock", user: "", session: null };
  return { status, type, user, session, ...(status === "failed" ? { error: "no answer" } : {}) };
};

/** A backend whose users are these, whatever was written; counts how they were read. */
function backend(users: User[]) {
  const reads = { single: 0, pages: 0 };
  const provider = {
    user: async (id: string) => {
      reads.single++;
      const user = users.find((u) => u.id === id);
      return user ? { user } : null;
    },
    async *users() {
      reads.pages++;
      yield {
        total: users.length,
        count: users.length,
        more: false,
        objects: users.map((user) => ({ user })),
      };
    },
  } as unknown as Provider;
  return { provider, reads };
}

const check = (users: User[], status: Outcome["status"], lost = false, estate = 5000) => {
  const outcomes = steps.map((_, i) => outcome(status, i));
  const { provider, reads } = backend(users);
  const unknown = new Set(lost ? outcomes : []);
  return readBack({ steps, outcomes, unknown, provider, estate }).then((checked) => ({
    checked,
    reads,
  }));
};

const done = [userOf("ann", [{ ...old, state: "ended" }]), userOf("bob", [], { locked: true })];
const undone = [userOf("ann", [old]), userOf("bob")];

it("confirms what the backend shows done", async () => {
  const { checked } = await check(done, "applied");
  expect(checked).toMatchObject([
    { status: "applied", user: "bob", confirmed: true },
    { status: "applied", session: "s1", confirmed: true },
  ]);
});

it("an action that was accepted and not done has failed, and says what is seen", async () => {
  const { checked } = await check(undone, "applied");
  expect(checked.map((o) => [o.status, o.confirmed])).toEqual([
    ["failed", false],
    ["failed", false],
  ]);
  expect(checked.map((o) => o.error)).toEqual([
    expect.stringContaining("the user is unlocked"),
    expect.stringContaining("session s1 is still active"),
  ]);
});

it("a session that signed in anew was ended first", async () => {
  const back = { ...old, signedInAt: NOW };
  const { checked } = await check([userOf("ann", [back]), done[1] as User], "applied");
  expect(checked.map((o) => o.status)).toEqual(["applied", "applied"]);
});

it("a lost answer is applied where the backend shows it, and stays failed where not", async () => {
  expect((await check(done, "failed", true)).checked.map((o) => o.status)).toEqual([
    "applied",
    "applied",
  ]);
  expect((await check(undone, "failed", true)).checked).toMatchObject([
    { error: "no answer" },
    { error: "no answer" },
  ]);
});

it("what the backend refused stays refused, also where somebody else did it", async () => {
  const { checked, reads } = await check(done, "failed");
  expect(checked.map((o) => o.status)).toEqual(["failed", "failed"]);
  expect(reads).toEqual({ single: 0, pages: 0 });
});

it("reads users singly, or pages where that is fewer requests", async () => {
  expect((await check(done, "applied", false, 5000)).reads).toEqual({ single: 2, pages: 0 });
  expect((await check(done, "applied", false, 900)).reads).toEqual({ single: 0, pages: 1 });
});

it("what can't be read again stays as it is, unconfirmed", async () => {
  const { checked } = await check([], "applied");
  expect(checked.map((o) => [o.status, o.confirmed])).toEqual([
    ["applied", undefined],
    ["applied", undefined],
  ]);
});
