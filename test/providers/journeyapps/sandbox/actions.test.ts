import { describe, expect, test } from "vitest";
import type { ServedUser } from "../../../../src/providers/journeyapps/sandbox/sandbox.ts";
import { ANNA, call, NOW, OLD, start, madeUser as user } from "./call.ts";

const AT_NOW = "2026-11-22T10:00:00Z";

const states = (one: ServedUser | undefined) => one?.sessions.map((session) => session.state);

describe("acting", () => {
  test.each([
    ["lock", { wipe: false }, ["LOCKED", "LOCKED", "RESET", "NEVER_ENROLLED"], true],
    // A lock wipes with it what is signed in.
    ["lock", { wipe: true }, ["RESET", "LOCKED", "RESET", "NEVER_ENROLLED"], true],
    [
      "sessions/anna-s1/re-authenticate",
      undefined,
      ["LOCKED", "LOCKED", "RESET", "NEVER_ENROLLED"],
      false,
    ],
    [
      "sessions/anna-s3/re-authenticate",
      undefined,
      ["ENROLLED", "LOCKED", "RESET", "NEVER_ENROLLED"],
      false,
    ],
    ["sessions/anna-s1/wipe", undefined, ["RESET", "LOCKED", "RESET", "NEVER_ENROLLED"], false],
    ["sessions/anna-s2/wipe", undefined, ["ENROLLED", "RESET", "RESET", "NEVER_ENROLLED"], false],
    ["unlock", undefined, ["ENROLLED", "LOCKED", "RESET", "NEVER_ENROLLED"], false],
  ])("%s %j", async (path, body, after, locked) => {
    const sandbox = await start({ estate: [ANNA()] });
    for (let repeated = 0; repeated < 2; repeated++) {
      const answer = await call(sandbox, `POST /users/anna/${path}`, body);
      expect([answer.status, answer.text]).toEqual([204, ""]);
      const anna = sandbox.user("anna");
      expect([states(anna), anna?.locked]).toEqual([after, locked]);
      expect(anna?.enrolled).toBe(!locked && after.includes("ENROLLED"));
      for (const [index, session] of (anna?.sessions ?? []).entries()) {
        const changed = session.state !== ANNA().sessions[index]?.state;
        expect(session.signed_out_at).toBe(changed ? AT_NOW : null);
      }
    }
  });

  test("unlock lets sign in again, and signed_out_at stays", async () => {
    const sandbox = await start({ estate: [ANNA()] });
    await call(sandbox, "POST /users/anna/lock", { wipe: false });
    expect(() => sandbox.signIn("anna", "anna-s1")).toThrow("locked");
    await call(sandbox, "POST /users/anna/unlock");
    expect(states(sandbox.user("anna"))).not.toContain("ENROLLED");
    sandbox.signIn("anna", "anna-s1", NOW + 1000);
    const { json } = await call(sandbox, "GET /users/anna/sessions/anna-s1");
    expect(json).toMatchObject({
      state: "ENROLLED",
      created_at: OLD,
      last_authenticated_at: "2026-11-22T10:00:01Z",
      signed_out_at: AT_NOW,
    });
    expect(sandbox.user("anna")).toMatchObject({
      enrolled: true,
      last_connected_at: "2026-11-22T10:00:01Z",
    });
  });

  test.each([
    ["anna/lock", undefined, 400, "INVALID_API_REQUEST"],
    ["anna/lock", "{", 400, "INVALID_API_REQUEST"],
    ["anna/lock", { wipe: "false" }, 422, "INVALID_VALUE"],
    ["nobody/lock", { wipe: false }, 404, "OBJECT_NOT_FOUND"],
    ["anna/sessions/none/wipe", undefined, 404, "OBJECT_NOT_FOUND"],
    ["anna/delete", undefined, 404, "ROUTE_ERROR"],
  ])("refuses %s %j", async (path, body, status, type) => {
    const sandbox = await start({ estate: [ANNA()] });
    const answer = await call(sandbox, `POST /users/${path}`, body);
    expect([answer.status, answer.json.type]).toEqual([status, type]);
    expect(Object.keys(answer.json)).toEqual(["type", "title", "detail", "see"]);
    expect(sandbox.users()).toEqual([ANNA()]);
  });

  test("an authentication token enrolls one device within five minutes", async () => {
    let now = NOW;
    const sandbox = await start({ estate: [ANNA()], clock: () => now });
    const token = async () => (await call(sandbox, "POST /users/anna/authentication-token")).json;
    const first = await token();
    expect(first.token).toMatch(/^\d{8}$/);
    expect(new URL(first.url).searchParams.get("k")).toBe(first.token);
    now += 5 * 60_000 - 1;
    expect(sandbox.enroll(first.token, { label: "New" })).toMatchObject({
      state: "ENROLLED",
      label: "New",
    });
    expect(sandbox.user("anna")?.sessions).toHaveLength(5);
    expect(() => sandbox.enroll(first.token)).toThrow("No such token");
    const second = await token();
    now += 5 * 60_000;
    expect(() => sandbox.enroll(second.token)).toThrow("expired");
  });

  test("users come, go and change behind Curfew's back", async () => {
    const sandbox = await start({ estate: [ANNA()] });
    sandbox.add(user("ben", ["ENROLLED"]), { id: "ben", name: "Ben" });
    sandbox.update("ben", (ben) => {
      ben.sessions = [];
    });
    expect((await call(sandbox, "GET /users/ben")).json.sessions).toEqual([]);
    expect((await call(sandbox, "GET /objects/user.json")).json.objects).toHaveLength(1);
    sandbox.remove("ben");
    expect((await call(sandbox, "GET /users/ben")).json.type).toBe("OBJECT_NOT_FOUND");
    expect((await call(sandbox, "GET /objects/user.json")).json.total).toBe(0);
    expect(sandbox.counters.operations).toEqual({});
  });
});

describe("batch", () => {
  const LOCK = { method: "users/lock", user_id: "anna", wipe: false };
  const LOST = { method: "users/unlock", user_id: "nobody" };
  const ENDS = { method: "users/sessions/wipe", user_id: "ben", session_id: "ben-s1" };
  const TOKEN = { method: "users/authentication-token", user_id: "ben" };
  const estate = () => [user("anna", ["ENROLLED"]), user("ben", ["ENROLLED"])];

  test("goes on after an operation that fails, and answers in order", async () => {
    const sandbox = await start({ estate: estate() });
    const { status, json } = await call(sandbox, "POST /batch.json", {
      operations: [LOCK, LOST, ENDS, TOKEN],
    });
    expect(status).toBe(200);
    expect(json.stop_on_error).toBe(false);
    expect(json.operations).toMatchObject([
      { method: "users/lock", success: true },
      { method: "users/unlock", success: false, error: { type: "OBJECT_NOT_FOUND" } },
      { method: "users/sessions/wipe", success: true },
      { method: "users/authentication-token", success: true, token: expect.any(String) },
    ]);
    expect(sandbox.users().map(states)).toEqual([["LOCKED"], ["RESET"]]);
    expect(sandbox.counters).toEqual({
      requests: 1,
      operations: { "users/lock": 1, "users/sessions/wipe": 1, "users/authentication-token": 1 },
    });
    expect(sandbox.requests).toEqual([
      {
        method: "POST",
        path: "/batch",
        query: "",
        status: 200,
        at: NOW,
        operations: [LOCK, LOST, ENDS, TOKEN],
      },
    ]);
  });

  test("stop_on_error carries out nothing after the failure", async () => {
    const sandbox = await start({ estate: estate() });
    const { json } = await call(sandbox, "POST /batch", {
      operations: [LOST, LOCK, ENDS],
      stop_on_error: true,
    });
    expect(json.operations.map((one: { success: boolean }) => one.success)).toEqual([
      false,
      false,
      false,
    ]);
    expect(sandbox.users()).toEqual(estate());
  });

  test("a wrong value fails its operation only", async () => {
    const sandbox = await start({ estate: estate() });
    const { json } = await call(sandbox, "POST /batch.json", {
      operations: [{ ...LOCK, wipe: "false" }, ENDS],
    });
    expect(json.operations).toMatchObject([
      { error: { type: "INVALID_VALUE" } },
      { success: true },
    ]);
  });

  test.each([
    ["not JSON", "{"],
    ["a list", [LOCK]],
    ["no operations", {}],
    ["an empty list", { operations: [] }],
    ["more than 1000", { operations: Array(1001).fill(LOCK) }],
    ["an unknown method", { operations: [LOCK, { method: "users/delete", user_id: "anna" }] }],
    ["no user", { operations: [LOCK, { method: "users/lock", wipe: true }] }],
    ["no wipe", { operations: [LOCK, { method: "users/lock", user_id: "anna" }] }],
    ["a number for an id", { operations: [LOCK, { method: "users/unlock", user_id: 7 }] }],
  ])("refuses %s with no effect", async (_what, body) => {
    const sandbox = await start({ estate: estate() });
    const answer = await call(sandbox, "POST /batch.json", body);
    expect([answer.status, answer.json.type]).toEqual([400, "INVALID_API_REQUEST"]);
    expect(sandbox.users()).toEqual(estate());
  });

  test("takes 1000", async () => {
    const sandbox = await start({ estate: estate() });
    const { json } = await call(sandbox, "POST /batch.json", {
      operations: Array(1000).fill(LOCK),
    });
    expect(json.operations).toHaveLength(1000);
    expect(sandbox.counters.operations).toEqual({ "users/lock": 1000 });
  });
});
