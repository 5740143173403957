import { describe, expect, it } from "vitest";
import { readBack } from "../../src/apply/readback.ts";
import { Incomplete, UnreadableTargetError } from "../../src/errors.ts";
import type { User } from "../../src/model/inventory.ts";
import type { Provider } from "../../src/model/ports.ts";
import type { Outcome } from "../../src/model/run.ts";
import { outcomesText } from "../../src/report/text/apply.ts";
import {
  DAY,
  lockedOf,
  NOW,
  noLimits,
  onlyTizen,
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

/** Reads the users again after the steps of another plan, all of them accepted. */
const checkOf = (plan: ReturnType<typeof planned>, provider: Provider, estate = 5000) => {
  const outcomes = plan.steps.map(({ action: { type, user, session } }): Outcome => {
    return { status: "applied", type, user, session };
  });
  return readBack({ steps: plan.steps, outcomes, unknown: new Set(), provider, estate });
};

it("an unlock of a user who is still locked has failed", async () => {
  const locked = userOf("ann", [], { locked: true });
  const none = policyOf({ users: usersLocked(), limits: noLimits() });
  const unlock = planned([locked], none, { memory: { ownLocks: { ann: 0 } } });
  const [seen] = await checkOf(unlock, backend([locked]).provider);
  expect(seen).toMatchObject({ status: "failed", type: "unlock", confirmed: false });
  expect(seen?.error).toContain("the user is locked");
  expect(await checkOf(unlock, backend([userOf("ann")]).provider)).toMatchObject([
    { status: "applied", confirmed: true },
  ]);
});

it("a lock is there where it did not wipe all of its sessions, and tells which", async () => {
  const wiping = policyOf({
    users: usersLocked(lockedOf("ann", { wipe: true })),
    limits: noLimits(),
  });
  const two = [sessionOf("s1"), sessionOf("s2", { signedInAt: null, createdAt: null })];
  const lock = planned([userOf("ann", two)], wiping);
  const seen = async (...sessions: (typeof old)[]) => {
    const user = userOf("ann", sessions, { locked: true });
    const [first] = await checkOf(lock, backend([user]).provider);
    return [first?.status, first?.confirmed, first?.unwiped];
  };
  const [s1, s2] = two.map((session) => ({ ...session, state: "wiping" as const }));
  if (!s1 || !s2) throw new Error("there are two");
  expect(await seen(s1, s2)).toEqual(["applied", true, undefined]);
  expect(await seen(s1, { ...s2, state: "ended" })).toEqual(["applied", true, ["s2"]]);
  expect(await seen(s1, { ...s2, state: "active" })).toEqual(["applied", true, ["s2"]]);
  expect(await seen({ ...s1, state: "active" }, s2)).toEqual(["applied", true, ["s1"]]);
  expect(await seen({ ...s1, state: "active", signedInAt: NOW }, s2)).toEqual([
    "applied",
    true,
    undefined,
  ]);
});

it("a wipe has failed where the session does not show it", async () => {
  const denied = policyOf({ devices: onlyTizen({ otherwise: "wipe" }), limits: noLimits() });
  const session = sessionOf("s1");
  const wipe = planned([userOf("ann", [session])], denied);
  const seen = async (...now: (typeof old)[]) =>
    (await checkOf(wipe, backend([userOf("ann", now)]).provider))[0];
  expect(await seen({ ...session, state: "wiping" })).toMatchObject({ confirmed: true });
  expect(await seen()).toMatchObject({ status: "applied", confirmed: true });
  expect(await seen({ ...session, state: "ended" })).toMatchObject({
    status: "failed",
    error: expect.stringContaining("session s1 is ended, and not wiped"),
  });
});

it("a target that can't be read any more changes no outcome; any other error is a bug", async () => {
  const plan = planned([userOf("ann", [old]), userOf("bob")], policy);
  const broken = (error: Error) => {
    const user = () => Promise.reject(error);
    return checkOf(plan, { ...backend([]).provider, user });
  };
  for (const error of [new UnreadableTargetError("it is down"), new Incomplete("it shifts")]) {
    const checked = await broken(error);
    expect(checked.map((o) => [o.status, o.confirmed])).toEqual([
      ["applied", undefined],
      ["applied", undefined],
    ]);
  }
  await expect(broken(new Error("bug"))).rejects.toThrow("bug");
});

it("pages are read until all who were affected are found, whoever and whatever else is in them", async () => {
  const unreadable = { unreadable: { id: "eve", field: "id", message: "is odd" } };
  const [ann, bob] = done.map((user) => ({ user }));
  const pages = [[unreadable, { user: userOf("eve") }, ann], [bob], [{ user: userOf("zoe") }]];
  let read = 0;
  const provider = {
    async *users() {
      for (const objects of pages) {
        read++;
        yield { total: 5, count: 5, more: true, objects };
      }
    },
  } as unknown as Provider;
  const plan = planned([userOf("ann", [old]), userOf("bob")], policy);
  expect(await checkOf(plan, provider, 900)).toMatchObject([
    { user: "bob", status: "applied", confirmed: true },
    { user: "ann", status: "applied", confirmed: true },
  ]);
  expect(read).toBe(2);
});

describe("the time of a run ends while it reads", () => {
  /** Of `n` locks that were accepted, as the backend shows them; a read takes so many seconds, and time is over at 900. */
  const readUntil = async (n: number, seconds: number, estate: number, began = 800) => {
    const ids = Array.from({ length: n }, (_, i) => `u${i}`);
    const many = planned(
      ids.map((id) => userOf(id)),
      policyOf({ users: usersLocked(...ids.map((id) => lockedOf(id))), limits: noLimits() }),
    );
    let now = began;
    const begun: number[] = [];
    const read = <T>(answer: T) => {
      begun.push(now);
      now += seconds;
      return answer;
    };
    const after = new Map(ids.map((id) => [id, userOf(id, [], { locked: true })]));
    const provider = {
      user: async (id: string) => read({ user: after.get(id) }),
      async *users() {
        for (let at = 0; at < n; at += 10) {
          const objects = [...after.values()].slice(at, at + 10).map((user) => ({ user }));
          yield read({ total: n, count: objects.length, more: true, objects });
        }
      },
    } as unknown as Provider;
    const outcomes = many.steps.map(({ action: { type, user, session } }): Outcome => {
      return { status: "applied", type, user, session };
    });
    const written = { steps: many.steps, outcomes, unknown: new Set<Outcome>() };
    const checked = await readBack({ ...written, provider, estate, goesOn: () => now < 900 });
    const text = outcomesText(many.plan, checked, { colour: false, width: 100, all: false });
    return { begun, now, checked, told: /read again +(.*)/.exec(text)?.[1] };
  };

  for (const [how, estate, shown] of [
    ["one by one", 1_000_000, 10],
    ["in pages", 900, 100],
  ] as const) {
    it(`${how}: none is begun after it, and the rest is not confirmed`, async () => {
      const { begun, now, checked, told } = await readUntil(120, 10, estate);
      expect(begun).toHaveLength(10);
      expect(Math.max(...begun)).toBeLessThan(900);
      expect(now).toBe(900);
      // What was written is written.
      expect(checked.every(({ status }) => status === "applied")).toBe(true);
      const confirmed = checked.filter((one) => one.confirmed === true);
      expect(confirmed).toHaveLength(shown);
      expect(checked.filter((one) => one.confirmed === undefined)).toHaveLength(120 - shown);
      expect(told).toBe(
        `shows ${shown} of 120 applied actions done; ${120 - shown} not read again`,
      );
    });
  }

  it("nothing is read where it is over, and in time all is", async () => {
    for (const estate of [1_000_000, 900]) {
      expect((await readUntil(30, 1, estate)).told).toBe("shows every applied action done");
      const late = await readUntil(30, 1, estate, 900);
      expect(late.begun).toEqual([]);
      expect(late.told).toBe("shows 0 of 30 applied actions done; 30 not read again");
    }
  });
});
