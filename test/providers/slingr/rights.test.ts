import { expect, test } from "vitest";
import { UnreadableTargetError } from "../../../src/errors.ts";
import type { Right } from "../../../src/model/run.ts";
import { CATALOG } from "../../../src/providers/catalog.ts";
import { failureOf, stage } from "./stage.ts";

const missing = (rights: readonly Right[]) =>
  rights.filter(({ state }) => state === "missing").map(({ right }) => right);

test("each read is tried by itself, and what writes is named", async () => {
  const { provider, asked } = await stage();
  expect((await provider.rights([])).map(({ right, call, state }) => [right, call, state])).toEqual(
    [
      ["log in", "POST auth/login", "there"],
      ["read users", "GET users", "there"],
      ["read one user", "GET users/{id}", "there"],
      ["read what the account may do", "GET users/current", "there"],
      ["lock users", "PUT users/{ids}/deactivate", "untried"],
      ["unlock users", "PUT users/{ids}/reactivate, PUT users/{ids}/unblock", "untried"],
      ["send codes for `curfew enroll`", "POST curfew", "untried"],
    ],
  );
  expect(asked().filter((one) => !/^GET |auth\/login$/.test(one))).toEqual([]);
  for (const call of CATALOG.slingr.rights.read)
    expect((await provider.rights([])).map((right) => right.call)).toContain(call);
});

test.each([
  ["list", ["read users"]],
  ["read", ["read one user"]],
] as const)("without the right %j it alone is named", async (lacks, named) => {
  const { provider, sandbox } = await stage({ lacks: [lacks] });
  // The list begins with the account, which may read itself.
  if (lacks === "read") sandbox.add({ email: "new@acme.example", id: "f".repeat(24) });
  const rights = await provider.rights([]);
  expect(missing(rights)).toEqual(named);
  expect(rights.find(({ state }) => state === "missing")?.why).toContain(
    "forbids this credential GET",
  );
});

test("an account that manages nobody lacks the writes, one that manages some says so", async () => {
  const { provider, sandbox } = await stage();
  sandbox.update(sandbox.account.id, ({ permissions }) => {
    permissions.managedGroups = [];
  });
  const some = (await provider.rights([])).find(({ right }) => right === "lock users");
  expect(some).toMatchObject({
    state: "untried",
    why: expect.stringContaining("some groups only"),
  });
  sandbox.update(sandbox.account.id, ({ permissions }) => {
    permissions.usersManagement = false;
  });
  expect(missing(await provider.rights([]))).toEqual(["read users", "lock users", "unlock users"]);
});

test("a credential that nothing accepts says nothing of its rights", async () => {
  for (const auth of ["login", "token"] as const) {
    const credential = auth === "login" ? "curfew@example.com:wrong" : "wrong";
    const { provider } = await stage({}, { credential }, { auth });
    const error = await failureOf(provider.rights([]));
    expect(error).toBeInstanceOf(UnreadableTargetError);
    expect(error.message).toContain("Nothing can be told of its rights.");
  }
});

test("without a script none is needed", async () => {
  const { provider } = await stage({}, {}, { script: null, auth: "token" });
  const rights = await provider.rights([]);
  expect(rights.at(-1)).toMatchObject({
    state: "unneeded",
    why: "no target.script in this policy",
  });
  expect(rights[0]?.right).toBe("read users");
});
