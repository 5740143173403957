import { describe, expect, test } from "vitest";
import type { Sandbox } from "../../../../src/providers/slingr/sandbox/sandbox.ts";
import { DAY, HOUR } from "../../../../src/time.ts";
import { call, madeUser, NOW, start } from "./call.ts";

const A = madeUser(1);

const send = (sandbox: Sandbox, options: unknown, method = "POST") =>
  call(sandbox, `${method} /curfew`, { method: "sendOtpCode", options });

const create = (sandbox: Sandbox, given: object, token?: string) =>
  call(sandbox, "PUT /curfew", { method: "createToken", ...given }, token);

/** The code that was sent last. */
const lastCode = (sandbox: Sandbox) => sandbox.outbox.at(-1)?.code ?? "none";

describe("sendOtpCode", () => {
  test.each(["POST", "PUT"])("by %s reaches the user's address", async (method) => {
    const sandbox = await start({ estate: [A] });
    const { status, json } = await send(sandbox, { email: A.email }, method);
    expect([status, json]).toEqual([200, true]);
    const code = expect.stringMatching(/^\d{6}$/);
    expect(sandbox.outbox).toEqual([{ by: "email", to: A.email, user: A.id, code, at: NOW }]);
  });

  test("reaches the user's telephone", async () => {
    const sandbox = await start({ estate: [] });
    const { id } = sandbox.add({ email: "b@test.com" }, "+15550000001");
    expect((await send(sandbox, { phone: "+15550000001" })).json).toBe(true);
    expect(sandbox.outbox).toMatchObject([{ by: "phone", to: "+15550000001", user: id }]);
  });

  test.each([
    [{ email: "nobody@test.com" }, false],
    [{ phone: "+1" }, false],
    [{}, false],
    [undefined, false],
    [{ email: A.email, phone: "+1" }, false],
    [{ email: A.email, inactivity: 168, expiration: 720 }, true],
    [{ email: A.email, inactivity: 168.1 }, false],
    [{ email: A.email, expiration: 721 }, false],
    [{ email: A.email, inactivity: 0 }, false],
    [{ email: A.email, inactivity: "24" }, false],
  ])("%j: %s", async (options, sent) => {
    const sandbox = await start({ estate: [A] });
    expect((await send(sandbox, options)).json).toBe(sent);
    expect(sandbox.outbox).toHaveLength(sent ? 1 : 0);
  });

  test("nothing is sent to who is locked out", async () => {
    const sandbox = await start({ estate: [{ ...A, status: "BLOCKED" }] });
    expect((await send(sandbox, { email: A.email })).json).toBe(false);
  });
});

describe("createToken", () => {
  test("a code is good for one token", async () => {
    const sandbox = await start({ estate: [A] });
    await send(sandbox, { email: A.email });
    const given = { idOrEmailUser: null, code: lastCode(sandbox) };
    const { json } = await create(sandbox, given);
    expect(sandbox.whose(json.token)).toBe(A.id);
    expect((await call(sandbox, "GET /users/current", undefined, json.token)).json.id).toBe(A.id);
    expect((await create(sandbox, given)).json).toBeNull();
    expect((await create(sandbox, { code: "000000" })).json).toBeNull();
  });

  test.each([
    [{}, DAY, 30 * DAY],
    [{ inactivity: 1, expiration: 2 }, HOUR, 2 * HOUR],
    [{ inactivity: 168, expiration: 720 }, 7 * DAY, 30 * DAY],
  ])(
    "a code of %j lives as long as it says, and so does its token",
    async (options, code, token) => {
      const sandbox = await start({ estate: [A] });
      await send(sandbox, { email: A.email, ...options });
      sandbox.advance(code - 1);
      const text = sandbox.exchange(lastCode(sandbox)) ?? "none";
      await send(sandbox, { email: A.email, ...options });
      sandbox.advance(code);
      expect(sandbox.exchange(lastCode(sandbox))).toBeNull();
      sandbox.advance(token - code - 1);
      expect(sandbox.whose(text)).toBe(A.id);
      sandbox.advance(1);
      expect(sandbox.whose(text)).toBeNull();
    },
  );

  test("anybody may exchange a code, and administrators alone make tokens without one", async () => {
    const sandbox = await start({ estate: [A, madeUser(2)] });
    await send(sandbox, { email: A.email });
    const anybody = sandbox.signIn(madeUser(2).id);
    const exchanged = await create(sandbox, { code: lastCode(sandbox) }, anybody);
    expect(sandbox.whose(exchanged.json.token)).toBe(A.id);
    expect((await create(sandbox, { idOrEmailUser: A.id }, anybody)).status).toBe(403);
    const made = await create(sandbox, { idOrEmailUser: A.email });
    sandbox.advance(400 * DAY);
    expect(sandbox.whose(made.json.token)).toBe(A.id);
    expect((await create(sandbox, { idOrEmailUser: "nobody@test.com" })).json).toBeNull();
  });

  test("no token for who is locked out meanwhile", async () => {
    const sandbox = await start({ estate: [A] });
    await send(sandbox, { email: A.email });
    sandbox.setStatus(A.id, "INACTIVE");
    expect((await create(sandbox, { code: lastCode(sandbox) })).json).toBeNull();
    expect((await create(sandbox, { idOrEmailUser: A.id })).json).toBeNull();
  });
});

describe("the script", () => {
  test.each([{}, { method: "sys" }, "no JSON"])("refuses %j", async (body) => {
    const { status, json } = await call(await start(), "POST /curfew", body);
    expect([status, json.code]).toEqual([400, "badRequest"]);
  });

  test("may stand elsewhere, or nowhere", async () => {
    const body = { method: "createToken", code: "x" };
    const [elsewhere, nowhere] = [
      await start({ script: "/scripts/curfew" }),
      await start({ script: null }),
    ];
    expect((await call(elsewhere, "POST /scripts/curfew", body)).status).toBe(200);
    expect((await call(elsewhere, "POST /curfew", body)).status).toBe(404);
    expect((await call(nowhere, "POST /curfew", body)).status).toBe(404);
  });
});
