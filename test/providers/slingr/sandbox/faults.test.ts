import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { UsageError } from "../../../../src/errors.ts";
import { FAULTS, parseFault } from "../../../../src/providers/slingr/sandbox/faults.ts";
import { type Sandbox, startSandbox } from "../../../../src/providers/slingr/sandbox/sandbox.ts";
import { call, logIn, madeUser, NOW, start } from "./call.ts";

const [A, B, C] = [madeUser(1), madeUser(2), madeUser(3)];

/** Locks all three through the API; how that ended for the caller. */
async function lock(sandbox: Sandbox): Promise<number | "lost"> {
  return call(sandbox, `PUT /users/${A.id},${B.id},${C.id}/deactivate`).then(
    (answer) => answer.status,
    () => "lost" as const,
  );
}

const locked = (sandbox: Sandbox) =>
  [A, B, C].filter(({ id }) => sandbox.user(id)?.status === "INACTIVE").length;

describe("a fault of a call that changes users", () => {
  test.each([
    ["refuse", "lost", 0],
    ["reset-before", "lost", 0],
    ["reset-during", "lost", 3],
    ["reset-after", "lost", 3],
    ["slow=1", 200, 3],
    ["400", 400, 0],
    ["401", 401, 0],
    ["token-dies", 401, 0],
    ["403", 403, 0],
    ["404", 404, 0],
    ["409", 409, 0],
    ["414", 414, 0],
    ["429", 429, 0],
    ["500", 500, 0],
    ["500-after", 500, 3],
    ["503", 503, 0],
    ["html=502", 502, 0],
    ["many-mixed=3", 500, 2],
    ["many-lost", "lost", 1],
    ["many-lost=2", "lost", 2],
  ])("%s", async (fault, answered, changed) => {
    const sandbox = await start({ estate: [A, B, C] });
    sandbox.fail(`${fault}@PUT /users/*/deactivate:1`);
    expect(await lock(sandbox)).toBe(answered);
    expect(locked(sandbox)).toBe(changed);
    expect(sandbox.requests.map(({ status }) => status)).toEqual([
      answered === "lost" ? null : answered,
    ]);
  });

  test("a token that died is gone, and a new login helps", async () => {
    const sandbox = await start({ estate: [A, B, C], faults: [{ kind: "token-dies", times: 1 }] });
    expect(await lock(sandbox)).toBe(401);
    expect(await lock(sandbox)).toBe(401);
    const token = String(await logIn(sandbox));
    expect((await call(sandbox, "GET /users", undefined, token)).status).toBe(200);
  });

  test("429 may say how long to wait", async () => {
    const sandbox = await start();
    sandbox.fail("429-retry-after=7");
    expect((await call(sandbox, "GET /users")).headers.get("retry-after")).toBe("7");
  });
});

describe("a fault of a list", () => {
  async function listed(fault: string, query = "") {
    const sandbox = await start({ estate: [A, B, C] });
    sandbox.fail(`${fault}@GET /users`);
    return call(sandbox, `GET /users?size=2${query}`);
  }

  test("bends what it answers", async () => {
    const straight = (await call(await start({ estate: [A, B, C] }), "GET /users?size=2")).json;
    expect((await listed("wrong-total=-1")).json.total).toBe(straight.total - 1);
    expect((await listed("no-offset")).json).not.toHaveProperty("offset");
    expect((await listed("wrong-user")).json.items[0]).not.toHaveProperty("status");
    expect((await listed("wrong-shape")).json).not.toHaveProperty("items");
    expect((await listed("cut-json")).json).toBeUndefined();
    const first = await listed("first-page", `&offset=${B.id}`);
    expect(first.json).toEqual(straight);
  });
});

describe("the grammar", () => {
  test("knows every fault", () => {
    for (const kind of Object.keys(FAULTS)) {
      expect(parseFault(`${kind}=2@GET /users:1+3`)).toEqual({
        ...{ kind, value: 2, match: "GET /users", times: 1, after: 3 },
      });
    }
    expect(() => parseFault("418")).toThrow(UsageError);
  });
});

describe("around the calls", () => {
  test("another address has no app, and an unknown path nothing", async () => {
    const sandbox = await start({ env: "prod" });
    const token = sandbox.account.apiToken;
    const url = sandbox.url.replace("/prod/", "/dev/");
    const elsewhere = await fetch(`${url}/users`, { headers: { token } });
    expect([elsewhere.status, await elsewhere.json()]).toMatchObject([404, { code: "notFound" }]);
    for (const request of ["GET /nothing", "DELETE /users", "POST /auth/logout"]) {
      expect((await call(sandbox, request)).json.code).toBe("notFound");
    }
  });

  test("requests beyond the rate limit are refused", async () => {
    const sandbox = await start({ rateLimit: { perSecond: 1, burst: 2 } });
    const statuses = [];
    for (let asked = 0; asked < 3; asked++) {
      statuses.push((await call(sandbox, "GET /users")).status);
    }
    sandbox.advance(1000);
    statuses.push((await call(sandbox, "GET /users")).status);
    expect(statuses).toEqual([200, 200, 429, 200]);
  });

  test("users may change just before an answer", async () => {
    const sandbox: Sandbox = await start({
      estate: [A],
      before: () => sandbox.setStatus(A.id, "BLOCKED"),
    });
    expect((await call(sandbox, `GET /users/${A.id}`)).json.status).toBe("BLOCKED");
  });

  test("users are kept in a file, and no password is", async () => {
    const folder = await mkdtemp(join(tmpdir(), "curfew-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const data = join(folder, "state.json");
    const first = await startSandbox({ data, users: 3, clock: () => NOW });
    const [one] = first.users();
    first.setStatus(one?.id ?? "", "BLOCKED");
    const users = first.users();
    await first.close();
    expect(await readFile(data, "utf8")).not.toContain('"sandbox"');
    const second = await start({ data });
    expect([second.restored, second.users()]).toEqual([true, users]);
    await writeFile(data, "{}");
    await expect(startSandbox({ data })).rejects.toThrow(UsageError);
  });

  test("nothing remembered of a request holds a token or a password", async () => {
    const sandbox = await start();
    const token = String(await logIn(sandbox));
    await call(sandbox, "GET /users", undefined, token);
    const remembered = JSON.stringify(sandbox.requests);
    expect(remembered).not.toContain(token);
    expect(remembered).not.toContain(sandbox.account.email);
  });
});
