import { describe, expect, test } from "vitest";
import { UsageError } from "../../../../src/errors.ts";
import { FAULTS, parseFault } from "../../../../src/providers/corporateacademy/sandbox/faults.ts";
import type { Sandbox } from "../../../../src/providers/corporateacademy/sandbox/sandbox.ts";
import { call, start } from "./call.ts";

/** Signs a new token of Ann's out through the API: how that ended for the caller, and whether the token is dead. */
async function logout(sandbox: Sandbox) {
  const { token } = await sandbox.signIn("ann");
  const status = await call(sandbox, "GET /logout", { token }).then(
    (answer) => answer.status,
    () => "lost" as const,
  );
  return { status, done: !(await sandbox.works(token)) };
}

test.each([
  ["refuse", false],
  ["reset-before", false],
  ["reset-during", true],
  ["reset-after", true],
])("%s loses the answer; effect: %s", async (kind, done) => {
  const sandbox = await start();
  sandbox.fail(`${kind}:1`);
  expect(await logout(sandbox)).toEqual({ status: "lost", done });
  expect(sandbox.requests.map(({ status }) => status)).toEqual([null]);
  expect(await logout(sandbox)).toEqual({ status: 200, done: true });
});

test.each([
  ["status", 400, false],
  ["status=503", 503, false],
  ["401", 401, false],
  ["403", 403, false],
  ["404", 404, false],
  ["429", 429, false],
  ["500", 500, false],
  ["500-after", 500, true],
  ["empty", 204, true],
  ["null", 200, false],
  ["true", 200, false],
  ["false", 200, false],
  ["html=502", 502, false],
  ["cut-json", 200, true],
  ["wrong-shape", 200, true],
])("%s answers %d; effect: %s", async (fault, status, done) => {
  const sandbox = await start();
  sandbox.fail(`${fault}@GET /logout`);
  expect(await logout(sandbox)).toEqual({ status, done });
});

describe("what a fault answers", () => {
  test.each([
    ["true", "true"],
    ["false", "false"],
    ["null", "null"],
    ["empty", ""],
    ["cut-json", "tr"],
    ["wrong-shape", '{"result_v5":true}'],
    ["500", '{"error":"A fault of the sandbox."}'],
  ])("%s", async (fault, text) => {
    const sandbox = await start();
    const { token } = await sandbox.signIn("ann");
    sandbox.fail(fault);
    expect((await call(sandbox, "GET /validate-jwt-token", { token })).text).toBe(text);
  });

  test("429-retry-after says when, html is a page", async () => {
    const sandbox = await start();
    sandbox.fail("429-retry-after=3:1");
    sandbox.fail("html");
    const early = await call(sandbox, "GET /logout");
    expect([early.status, early.headers.get("retry-after")]).toEqual([429, "3"]);
    const page = await call(sandbox, "GET /logout");
    expect([page.status, page.headers.get("content-type")]).toEqual([
      200,
      "text/html; charset=utf-8",
    ]);
  });

  test("every kind is told in a sentence", () => {
    for (const what of Object.values(FAULTS)) expect(what).toMatch(/^[a-z].{15,}[a-z)]$/);
  });
});

describe("which requests meet a fault", () => {
  test("by verb and method, whatever token is in the path", async () => {
    const sandbox = await start();
    const { tinyToken } = await sandbox.signIn("ann");
    sandbox.fail("500@GET /get-jwt-token");
    sandbox.fail("403@POST");
    const asked = [`GET /get-jwt-token/${tinyToken}`, "POST /renew-token", "GET /logout"];
    const statuses = [];
    for (const request of asked) {
      statuses.push((await call(sandbox, request, { token: tinyToken })).status);
    }
    expect(statuses).toEqual([500, 403, 200]);
    sandbox.faults = [];
    expect((await logout(sandbox)).status).toBe(200);
  });

  test("as options, after as many and as many times", async () => {
    const sandbox = await start({ faults: [parseFault("500:1+1")] });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await logout(sandbox)).status);
    expect(statuses).toEqual([200, 500, 200]);
  });

  test("unknown kinds are refused", () => {
    expect(() => parseFault("501")).toThrow(UsageError);
  });
});

test("closing ends a request that waits", async () => {
  const sandbox = await start();
  const { token } = await sandbox.signIn("ann");
  sandbox.fail("slow=600000");
  const waiting = call(sandbox, "GET /logout", { token }).catch(() => "lost");
  await expect.poll(() => sandbox.requests).toHaveLength(1);
  await sandbox.close();
  expect(await waiting).toBe("lost");
  expect(await sandbox.works(token)).toBe(true);
});

test("slow takes effect after its wait", async () => {
  const sandbox = await start();
  sandbox.fail("slow=1");
  expect(await logout(sandbox)).toEqual({ status: 200, done: true });
});

test("429 answers what is beyond the rate limit, until time has passed", async () => {
  const sandbox = await start({ rateLimit: { perSecond: 1, burst: 2 } });
  const statuses = async () => {
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push((await logout(sandbox)).status);
    return answers;
  };
  expect(await statuses()).toEqual([200, 200, 429]);
  sandbox.advance(1000);
  expect(await statuses()).toEqual([200, 429, 429]);
});

test.each([401, 403] as const)("a right that is withheld is answered %d", async (status) => {
  const sandbox = await start({ withheld: { logout: status } });
  expect(await logout(sandbox)).toEqual({ status, done: false });
  const { token } = await sandbox.signIn("ann");
  expect((await call(sandbox, "GET /validate-jwt-token", { token })).json).toBe(true);
});

test("what happens just before an answer is in it", async () => {
  const sandbox: Sandbox = await start({
    before: ({ method }) => {
      if (method === "validate-jwt-token") sandbox.remove("ann");
    },
  });
  const { token } = await sandbox.signIn("ann");
  const answer = await call(sandbox, "GET /validate-jwt-token", { token });
  expect(answer.status).toBe(401);
});
