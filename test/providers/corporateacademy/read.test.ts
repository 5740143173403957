/** Users as the register and the service tell of them. */
import { describe, expect, test } from "vitest";
import { UnreadableTargetError } from "../../../src/errors.ts";
import { DAY, HOUR } from "../../../src/time.ts";
import { CLAIMS, checkout, NOW, open, read, service, sessionsOf } from "./stage.ts";

const MOBILE = { deviceType: "mobile", userAgent: "Mozilla/5.0 (Android 15)" };

/** Ann with two sessions, and Ben with none that lives. */
async function two(options: Parameters<typeof service>[0] = {}) {
  const sandbox = await service(options);
  for (const id of ["ann", "ben"]) await sandbox.add({ id });
  const old = await sandbox.signIn("ann", { at: NOW - 2 * DAY, ...MOBILE });
  const young = await sandbox.signIn("ann", { at: NOW - HOUR });
  const dead = await sandbox.signIn("ben");
  await sandbox.destroy(dead.token);
  return { sandbox, old, young, dead };
}

describe("a user", () => {
  test("has the sessions of its living tokens, as their claims tell of them", async () => {
    const { sandbox, old, young, dead } = await two();
    const { cwd, write } = checkout();
    write(
      { user: "ann", token: old.tinyToken },
      { user: "ann", token: young.token },
      { user: "ben", token: dead.tinyToken },
      { user: "ben", token: dead.token },
    );
    const { provider } = open(sandbox, { cwd });
    const absent = { createdAt: null, signedOutAt: null, lastFullSyncAt: null };
    const session = (at: number, device: object) => ({
      ...{ id: expect.stringMatching(/^[0-9a-f]{32}$/), state: "active", ...absent },
      ...{ signedInAt: at, lastConnectedAt: at, attributes: device },
    });
    const none = { deviceType: null, userAgent: null };
    const sessions = [session(NOW - 2 * DAY, MOBILE), session(NOW - HOUR, none)];
    expect(await read(provider)).toEqual([
      { user: { id: "ann", locked: false, lastConnectedAt: NOW - HOUR, sessions } },
      { user: { id: "ben", locked: false, lastConnectedAt: null, sessions: [] } },
    ]);
    expect(await provider.user("ann")).toMatchObject({ user: { sessions } });
    expect(await provider.user("eve")).toBeNull();
  });

  test("has one session for a tiny token and its JWT, and for a line that comes twice", async () => {
    const { sandbox, old, young } = await two();
    const { cwd, write } = checkout();
    const lines = [old.tinyToken, old.token, old.token, young.tinyToken, old.tinyToken];
    write(...lines.map((token) => ({ user: "ann", token })));
    const { provider } = open(sandbox, { cwd });
    const sessions = await sessionsOf(provider, "ann");
    expect(sessions.map(({ signedInAt }) => signedInAt)).toEqual([NOW - 2 * DAY, NOW - HOUR]);
  });

  test("keeps its session's id when it is read again, and has another after a renewal", async () => {
    const { sandbox, old } = await two();
    const { cwd, write } = checkout();
    write({ user: "ann", token: old.tinyToken });
    const { provider } = open(sandbox, { cwd });
    const [first] = await sessionsOf(provider, "ann");
    expect((await sessionsOf(provider, "ann"))[0]?.id).toBe(first?.id);
    const authorization = `Bearer ${old.token}`;
    await fetch(`${sandbox.url}/renew-token`, { method: "POST", headers: { authorization } });
    const [renewed] = await sessionsOf(provider, "ann");
    expect(renewed?.id).not.toBe(first?.id);
    expect(renewed?.signedInAt).toBe(NOW);
  });

  test("whom a token's claim calls otherwise is unclear, and nobody else is", async () => {
    const { sandbox, old, young } = await two();
    const { cwd, write } = checkout();
    write({ user: "ann", token: old.token }, { user: "ben", token: young.token });
    const { provider } = open(sandbox, { cwd });
    const [ann, ben] = await read(provider);
    expect(ann).toMatchObject({ user: { id: "ann" } });
    expect(ben).toEqual({
      unreadable: {
        ...{ id: "ben", field: "sub" },
        message: "sub of a token names another user than the register does",
      },
    });
  });

  test("has moments and devices by the claims that are named, and none by others", async () => {
    const claims = { user: "uid", signedInAt: "auth_time", deviceType: "kind" };
    const { sandbox, old } = await two({ claims });
    const { cwd, write } = checkout();
    write({ user: "ann", token: old.token });
    const named = { user: "uid", signedIn: "auth_time", device: "kind" };
    const target = { claims: { ...named, lastUsed: null, userAgent: null } };
    const [session] = await sessionsOf(open(sandbox, { cwd }, { target }).provider, "ann");
    expect(session).toMatchObject({ signedInAt: NOW - 2 * DAY, lastConnectedAt: null });
    expect(session?.attributes).toEqual({ deviceType: "mobile" });
    const wrong = { claims: { ...CLAIMS, user: "uid", signedIn: "kind" } };
    const [record] = await read(open(sandbox, { cwd }, { target: wrong }).provider);
    expect(record).toMatchObject({ unreadable: { id: "ann", field: "kind" } });
  });

  test("of whom nothing is known by that claim is unclear", async () => {
    const { sandbox, old } = await two();
    const { cwd, write } = checkout();
    write({ user: "ann", token: old.token });
    const target = { claims: { ...CLAIMS, user: "uid" } };
    const [record] = await read(open(sandbox, { cwd }, { target }).provider);
    expect(record).toMatchObject({ unreadable: { id: "ann", field: "uid" } });
  });
});

describe("the end that a JWT says", () => {
  test("ends a login, and no persistent authentication", async () => {
    const sandbox = await service({ exp: "login" });
    for (const id of ["ann", "ben"]) await sandbox.add({ id });
    const at = NOW - 8 * DAY;
    const login = await sandbox.signIn("ann", { at });
    const lasting = await sandbox.signIn("ben", { at, persistent: true });
    const { cwd, register } = checkout();
    await sandbox.writeRegister(register, { dead: true });
    const { provider } = open(sandbox, { cwd });
    expect(await sessionsOf(provider, "ann")).toEqual([]);
    expect(await sessionsOf(provider, "ben")).toMatchObject([{ signedInAt: at }]);
    expect([await sandbox.works(login.token), await sandbox.works(lasting.token)]).toEqual([
      ...[false, true],
    ]);
  });

  test("is enough: the service is not asked", async () => {
    const sandbox = await service();
    await sandbox.add({ id: "ann" });
    const { token } = await sandbox.signIn("ann", { at: NOW - 8 * DAY });
    const { cwd, write } = checkout();
    write({ user: "ann", token });
    const { provider, events } = open(sandbox, { cwd });
    expect(await sessionsOf(provider, "ann")).toEqual([]);
    // Of the made-up ones alone.
    expect(events.map(({ path }) => path)).toEqual(["get-jwt-token/{token}", "validate-jwt-token"]);
  });
});

test("pages hold what they claim, lines of nobody last", async () => {
  const sandbox = await service({ users: 250 });
  const { cwd, register, write } = checkout();
  const lines = await sandbox.register({ dead: true });
  write(...lines, "nonsense");
  expect(register).toContain("tokens");
  const users = new Set(lines.map(({ user }) => user)).size;
  const { provider } = open(sandbox, { cwd });
  let read = 0;
  for await (const { total, count, more, objects } of provider.users()) {
    read += objects.length;
    expect([total, count, more]).toEqual([users + 1, objects.length, read < total]);
  }
  expect(read).toBe(251);
});

test("fields of users are none that it tells", async () => {
  const { sandbox } = await two();
  const { provider } = open(sandbox, checkout());
  const asked = [
    async () => {
      for await (const _ of provider.profiles(["team"])) break;
    },
    () => provider.profile("ann", ["team"]),
    () => provider.named("team", "red"),
  ];
  for (const ask of asked) await expect(ask()).rejects.toThrow(UnreadableTargetError);
});

test("nothing lets a user sign in for the first time, and it says nothing of itself", async () => {
  const { sandbox, old } = await two();
  const { cwd, write } = checkout();
  write({ user: "ann", token: old.tinyToken });
  const { provider } = open(sandbox, { cwd });
  await expect(provider.enroll("ann")).rejects.toThrow("its own login");
  expect(await provider.info()).toBeNull();
  const rights = await provider.rights([]);
  expect(rights.map(({ right, state }) => [right, state])).toEqual([
    ["read the register", "there"],
    ["tell whether a token lives", "there"],
    ["sign sessions out", "untried"],
  ]);
  await sandbox.destroy(old.token);
  expect((await provider.rights([]))[1]).toMatchObject({ state: "untried" });
});
