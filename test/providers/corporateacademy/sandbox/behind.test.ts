/** What tests and demos do behind the API. */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { UsageError } from "../../../../src/errors.ts";
import { startSandbox } from "../../../../src/providers/corporateacademy/sandbox/sandbox.ts";
import { DAY, HOUR } from "../../../../src/time.ts";
import { call, claimsOf, login, NOW, start, validated } from "./call.ts";

describe("users", () => {
  test("are the same by the same seed, and others by another", async () => {
    const told = async (seed: number, users = 20) => {
      const sandbox = await start({ users, seed });
      const tokens = await sandbox.register({ as: "jwt" });
      return { users: sandbox.users().slice(0, 20), tokens };
    };
    const one = await told(1);
    expect(await told(1)).toEqual(one);
    const other = await told(2);
    expect(other.users).not.toEqual(one.users);
    expect(other.tokens).not.toEqual(one.tokens);
    const more = await told(1, 30);
    expect(more.users).toEqual(one.users);
    expect(more.tokens.slice(0, one.tokens.length)).toEqual(one.tokens);
  });

  test("ten thousand have their tokens, none of them later than now", async () => {
    const sandbox = await start({ users: 10_000 });
    const tokens = sandbox.tokens();
    expect(new Set(sandbox.users().map(({ email }) => email)).size).toBe(10_001);
    expect(tokens.length).toBeGreaterThan(10_000);
    const all = await sandbox.register({ dead: true });
    expect(all.length).toBeGreaterThan(tokens.length * 1.05);
    expect(new Set(tokens.map(({ tiny }) => tiny)).size).toBe(tokens.length);
    for (const { signedInAt, issuedAt, expires } of tokens) {
      const inOrder = signedInAt <= issuedAt && issuedAt <= NOW && issuedAt < expires;
      if (!inOrder) throw new Error("a token has its moments in another order");
    }
    expect(tokens.some(({ signedInAt }) => signedInAt < NOW - 60 * DAY)).toBe(true);
    expect(tokens.some(({ persistentUntil }) => persistentUntil === null)).toBe(true);
  });

  test("that were made up sign in", async () => {
    const sandbox = await start({ users: 10 });
    const [user] = sandbox.users();
    const token = await login(sandbox, { email: user?.email, password: "sandbox" });
    expect(await validated(sandbox, token)).toBe(true);
    const people = sandbox.users().filter(({ supplier }) => supplier !== null);
    expect(people).toHaveLength(1);
  });

  test("are added once", async () => {
    const sandbox = await start();
    await expect(sandbox.add({ id: "ann", email: "other@acme.example" })).rejects.toThrow("ann");
    await expect(sandbox.add({ id: "ben", email: "ANN@acme.example" })).rejects.toThrow("ben");
  });

  test("that are removed take their tokens with them", async () => {
    const sandbox = await start();
    const { token } = await sandbox.signIn("ann", { persistent: true });
    await sandbox.add({ id: "ben" });
    await sandbox.signIn("ben");
    sandbox.remove("ann");
    expect(await sandbox.works(token)).toBe(false);
    expect(sandbox.tokens().map(({ user }) => user)).toEqual(["ben"]);
    expect(() => sandbox.remove("ann")).toThrow("ann");
    await expect(sandbox.signIn("ann")).rejects.toThrow("ann");
  });
});

test("who signs in has a token of that moment and device, among the living ones", async () => {
  const sandbox = await start();
  await sandbox.add({ id: "ben" });
  const how = { deviceType: "mobile", userAgent: "Mozilla/5.0", at: NOW - HOUR };
  const { token, tinyToken } = await sandbox.signIn("ben", how);
  await sandbox.signIn("ann");
  expect(claimsOf(token)).toMatchObject({ sub: "ben", iat: (NOW - HOUR) / 1000 });
  expect(sandbox.tokens("ben")).toEqual([
    {
      ...{ user: "ben", tiny: tinyToken, signedInAt: NOW - HOUR, issuedAt: NOW - HOUR },
      ...{ expires: NOW - HOUR + 7 * DAY, persistentUntil: null },
      ...{ deviceType: "mobile", userAgent: "Mozilla/5.0" },
    },
  ]);
  expect(sandbox.tokens().map(({ user }) => user)).toEqual(["ben", "ann"]);
  await expect(sandbox.destroy("made-up")).rejects.toThrow("no such token");
});

describe("the register", () => {
  test("holds the living tokens by user, tiny or not, and the dead where asked", async () => {
    const sandbox = await start();
    const [one, other] = [await sandbox.signIn("ann"), await sandbox.signIn("ann")];
    await sandbox.destroy(one.token);
    const of = (...tokens: string[]) => tokens.map((token) => ({ user: "ann", token }));
    expect(await sandbox.register()).toEqual(of(other.tinyToken));
    expect(await sandbox.register({ as: "jwt" })).toEqual(of(other.token));
    const all = await sandbox.register({ dead: true });
    expect(all).toEqual(of(one.tinyToken, other.tinyToken));
  });

  test("is written for its owner alone", async () => {
    const sandbox = await start({ users: 3 });
    const folder = mkdtempSync(join(tmpdir(), "curfew-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "register.jsonl");
    await sandbox.writeRegister(file, { as: "jwt" });
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    const written = lines.map((line) => JSON.parse(line));
    expect(written).toEqual(await sandbox.register({ as: "jwt" }));
    if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("as pairs for Redis has the JWT under its name", async () => {
    const sandbox = await start();
    const { token, tinyToken } = await sandbox.signIn("ann");
    expect(await sandbox.redisPairs()).toEqual([[`session:${tinyToken}`, token]]);
    await sandbox.destroy(token);
    expect(await sandbox.redisPairs({ prefix: "jwt:" })).toEqual([]);
    const dead = await sandbox.redisPairs({ prefix: "jwt:", dead: true });
    expect(dead).toEqual([[`jwt:${tinyToken}`, token]]);
  });
});

test("tokens are in no log and on no stream", async () => {
  const written: string[] = [];
  const note = (text: string | Uint8Array) => written.push(String(text)) > 0;
  vi.spyOn(process.stdout, "write").mockImplementation(note);
  vi.spyOn(process.stderr, "write").mockImplementation(note);
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  const before: unknown[] = [];
  const sandbox = await start({ before: (request) => before.push({ ...request }) });
  const { token, tinyToken } = await sandbox.signIn("ann");
  const texts: string[] = [];
  for (const one of [token, tinyToken]) {
    for (const request of [
      `GET /get-jwt-token/${one}`,
      `GET /validate-jwt-token?token=${one}`,
      `GET /${one}`,
      `GET /logout/${one}`,
      "GET /logout",
      "GET /logout",
      "POST /renew-token",
      "POST /set-new-password",
    ]) {
      const { status, text } = await call(sandbox, request, { token: one });
      if (status !== 200) texts.push(text);
    }
  }
  expect(sandbox.requests).toHaveLength(16);
  expect(texts.length).toBeGreaterThan(8);
  const told = JSON.stringify([sandbox.requests, before, texts, written]);
  expect(told).not.toContain(token);
  expect(told).not.toContain(tinyToken);
});

describe("the clock", () => {
  test("goes with the machine's where none is given, and is advanced", async () => {
    const sandbox = await startSandbox({ users: 0 });
    onTestFinished(() => sandbox.close());
    const first = sandbox.now();
    expect(first).toBeGreaterThan(Date.now() - HOUR);
    sandbox.advance(DAY);
    expect(sandbox.now()).toBeGreaterThanOrEqual(first + DAY);
  });
});

test("a port in use is told with the remedy", async () => {
  const { port } = await start();
  await expect(startSandbox({ port })).rejects.toThrow(UsageError);
});
