import { describe, expect, test } from "vitest";
import { UsageError } from "../../../../src/errors.ts";
import { FAULTS, parseFault } from "../../../../src/providers/journeyapps/sandbox/faults.ts";
import type { Sandbox } from "../../../../src/providers/journeyapps/sandbox/sandbox.ts";
import { call, start } from "./call.ts";

/** Locks the first user through the API; how that ended for the caller. */
async function lock(sandbox: Sandbox): Promise<number | "lost"> {
  const id = sandbox.users()[0]?.id;
  return call(sandbox, `POST /users/${id}/lock`, { wipe: false }).then(
    (answer) => answer.status,
    () => "lost" as const,
  );
}

function batchOf(sandbox: Sandbox) {
  return {
    operations: sandbox.users().map((user) => ({
      method: "users/lock",
      user_id: user.id,
      wipe: false,
    })),
  };
}

const lockedOf = (sandbox: Sandbox) => sandbox.users().map((user) => user.locked);

describe("the grammar", () => {
  test.each([
    ["500", { kind: "500" }],
    ["slow=250", { kind: "slow", value: 250 }],
    ["wrong-total=-3@/users", { kind: "wrong-total", value: -3, match: "/users" }],
    ["429@GET /users/*:2", { kind: "429", match: "GET /users/*", times: 2 }],
    [
      "429-retry-after=2@POST:1+4",
      { kind: "429-retry-after", value: 2, match: "POST", times: 1, after: 4 },
    ],
    ["reset-after@/batch.json:+1", { kind: "reset-after", match: "/batch.json", after: 1 }],
  ])("%s", (text, rule) => {
    expect(parseFault(text)).toEqual(rule);
  });

  test.each(["", "501", "slow=", "slow=fast", "toString", "500:x"])("refuses %j", (text) => {
    expect(() => parseFault(text)).toThrow(UsageError);
  });
});

describe("which requests meet a fault", () => {
  async function statuses(sandbox: Sandbox, requests: string[]): Promise<number[]> {
    const answers = [];
    for (const request of requests) answers.push((await call(sandbox, request)).status);
    return answers;
  }

  test("by method and path, with or without .json", async () => {
    const sandbox = await start();
    sandbox.fail("500@GET /users");
    sandbox.fail("422@/info.json");
    const asked = [
      "GET /users",
      "GET /users.json?skip=1",
      "POST /users",
      "GET /info",
      "GET /datamodel",
    ];
    expect(await statuses(sandbox, asked)).toEqual([500, 500, 404, 422, 200]);
  });

  test("a glob does not pass a slash unless it says so", async () => {
    const sandbox = await start();
    sandbox.fail("500@/users/*");
    const [user] = sandbox.users();
    const path = `GET /users/${user?.id}`;
    const deeper = `${path}/sessions/${user?.sessions[0]?.id}`;
    expect(await statuses(sandbox, [path, deeper])).toEqual([500, 200]);
    sandbox.faults = [{ kind: "500", match: "/users/**" }];
    expect(await statuses(sandbox, [path, deeper])).toEqual([500, 500]);
  });

  test("after as many, as many times, the first rule first", async () => {
    const sandbox = await start();
    sandbox.fail("500:2+1");
    sandbox.fail("422:1+2");
    const asked = Array(5).fill("GET /info");
    expect(await statuses(sandbox, asked)).toEqual([200, 500, 500, 422, 200]);
    expect(sandbox.requests.map((request) => request.status)).toEqual([200, 500, 500, 422, 200]);
    sandbox.faults = [];
    expect(await statuses(sandbox, ["GET /info"])).toEqual([200]);
  });
});

describe("what a fault does", () => {
  test.each([
    ["refuse", false],
    ["reset-before", false],
    ["reset-during", true],
    ["reset-after", true],
  ])("%s loses the answer; effect: %s", async (kind, effect) => {
    const sandbox = await start();
    sandbox.fail(`${kind}:1`);
    expect(await lock(sandbox)).toBe("lost");
    expect(sandbox.user(sandbox.users()[0]?.id ?? "")?.locked).toBe(effect);
    expect(sandbox.requests.map((request) => request.status)).toEqual([null]);
    expect(await lock(sandbox)).toBe(204);
  });

  test("reset-during cuts a page in its body", async () => {
    const sandbox = await start({ users: 500 });
    sandbox.fail("reset-during");
    const response = await fetch(`${sandbox.url}/users?limit=500`, {
      headers: { authorization: "Token sandbox" },
    });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  test.each([
    ["401", 401, undefined],
    ["404-route", 404, "ROUTE_ERROR"],
    ["404-account", 404, "ACCOUNT_NOT_FOUND"],
    ["404-object", 404, "OBJECT_NOT_FOUND"],
    ["422", 422, "INVALID_VALUE"],
    ["429", 429, "TOO_MANY_REQUESTS"],
    ["429-retry-after=3", 429, "TOO_MANY_REQUESTS"],
    ["500", 500, "INTERNAL_SERVER_ERROR"],
    ["html=502", 502, undefined],
  ])("%s has no effect", async (fault, status, type) => {
    const sandbox = await start();
    sandbox.fail(fault);
    const before = sandbox.users();
    const answer = await call(sandbox, `POST /users/${before[0]?.id}/lock`, { wipe: true });
    expect([answer.status, answer.json.type]).toEqual([status, type]);
    expect(answer.headers.get("retry-after")).toBe(fault.includes("after") ? "3" : null);
    expect(answer.headers.get("content-type")?.includes("html")).toBe(fault.startsWith("html"));
    expect(sandbox.users()).toEqual(before);
  });

  test("html with a status of success is a page all the same", async () => {
    const sandbox = await start();
    sandbox.fail("html");
    const answer = await call(sandbox, "GET /users");
    expect([answer.status, answer.text.startsWith("<!doctype html>")]).toEqual([200, true]);
  });

  test("cut-json is whole for HTTP only", async () => {
    const sandbox = await start();
    sandbox.fail("cut-json");
    const answer = await call(sandbox, "GET /users");
    expect([answer.status, answer.json]).toEqual([200, undefined]);
    expect(answer.text).toMatch(/^\{"total":5,/);
  });

  test("pages that lie", async () => {
    const sandbox = await start({ users: 6 });
    const lying = async (fault: string) => {
      sandbox.faults = [parseFault(fault)];
      return (await call(sandbox, "GET /users?limit=2&skip=2")).json;
    };
    const users = sandbox.users();
    expect(await lying("wrong-total")).toMatchObject({ total: 7, count: 2, more: true });
    expect(await lying("wrong-total=-2")).toMatchObject({ total: 4 });
    expect(await lying("wrong-count")).toMatchObject({ total: 6, count: 3 });
    expect(await lying("repeat-page")).toEqual({
      total: 6,
      count: 2,
      more: true,
      objects: users.slice(0, 2),
    });
    expect(await lying("wrong-shape")).not.toHaveProperty("objects");
    const { objects } = await lying("wrong-user");
    expect(objects[0]).not.toHaveProperty("sessions");
    expect(objects[1]).toEqual(users[3]);
  });

  test("batch-mixed fails every n-th operation", async () => {
    const sandbox = await start({ users: 6, seed: 3 });
    for (const { id } of sandbox.users()) sandbox.unlock(id);
    sandbox.fail("batch-mixed=3");
    const { json } = await call(sandbox, "POST /batch.json", batchOf(sandbox));
    const succeeded = [true, true, false, true, true, false];
    expect(json.operations.map((one: { success: boolean }) => one.success)).toEqual(succeeded);
    expect(lockedOf(sandbox)).toEqual(succeeded);
    expect(json.operations[2].error.type).toBe("INTERNAL_SERVER_ERROR");
  });

  test("batch-lost carries out the first operations only", async () => {
    const sandbox = await start({ users: 4, seed: 3 });
    for (const { id } of sandbox.users()) sandbox.unlock(id);
    sandbox.fail("batch-lost=1@/batch:1");
    sandbox.fail("batch-lost");
    await expect(call(sandbox, "POST /batch.json", batchOf(sandbox))).rejects.toThrow();
    expect(lockedOf(sandbox)).toEqual([true, false, false, false]);
    await expect(call(sandbox, "POST /batch.json", batchOf(sandbox))).rejects.toThrow();
    expect(lockedOf(sandbox)).toEqual([true, true, false, false]);
  });

  test("closing ends a request that waits", async () => {
    const sandbox = await start();
    sandbox.fail("slow=600000");
    const waiting = lock(sandbox);
    await expect.poll(() => sandbox.requests).toHaveLength(1);
    await sandbox.close();
    expect(await waiting).toBe("lost");
    expect(sandbox.counters.operations).toEqual({});
  });

  test("every kind is told in a sentence", () => {
    for (const what of Object.values(FAULTS)) expect(what).toMatch(/^[a-z].{15,}[a-z)]$/);
  });
});
