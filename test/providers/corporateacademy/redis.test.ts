// @module-tag slow
/** A register in a Redis that really runs. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@redis/client";
import { describe, expect, onTestFinished, test } from "vitest";
import { UnreadableTargetError } from "../../../src/errors.ts";
import { isSkipped, NEEDS, REDIS_SERVER } from "../../kit/needs.ts";
import { checkout, NOW, open, read, service, sessionsOf } from "./stage.ts";

/** What a Redis says when it takes connections. */
const READY = /Ready to accept connections/;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** A Redis on this machine alone, which ends with the test, and a client of it. */
async function redis(...settings: string[]) {
  if (REDIS_SERVER === null) throw new Error(`This test ${NEEDS.redis.remedy}.`);
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "curfew-redis-"));
  const child = spawn(
    REDIS_SERVER,
    [
      ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder],
      ...["--save", "", "--appendonly", "no", "--daemonize", "no", ...settings],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  onTestFinished(async () => {
    if (child.exitCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    rmSync(folder, { recursive: true });
  });
  let said = "";
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    said += String(chunk);
    if (READY.test(said)) break;
  }
  expect(said).toMatch(READY);
  child.stdout.resume();
  const password = settings[settings.indexOf("--requirepass") + 1];
  const client = createClient({
    url: `redis://127.0.0.1:${port}/0`,
    ...(settings.includes("--requirepass") && password !== undefined && { password }),
  });
  await client.connect();
  onTestFinished(() => client.destroy());
  return { port, client, url: `redis://127.0.0.1:${port}/0` };
}

const skipped = isSkipped(NEEDS.redis);
const title = skipped ? `a register in Redis (${NEEDS.redis.remedy})` : "a register in Redis";

describe.skipIf(skipped)(title, () => {
  test("holds tokens of both forms, whose claims tell their users", async () => {
    const { client, url } = await redis();
    const sandbox = await service();
    for (const id of ["ann", "ben", "cem"]) await sandbox.add({ id });
    const [ann, ben, cem] = [
      await sandbox.signIn("ann", { at: NOW - 1000 }),
      await sandbox.signIn("ben"),
      await sandbox.signIn("cem"),
    ];
    await sandbox.destroy(cem.token);
    await client.mSet({ "session:1": ann.token, "session:2": ann.tinyToken });
    await client.mSet({ "session:3": ben.tinyToken, "session:4": cem.tinyToken });
    await client.set("other:1", "no token at all");
    const { provider } = open(sandbox, checkout(), {
      target: { register: url, keys: "session:*" },
    });
    const records = await read(provider);
    expect(records.map((one) => ("user" in one ? one.user.id : one)).sort()).toEqual([
      "ann",
      "ben",
    ]);
    expect(await sessionsOf(provider, "ann")).toMatchObject([{ signedInAt: NOW - 1000 }]);
    const known = await client.keys("*");
    expect(known).toHaveLength(5);
  });

  test("tells what holds no token, without the name of its key", async () => {
    const { client, url } = await redis();
    const sandbox = await service();
    await sandbox.add({ id: "ann" });
    const { token, tinyToken } = await sandbox.signIn("ann");
    await client.set(`session:${tinyToken}`, token);
    await client.rPush("session:s3cr3t-list", "x");
    await client.set("session:s3cr3t-text", "two words");
    await client.set("session:s3cr3t-jwt", "a.b.c");
    const { provider } = open(sandbox, checkout(), {
      target: { register: url, keys: "session:*" },
    });
    const records = await read(provider);
    const told = records.flatMap((one) => ("unreadable" in one ? one.unreadable.message : []));
    expect(told.sort()).toEqual([
      "a key of the register holds a list, and no token",
      "a key of the register holds a token that can't be understood: token is no JWT",
      "a key of the register holds a token that is empty or has other than ASCII letters",
    ]);
    expect(records).toHaveLength(4);
  });

  test("of many keys is read whole, each once", async () => {
    const { client, url } = await redis();
    const sandbox = await service({ users: 1200 });
    const pairs = await sandbox.redisPairs({ prefix: "session:" });
    await client.mSet(pairs);
    const noise = Array.from({ length: 5000 }, (_, i) => [`other:${i}`, "x"] as [string, string]);
    await client.mSet(noise);
    const { provider } = open(sandbox, checkout(), {
      target: { register: url, keys: "session:*" },
    });
    const records = await read(provider);
    const sessions = records.flatMap((one) => ("user" in one ? one.user.sessions : []));
    expect(sessions).toHaveLength(pairs.length);
  });

  test("asks for the password that a reference holds, and tells none", async () => {
    const { client, url } = await redis("--requirepass", "p4ss-word");
    const sandbox = await service();
    await sandbox.add({ id: "ann" });
    await client.set("session:1", (await sandbox.signIn("ann")).token);
    const target = { register: "env:REDIS", keys: "session:*" };
    const given = (env: Record<string, string>) =>
      open(sandbox, checkout(), { target, env }).provider;
    const right = url.replace("//", "//:p4ss-word@");
    expect(await read(given({ REDIS: right }))).toMatchObject([{ user: { id: "ann" } }]);
    for (const wrong of [url, url.replace("//", "//:wr0ng-word@")]) {
      const error = await read(given({ REDIS: wrong })).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(UnreadableTargetError);
      expect(String(error)).toMatch(/NOAUTH|WRONGPASS/);
      expect(String(error)).not.toContain("-word");
    }
  });
});
