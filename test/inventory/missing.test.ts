/** Users who should be there and did not come: docs/contract.md, "An inventory is trusted only when it is whole". */
import { describe, expect, it } from "vitest";
import { UnreadableTargetError } from "../../src/errors.ts";
import { readInventory } from "../../src/inventory/read.ts";
import type { Profile, UserRecord } from "../../src/model/inventory.ts";
import type { Policy } from "../../src/model/policy.ts";
import type { Memory } from "../../src/model/run.ts";
import {
  source as at,
  DAY,
  HOUR,
  knownOf,
  lockedOf,
  NOW,
  policyOf,
  sourceOf,
  userOf,
  usersLocked,
} from "../kit/builders.ts";

const here = ["ann", "bob"];
const ALL = here.map((id) => userOf(id));

/** Reads where `there` are who they are when asked for alone. Says who was asked for. */
async function read(
  policy: Policy,
  {
    there = here,
    memory = {},
    profiles = [],
    profilesNow = profiles,
  }: {
    there?: string[];
    memory?: Partial<Memory>;
    profiles?: Profile[];
    profilesNow?: Profile[];
  } = {},
) {
  const calls: string[] = [];
  const list = sourceOf(ALL, { profiles, profilesNow });
  const source = {
    ...list,
    async user(id: string) {
      calls.push(id);
      return there.includes(id) ? { user: userOf(id) } : null;
    },
  };
  const done = readInventory(source, knownOf(policy, memory), () => ({}));
  const { asked } = await done.catch((error: unknown) => {
    if (!(error instanceof UnreadableTargetError)) throw error;
    return { asked: error.message };
  });
  return { calls, asked, reads: list.reads() };
}

const locking = (...ids: string[]) =>
  policyOf({ users: usersLocked(...ids.map((id) => lockedOf(id))) });

describe("a user who is named and did not come", () => {
  it("is asked for alone; one who is gone is remembered", async () => {
    const policy = locking("ann", "cy");
    policy.protected.push({ value: "dan", source: at(9) }, { value: " BOB ", source: at(10) });
    const { calls, asked } = await read(policy);
    expect(calls).toEqual(["cy", "dan"]);
    expect(asked).toEqual({ gone: ["cy", "dan"], back: [] });
  });

  it("and is there: the read begins again, and is no whole one in the end", async () => {
    const { calls, asked, reads } = await read(locking("cy"), { there: ["cy"] });
    expect(asked).toContain("user cy is there when asked for alone");
    expect(reads).toBe(4);
    expect(calls).toEqual(["cy", "cy", "cy", "cy"]);
  });

  it("is not asked for twice while the read begins again", async () => {
    const { calls } = await read(locking("gone", "cy"), { there: ["cy"] });
    expect(calls.filter((id) => id === "gone")).toHaveLength(1);
  });

  it("is asked for again after a day, and not before", async () => {
    const memory = { asked: { cy: NOW - HOUR, dan: NOW - DAY - 1 } };
    const { calls, asked } = await read(locking("cy", "dan"), { memory });
    expect(calls).toEqual(["dan"]);
    expect(asked).toEqual({ gone: ["dan"], back: [] });
  });

  it("waits where more than 200 did not come: the longest unasked come first", async () => {
    const many = Array.from({ length: 250 }, (_, n) => `m${n}`);
    const asked = Object.fromEntries(many.slice(0, 100).map((id, n) => [id, NOW - 3 * DAY + n]));
    const { calls } = await read(locking(...many), { memory: { asked } });
    expect(calls).toHaveLength(200);
    expect(calls.slice(0, 150)).toEqual(many.slice(100));
    expect(calls.slice(150)).toEqual(many.slice(0, 50));
  });

  it("and comes again is forgotten as gone", async () => {
    const { asked } = await read(locking("ann"), { memory: { asked: { ann: NOW - HOUR } } });
    expect(asked).toEqual({ gone: [], back: ["ann"] });
  });
});

describe("with identify", () => {
  const identify = "email";
  const policy = { ...locking("cy@x"), target: { ...policyOf().target, identify } };
  const profile = (id: string): Profile => ({ id, fields: { email: `${id}@x` } });

  it("whoever has the name is asked for", async () => {
    const profiles = here.map(profile);
    const late = [...profiles, profile("cy")];
    const found = await read(policy, { profiles, profilesNow: late, there: ["cy"] });
    expect(found.asked).toContain("user cy is there when asked for alone");
    const gone = await read(policy, { profiles, profilesNow: late });
    expect(gone).toMatchObject({ calls: ["cy"], asked: { gone: ["cy@x"] } });
    const nobody = await read(policy, { profiles });
    expect(nobody).toMatchObject({ calls: [], asked: { gone: ["cy@x"] } });
  });
});

describe("a user without an active session whose profile the list left out", () => {
  const left = {
    ...locking("ann@x", "gone@x"),
    target: { ...policyOf().target, identify: "email" },
  };
  const ann: Profile = { id: "ann", fields: { email: "ann@x" } };
  const account = (id: string) => {
    const { name: _, fields: _of, ...user } = userOf(id);
    return { user };
  };
  async function readLeft(profile?: (id: string) => Promise<Profile | null>) {
    const list = sourceOf(here.map(account), {
      profiles: [{ id: "bob", fields: { email: "bob@x" } }],
      profilesNow: [ann],
    });
    const source = { ...list, ...(profile && { profile }), user: async () => null };
    const { sinks, asked } = await readInventory(source, knownOf(left), () => {
      const records: UserRecord[] = [];
      return { all: { records, add: (record: UserRecord) => void records.push(record) } };
    });
    return { first: sinks.all.records[0], asked, reads: list.reads() };
  }

  it("is who the backend finds by the name, and is not taken for gone", async () => {
    const { first, asked, reads } = await readLeft();
    expect(first).toMatchObject({ user: { id: "ann", name: "ann@x" } });
    expect([asked, reads]).toEqual([{ gone: ["gone@x"], back: [] }, 2]);
  });

  it("is unclear where the backend then says that there is no profile", async () => {
    const { first, asked, reads } = await readLeft(async () => null);
    expect(first).toMatchObject({ unreadable: { id: "ann", field: "profile" } });
    expect([asked, reads]).toEqual([{ gone: ["gone@x"], back: [] }, 2]);
  });
});

describe("a lock of ours whose user did not come", () => {
  const memory = { ownLocks: { ann: NOW - DAY, zoe: NOW - DAY } };

  it("is asked for once, and not again until the user comes", async () => {
    expect(await read(policyOf(), { memory })).toMatchObject({
      calls: ["zoe"],
      asked: { gone: ["zoe"] },
    });
    const asked = { zoe: NOW - 40 * DAY };
    expect((await read(policyOf(), { memory: { ...memory, asked } })).calls).toEqual([]);
    expect(
      (await read(policyOf(), { memory: { ...memory, asked: { ann: NOW - 40 * DAY } } })).asked,
    ).toMatchObject({ back: ["ann"] });
  });

  it("is no whole read where the user is there", async () => {
    const { asked } = await read(policyOf(), { memory, there: ["zoe"] });
    expect(asked).toContain("user zoe is there when asked for alone");
  });
});

it("a saved inventory is taken as it is", async () => {
  const { asked } = await readInventory(sourceOf(ALL), knownOf(locking("cy")), () => ({}));
  expect(asked).toEqual({ gone: [], back: [] });
});
