/** How a token is told dead: as a made-up one reads, and in no other way. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
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
async function fault(sandbox: Pick<Sandbox, "url">, cwd: string, credential = ""): Promise<string> {
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
  expect(await fault(sandbox, cwd)).toContain("401 “<…>”");
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

describe("what refuses everybody", () => {
  test("is told as a doubt where nothing lived, since nothing tells it from a register of dead tokens", async () => {
    const { sandbox, cwd } = await staged({ dead: 401 });
    sandbox.faults = [];
    sandbox.fail("401");
    const warned: string[] = [];
    const { provider } = open(sandbox, { cwd }, { onWarning: (said) => warned.push(said) });
    expect(await read(provider)).toMatchObject([
      { user: { sessions: [] } },
      { user: { sessions: [] } },
    ]);
    expect(warned).toEqual([
      expect.stringMatching(/^academy: .*refuses every token of the register/),
    ]);
  });

  test("is no doubt where one token lived", async () => {
    const { sandbox, cwd } = await staged();
    const warned: string[] = [];
    await read(open(sandbox, { cwd }, { onWarning: (said) => warned.push(said) }).provider);
    expect(warned).toEqual([]);
  });

  test("may be our own token, which died meanwhile", async () => {
    const { sandbox, cwd } = await staged();
    await sandbox.add({ id: "curfew" });
    const own = await sandbox.signIn("curfew");
    const { provider } = open(sandbox, { cwd }, { credential: own.token });
    expect(await read(provider)).toHaveLength(2);
    await sandbox.destroy(own.token);
    await expect(read(provider)).rejects.toThrow(
      /refuses the token that target.credentials points to/,
    );
  });
});

test("a dead token is dead, whatever it claims", async () => {
  const { sandbox, living } = await staged();
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const odd = `${part({ alg: "HS256" })}.${part({ sub: "ann", iat: true })}.AAAA`;
  const { cwd, write } = checkout();
  write({ user: "ann", token: living.token }, { user: "ann", token: odd });
  expect(await sessionsOf(open(sandbox, { cwd }).provider, "ann")).toHaveLength(1);
});

test("no text of an answer is repeated, since it may hold a token", async () => {
  const { living, cwd } = await staged();
  const server = createServer((request, response) => {
    const madeUp = !request.url?.includes(living.tinyToken);
    response.writeHead(madeUp ? 401 : 500, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: `it was ${living.token}`, [living.tinyToken]: 1 }));
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const message = await fault({ url: `http://127.0.0.1:${port}` }, cwd);
  expect(message).toContain("500");
  expect(message).not.toContain(living.token);
  expect(message).not.toContain(living.tinyToken);
});
