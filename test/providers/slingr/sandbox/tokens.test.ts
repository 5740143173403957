import { describe, expect, test } from "vitest";
import type { Sandbox } from "../../../../src/providers/slingr/sandbox/sandbox.ts";
import { DAY, HOUR } from "../../../../src/time.ts";
import { call, logIn, madeUser, start } from "./call.ts";

const A = madeUser(1);

/** What the API answers to whoever has this token. */
const current = async (sandbox: Sandbox, token: string) =>
  (await call(sandbox, "GET /users/current", undefined, token)).status;

describe("logging in", () => {
  test.each([
    ["ACTIVE", "Test1234", 200],
    ["ACTIVE", "wrong", 401],
    ["INACTIVE", "Test1234", 403],
    ["INACTIVE", "wrong", 401],
    ["BLOCKED", "Test1234", 403],
  ] as const)("%s, with %s", async (status, password, answered) => {
    const sandbox = await start({ estate: [{ ...A, status }] });
    sandbox.setPassword(A.id, "Test1234");
    const answer = await call(sandbox, "POST /auth/login", { email: A.email, password }, null);
    expect(answer.status).toBe(answered);
  });

  test.each([{}, { email: "x" }, { email: 1, password: 2 }, "no JSON", null])(
    "refuses %j",
    async (body) => {
      const answer = await call(await start(), "POST /auth/login", body, null);
      expect([answer.status, answer.json.code]).toEqual([400, "badRequest"]);
    },
  );

  test("nobody is told apart from a wrong password", async () => {
    const sandbox = await start();
    expect(await logIn(sandbox, "nobody@test.com", "x")).toBe(401);
    expect(await logIn(sandbox, sandbox.account.email, "x")).toBe(401);
  });

  test("wrong passwords beyond the group's limit block a user, until somebody unblocks", async () => {
    const sandbox = await start({ estate: [A] });
    sandbox.setPassword(A.id, "Test1234");
    const wrong = async (times: number) => {
      for (let time = 0; time < times; time++) await logIn(sandbox, A.email, "wrong");
      return sandbox.user(A.id)?.status;
    };
    expect(await wrong(10)).toBe("ACTIVE");
    await logIn(sandbox, A.email, "Test1234");
    expect(await wrong(10)).toBe("ACTIVE");
    expect(await wrong(1)).toBe("BLOCKED");
    expect(await logIn(sandbox, A.email, "Test1234")).toBe(403);
    await call(sandbox, `PUT /users/${A.id}/unblock`);
    expect(await logIn(sandbox, A.email, "Test1234")).toEqual(expect.any(String));
    expect(await wrong(10)).toBe("ACTIVE");
  });

  test("without a password nobody logs in", async () => {
    const sandbox = await start({ estate: [A] });
    sandbox.setPassword(A.id, "Test1234");
    sandbox.setPassword(A.id, null);
    expect(await logIn(sandbox, A.email, "Test1234")).toBe(401);
  });
});

describe("the token", () => {
  test.each([null, "", "wrong"])("%j is refused", async (token) => {
    const { status, json } = await call(await start(), "GET /users", undefined, token);
    expect([status, json.code]).toEqual([401, "unauthorized"]);
  });

  test("of a login dies after eight hours without use", async () => {
    const sandbox = await start();
    const token = String(await logIn(sandbox));
    for (let use = 0; use < 3; use++) {
      sandbox.advance(8 * HOUR - 1);
      expect(await current(sandbox, token)).toBe(200);
    }
    sandbox.advance(8 * HOUR);
    expect(sandbox.whose(token)).toBeNull();
    expect(await current(sandbox, token)).toBe(401);
  });

  test("of the API never dies", async () => {
    const sandbox = await start();
    sandbox.advance(400 * DAY);
    expect(await current(sandbox, sandbox.account.apiToken)).toBe(200);
  });

  test.each([
    [["oneHour", "eightHours"], HOUR],
    [["eightHours", "oneDay"], 8 * HOUR],
    [["oneDay"], DAY],
    [[undefined], 8 * HOUR],
    [[], 8 * HOUR],
  ])("of groups with %j, the lowest holds", async (times, idle) => {
    const groups = times.map((automaticLogoutTime, at) => ({
      ...{ id: `5862694885f3fc0007cb4ef${at}`, name: `group${at}`, label: `Group${at}` },
      ...(automaticLogoutTime ? { automaticLogoutTime } : {}),
    }));
    const member = groups.map(({ id, label }, at) => ({
      ...{ id, name: label, primary: at === 0, external: false },
    }));
    const sandbox = await start({ groups, estate: [{ ...A, groups: member }] });
    const token = sandbox.signIn(A.id);
    sandbox.advance(idle - 1);
    expect(sandbox.whose(token)).toBe(A.id);
    sandbox.advance(1);
    expect(sandbox.whose(token)).toBeNull();
  });

  test("the groups' times are in the app's metadata", async () => {
    const sandbox = await start();
    const files = sandbox.metadata();
    expect(Object.keys(files)).toContain("security/groups/admins.json");
    expect(JSON.parse(files["security/groups/admins.json"] ?? "")).toMatchObject({
      name: "admins",
      label: "Admins",
      security: { sessionPolicies: { automaticLogoutTime: "eightHours" } },
    });
    expect((await call(sandbox, "GET /groups")).status).toBe(404);
  });
});

describe("a lock", () => {
  test.each([
    [true, true, 401, 200],
    [true, false, 401, 401],
    [false, false, 200, 200],
    [false, true, 200, 200],
  ])(
    "ends sessions: %s, an unlock revives them: %s",
    async (lockEndsSessions, unlockRevives, locked, unlocked) => {
      const sandbox = await start({ estate: [A], lockEndsSessions, unlockRevives });
      const token = sandbox.signIn(A.id);
      expect(await current(sandbox, token)).toBe(200);
      await call(sandbox, `PUT /users/${A.id}/deactivate`);
      expect(await current(sandbox, token)).toBe(locked);
      expect(() => sandbox.signIn(A.id)).toThrow("not allowed");
      await call(sandbox, `PUT /users/${A.email}/reactivate`);
      expect(await current(sandbox, token)).toBe(unlocked);
      expect(await current(sandbox, sandbox.signIn(A.id))).toBe(200);
    },
  );

  test("the system's block does the same as an administrator's", async () => {
    const sandbox = await start({ estate: [A], unlockRevives: false });
    const token = sandbox.signIn(A.id);
    sandbox.setStatus(A.email, "BLOCKED");
    expect(sandbox.whose(token)).toBeNull();
    sandbox.setStatus(A.email, "ACTIVE");
    expect(sandbox.whose(token)).toBeNull();
  });

  test("of the account ends its own calls, and a removed user has no token", async () => {
    const sandbox = await start({ estate: [A] });
    const token = sandbox.signIn(A.id);
    sandbox.remove(A.id);
    expect(await current(sandbox, token)).toBe(401);
    const path = `PUT /users/${sandbox.account.id}/deactivate`;
    expect((await call(sandbox, path)).status).toBe(200);
    expect((await call(sandbox, "GET /users")).status).toBe(401);
    expect(await logIn(sandbox)).toBe(403);
  });
});
