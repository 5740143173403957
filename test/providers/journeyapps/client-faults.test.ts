import { describe, expect, onTestFinished, test } from "vitest";
import { UsageError } from "../../../src/errors.ts";
import {
  type DeploymentOptions,
  deploymentClient,
} from "../../../src/providers/journeyapps/client.ts";
import { clientFor, fails, GET, POST, SECRET, setup } from "./client-setup.ts";
import { DEPLOYMENT, failure, serve, testClock } from "./server.ts";

describe("a lasting fault is not tried again, and says what to do", () => {
  const cases: [string, Parameters<typeof failure>, string, string][] = [
    ["a bad request", [400, "INVALID_API_REQUEST"], "lasting", "400 INVALID_API_REQUEST"],
    ["a right that lacks", [403, "FORBIDDEN"], "lasting", "target.credentials"],
    ["an object that is gone", [404, "OBJECT_NOT_FOUND"], "absent", "no longer has"],
    ["a wrong route", [404, "ROUTE_ERROR"], "route", "target.url"],
    ["a wrong deployment", [404, "ACCOUNT_NOT_FOUND"], "lasting", "target.url"],
    ["an invalid value", [422, "INVALID_VALUE"], "lasting", "422 INVALID_VALUE"],
    ["a method that is not allowed", [405, "X"], "lasting", "405"],
  ];
  test.each(cases)("%s", async (_, [status, type], kind, words) => {
    const { client, server } = await setup([failure(status, type)]);
    const error = await fails(client);
    expect(error).toMatchObject({ kind, sent: false });
    expect(error.message).toContain(server.host);
    expect(error.message).toContain(words);
    expect(server.requests).toHaveLength(1);
  });

  test("the plain-text 401", async () => {
    const { client, server } = await setup([{ status: 401, text: "HTTP Basic: Access denied.\n" }]);
    const { message } = await fails(client);
    expect(message).toContain("(401 “HTTP Basic: Access denied.”)");
    expect(message).toContain("target.credentials");
    expect(server.requests).toHaveLength(1);
  });

  test("a 404 of another server is a wrong address, not an absent object", async () => {
    const { client } = await setup([{ status: 404, text: "<h1>Not Found</h1>" }]);
    expect(await fails(client)).toMatchObject({ kind: "lasting" });
  });

  test.each([301, 302, 307, 308])("a redirect (%d) is named and not followed", async (status) => {
    const elsewhere = await serve([{ json: {} }]);
    onTestFinished(elsewhere.close);
    const { client } = await setup([{ status, headers: { location: `${elsewhere.url}/x` } }]);
    const error = await fails(client);
    expect(error.message).toContain(`redirect (${status}) to “${elsewhere.url}/x”`);
    expect(error.message).toContain("target.url");
    expect(elsewhere.requests).toEqual([]);
  });

  test.each([
    ["HTML", "<!doctype html><title>Sign in</title>"],
    ["a text", "all is well"],
  ])("%s in place of JSON", async (_, text) => {
    const { client, server } = await setup([{ text }]);
    const error = await fails(client);
    expect(error).toMatchObject({ kind: "lasting", sent: true });
    expect(error.message).toContain(`something else than JSON: “${text}”`);
    expect(server.requests).toHaveLength(1);
  });

  test("an answer without end", async () => {
    const { client, server } = await setup(["flood"], { largestBody: 1_000_000 });
    expect((await fails(client)).message).toContain("too large");
    expect(server.requests).toHaveLength(1);
  });

  test("a server that does not speak TLS", async () => {
    const server = await serve([{ json: {} }]);
    onTestFinished(server.close);
    const { message } = await fails(
      clientFor(server.url.replace("http:", "https:"), { clock: testClock() }),
    );
    expect(message).toMatch(/no trusted TLS connection .*target\.url/);
  });

  test("a host that does not exist", async () => {
    const clock = testClock();
    const { message } = await fails(clientFor("https://no-such-host.invalid/api/v4/x", { clock }));
    expect(message).toMatch(
      /^no-such-host\.invalid (could not be found|can't be reached).*target\.url/,
    );
  });
});

describe("no message shows the credential", () => {
  const basic = "a-password!";
  const pair = `${DEPLOYMENT}:${basic}`;
  const forms = [
    ["bearer", SECRET, [SECRET, SECRET.slice(2), btoa(SECRET), encodeURIComponent(SECRET)]],
    ["token", "plain-token", ["plain-token", btoa("plain-token")]],
    ["basic", basic, [basic, pair, btoa(pair), btoa(basic)]],
  ] as const;
  test.each(forms)("in any form, of %s", async (auth, credential, secrets) => {
    const echo = secrets.join(" and ");
    const { client } = await setup(
      [
        { status: 401, text: echo },
        failure(400, echo, echo),
        { status: 302, headers: { location: `https://elsewhere.example/?t=${echo}` } },
        { text: echo },
      ],
      { auth, credential },
    );
    for (let i = 0; i < 4; i++) {
      const { message } = await fails(client);
      expect(message).toContain("***");
      for (const secret of secrets) expect(message).not.toContain(secret);
    }
  });

  test("a server's text is cut and loses its control characters", async () => {
    const text = `\u001b[2J\u202eevil\r\n${"x".repeat(5000)}`;
    const { client } = await setup([{ status: 400, text }]);
    const { message } = await fails(client);
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(message).toContain("evil xxx");
    expect(message.length).toBeLessThan(500);
  });

  test("a secret that reaches across the cut is not shown in part", async () => {
    const { client } = await setup([{ status: 400, text: "x".repeat(195) + SECRET }]);
    expect((await fails(client)).message).not.toContain(SECRET.slice(0, 3));
  });
});

describe("the circuit", () => {
  test("opens after five calls that failed, and sends nothing until a while has passed", async () => {
    let up = false;
    const { client, clock, server } = await setup(() => (up ? { json: 1 } : { status: 503 }));
    for (let i = 0; i < 5; i++) await fails(client);
    const before = server.requests.length;
    const error = await fails(client, POST);
    expect(error).toMatchObject({ kind: "passing", sent: false });
    expect(error.message).toContain("nothing more is sent");
    expect(server.requests).toHaveLength(before);
    up = true;
    clock.advance(30_000);
    expect(await client.call(GET)).toMatchObject({ body: 1 });
    up = false;
    await fails(client);
    expect(server.requests.length).toBeGreaterThan(before + 2);
  });

  test("stays closed while some calls get an answer, be it an error", async () => {
    const { client, server } = await setup((_, i) =>
      i % 4 === 3 ? failure(403, "FORBIDDEN") : "reset",
    );
    for (let i = 0; i < 12; i++) await fails(client, POST);
    expect(server.requests).toHaveLength(12);
  });
});

describe("an abort", () => {
  test("ends the call with the signal's reason, also while it waits", async () => {
    const { client } = await setup(["stall"]);
    const stop = new AbortController();
    const call = client.call({ ...GET, signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");
  });
});

describe("what can't be used is refused before anything is sent", () => {
  const make = (url: string, credential = SECRET, auth: DeploymentOptions["auth"] = "bearer") =>
    deploymentClient({ url, auth, credential, requestsPerSecond: 1 });

  test.each([
    ["http beyond this machine", "http://example.com/api/v4/x", "https"],
    ["http beyond this machine, in disguise", "http://127.0.0.1.example.com/x", "https"],
    ["another protocol", "ftp://example.com/x", "not a web address"],
    ["no address", "production", "not a web address"],
    ["a secret in the address", "https://me:hunter2@example.com/x", "target.credentials"],
    ["a query", "https://example.com/x?token=hunter2", "target.credentials"],
  ])("%s", (_, url, words) => {
    const attempt = () => make(url);
    expect(attempt).toThrow(UsageError);
    expect(attempt).toThrow(words);
    expect(attempt).not.toThrow("hunter2");
  });

  test.each([
    "http://localhost/x",
    "http://127.8.9.1:80/x",
    "http://[::1]:8080/x",
    "https://a.example/x",
  ])("%s is fine", async (url) => {
    await expect(make(url).close()).resolves.not.toThrow();
  });

  test.each([
    ["", "bearer"],
    ["", "basic"],
    ["line\nbreak", "bearer"],
    ["line\nbreak", "basic"],
    ["ключ", "token"],
  ] as const)("the credential %j as %s", (credential, auth) => {
    const attempt = () => make("https://a.example/x", credential, auth);
    expect(attempt).toThrow(UsageError);
    expect(attempt).toThrow("target.credentials");
  });
});
