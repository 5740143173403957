/** What no document says: the sandbox takes either reading. */
import { describe, expect, test } from "vitest";
import type { SandboxOptions } from "../../../../src/providers/corporateacademy/sandbox/sandbox.ts";
import { DAY, HOUR } from "../../../../src/time.ts";
import { call, claimsOf, login, NOW, start, validated } from "./call.ts";

describe("a token that is dead or made up", () => {
  test.each([
    ["false", false, 200],
    [401, 401, 401],
    [403, 403, 403],
    [500, 500, 500],
  ] as const)("reads as %s", async (dead, reads, status) => {
    const sandbox = await start({ dead });
    const { token, tinyToken } = await sandbox.signIn("ann");
    await sandbox.destroy(token);
    for (const text of [token, tinyToken, "made-up"]) {
      expect(await validated(sandbox, text)).toBe(reads);
      const got = await call(sandbox, `GET /get-jwt-token/${text}`);
      expect([got.status, got.json]).toEqual([
        status,
        status === 200 ? null : { error: expect.any(String) },
      ]);
    }
    // A logout has no boolean to say it with.
    const logout = await call(sandbox, "GET /logout", { token });
    expect(logout.status).toBe(dead === "false" ? 401 : dead);
  });
});

describe("claims", () => {
  const signedIn = { deviceType: "mobile", userAgent: "Mozilla/5.0" };
  const seconds = NOW / 1000;

  test("are sub, iat, last, exp, jti and the device, where nothing is chosen", async () => {
    const sandbox = await start();
    const { token } = await sandbox.signIn("ann", signedIn);
    const exp = seconds + 7 * 24 * 3600;
    const times = { iat: seconds, last: seconds, exp };
    expect(claimsOf(token)).toEqual({ sub: "ann", ...times, jti: "0", ...signedIn });
    const bare = claimsOf((await sandbox.signIn("ann")).token);
    expect(Object.keys(bare).sort()).toEqual(["exp", "iat", "jti", "last", "sub"]);
  });

  test("have the names that are chosen, and are none where none is", async () => {
    const claims = { user: "uid", signedInAt: "auth_time", lastUsedAt: "last" };
    const sandbox = await start({ claims });
    const { tinyToken } = await sandbox.signIn("ann", { ...signedIn, at: NOW - HOUR });
    await call(sandbox, "POST /renew-token", { token: tinyToken });
    const { json } = await call(sandbox, `GET /get-jwt-token/${tinyToken}`);
    expect(claimsOf(json)).toEqual({
      ...{ uid: "ann", auth_time: seconds - 3600, last: seconds },
      ...{ iat: seconds, exp: seconds + 7 * 24 * 3600, jti: "1" },
    });
  });
});

test("logins answer the JWT where that is chosen", async () => {
  const sandbox = await start({ answers: "jwt" });
  expect(claimsOf(await login(sandbox))).toMatchObject({ sub: "ann" });
});

describe("a renewal", () => {
  /** Which of the four still work: the old JWT and name, the new JWT and name. */
  async function after(renewal: NonNullable<SandboxOptions["renewal"]>) {
    const sandbox = await start({ renewal });
    const old = await sandbox.signIn("ann");
    sandbox.advance(HOUR);
    const name = (await call(sandbox, "POST /renew-token", { token: old.token })).json;
    const jwt = (await call(sandbox, `GET /get-jwt-token/${name}`)).json;
    const works = [old.token, old.tinyToken, jwt, name].map((one) => sandbox.works(one));
    expect(jwt).not.toBe(old.token);
    return { works: await Promise.all(works), sameName: name === old.tinyToken };
  }

  test.each([
    ["name-stays", [false, true, true, true], true],
    ["old-dies", [false, false, true, true], false],
    ["old-lives", [true, true, true, true], false],
  ] as const)("%s", async (renewal, works, sameName) => {
    expect(await after(renewal)).toEqual({ works, sameName });
  });
});

describe("a persistent authentication", () => {
  test("outlives the logout where that is chosen, and only if there is one", async () => {
    const sandbox = await start({ logoutEnds: "login" });
    for (const createPersistentUserAuth of [true, false]) {
      const token = await login(sandbox, { createPersistentUserAuth });
      await call(sandbox, "GET /logout", { token });
      expect(await sandbox.works(token)).toBe(createPersistentUserAuth);
    }
  });

  test.each([
    ["persistent", 365],
    ["login", 7],
  ] as const)("carries the end of the %s as exp, and lives on in any case", async (exp, days) => {
    const sandbox = await start({ exp });
    const { token } = await sandbox.signIn("ann", { persistent: true });
    expect(claimsOf(token).exp).toBe((NOW + days * DAY) / 1000);
    sandbox.advance(30 * DAY);
    expect(await validated(sandbox, token)).toBe(true);
  });

  test("is kept through a renewal, which is a login anew", async () => {
    const sandbox = await start({ logoutEnds: "login", lives: { persistent: DAY } });
    const { tinyToken } = await sandbox.signIn("ann", { persistent: true });
    await call(sandbox, "GET /logout", { token: tinyToken });
    await call(sandbox, "POST /renew-token", { token: tinyToken });
    expect(sandbox.tokens()).toMatchObject([{ persistentUntil: NOW + DAY }]);
    sandbox.advance(2 * DAY);
    expect(await sandbox.works(tinyToken)).toBe(true);
  });
});

test("how long things live can be chosen", async () => {
  const sandbox = await start({ lives: { login: HOUR } });
  const token = await login(sandbox);
  sandbox.advance(HOUR);
  expect(await sandbox.works(token)).toBe(false);
});
