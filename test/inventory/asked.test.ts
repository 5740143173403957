/** Who is asked for alone while users are read, and what an answer makes of a user. docs/contract.md, "Names". */
import { describe, expect, it } from "vitest";
import { UnreadableTargetError } from "../../src/errors.ts";
import { readInventory } from "../../src/inventory/read.ts";
import type { Profile, User, UserRecord } from "../../src/model/inventory.ts";
import type { Memory } from "../../src/model/run.ts";
import {
  deniedOf,
  denying,
  groupOf,
  knownOf,
  type MemorySource,
  NOW,
  policyOf,
  sessionOf,
  sourceOf,
  userOf,
} from "../kit/builders.ts";

const target = { ...policyOf().target, identify: "email" };
const byMail = policyOf({ target });
const profileOf = (id: string, email: string): Profile => ({ id, fields: { email } });

/** Accounts as a backend gives them: without names and fields. */
const account = (id: string, sessions: User["sessions"] = [], more: Partial<User> = {}) => {
  const { name: _, fields: _of, ...rest } = userOf(id, [...sessions], more);
  return { user: rest };
};

interface Asked {
  profile: string[];
  named: string[];
}

async function read(
  source: MemorySource,
  { policy = byMail, memory = {}, acts }: Setting = {},
): Promise<{ users: UserRecord[]; asked: Asked }> {
  const asked: Asked = { profile: [], named: [] };
  const { profile, named } = source;
  source.profile = (id, fields) => {
    asked.profile.push(id);
    return profile(id, fields);
  };
  source.named = (field, value) => {
    asked.named.push(value);
    return named(field, value);
  };
  const users: UserRecord[] = [];
  const sink = { add: (record: UserRecord) => void users.push(record) };
  await readInventory(source, knownOf(policy, memory), () => ({ sink }), { acts });
  return { users, asked };
}

interface Setting {
  policy?: typeof byMail;
  memory?: Partial<Memory>;
  acts?: (user: User) => boolean;
}

describe("a user whose profile did not come", () => {
  const ann = account("ann", [sessionOf("s1")]);

  it("has the name of the profile that was made meanwhile", async () => {
    const source = sourceOf([ann], { profilesNow: [profileOf("ann", "ann@x")] });
    const { users } = await read(source);
    expect(users).toMatchObject([{ user: { id: "ann", name: "ann@x" } }]);
    expect(users[0]).not.toHaveProperty("user.nameless");
  });

  it("is nameless where the backend says that there is none, also where only `where` asks", async () => {
    const crews = policyOf({ groups: [groupOf("crew", { where: { ship: "Aurora" } })] });
    for (const policy of [byMail, crews]) {
      const { users, asked } = await read(sourceOf([ann]), { policy });
      expect(users).toMatchObject([{ user: { id: "ann", nameless: "asked" } }]);
      expect(asked.profile).toEqual(["ann"]);
    }
  });

  it("is unclear where that can't be read, and nobody else is", async () => {
    const source = sourceOf([ann, account("bob")], { profiles: [profileOf("bob", "bob@x")] });
    source.profile = async () => {
      throw new UnreadableTargetError("acme answered 500");
    };
    const { users } = await read(source);
    expect(users).toMatchObject([
      { unreadable: { id: "ann", message: expect.stringContaining("acme answered 500") } },
      { user: { id: "bob", name: "bob@x" } },
    ]);
  });

  it("is unclear where its fields can't be understood", async () => {
    const odd = { field: "email", message: "is not a text" };
    const source = sourceOf([ann], { profilesNow: [{ id: "ann", fields: {}, unreadable: odd }] });
    expect((await read(source)).users).toMatchObject([{ unreadable: { id: "ann" } }]);
  });

  it("shares its name with whoever has it already", async () => {
    const source = sourceOf([account("bob"), ann], {
      profiles: [profileOf("bob", "Ann@x")],
      profilesNow: [profileOf("ann", "ann@x")],
    });
    expect((await read(source)).users[1]).toMatchObject({ user: { id: "ann", ambiguous: true } });
  });

  it("is asked for only with an active session, a lock of ours, or a wipe that is still to come", async () => {
    const ended = (id: string) => sessionOf(id, { state: "ended" });
    const users = [
      ...[ann, account("ours", [], { locked: true }), account("quiet", [ended("s2")])],
      ...[account("lost", [ended("s3")]), account("owed", [ended("s4")])],
      account("unused", [sessionOf("s5", { state: "unused" })]),
    ];
    const policy = policyOf({ target, devices: denying(deniedOf("device-s3")) });
    const memory = { ownLocks: { ours: NOW }, owedWipes: { s4: NOW } };
    const found = await read(sourceOf(users), { policy, memory });
    expect(found.asked.profile).toEqual(["ann", "ours", "lost", "owed"]);
    expect(found.users[2]).toMatchObject({ user: { id: "quiet", nameless: "unasked" } });
  });
});

describe("a user to whom something is to be done by its name", () => {
  const twins = [profileOf("ann", "ann@x"), profileOf("bob", "ann@x")];
  const acts = ({ id }: User) => id === "ann";
  const ann = account("ann");

  it("is no sole bearer where the backend finds others by it", async () => {
    const source = sourceOf([ann], { profiles: twins.slice(0, 1), profilesNow: twins });
    const { users } = await read(source, { acts });
    expect(users).toMatchObject([{ user: { ambiguous: true, namesakes: "email" } }]);
  });

  it("is asked for in both spellings", async () => {
    const source = sourceOf([ann], {
      profiles: [profileOf("ann", "Ann@X")],
      profilesNow: [profileOf("ann", "Ann@X"), profileOf("bob", "ann@x")],
    });
    const { users, asked } = await read(source, { acts });
    expect(asked.named).toEqual(["Ann@X", "ann@x"]);
    expect(users).toMatchObject([{ user: { ambiguous: true } }]);
  });

  it("is asked for by nobody where nothing is to be done to it", async () => {
    const source = sourceOf([ann, account("bob")], {
      profiles: [profileOf("ann", "ann@x"), profileOf("bob", "bob@x")],
    });
    const { users, asked } = await read(source, { acts });
    expect(asked).toEqual({ profile: [], named: ["ann@x"] });
    expect(users).toMatchObject([{ user: { name: "ann@x" } }, { user: { name: "bob@x" } }]);
  });

  it("is unclear where the backend does not find it, or can't be asked", async () => {
    const profiles = twins.slice(0, 1);
    const gone = sourceOf([ann], { profiles, profilesNow: [] });
    expect((await read(gone, { acts })).users).toMatchObject([{ unreadable: { id: "ann" } }]);
    const deaf = sourceOf([ann], { profiles });
    deaf.named = async () => {
      throw new UnreadableTargetError("acme answered 500");
    };
    expect((await read(deaf, { acts })).users).toMatchObject([{ unreadable: { id: "ann" } }]);
  });
});

it("names that hold an @ are one without case and spaces, others are not", async () => {
  const users = ["u1", "u2", "u3", "u4"].map((id) => account(id));
  const profiles = ["Ann@x", " ann@X ", "bob", "Bob"].map((email, i) =>
    profileOf(`u${i + 1}`, email),
  );
  const found = (await read(sourceOf(users, { profiles }))).users;
  expect(found.map((one) => "user" in one && one.user.ambiguous === true)).toEqual([
    ...[true, true, false, false],
  ]);
});

it("a name that is the id of somebody else is no sole one", async () => {
  const profiles = [profileOf("u1", "one@x"), profileOf("u2", "u1")];
  const { users } = await read(sourceOf([account("u1"), account("u2")], { profiles }));
  expect(users.map((one) => "user" in one && one.user.ambiguous === true)).toEqual([false, true]);
});
