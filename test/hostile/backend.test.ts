// @module-tag slow
/** Backends that mean harm, on real servers: endless answers, other hosts, our own secret said back. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import type { Writable } from "node:stream";
import { setImmediate as breathe } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { applyExit } from "../../src/exit.ts";
import type {
  SandboxOptions,
  ServedUser,
} from "../../src/providers/journeyapps/sandbox/sandbox.ts";
import { curfew, folder, SECRET } from "../cli/run.ts";
import {
  policy as cliPolicy,
  sandbox as cliSandbox,
  user as cliUser,
  project,
} from "../cli/world.ts";
import { ALL_LOCKS, asked, estateOf, line, locking, statuses } from "../fault-matrix/small.ts";

const PATH = "/api/v4/533bda53027894f69b001055";
const JSON_TYPE = { "content-type": "application/json" };

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => unknown;

async function listening(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server of the test's own; the address of a deployment on it. */
async function serving(answer: Answer): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    await answer(request, response, body);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  return (await listening(server)) + PATH;
}

/** Stands before a real deployment, and answers some requests itself: those for which `instead` is true. */
async function inFrontOf(
  real: string,
  instead: (...of: Parameters<Answer>) => unknown,
): Promise<string> {
  return serving(async (request, response, body) => {
    if (await instead(request, response, body)) return;
    const { method = "GET", url = "", headers } = request;
    const { authorization = "" } = headers;
    const answer = await fetch(new URL(url, real), {
      ...{ method, headers: { authorization, ...JSON_TYPE } },
      ...(method === "POST" && { body }),
    });
    const text = await answer.text();
    response.writeHead(answer.status, text === "" ? {} : JSON_TYPE).end(text);
  });
}

/** A line to an address that stands before its own sandbox. */
async function lineBefore(
  estate: ServedUser[],
  instead: Parameters<typeof inFrontOf>[1],
  more: SandboxOptions = {},
) {
  const behind = await line({ ...more, estate });
  const at = await line({ estate: [], address: await inFrontOf(behind.sandbox.url, instead) });
  return { at, behind };
}

const posts = ({ method }: IncomingMessage) => method === "POST";
const plan = async (url: string) => curfew(await project(url), ["plan"]);

describe("an answer without end", () => {
  /** Sends a text again and again, as fast as it is taken; counts the bytes. */
  async function pour(into: Writable, text: string, sent = { bytes: 0 }): Promise<void> {
    const chunk = Buffer.from(text.repeat(Math.ceil(65_536 / text.length)));
    let wake = () => {};
    into.on("error", () => {});
    into.on("drain", () => wake()).once("close", () => wake());
    while (!into.destroyed) {
      sent.bytes += chunk.length;
      if (into.write(chunk)) await breathe();
      else
        await new Promise<void>((go) => {
          wake = go;
        });
    }
  }
  const ENDLESS: [string, string, Record<string, string>, string][] = [
    ["of gigabytes that were announced", '{"label":"', { "content-length": "8000000000" }, "x"],
    ["of records", '{"total":1,"count":1,"more":false,"objects":[', {}, '{"id":"u"},'],
    ["of brackets", "", {}, "["],
    ["of an error", '{"type":"', {}, "x"],
  ];
  test.each(ENDLESS)(
    "%s is cut by the bound: once asked for, exit 5",
    async (name, head, headers, text) => {
      const sent = { bytes: 0 };
      let requests = 0;
      const url = await serving((_, response) => {
        requests++;
        response.writeHead(name.endsWith("error") ? 400 : 200, { ...JSON_TYPE, ...headers });
        response.write(head);
        return pour(response, text, sent);
      });
      const ran = await plan(url);
      expect(ran).toMatchObject({ code: 5, out: "" });
      expect(ran.err).toMatch(/^error: .* sent an answer that is too large\. .*\n$/);
      expect(requests).toBe(1);
      // 64 MiB, and what the two ends of a socket hold.
      expect(sent.bytes).toBeLessThan(100 * 1024 * 1024);
    },
  );

  test("of headers is cut too", async () => {
    const server = createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\n");
        return pour(socket, `x: ${"y".repeat(1000)}\r\n`);
      });
    });
    const url = (await listening(server)) + PATH;
    onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
    const ran = await plan(url);
    expect(ran).toMatchObject({ code: 5, out: "" });
    expect(ran.err).toMatch(/did not answer in HTTP/);
  });

  test("never finished, byte by byte, is given up: nothing is written, or it counts as unknown", async () => {
    const trickle = (response: ServerResponse) => {
      response.writeHead(200, JSON_TYPE);
      const timer = setInterval(() => response.write(" "), 20);
      response.once("close", () => clearInterval(timer));
      return true;
    };
    const reading = await lineBefore(
      estateOf(5),
      ({ url = "" }, response) => url.includes("users?") && trickle(response),
    );
    reading.at.hurry = true;
    await expect(
      reading.at.apply(await reading.at.policy(locking("u1") + ALL_LOCKS)),
    ).rejects.toThrow(/no whole answer in time/);
    expect(asked(reading.behind)).toEqual([]);

    const writing = await lineBefore(
      estateOf(5),
      (request, response) => posts(request) && trickle(response),
    );
    const policy = await writing.at.policy(locking("u1") + ALL_LOCKS);
    writing.at.hurry = true;
    const run = await writing.at.apply(policy);
    expect(statuses(run)).toEqual(["failed lock u1"]);
    expect(applyExit(policy, run.planned.plan, run.outcomes ?? [])).toBe(1);
  });
});

describe("another host", () => {
  const STATUSES = [301, 302, 303, 307, 308];

  test("is never asked, whatever a redirect says, and the credential stays here", async () => {
    const heard: string[] = [];
    const elsewhere = await serving((request, response) => {
      heard.push(`${request.method} ${request.url}`);
      response.writeHead(200, JSON_TYPE).end("{}");
    });
    const ran = STATUSES.map(async (status) => {
      const url = await serving((request, response) => {
        const location = new URL(request.url ?? "", elsewhere).href;
        response.writeHead(status, { location, refresh: `0; url=${location}` }).end();
      });
      return plan(url);
    });
    for (const { code, out, err } of await Promise.all(ran)) {
      expect([code, out]).toEqual([5, ""]);
      expect(err).toMatch(/with a redirect \(30\d\) to “http:\/\/127\.0\.0\.1:/);
    }
    expect(heard).toEqual([]);
  });

  test.each(STATUSES)("is sent no write by a %i, and nothing counts as done", async (status) => {
    const heard: string[] = [];
    const elsewhere = await serving((request, response) => {
      heard.push(`${request.method} ${request.url}`);
      response.writeHead(200, JSON_TYPE).end("{}");
    });
    const { at, behind } = await lineBefore(estateOf(5), (request, response) => {
      if (!posts(request)) return false;
      const location = new URL(request.url ?? "", elsewhere).href;
      response.writeHead(status, { location }).end();
      return true;
    });
    const run = await at.apply(await at.policy(locking("u1") + ALL_LOCKS));
    expect(statuses(run)).toEqual(["failed lock u1"]);
    expect([heard, asked(behind)]).toEqual([[], []]);
  });
});

/** `curfew` itself looks for the secret in all that is printed and in every file, the ledger's among them. */
describe("a backend that says the credential back", () => {
  const EVERY = ["text", "json", "markdown"];

  test("in the status line and in headers", async () => {
    const answers: Answer[] = [401, 403, 429, 500].flatMap((status): Answer[] => [
      (_, response) =>
        response.writeHead(status, SECRET, { "www-authenticate": SECRET }).end(SECRET),
      (_, response) =>
        response
          .writeHead(status, {
            "retry-after": status === 429 ? "3600" : SECRET,
            "set-cookie": SECRET,
            location: SECRET,
          })
          .end(JSON.stringify({ type: SECRET, title: [SECRET], detail: SECRET })),
    ]);
    const once = answers.map(async (answer) => {
      let asked = false; // Then it ends at once, without the patience for 429 and 500.
      const url = await serving((request, response, body) => {
        if (asked) return response.writeHead(401, SECRET).end();
        asked = true;
        return answer(request, response, body);
      });
      return plan(url);
    });
    for (const { code } of await Promise.all(once)) expect(code).toBe(5);
  });

  test("in what became of writes: printed by no format, kept by no ledger", async () => {
    const real = await cliSandbox();
    const failed = (of: object) => ({
      ...of,
      success: false,
      error: { type: SECRET, title: `no: ${SECRET}` },
    });
    const batches: Answer[] = [
      (_, response, body) => {
        const operations = JSON.parse(body).operations.map(failed);
        response.writeHead(200, JSON_TYPE).end(JSON.stringify({ operations }));
      },
      (_, response) =>
        response
          .writeHead(422, SECRET, JSON_TYPE)
          .end(JSON.stringify({ type: SECRET, title: SECRET })),
      (_, response) => response.writeHead(200).end(`<p>${SECRET}</p>`),
    ];
    const runs = batches.flatMap((batch) =>
      EVERY.map(async (format) => {
        const url = await inFrontOf(real.url, (request, response, body) => {
          if (!posts(request)) return false;
          batch(request, response, body);
          return true;
        });
        const cwd = await folder({ "policies/production.yaml": cliPolicy(url) });
        return curfew(cwd, ["apply", "--yes", "--format", format]);
      }),
    );
    for (const { code } of await Promise.all(runs)) expect(code).toBe(1);
  });

  // docs/design.md, "What must hold" 12: no secret is in a report or an error.
  test("as what the deployment calls itself", async () => {
    const { url } = await cliSandbox({
      info: { label: SECRET, environment: SECRET, region: SECRET },
    });
    const ran = EVERY.map(async (format) =>
      curfew(await project(url), ["plan", "--format", format]),
    );
    for (const { code } of await Promise.all(ran)) expect(code).toBe(2);
    const target = "  credentials: env:TOKEN\n  environment: production\n";
    expect((await curfew(await project(url, { target }), ["plan"])).code).toBe(5);
  });

  // As above.
  test("as what a device calls itself", async () => {
    const ann = cliUser("ann", 41);
    for (const one of ann.sessions) one.label = SECRET;
    const { url } = await cliSandbox({ estate: [ann, cliUser("bob", 1)] });
    expect((await plan(url)).code).toBe(2);
  });

  // As above.
  test("as the id of a user that came twice", async () => {
    const real = await cliSandbox({ estate: [cliUser("ann", 1), cliUser(SECRET, 1)] });
    const url = await inFrontOf(real.url, async (request, response) => {
      if (!request.url?.includes("users?")) return false;
      const { authorization = "" } = request.headers;
      const answer = await fetch(new URL(request.url, real.url), { headers: { authorization } });
      const page = (await answer.json()) as { objects: unknown[] };
      page.objects[0] = page.objects[1];
      response.writeHead(200, JSON_TYPE).end(JSON.stringify(page));
      return true;
    });
    expect((await plan(url)).code).toBe(5);
  });
});

test("plain HTTP is refused but for this machine, before anything is sent", async () => {
  const hosts = ["192.0.2.1", "0.0.0.0", "localhost.example.com", "127.0.0.1.example.com"];
  const ran = hosts.map(async (host) => curfew(await project(`http://${host}${PATH}`), ["plan"]));
  for (const { code, out, err } of await Promise.all(ran)) {
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/:5:8: target\.url: must begin with https:/);
  }
});
