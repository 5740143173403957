/** What becomes of a user of the sandbox, from the registration to the end. */
import { describe, expect, test } from "vitest";
import type { Sandbox } from "../../../../src/providers/corporateacademy/sandbox/sandbox.ts";
import { DAY, HOUR, MINUTE } from "../../../../src/time.ts";
import { call, claimsOf, login, NOW, start, validated } from "./call.ts";

const BEN = {
  ...{ forename: "Ben", surname: "Botha", email: "ben@acme.example", password: "his" },
  ...{ deviceType: "mobile", userAgent: "Mozilla/5.0" },
};

const post = (sandbox: Sandbox, method: string, body: object, token?: string) =>
  call(sandbox, `POST /${method}`, { body, token });

describe("a registration", () => {
  test("lets nobody in before the address is confirmed, and is confirmed once", async () => {
    const sandbox = await start({ openRegistration: true });
    const answer = await post(sandbox, "send-confirmation-email", BEN);
    const [mail] = sandbox.outbox;
    expect(mail).toMatchObject({ kind: "confirmation", to: "ben@acme.example", at: NOW });
    expect(answer.json.users[0].id).toBe(mail?.userId);
    expect((await post(sandbox, "login-local-password", BEN)).status).toBe(401);
    const { userId, validationToken } = mail ?? {};
    const wrong = { userId, validationToken: "made-up" };
    expect((await post(sandbox, "confirm-user-email", wrong)).json).toBe(false);
    const right = { userId, validationToken };
    expect((await post(sandbox, "confirm-user-email", right)).json).toBe(true);
    expect((await post(sandbox, "confirm-user-email", right)).json).toBe(false);
    const { json } = await post(sandbox, "login-local-password", BEN);
    expect(await validated(sandbox, json)).toBe(true);
    // Whoever is known and gives the password is signed in by the same call.
    const again = await post(sandbox, "send-confirmation-email", BEN);
    expect(await validated(sandbox, again.json.token)).toBe(true);
    const other = await post(sandbox, "send-confirmation-email", { ...BEN, password: "guess" });
    expect(other.status).toBe(409);
    expect(sandbox.outbox).toHaveLength(1);
  });

  test("made again before it is confirmed replaces the one before", async () => {
    const sandbox = await start({ openRegistration: true });
    await post(sandbox, "send-confirmation-email", BEN);
    await post(sandbox, "send-confirmation-email", { ...BEN, password: "other" });
    const [first, second] = sandbox.outbox;
    expect(second?.userId).toBe(first?.userId);
    expect((await post(sandbox, "confirm-user-email", first ?? {})).json).toBe(false);
    expect((await post(sandbox, "confirm-user-email", second ?? {})).json).toBe(true);
    const changed = await post(sandbox, "login-local-password", { ...BEN, password: "other" });
    expect(changed.status).toBe(200);
  });

  test("is too late after a day", async () => {
    const sandbox = await start({ openRegistration: true });
    await post(sandbox, "send-confirmation-email", BEN);
    sandbox.advance(DAY);
    expect((await post(sandbox, "confirm-user-email", sandbox.outbox[0] ?? {})).json).toBe(false);
  });
});

describe("logins", () => {
  test("by password, in any case of the address; not by another", async () => {
    const sandbox = await start();
    expect(await validated(sandbox, await login(sandbox, { email: "Ann@ACME.example" }))).toBe(
      true,
    );
    for (const wrong of [{ password: "second" }, { email: "eve@acme.example" }]) {
      const body = { email: "ann@acme.example", password: "first", ...wrong };
      expect((await post(sandbox, "login-local-password", body)).status).toBe(401);
    }
    expect(sandbox.tokens("ann")).toHaveLength(1);
  });

  test("by a remote token with its check and its tenant, once", async () => {
    const sandbox = await start();
    const voucher = sandbox.vouch("ann", "t1");
    const statuses = [];
    for (const asked of [
      { ...voucher, remoteCheck: "x" },
      { ...voucher, tenant: "t2" },
      voucher,
      voucher,
    ]) {
      statuses.push((await post(sandbox, "login-remote-token-with-check", asked)).status);
    }
    expect(statuses).toEqual([401, 401, 200, 401]);
    const late = sandbox.vouch("ann");
    sandbox.advance(MINUTE);
    expect((await post(sandbox, "login-remote-token-with-check", late)).status).toBe(401);
  });

  test("of a supplier's person, only where the supplier is active and of the tenant", async () => {
    const sandbox = await start();
    await sandbox.add({ id: "sue", password: "hers", supplier: {} });
    await sandbox.add({ id: "sam", password: "hers", supplier: { active: false } });
    const status = async (username: string, more = {}) =>
      (await post(sandbox, "login-supplier-person", { username, password: "hers", ...more }))
        .status;
    expect(await status("sue")).toBe(200);
    expect(await status("sue", { tenant: "t2" })).toBe(401);
    expect(await status("sam")).toBe(401);
    expect(await status("ann")).toBe(401);
  });

  test("by a remote service leave a key that gives the JWT once, and not for long", async () => {
    const sandbox = await start();
    const retrieve = async (key: string) =>
      (await call(sandbox, `GET /retrieve-token-after-login?retrieveKey=${key}`)).json;
    const key = sandbox.remoteSignIn("ann", { deviceType: "tablet" });
    expect(claimsOf(await retrieve(key))).toMatchObject({ sub: "ann", deviceType: "tablet" });
    expect(await retrieve(key)).toBeNull();
    const late = sandbox.remoteSignIn("ann");
    sandbox.advance(MINUTE);
    expect(await retrieve(late)).toBeNull();
    expect(await retrieve("made-up")).toBeNull();
  });
});

describe("a token", () => {
  test("and its tiny token are one: either is validated, either ends both", async () => {
    const sandbox = await start();
    for (const end of ["token", "tinyToken"] as const) {
      const given = await sandbox.signIn("ann");
      const { json } = await call(sandbox, `GET /get-jwt-token/${given.tinyToken}`);
      expect(json).toBe(given.token);
      expect((await call(sandbox, `GET /get-jwt-token/${json}`)).json).toBe(given.token);
      expect(await validated(sandbox, given.token)).toBe(true);
      expect(await validated(sandbox, given.tinyToken)).toBe(true);
      expect((await call(sandbox, "GET /logout", { token: given[end] })).text).toBe("null");
      expect(await validated(sandbox, given.token)).toBe(401);
      expect(await validated(sandbox, given.tinyToken)).toBe(401);
      expect((await call(sandbox, `GET /get-jwt-token/${given.tinyToken}`)).status).toBe(401);
      expect((await call(sandbox, "GET /logout", { token: given[end] })).status).toBe(401);
    }
  });

  test("is validated as a parameter, too, which comes before the Bearer", async () => {
    const sandbox = await start();
    const [one, other] = [await sandbox.signIn("ann"), await sandbox.signIn("ann")];
    await sandbox.destroy(other.token);
    const status = async (query: string, token?: string) =>
      (await call(sandbox, `GET /validate-jwt-token${query}`, { token })).status;
    expect(await status(`?token=${one.token}`)).toBe(200);
    expect(await status(`?token=${one.tinyToken}`, other.token)).toBe(200);
    expect(await status(`?token=${other.token}`, one.token)).toBe(401);
    expect(await status("?token=", one.token)).toBe(200);
    expect(await status("")).toBe(401);
  });

  test("that was tampered with is a made-up one", async () => {
    const sandbox = await start();
    const { token } = await sandbox.signIn("ann");
    const [head, , signature] = token.split(".");
    const claims = Buffer.from(JSON.stringify({ ...claimsOf(token), sub: "eve" }));
    const forged = `${head}.${claims.toString("base64url")}.${signature}`;
    for (const made of [forged, `${head}..${signature}`, "a.b.c", "made-up"]) {
      expect([made, await validated(sandbox, made)]).toEqual([made, 401]);
    }
  });

  test("leaves a login engagement where it is asked to", async () => {
    const sandbox = await start();
    const { token } = await sandbox.signIn("ann");
    await call(sandbox, "GET /validate-jwt-token", { token });
    const query = "createLoginEngagement=true&deviceType=mobile&userAgent=Mozilla";
    await call(sandbox, `GET /validate-jwt-token?${query}`, { token });
    expect(sandbox.engagements).toEqual([
      { user: "ann", deviceType: "mobile", userAgent: "Mozilla", at: NOW },
    ]);
  });

  test("dies by itself after a week; a persistent authentication after a year", async () => {
    const sandbox = await start();
    const once = await login(sandbox);
    const kept = await login(sandbox, { createPersistentUserAuth: true });
    sandbox.advance(7 * DAY - 1);
    expect([await validated(sandbox, once), await validated(sandbox, kept)]).toEqual([true, true]);
    sandbox.advance(1);
    expect([await validated(sandbox, once), await validated(sandbox, kept)]).toEqual([401, true]);
    sandbox.advance(358 * DAY);
    expect(await validated(sandbox, kept)).toBe(401);
  });

  test("that is renewed lives a week more under its name", async () => {
    const sandbox = await start();
    const { token, tinyToken } = await sandbox.signIn("ann", { deviceType: "mobile" });
    sandbox.advance(6 * DAY);
    expect((await call(sandbox, "POST /renew-token", { token })).json).toBe(tinyToken);
    sandbox.advance(6 * DAY);
    expect([await validated(sandbox, token), await validated(sandbox, tinyToken)]).toEqual([
      401,
      true,
    ]);
    expect(sandbox.tokens("ann")).toMatchObject([
      { signedInAt: NOW, issuedAt: NOW + 6 * DAY, deviceType: "mobile" },
    ]);
  });
});

describe("a password", () => {
  test("is recovered by the mail's token, once", async () => {
    const sandbox = await start();
    const init = (email: string) => post(sandbox, "init-password-recovery", { email });
    expect((await init("eve@acme.example")).json).toBe(false);
    expect(sandbox.outbox).toEqual([]);
    await init("ann@acme.example");
    const { userId, validationToken } = sandbox.outbox[0] ?? {};
    const pair = { userId, validationToken, newPassword: "second" };
    const wrong = { ...pair, validationToken: "made-up" };
    const check = async (body: object) =>
      (await post(sandbox, "validate-password-recovery-token", body)).json;
    expect([await check(pair), await check(wrong), await check(pair)]).toEqual([true, false, true]);
    expect((await post(sandbox, "recover-user-password", wrong)).json).toBe(false);
    const both = await Promise.all(
      ["second", "third"].map((newPassword) =>
        post(sandbox, "recover-user-password", { ...pair, newPassword }),
      ),
    );
    expect(both.map(({ json }) => json).sort()).toEqual([false, true]);
    const winner = both[0]?.json ? "second" : "third";
    expect(await check(pair)).toBe(false);
    const old = { email: "ann@acme.example", password: "first" };
    expect((await post(sandbox, "login-local-password", old)).status).toBe(401);
    expect(await validated(sandbox, await login(sandbox, { password: winner }))).toBe(true);
  });

  test("is not recovered after an hour", async () => {
    const sandbox = await start();
    await post(sandbox, "init-password-recovery", { email: "ann@acme.example" });
    const pair = { ...sandbox.outbox[0], newPassword: "second" };
    sandbox.advance(HOUR);
    expect((await post(sandbox, "recover-user-password", pair)).json).toBe(false);
  });

  test("is updated by who knows the old one, and other tokens live on", async () => {
    const sandbox = await start();
    const [token, other] = [await login(sandbox), await login(sandbox)];
    const update = async (oldPassword: string) =>
      (await post(sandbox, "update-user-password", { newPassword: 22, oldPassword }, token)).json;
    expect([await update("guess"), await update("first")]).toEqual([false, true]);
    expect(await validated(sandbox, other)).toBe(true);
    expect(await validated(sandbox, await login(sandbox, { password: "22" }))).toBe(true);
  });

  test("that is set anew gives a new token for the old; nobody sets another's", async () => {
    const sandbox = await start();
    await sandbox.add({ id: "ben" });
    const token = await login(sandbox);
    const set = { userId: "ann", oldPassword: "first", newPassword: "second" };
    const ask = (body: object) => post(sandbox, "set-new-password", body, token);
    expect((await ask({ ...set, userId: "ben" })).status).toBe(403);
    expect((await ask({ ...set, oldPassword: "guess" })).status).toBe(401);
    const { json } = await ask(set);
    expect([await validated(sandbox, token), await validated(sandbox, json)]).toEqual([401, true]);
  });
});
