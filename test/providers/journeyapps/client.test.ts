import { describe, expect, test } from "vitest";
import { clientFor, fails, GET, POST, SECRET, setup } from "./client-setup.ts";
import { closedPort, DEPLOYMENT, failure, testClock } from "./server.ts";

describe("requests", () => {
  test("carry the authorization, ask for JSON, send JSON, over one connection", async () => {
    const { server, client, events } = await setup([{ json: { a: 1 } }, { status: 204 }]);
    expect(await client.call(GET)).toEqual({ body: { a: 1 }, repeated: false });
    expect(await client.call(POST)).toEqual({ body: null, repeated: false });
    expect(server.requests).toMatchObject([
      { method: "GET", path: "users?limit=1", body: null, headers: { accept: "application/json" } },
      {
        method: "POST",
        body: { operations: [] },
        headers: { "content-type": "application/json", authorization: `Bearer ${SECRET}` },
      },
    ]);
    expect(server.requests[0]?.headers["content-type"]).toBeUndefined();
    expect(events).toMatchObject([
      { method: "GET", path: "users?limit=1", attempt: 1, status: 200 },
      { method: "POST", path: "batch.json", attempt: 1, status: 204 },
    ]);
  });

  test.each([
    ["bearer", "O:abc", "Bearer O:abc"],
    ["token", "abc", "Token abc"],
    ["basic", "some-id:pass:word", `Basic ${btoa("some-id:pass:word")}`],
    ["basic", "password", `Basic ${btoa(`${DEPLOYMENT}:password`)}`],
  ] as const)("are authorized as %s: %s", async (auth, credential, header) => {
    const { server, client } = await setup([{ json: {} }], { auth, credential });
    await client.call(GET);
    expect(server.requests[0]?.headers.authorization).toBe(header);
  });

  test("wait for their turn when they are more than the quota allows", async () => {
    const { client, clock } = await setup([{ json: {} }], { requestsPerSecond: 2 });
    for (let i = 0; i < 5; i++) await client.call(GET);
    expect(clock.waits).toEqual([500, 500, 500]);
  });
});

describe("a passing fault is tried again", () => {
  test.each([
    ["500", { status: 500, json: { type: "INTERNAL_SERVER_ERROR" } }],
    ["502 of a proxy", { status: 502, text: "<html>Bad gateway</html>" }],
    ["503", { status: 503 }],
    ["504", { status: 504 }],
    ["429", failure(429, "TOO_MANY_REQUESTS")],
    ["a reset", "reset"],
    ["an answer that breaks off", "cut"],
    ["JSON that breaks off", { text: '{"total": 12, "obj' }],
  ] as const)("%s", async (_, step) => {
    const { server, client, clock } = await setup([step, step, { json: { fine: true } }]);
    const { body } = await client.call(GET);
    expect(body).toEqual({ fine: true });
    expect(server.requests).toHaveLength(3);
    expect(clock.waits).toHaveLength(2);
  });

  test("an answer that does not begin", async () => {
    const timeouts = { headers: 200 };
    const { server, client } = await setup(["stall", { json: 1 }], { timeouts });
    expect(await client.call(GET)).toEqual({ body: 1, repeated: true });
    expect(server.requests).toHaveLength(2);
  });

  test("an answer that stops halfway, or never ends, is cut off by the time for one try", async () => {
    const { client } = await setup((_, i) => (i === 0 ? "trickle" : { json: 1 }));
    expect(await client.call({ ...GET, patience: 300 })).toEqual({ body: 1, repeated: true });
  });

  test("after 429 nobody goes on before a second is over", async () => {
    const { client, clock, server } = await setup([failure(429, "TOO_MANY_REQUESTS"), { json: 1 }]);
    await client.call(GET);
    expect(clock.waits).toEqual([1000]);
    expect(server.requests).toHaveLength(2);
  });

  test("429 to one call holds the others back too", async () => {
    const clock = testClock();
    const wake: (() => void)[] = [];
    const sleep = (wait: number) => {
      clock.waits.push(wait);
      return new Promise<void>((done) => wake.push(done));
    };
    const script = [failure(429, "TOO_MANY_REQUESTS"), { json: 1 }];
    const { client, server } = await setup(script, { clock: { ...clock, sleep } });
    const first = client.call(GET);
    while (wake.length < 1) await new Promise((done) => setTimeout(done, 5));
    const second = client.call(GET);
    expect(clock.waits).toEqual([1000, 1000]);
    expect(server.requests).toHaveLength(1);
    clock.advance(1000);
    for (const go of wake) go();
    expect(await Promise.all([first, second])).toMatchObject([{ body: 1 }, { body: 1 }]);
  });

  test.each([
    ["in seconds", "7", 7000],
    ["as a date", "Sun, 22 Nov 2026 10:00:05 GMT", 5000],
    ["not at all", "soon", 1000],
    ["in the past", "Sun, 22 Nov 2026 09:00:00 GMT", 1000],
  ])("Retry-After %s", async (_, header, wait) => {
    const busy = { status: 429, json: {}, headers: { "retry-after": header } };
    const { client, clock } = await setup([busy, { json: 1 }]);
    await client.call(GET);
    expect(clock.waits).toEqual([wait]);
  });

  test("how far the backend's clock is ahead is what its last answer says", async () => {
    const dated = (date: string) => ({ json: 1, headers: { date } });
    const { client, clock } = await setup([
      dated("Sun, 22 Nov 2026 11:00:00 GMT"),
      dated("Sun, 22 Nov 2026 09:59:00 GMT"),
    ]);
    expect(client.skew()).toBeNull();
    expect(clock.now()).toBe(Date.parse("2026-11-22T10:00:00Z"));
    await client.call(GET);
    expect(client.skew()).toBe(3_600_000);
    await client.call(GET);
    expect(client.skew()).toBe(-60_000);
  });

  test("a Retry-After of two minutes is waited for, and the time for retrying goes on after it", async () => {
    const busy = { status: 503, json: {}, headers: { "retry-after": "60" } };
    const { client, clock } = await setup([busy, busy, { status: 503 }, { json: 1 }]);
    expect(await client.call(GET)).toMatchObject({ body: 1 });
    expect(clock.waits.slice(0, 2)).toEqual([60_000, 60_000]);
    expect(clock.waits).toHaveLength(3);
  });

  test("a third minute is not waited for", async () => {
    const busy = { status: 429, json: {}, headers: { "retry-after": "60" } };
    const { client, clock, server } = await setup([busy]);
    expect((await fails(client)).message).toContain("tried 3 times in 120.0 s");
    expect(clock.waits).toEqual([60_000, 60_000]);
    expect(server.requests).toHaveLength(3);
  });

  test("no wait is longer than the door has time", async () => {
    const busy = { status: 429, json: {}, headers: { "retry-after": "60" } };
    const asked: number[] = [];
    const mayWait = (wait: number) => {
      asked.push(wait);
      return false;
    };
    const { client, clock } = await setup([busy], { mayWait });
    await fails(client);
    expect(asked).toEqual([60_000]);
    expect(clock.waits).toEqual([]);
  });

  test("a Retry-After beyond two minutes ends the call at once", async () => {
    const busy = { status: 429, json: {}, headers: { "retry-after": "3600" } };
    const { client, clock, server } = await setup([busy]);
    expect((await fails(client)).message).toContain("target.requestsPerSecond");
    expect(clock.waits).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ["503", { status: 503 }],
    ["429", failure(429, "TOO_MANY_REQUESTS", "Slow down")],
  ] as const)(
    "%s for ever ends within 30 seconds, and says how often and how long",
    async (_, step) => {
      const { client, clock, server } = await setup([step]);
      const began = clock.now();
      const error = await fails(client);
      const seconds = (clock.now() - began) / 1000;
      expect(seconds).toBeLessThanOrEqual(30);
      expect(error.kind).toBe("passing");
      expect(error.message).toContain(server.host);
      expect(error.message).toContain(
        `tried ${server.requests.length} times in ${seconds.toFixed(1)} s`,
      );
      expect(server.requests.length).toBeGreaterThan(4);
    },
  );
});

describe("a POST", () => {
  test.each(["reset", "cut", { status: 500 }, { status: 503 }] as const)(
    "is not repeated after %j, which may have taken effect",
    async (step) => {
      const { client, server } = await setup([step, { json: 1 }]);
      const error = await fails(client, POST);
      expect(error).toMatchObject({ kind: "passing", sent: true });
      expect(server.requests).toHaveLength(1);
    },
  );

  test("is repeated where the caller says that it is harmless, and says so", async () => {
    const { client } = await setup(["reset", { json: 1 }]);
    expect(await client.call({ ...POST, repeat: "always" })).toEqual({ body: 1, repeated: true });
  });

  test("that may have taken effect is remembered as such, whatever the last try met", async () => {
    const { client } = await setup(["reset", failure(403, "FORBIDDEN")]);
    const error = await fails(client, { ...POST, repeat: "always" });
    expect(error).toMatchObject({ kind: "lasting", sent: true });
  });

  test("is repeated after 429, which had no effect", async () => {
    const { client } = await setup([failure(429, "TOO_MANY_REQUESTS"), { json: 1 }]);
    expect(await client.call(POST)).toEqual({ body: 1, repeated: false });
  });

  test("is repeated while the connection is refused, and was surely not sent", async () => {
    const clock = testClock();
    const client = clientFor(await closedPort(), { clock });
    const error = await fails(client, POST);
    expect(error).toMatchObject({ kind: "passing", sent: false });
    expect(clock.waits.length).toBeGreaterThan(2);
    expect(error.message).toMatch(/refused the connection \(tried 6 times in .* target\.url/);
  });
});
