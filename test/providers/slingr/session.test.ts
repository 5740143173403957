import { describe, expect, onTestFinished, test } from "vitest";
import { UnreadableTargetError, UsageError } from "../../../src/errors.ts";
import { DAY, HOUR } from "../../../src/time.ts";
import { action } from "../journeyapps/actions.ts";
import { serve } from "../journeyapps/server.ts";
import { failureOf, providerFor, type Stage, stage } from "./stage.ts";

const logins = ({ asked }: Stage) => asked().filter((one) => one === "POST /auth/login").length;

/** Users who are ACTIVE, but for the account. */
const activeIn = ({ sandbox }: Stage) =>
  sandbox
    .users()
    .filter(({ id, status }) => status === "ACTIVE" && id !== sandbox.account.id)
    .map(({ id }) => id);

describe("a login", () => {
  test("is made when something is asked, once, and not before", async () => {
    const at = await stage();
    expect(at.asked()).toEqual([]);
    const ids = at.sandbox.users().map(({ id }) => id);
    const found = await Promise.all(ids.map((id) => at.provider.user(id)));
    expect(found).toHaveLength(6);
    expect(found.every((one) => one !== null)).toBe(true);
    expect(logins(at)).toBe(1);
    expect(at.asked()[0]).toBe("POST /auth/login");
  });

  test("is made anew, once for all who wait, when its token has died", async () => {
    const at = await stage();
    const [{ id } = { id: "" }] = at.sandbox.users();
    await at.provider.user(id);
    at.sandbox.advance(9 * HOUR);
    const found = await Promise.all(Array.from({ length: 6 }, () => at.provider.user(id)));
    expect(found.every((one) => one !== null && "user" in one)).toBe(true);
    expect(logins(at)).toBe(2);
    expect(at.sandbox.requests.filter(({ status }) => status === 401).length).toBeGreaterThan(0);
  });

  test("renews a token in the middle of a write, which is carried out once", async () => {
    const at = await stage();
    const [id = ""] = activeIn(at);
    await at.provider.user(id);
    at.sandbox.fail({ kind: "token-dies", match: `PUT /users/${id}/deactivate`, times: 1 });
    expect(await at.provider.write([action("lock", id)], () => {})).toEqual([{ status: "done" }]);
    expect(at.sandbox.counters.changed).toEqual({ deactivate: 1 });
    expect(logins(at)).toBe(2);
  });

  test("that is refused is never tried again, so that the account is not blocked", async () => {
    const at = await stage({}, { credential: "curfew@example.com:wr:ong" });
    const [first, second] = [
      await failureOf(at.provider.info()),
      await failureOf(at.provider.user("x")),
    ];
    expect(first).toBeInstanceOf(UnreadableTargetError);
    expect(second.message).toBe(first.message);
    expect(first.message).toContain("does not accept the credential (401 unauthorized");
    expect(first.message).toContain("too many wrong ones in a row block the account");
    await failureOf(Promise.all([at.provider.user("x"), at.provider.named("email", "x")]));
    expect(at.asked()).toEqual(["POST /auth/login"]);
  });

  test("that is refused when a token has died ends every call, and is not repeated", async () => {
    const at = await stage();
    await at.provider.info();
    at.sandbox.setPassword(at.sandbox.account.id, "another");
    at.sandbox.advance(9 * HOUR);
    for (let n = 0; n < 4; n++)
      expect(await failureOf(at.provider.user("x"))).toBeInstanceOf(UnreadableTargetError);
    expect(logins(at)).toBe(2);
    expect(at.sandbox.user(at.sandbox.account.id)?.status).toBe("ACTIVE");
  });

  test("whose token is refused at once is not repeated for ever", async () => {
    const at = await stage();
    at.sandbox.fail({ kind: "401", match: "GET /users/*" });
    expect((await failureOf(at.provider.user("x"))).message).toContain(
      "does not accept the credential",
    );
    expect(at.asked()).toEqual([
      ...["POST /auth/login", "GET /users/x"],
      ...["POST /auth/login", "GET /users/x"],
    ]);
  });

  test("of an account that may not log in says so", async () => {
    const at = await stage();
    at.sandbox.setStatus(at.sandbox.account.id, "INACTIVE");
    const error = await failureOf(at.provider.info());
    expect(error.message).toContain(
      "lets the account of target.credentials not log in (403 forbidden",
    );
    expect(error.message).toContain("See in the app that the account is ACTIVE");
  });

  test("that a passing fault ends is tried again by the next call", async () => {
    const at = await stage();
    at.sandbox.fail({ kind: "503", match: "POST /auth/login", times: 1 });
    expect((await failureOf(at.provider.info())).message).toContain("503 applicationUnavailable");
    expect(await at.provider.info()).toMatchObject({ label: "sandbox" });
    expect(logins(at)).toBe(2);
  });

  test("that is slowed down waits, as every call does", async () => {
    const at = await stage();
    at.sandbox.fail({ kind: "429-retry-after", value: 3, times: 1 });
    expect(await at.provider.info()).toMatchObject({ environment: "dev" });
    expect(at.clock.waits).toContain(3000);
  });
});

describe("an API token", () => {
  test("needs no login, and does not die", async () => {
    const at = await stage({}, {}, { auth: "token" });
    const { id } = at.sandbox.account;
    expect(await at.provider.user(id)).toMatchObject({ user: { id } });
    at.sandbox.advance(400 * DAY);
    expect(await at.provider.user(id)).toMatchObject({ user: { id } });
    expect(logins(at)).toBe(0);
  });

  test("that is refused is told as such, and not repeated", async () => {
    const at = await stage({}, { credential: "nobodysToken" }, { auth: "token" });
    const error = await failureOf(at.provider.info());
    expect(error).toBeInstanceOf(UnreadableTargetError);
    expect(error.message).toContain("target.auth is its kind");
    expect(at.asked()).toEqual(["GET /users"]);
  });
});

test.each([
  ["login", "no colon at all"],
  ["login", ":pass:word"],
  ["login", "a@b.example:"],
  ["login", "a@b.example:two\nlines"],
  ["token", ""],
  ["token", "with space"],
] as const)(
  "a credential that is none is refused before anything is sent: %s %j",
  async (auth, credential) => {
    const at = await stage();
    expect(() => providerFor(at.sandbox, { credential }, { auth })).toThrow(UsageError);
    try {
      providerFor(at.sandbox, { credential }, { auth });
    } catch (error) {
      if (credential !== "") expect(String(error)).not.toContain(credential);
    }
  },
);

test("a password may hold colons and any letter, and none of it shows anywhere", async () => {
  const password = 'p:ä"ss/w?rd%&';
  const email = "curfew@example.com";
  const at = await stage({ account: { password } }, { credential: `${email}:${password}` });
  const told: unknown[] = [await at.provider.info(), await at.provider.rights([])];
  const [victim = ""] = activeIn(at);
  told.push(await at.provider.write([action("lock", victim)], () => {}));
  at.sandbox.setPassword(at.sandbox.account.id, "another");
  at.sandbox.fail({ kind: "token-dies", times: 1 });
  const error = await failureOf(at.provider.user(victim));
  told.push(error.message, at.events, at.asked());
  expect(error.message).toContain("does not accept");
  const shown = JSON.stringify(told);
  for (const form of [password, encodeURIComponent(password), "ss/w?rd"])
    expect(shown).not.toContain(form);
});

test("what a server says back of the password or a token is not shown", async () => {
  const told = "it was s3cr3t with T0K3N+one, then T0K3N+two";
  const server = await serve(({ path }, i) =>
    path === "auth/login"
      ? { json: { token: i === 0 ? "T0K3N+one" : "T0K3N+two", app: "acme" } }
      : { status: i < 2 ? 401 : 400, json: { code: "badRequest", message: told } },
  );
  onTestFinished(server.close);
  const credential = "curfew@example.com:s3cr3t";
  const { provider } = providerFor(server, { credential });
  const error = await failureOf(provider.user("x"));
  expect(error.message).toContain("“it was *** with ***, then ***”");
});
