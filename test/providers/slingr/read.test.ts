import { describe, expect, test } from "vitest";
import { UnreadableTargetError } from "../../../src/errors.ts";
import { readInventory } from "../../../src/inventory/read.ts";
import type { UserRecord } from "../../../src/model/inventory.ts";
import { policyOf } from "../../kit/builders.ts";
import { emptyMemory } from "../../kit/memories.ts";
import { madeUser, NOW } from "./sandbox/call.ts";
import { collect, failureOf, type Stage, stage, targetAt } from "./stage.ts";

/** A read as a run makes it, proven whole. */
async function inventory({ sandbox, provider }: Stage, identify: string | null = null) {
  const policy = policyOf({ target: targetAt(sandbox.url, { identify }) });
  const known = { policy, at: NOW, memory: emptyMemory() };
  const seen: UserRecord[] = [];
  const add = (record: UserRecord) => {
    seen.push(record);
  };
  const sinks = () => {
    seen.length = 0;
    return { all: { add } };
  };
  const { facts } = await readInventory(provider, known, sinks);
  return { facts, seen };
}

const idsOf = (seen: readonly UserRecord[]) =>
  seen.map((record) => ("user" in record ? record.user.id : record.unreadable.id));

describe("users", () => {
  test.each([1, 7, 1000])(
    "are all read in pages of %i, the account among them",
    async (pageSize) => {
      const at = await stage({ users: 30 }, { pageSize });
      const { facts, seen } = await inventory(at);
      expect(facts).toMatchObject({ users: 31, sessions: 0, active: 0 });
      expect(idsOf(seen)).toEqual(at.sandbox.users().map(({ id }) => id));
      const pages = at.sandbox.requests.filter(({ path }) => path === "/users");
      expect(pages).toHaveLength(Math.ceil(31 / pageSize));
      expect(pages[0]?.query).toBe(
        `status=${encodeURIComponent("ACTIVE,INACTIVE,BLOCKED")}&size=${pageSize}`,
      );
    },
  );

  test("are locked where they are INACTIVE or BLOCKED, and have no sessions", async () => {
    const estate = [madeUser(1), madeUser(2, "INACTIVE"), madeUser(3, "BLOCKED")];
    const { sandbox, provider } = await stage({ estate });
    const [only] = await collect(provider.users());
    const account = { lastConnectedAt: null, sessions: [] };
    expect(only?.objects).toEqual([
      { user: { id: sandbox.account.id, locked: false, ...account } },
      { user: { id: madeUser(3).id, locked: true, ...account } },
      { user: { id: madeUser(2).id, locked: true, ...account } },
      { user: { id: madeUser(1).id, locked: false, ...account } },
    ]);
    expect(only).toMatchObject({ total: 4, count: 4, more: false });
  });

  test("who come and go between pages begin the read again, and the second one is whole", async () => {
    let pages = 0;
    const at = await stage(
      {
        users: 20,
        before: ({ path }) => {
          if (path === "/users" && ++pages === 2)
            at.sandbox.remove(at.sandbox.users()[15]?.id ?? "");
        },
      },
      { pageSize: 5 },
    );
    expect((await inventory(at)).facts.users).toBe(20);
  });

  test.each([
    ["wrong-total", "25 users came of 26"],
    ["no-offset", "5 users came of 21"],
  ])("with %s are read three times more, and then refused", async (fault, message) => {
    const at = await stage({ users: fault === "no-offset" ? 20 : 24 }, { pageSize: 5 });
    at.sandbox.faults = [{ kind: fault as "no-offset", match: "GET /users" }];
    const error = await failureOf(inventory(at));
    expect(error).toBeInstanceOf(UnreadableTargetError);
    expect(error.message).toContain(message);
  });

  test("an offset that leads around ends the read", async () => {
    const at = await stage({ users: 20 }, { pageSize: 5 });
    at.sandbox.faults = [{ kind: "first-page", match: "GET /users" }];
    const error = await failureOf(inventory(at));
    expect(error).toBeInstanceOf(UnreadableTargetError);
    expect(error.message).toContain("an offset came twice");
  });

  test("one of an unknown shape harms no neighbour, also where names are read", async () => {
    const at = await stage({ users: 4 });
    at.sandbox.fail({ kind: "wrong-user", match: "GET /users" });
    const { seen } = await inventory(at, "email");
    const { id } = at.sandbox.account;
    expect(seen[0]).toMatchObject({ unreadable: { id, field: "status" } });
    expect(seen).toHaveLength(5);
    expect(seen.slice(1).every((one) => "user" in one && one.user.name?.includes("@"))).toBe(true);
  });

  test("ten thousand are read whole, in eleven pages", async () => {
    const at = await stage({ users: 10_000 });
    expect((await inventory(at)).facts.users).toBe(10_001);
    expect(at.sandbox.requests).toHaveLength(12);
  });

  test("ids that are no part of an address are unreadable; any other is one", async () => {
    const ids = ["a/b%c?d#e", "a,b", "..", "current"];
    const estate = ids.map((id, i) => ({ ...madeUser(i), id }));
    const { provider, asked } = await stage({ estate });
    const [only] = await collect(provider.users());
    const bad = (only?.objects ?? []).flatMap((one) =>
      "unreadable" in one ? one.unreadable.id : [],
    );
    expect(bad.sort()).toEqual(["..", "a,b", "current"]);
    expect(await provider.user("a/b%c?d#e")).toMatchObject({ user: { id: "a/b%c?d#e" } });
    expect(asked().at(-1)).toBe("GET /users/a%2Fb%25c%3Fd%23e");
  });

  test("one who is gone is null; an address without the app is told, and gone is nobody", async () => {
    const { sandbox, provider } = await stage();
    expect(await provider.user("5890a268b45fc9000bc1c059")).toBeNull();
    const wrong = { url: sandbox.url.replace("/dev/", "/prod/") };
    for (const auth of ["login", "token"] as const) {
      const other = await stage({}, {}, { ...wrong, auth });
      const error = await failureOf(other.provider.info());
      expect(error).toBeInstanceOf(UnreadableTargetError);
      expect(error.message).toContain("has no such app or call at this address (404");
      expect(error.message).toContain("Check target.url");
    }
  });

  test("a page of another site is told as such", async () => {
    const { sandbox, provider } = await stage();
    sandbox.fail("html");
    const error = await failureOf(provider.info());
    expect(error).toBeInstanceOf(UnreadableTargetError);
    expect(error.message).toContain("something else than JSON");
  });
});

describe("names", () => {
  const estate = [
    { ...madeUser(1), email: "ann@acme.example" },
    { ...madeUser(2, "INACTIVE"), email: "joann@acme.example", lastName: "Ann" },
    {
      ...madeUser(3),
      email: "bob@acme.example",
      groups: [
        { id: "1", name: "Office", primary: true, external: false },
        { id: "2", name: "Field", primary: false, external: false },
      ],
      permissions: { developer: true, usersManagement: true },
    },
  ];

  test("every field that a policy may name is told; groups by their names", async () => {
    const { provider } = await stage({ estate });
    const fields = [
      "id",
      "email",
      "status",
      "firstName",
      "lastName",
      "fullName",
      "groups",
      "developer",
    ];
    const [page] = await collect(provider.profiles(fields));
    expect(page?.objects[1]).toEqual({
      id: madeUser(3).id,
      fields: {
        ...{ id: madeUser(3).id, email: "bob@acme.example", status: "ACTIVE" },
        ...{ firstName: "User3", lastName: "Test", fullName: "User3 Test" },
        ...{ groups: "Office, Field", developer: true },
      },
    });
    expect(await provider.profile(madeUser(3).id, ["groups"])).toEqual({
      id: madeUser(3).id,
      fields: { groups: "Office, Field" },
    });
    expect(await provider.profile("5890a268b45fc9000bc1c059", ["email"])).toBeNull();
  });

  test("a field that users do not have is an error that names the closest", async () => {
    const { provider } = await stage({ estate });
    const error = await failureOf(collect(provider.profiles(["fistName"])));
    expect(error).toBeInstanceOf(UnreadableTargetError);
    expect(error.message).toContain("no field “fistName”. Did you mean “firstName”?");
  });

  test.each([
    ["email", "ann@acme.example", [1], "email=ann%40acme.example"],
    ["email", "nobody@acme.example", [], "email=nobody"],
    ["lastName", "Test", [1, 3], "lastName=Test"],
    ["status", "INACTIVE", [2], "status=INACTIVE"],
    ["groups", "Office, Field", [3], null],
    ["developer", "true", [3], null],
    ["firstName", "User1, User2", [], null],
  ])("those whose %s is %j are found, and no part of it", async (field, value, digits, query) => {
    const { provider, sandbox } = await stage({ estate }, { pageSize: 2 });
    const found = await provider.named(field, value);
    const ids = digits.map((digit) => madeUser(digit).id);
    expect(found.filter((id) => id !== sandbox.account.id).sort()).toEqual(ids);
    const asked = sandbox.requests.filter(({ path }) => path === "/users");
    if (query === null) expect(asked[0]?.query).toMatch(/&size=2$/);
    else expect(asked[0]?.query).toContain(query);
  });

  test("a search that is not whole is no answer", async () => {
    const { provider, sandbox } = await stage({ estate });
    sandbox.fail({ kind: "wrong-total", match: "GET /users" });
    const error = await failureOf(provider.named("email", "ann@acme.example"));
    expect(error).toBeInstanceOf(UnreadableTargetError);
    expect(error.message).toContain("says that 3 users may have a email, and lists 2");
  });
});

test("the environment is a part of the address, and the app says its name", async () => {
  const { provider } = await stage({ app: "acme", env: "prod" });
  expect(await provider.info()).toEqual({ label: "acme", environment: "prod", region: null });
  const byToken = await stage({ env: "prod", lacks: ["list"] }, {}, { auth: "token" });
  expect(await byToken.provider.info()).toEqual({ label: null, environment: "prod", region: null });
});
