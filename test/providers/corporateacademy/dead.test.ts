/** How a token is told dead: as a made-up one reads, and in no other way. */
import { describe, expect, test } from "vitest";
import { UnreadableTargetError } from "../../../src/errors.ts";
import type { Sandbox } from "../../../src/providers/corporateacademy/sandbox/sandbox.ts";
import { checkout, open, read, service, sessionsOf } from "./stage.ts";

/** Ann and Ben, of whom Ann alone has a token that lives, in a register. */
async function staged(options: Parameters<typeof service>[0] = {}) {
  const sandbox = await service(options);
  for (const id of ["ann", "ben"]) await sandbox.add({ id });
  const [living, dead] = [await sandbox.signIn("ann"), await sandbox.signIn("ben")];
  await sandbox.destroy(dead.token);
  const { cwd, write } = checkout();
  const lines = [living.tinyToken, living.token].map((token) => ({ user: "ann", token }));
  write(...lines, ...[dead.tinyToken, dead.token].map((token) => ({ user: "ben", token })));
  return { sandbox, living, dead, cwd };
}

test.each([401, 400, 403, 404, 410, "false"] as const)("by %s", async (dead) => {
  const { sandbox, cwd } = await staged({ dead });
  const { provider } = open(sandbox, { cwd });
  expect(await read(provider)).toMatchObject([
    { user: { id: "ann", sessions: [{ state: "active" }] } },
    { user: { id: "ben", sessions: [] } },
  ]);
});

test("not by a fault of the server, nor by being asked too often", async () => {
  for (const dead of [500, 503, 429]) {
    const { sandbox, cwd } = await staged({ dead });
    await expect(read(open(sandbox, { cwd }).provider)).rejects.toThrow(UnreadableTargetError);
  }
});

/** Why a register can't be read. */
async function fault(sandbox: Sandbox, cwd: string, credential = ""): Promise<string> {
  const { provider } = open(sandbox, { cwd }, { credential });
  return read(provider).then(
    () => "none",
    (error: unknown) => {
      if (!(error instanceof UnreadableTargetError)) throw error;
      return error.message;
    },
  );
}

const ODD = ["403", "404", "status=410", "null", "html=401", "empty", "500", "wrong-shape"];

describe("a token that is answered otherwise than a made-up one can't be told to live or not", () => {
  test.each(
    ODD.flatMap((kind) => [
      [kind, "validate-jwt-token"],
      [kind, "get-jwt-token"],
    ]),
  )("%s of %s", async (kind, method) => {
    const { sandbox, cwd, living } = await staged();
    // The first is the made-up one.
    sandbox.fail(`${kind}@GET /${method}:+1`);
    const message = await fault(sandbox, cwd);
    expect(message).toMatch(/^127\.0\.0\.1:\d+ /);
    for (const token of Object.values(living)) expect(message).not.toContain(token);
  });
});

test.each(["validate-jwt-token", "get-jwt-token"])(
  "%s that accepts a made-up token tells of none",
  async (method) => {
    const { sandbox, cwd } = await staged({ dead: "false" });
    sandbox.fail(`${method === "get-jwt-token" ? "wrong-shape" : "true"}@GET /${method}`);
    expect(await fault(sandbox, cwd)).toMatch(/made-up|unknown form/);
  },
);

test("a page of another site, whatever its status, is no answer about a token", async () => {
  const { sandbox, cwd } = await staged();
  sandbox.fail("html=401");
  expect(await fault(sandbox, cwd)).toContain("Please sign in to the network");
});

test("a wrong address, where all is 404, is no proof that all are dead", async () => {
  const { sandbox, cwd } = await staged();
  const elsewhere = { ...sandbox, url: sandbox.url.replace("mediator", "elsewhere") };
  expect(await fault(elsewhere, cwd)).toContain("check target.url");
});

test("the made-up token goes first, once for each call, and another time in each run", async () => {
  const { sandbox, cwd } = await staged();
  const { provider, events } = open(sandbox, { cwd });
  await read(provider);
  expect(events.slice(0, 2).map(({ path, status }) => [path, status])).toEqual([
    ["get-jwt-token/{token}", 401],
    ["validate-jwt-token", 401],
  ]);
  const before = events.length;
  await sessionsOf(provider, "ann");
  expect(events.length - before).toBe(2);
});

describe("a credential", () => {
  test("that lives is the Bearer of get-jwt-token, and one that is dead ends the read", async () => {
    const { sandbox, cwd, living, dead } = await staged();
    expect(await fault(sandbox, cwd, living.token)).toBe("none");
    const message = await fault(sandbox, cwd, dead.token);
    expect(message).toContain("target.credentials");
    expect(message).not.toContain(dead.token);
  });
});
