import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { BlobStore } from "../../../../src/ledger/store/contract.ts";
import { openS3, type S3Options } from "../../../../src/ledger/store/s3/s3.ts";
import { account, clientConfig } from "./proxy.ts";
import { errorOf } from "./stage.ts";

/** How the next requests go wrong; then all are answered. */
let script: (number | "cut")[] = [];
/** Requests that came. */
let came = 0;
let pauses: number[] = [];

const server = createServer((request, answer) => {
  came++;
  const fault = script.shift();
  request.resume();
  if (fault === "cut") return request.socket.destroy();
  if (fault === undefined) return answer.writeHead(200, { etag: '"1"' }).end("whole");
  return answer.writeHead(fault).end("<Error><Code>SlowDown</Code></Error>");
});

beforeEach(async () => {
  script = [];
  came = 0;
  pauses = [];
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, "close");
});

/** A store whose calls wait for nothing. */
function store(options: Partial<S3Options> = {}): BlobStore {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const pause = async (wait: number) => {
    pauses.push(wait);
  };
  const client = { ...clientConfig(url), maxAttempts: 1 };
  return openS3(
    { bucket: "b", prefix: "p" },
    { now: () => 0, env: {}, account, client, pause, ...options },
  );
}

it.each<[string, number | "cut"]>([
  ["is throttled", 503],
  ["meets a fault of S3", 500],
  ["meets a gateway without S3 behind it", 502],
  ["meets too many requests", 429],
  ["finds the connection cut", "cut"],
])("a call that %s goes on, however many tries it takes", async (_, fault) => {
  script = Array.from({ length: 25 }, () => fault);
  expect(await store().get("a")).toEqual({ text: "whole", tag: '"1"' });
  expect(came).toBe(26);
  expect(pauses).toHaveLength(25);
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(100);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(3_000);
});

it("a write goes on as a reading does", async () => {
  script = [503, "cut", 500];
  expect(await store().put("a", "1", { ifAbsent: true })).toBe('"1"');
  expect(came).toBe(4);
});

it("a refusal is told at once", async () => {
  for (const status of [400, 403, 501]) {
    script = [status];
    await errorOf(store().get("a"));
  }
  expect(came).toBe(3);
});

it("ends when its time is over, and says what was in the way", async () => {
  script = Array.from({ length: 100_000 }, () => 503);
  const { message } = await errorOf(store({ within: 300 }).get("a"));
  expect(message).toContain("S3 throttles s3:GetObject (503 SlowDown), however often it is asked");
  script = Array.from({ length: 100_000 }, () => "cut" as const);
  expect((await errorOf(store({ within: 300 }).get("a"))).message).toContain(
    "S3 can't be reached (ECONNRESET)",
  );
});
