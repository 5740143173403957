/** One request of each documented call, with the answer that its document shows. */
import { expect, test } from "vitest";
import { call, madeUser, start } from "./call.ts";

const USER4 = { ...madeUser(4), id: "5890a268b45fc9000bc1c056", email: "user4@test.com" };

test("POST /auth/login", async () => {
  const sandbox = await start({ estate: [], app: "appname" });
  const user = sandbox.add({ email: "user@test.com" });
  sandbox.setPassword(user.id, "abcdefgh");
  const body = { email: "user@test.com", password: "abcdefgh" };
  expect((await call(sandbox, "POST /auth/login", body, null)).json).toStrictEqual({
    app: "appname",
    adminUserEmail: null,
    ip: "::ffff:127.0.0.1",
    userEmail: "user@test.com",
    userName: "User Test",
    userId: user.id,
    token: expect.stringMatching(/^[A-Za-z]{32}$/),
  });
});

test("POST /auth/login as somebody else", async () => {
  const sandbox = await start({ estate: [] });
  const employee = sandbox.add({ email: "employee@test.com" });
  const { email, password } = sandbox.account;
  const asOther = (other: string, by = email) =>
    call(sandbox, "POST /auth/login", { email: by, password, emailImpersonatedUser: other }, null);
  const { json } = await asOther(employee.email);
  expect(json).toMatchObject({ adminUserEmail: email, userId: employee.id });
  expect((await call(sandbox, "GET /users/current", undefined, json.token)).json.id).toBe(
    employee.id,
  );
  expect((await asOther("nobody@test.com")).json).toMatchObject({ code: "notFound" });
  sandbox.setPassword(employee.id, password);
  expect((await asOther(email, employee.email)).status).toBe(403);
});

test("GET /users", async () => {
  const sandbox = await start({ estate: [madeUser(1), madeUser(2), madeUser(3)] });
  sandbox.remove(sandbox.account.id);
  const reader = sandbox.add({
    ...{ email: "reader@test.com", status: "ACTIVE" },
    permissions: { developer: true, usersManagement: false },
  });
  const token = sandbox.signIn(reader.id);
  sandbox.update(reader.id, (user) => {
    user.groups = [];
  });
  const { json } = await call(sandbox, "GET /users?groups=Group1&status=ACTIVE", undefined, token);
  expect(json).toStrictEqual({
    total: 3,
    offset: madeUser(1).id,
    items: [madeUser(3), madeUser(2), madeUser(1)],
  });
});

test("GET /users/{idOrEmailOrExternalId}", async () => {
  const sandbox = await start({ estate: [USER4] });
  expect((await call(sandbox, `GET /users/${USER4.id}`)).json).toStrictEqual(USER4);
  expect((await call(sandbox, "GET /users/user4@test.com")).json).toStrictEqual(USER4);
  const none = await call(sandbox, "GET /users/5890a268b45fc9000bc1c099");
  expect([none.status, none.json.code]).toEqual([404, "notFound"]);
});

test.each([
  ["deactivate", "ACTIVE", "INACTIVE"],
  ["reactivate", "INACTIVE", "ACTIVE"],
  ["unblock", "BLOCKED", "ACTIVE"],
] as const)("PUT /users/{ids}/%s", async (verb, before, after) => {
  const sandbox = await start({ estate: [{ ...USER4, status: before }] });
  const answer = await call(sandbox, `PUT /users/${USER4.id}/${verb}`);
  expect(answer.status).toBe(200);
  expect(answer.json).toStrictEqual({ ...USER4, status: after, version: 1 });
  expect(sandbox.user(USER4.id)?.status).toBe(after);
});

test("PUT /users/{idOrEmailOrExternalId}", async () => {
  const sandbox = await start({ estate: [USER4] });
  const path = `PUT /users/${USER4.id}`;
  const body = { firstName: "Ann", lastName: "Test", password: "Test1234", version: 0 };
  expect((await call(sandbox, path, body)).json).toStrictEqual({
    ...{ ...USER4, firstName: "Ann", fullName: "Ann Test", version: 1 },
  });
  const again = await call(sandbox, path, body);
  expect([again.status, again.json.code]).toEqual([409, "optimisticLocking"]);
  const invalid = await call(sandbox, path, { firstName: "" });
  expect(invalid.status).toBe(400);
  expect(invalid.json).toMatchObject({
    code: "validationErrors",
    message: "There are validation errors",
    errors: [{ field: "firstName", fieldLabel: null, code: "required", additionalInfo: null }],
  });
  const login = { email: USER4.email, password: "Test1234" };
  expect((await call(sandbox, "POST /auth/login", login, null)).status).toBe(200);
});
