import { afterEach, describe, expect, test } from "vitest";
import { LateError } from "../../../src/errors.ts";
import type { Action } from "../../../src/model/plan.ts";
import { createApi } from "../../../src/providers/journeyapps/api.ts";
import { deploymentClient } from "../../../src/providers/journeyapps/client.ts";
import { createWriter } from "../../../src/providers/journeyapps/write.ts";
import { action } from "./actions.ts";
import users from "./fixtures/users.json" with { type: "json" };
import { failure, type Script, type Seen, type Step, serve, testClock } from "./server.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

async function setup(script: Script) {
  const server = await serve(script);
  const clock = testClock();
  const client = deploymentClient({
    url: server.url,
    auth: "bearer",
    credential: "O:secret",
    requestsPerSecond: 1000,
    clock,
  });
  open.push(server, client);
  const writer = createWriter({ api: createApi(client, false), clock, clean: client.clean });
  const write = (actions: readonly Action[], check = () => {}) => writer.write(actions, check);
  const batches = () => server.requests.filter((r) => r.path === "batch.json").map(operationsOf);
  return { server, clock, write, writer, batches };
}

type Operation = { method: string; user_id: string; session_id?: string };
const operationsOf = (seen: Seen) => (seen.body as { operations: Operation[] }).operations;
const methodsOf = (batch: Operation[] | undefined) => batch?.map((operation) => operation.method);

/** A reply to a batch; a string is the type of an error. */
function reply(...results: (true | string)[]): Step {
  const operations = results.map((result) =>
    result === true
      ? { method: "x", success: true }
      : { method: "x", success: false, error: { type: result, title: "O:secret is the title" } },
  );
  return { json: { stop_on_error: false, operations } };
}
const allDone = (seen: Seen) => reply(...operationsOf(seen).map(() => true as const));

const signedIn = "2017-08-18T13:20:37Z";
const session = { ...users.objects[1]?.sessions[0], id: "s" };
const lock = action("lock", "u", null, false);
const lockAndWipe = action("lock", "u", null, true);
const unlock = action("unlock", "v");
const signOut = action("re-authenticate", "u", "s");
const wipe = action("wipe", "u", "s", undefined, { signedInAt: signedIn });
const done = { status: "done" };

describe("a batch", () => {
  test("carries out actions in order, each with its operation", async () => {
    const { write, batches } = await setup(allDone);
    expect(await write([lock, wipe, signOut, unlock])).toEqual([done, done, done, done]);
    expect(batches()).toEqual([
      [
        { method: "users/lock", user_id: "u", wipe: false },
        { method: "users/sessions/wipe", user_id: "u", session_id: "s" },
        { method: "users/sessions/re-authenticate", user_id: "u", session_id: "s" },
        { method: "users/unlock", user_id: "v" },
      ],
    ]);
  });

  test("holds a thousand at most, and none is lost between two", async () => {
    const { write, batches } = await setup(allDone);
    const many = Array.from({ length: 2001 }, (_, i) => action("lock", `u${i}`));
    expect(await write(many)).toEqual(many.map(() => done));
    expect(batches().map((b) => b.length)).toEqual([1000, 1000, 1]);
    expect(
      batches()
        .flat()
        .map((o) => o.user_id),
    ).toEqual(many.map((a) => a.user));
  });

  test("is not sent for nothing", async () => {
    const { write, server } = await setup([]);
    expect(await write([])).toEqual([]);
    expect(server.requests).toEqual([]);
  });

  test("with mixed results: each action has its own, and no secret shows", async () => {
    const { write, batches } = await setup([
      reply(true, "OBJECT_NOT_FOUND", "INVALID_VALUE", true),
    ]);
    expect(await write([lock, signOut, unlock, wipe])).toEqual([
      done,
      { status: "gone", error: "OBJECT_NOT_FOUND: *** is the title" },
      { status: "failed", error: "INVALID_VALUE: *** is the title" },
      done,
    ]);
    expect(batches()).toHaveLength(1);
  });

  test("operations that met a passing error are sent again, alone, after a second", async () => {
    const { write, batches, clock } = await setup([
      reply(true, "TOO_MANY_REQUESTS", true, "INTERNAL_SERVER_ERROR"),
      reply(true, true),
    ]);
    expect(await write([lock, wipe, unlock, signOut])).toEqual([done, done, done, done]);
    expect(batches().map(methodsOf)[1]).toEqual([
      "users/sessions/wipe",
      "users/sessions/re-authenticate",
    ]);
    expect(clock.waits).toEqual([1000]);
  });

  test("an error that does not pass ends as what is known of it", async () => {
    const { write, batches } = await setup((seen) =>
      reply(
        ...operationsOf(seen).map((o) =>
          o.user_id === "v" ? "INTERNAL_SERVER_ERROR" : "TOO_MANY_REQUESTS",
        ),
      ),
    );
    expect(await write([lock, unlock])).toMatchObject([
      { status: "unanswered" },
      { status: "unknown" },
    ]);
    expect(batches()).toHaveLength(3);
  });

  test.each([
    ["a bad credential", { status: 401, text: "Access denied." }],
    ["a bad request", failure(400, "INVALID_API_REQUEST")],
    ["a wrong deployment", failure(404, "ACCOUNT_NOT_FOUND")],
    ["an absent object, which no batch is", failure(404, "OBJECT_NOT_FOUND")],
  ])("refused as a whole for %s: every action failed, once", async (_, step) => {
    const { write, server } = await setup([step]);
    const results = await write([lock, wipe]);
    expect(results).toMatchObject([{ status: "failed" }, { status: "failed" }]);
    expect(JSON.stringify(results)).toContain(server.host);
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ["too few results", reply(true)],
    ["too many", reply(true, true, true)],
    ["no results", { json: {} }],
    ["another site's page", { text: "<html>" }],
    ["nothing", { status: 204 }],
  ] as const)("answered with %s: nothing is guessed, nothing is repeated", async (_, step) => {
    const { write, server } = await setup([step]);
    expect(await write([lock, signOut])).toMatchObject([
      { status: "unknown" },
      { status: "unknown" },
    ]);
    expect(server.requests).toHaveLength(1);
  });
});

describe("a batch whose answer is lost", () => {
  test.each(["reset", "cut", { status: 500 }, { status: 503 }] as const)(
    "after %j is repeated where it holds no wipe",
    async (step) => {
      const { write, batches } = await setup((seen, i) => (i === 0 ? step : allDone(seen)));
      expect(await write([lock, signOut, unlock])).toEqual([done, done, done]);
      expect(batches()).toHaveLength(2);
      expect(batches()[1]).toEqual(batches()[0]);
    },
  );

  test("for good: unknown, and no more than the client's tries", async () => {
    const { write, server } = await setup(["reset"]);
    expect(await write([lock, signOut])).toMatchObject([
      { status: "unknown" },
      { status: "unknown" },
    ]);
    expect(server.requests).toHaveLength(6);
  });

  test("an error of the repetition may mean that it is done: it is looked at", async () => {
    const { write } = await setup((seen, i) => {
      if (i === 0) return "reset";
      if (seen.path === "batch.json")
        return reply(...operationsOf(seen).map(() => "INVALID_VALUE"));
      return { json: { id: seen.path.slice("users/".length), locked: true, sessions: [] } };
    });
    expect(await write([lock, unlock])).toMatchObject([done, { status: "failed" }]);
  });

  /** The first batch is lost; then a look at the session shows `seen`. */
  const lostThen = (seen: Step) =>
    setup((request, i) => {
      if (i === 0) return "reset";
      return request.path === "batch.json" ? allDone(request) : seen;
    });

  test.each<[string, Step, string]>([
    ["is RESET", { json: { ...session, state: "RESET" } }, "done"],
    [
      "was signed in to since",
      { json: { ...session, last_authenticated_at: "2017-08-18T13:20:38Z" } },
      "done",
    ],
    ["is gone", failure(404, "OBJECT_NOT_FOUND"), "gone"],
    ["can't be read", { json: { ...session, state: "ODD" } }, "unknown"],
    ["may not be read", failure(403, "FORBIDDEN"), "unknown"],
  ])(
    "with a wipe of a session that %s: the wipe is not repeated, the rest is",
    async (_, seen, status) => {
      const { write, batches } = await lostThen(seen);
      expect(await write([lock, wipe, unlock])).toMatchObject([done, { status }, done]);
      expect(batches().map(methodsOf)).toEqual([
        ["users/lock", "users/sessions/wipe", "users/unlock"],
        ["users/lock", "users/unlock"],
      ]);
    },
  );

  test.each(["ENROLLED", "LOCKED"])(
    "with a wipe of a session that is %s still: it is repeated",
    async (state) => {
      const { write, batches } = await lostThen({ json: { ...session, state } });
      expect(await write([wipe])).toEqual([done]);
      expect(batches()).toHaveLength(2);
    },
  );

  test.each([
    ["done", true, ["RESET", "NEVER_ENROLLED"], 1],
    ["repeated", true, ["RESET", "LOCKED"], 2],
    ["repeated", false, [], 2],
  ] as const)(
    "with a lock that wipes: %s where locked is %j and sessions are %j",
    async (_, locked, states, sent) => {
      const sessions = states.map((state, n) => ({ ...session, id: `s${n}`, state }));
      const { write, batches } = await lostThen({ json: { id: "u", locked, sessions } });
      expect(await write([lockAndWipe])).toEqual([done]);
      expect(batches()).toHaveLength(sent);
    },
  );

  test("again and again, with a wipe that is not done: unknown after three batches", async () => {
    const { write, batches } = await setup((seen) =>
      seen.path === "batch.json" ? "reset" : { json: session },
    );
    expect(await write([wipe])).toMatchObject([{ status: "unknown" }]);
    expect(batches()).toHaveLength(3);
  });
});

describe("a batch whose look is too old", () => {
  const late = () => {
    throw new LateError("too old");
  };

  test("is not sent", async () => {
    const { write, server } = await setup(allDone);
    expect(await write([lock, wipe], late)).toEqual(
      Array(2).fill({ status: "unanswered", error: "too old" }),
    );
    expect(server.requests).toEqual([]);
  });

  test("is not sent again after an answer was lost: what may have been done is unknown", async () => {
    const { write, batches } = await setup((seen) =>
      seen.path === "batch.json" ? "reset" : { json: session },
    );
    let checks = 0;
    const once = () => {
      if (++checks > 1) late();
    };
    expect(await write([lock, unlock], once)).toMatchObject([
      { status: "unknown" },
      { status: "unknown" },
    ]);
    expect(batches()).toHaveLength(1);
    checks = 0;
    expect(await write([wipe], once)).toMatchObject([{ status: "unknown" }]);
    expect(batches()).toHaveLength(2);
  });
});

describe("a deployment without batches", () => {
  const singles = (seen: Seen): Step => {
    if (seen.path === "batch.json") return failure(404, "ROUTE_ERROR");
    return seen.method === "GET" ? { json: { ...session, state: "ENROLLED" } } : { status: 204 };
  };

  test("is served call by call, and asked for batches only once", async () => {
    const { write, writer, server } = await setup(singles);
    expect(writer.writeSize).toBe(1000);
    expect(await write([lock, lockAndWipe, unlock, wipe, signOut])).toEqual(Array(5).fill(done));
    expect(await write([signOut])).toEqual([done]);
    expect(writer.writeSize).toBe(8);
    const [first, ...rest] = server.requests;
    expect(first?.path).toBe("batch.json");
    const calls = rest.map(({ method, path, body }) => ({ method, path, body }));
    expect(calls).toHaveLength(8);
    expect(calls).toEqual(
      expect.arrayContaining([
        { method: "POST", path: "users/u/lock", body: { wipe: false } },
        { method: "POST", path: "users/u/lock", body: { wipe: true } },
        { method: "POST", path: "users/v/unlock", body: null },
        { method: "POST", path: "users/u/sessions/s/wipe", body: null },
        { method: "GET", path: "users/u/sessions/s", body: null },
        { method: "POST", path: "users/u/sessions/s/re-authenticate", body: null },
      ]),
    );
  });

  test("looks before each sign-out, and sends none of whom signed in anew, was signed out or can't be read", async () => {
    const expects = { state: "active", signedInAt: signedIn } as const;
    const ends = ["same", "anew", "out", "gone", "unread"].map((id) =>
      action("re-authenticate", "u", id, undefined, expects),
    );
    const active = { ...session, state: "ENROLLED", last_authenticated_at: signedIn };
    const looks: Record<string, Step> = {
      "users/u/sessions/same": { json: { ...active, id: "same" } },
      "users/u/sessions/anew": {
        json: { ...active, id: "anew", last_authenticated_at: "2026-01-01T00:00:00Z" },
      },
      "users/u/sessions/out": {
        json: { ...active, id: "out", state: "LOCKED", signed_out_at: "2026-01-01T00:00:00Z" },
      },
      "users/u/sessions/gone": failure(404, "OBJECT_NOT_FOUND"),
      "users/u/sessions/unread": { json: { id: "unread" } },
    };
    const { write, server } = await setup((seen) => looks[seen.path] ?? singles(seen));
    expect(await write(ends)).toMatchObject([
      done,
      { status: "gone", error: "somebody signed in anew" },
      { status: "gone", error: "the session was active when it was read, and is ended now" },
      { status: "gone", error: "the session is gone" },
      { status: "failed", error: expect.stringMatching(/^not sent: its look can't be read: /) },
    ]);
    const sent = server.requests.filter(({ path }) => path.endsWith("/re-authenticate"));
    expect(sent.map(({ path }) => path)).toEqual(["users/u/sessions/same/re-authenticate"]);
  });

  test("a request whose look is too old is not sent, and those before it count", async () => {
    const { write, server } = await setup(singles);
    const locks = Array.from({ length: 30 }, (_, i) => action("lock", `u${i}`));
    let checks = 0;
    const results = await write(locks, () => {
      if (++checks > 10) throw new LateError("too old");
    });
    expect(results.filter(({ status }) => status === "done")).toHaveLength(9);
    const late = { status: "unanswered", error: "too old" };
    expect(results.filter(({ status }) => status !== "done")).toEqual(Array(21).fill(late));
    expect(server.requests).toHaveLength(10);
  });

  test("each result stands at its action's place", async () => {
    const answers: Record<string, Step> = {
      "users/a/lock": { status: 204 },
      "users/b/lock": failure(404, "OBJECT_NOT_FOUND"),
      "users/c/lock": failure(422, "INVALID_VALUE"),
      "users/d/lock": { status: 204 },
    };
    const { write } = await setup((seen) => answers[seen.path] ?? singles(seen));
    const locks = ["a", "b", "c", "d"].map((user): Action => action("lock", user));
    expect(await write(locks)).toMatchObject([
      done,
      { status: "gone" },
      { status: "failed" },
      done,
    ]);
  });

  test("a wipe whose answer is lost is looked at before it is repeated", async () => {
    const paths: string[] = [];
    const { write } = await setup((seen) => {
      paths.push(`${seen.method} ${seen.path}`);
      if (seen.method === "GET") return { json: session };
      return paths.filter((p) => p.endsWith("/wipe")).length === 1 && seen.path.endsWith("/wipe")
        ? "reset"
        : singles(seen);
    });
    expect(await write([wipe])).toEqual([done]);
    expect(paths).toEqual([
      "POST batch.json",
      "POST users/u/sessions/s/wipe",
      "GET users/u/sessions/s",
      "POST users/u/sessions/s/wipe",
    ]);
  });

  test("a hundred actions are sent at most eight at a time", async () => {
    let now = 0;
    let most = 0;
    const server = await serve(singles);
    open.push(server);
    const client = deploymentClient({
      url: server.url,
      auth: "bearer",
      credential: "O:secret",
      requestsPerSecond: 1000,
      clock: { ...testClock() },
    });
    open.push(client);
    const api = createApi(client, false);
    const act: typeof api.act = async (...args) => {
      most = Math.max(most, ++now);
      await api.act(...args);
      now--;
    };
    const { write } = createWriter({
      ...{ api: { ...api, act }, clock: client.clock, clean: client.clean },
    });
    const many = Array.from({ length: 100 }, (_, i) => action("lock", `u${i}`));
    expect(await write(many, () => {})).toEqual(many.map(() => done));
    expect(most).toBe(8);
  });
});

describe("a run that has lost its lease", () => {
  const lost = () => {
    throw new Error("lost");
  };

  test("sends no batch", async () => {
    const { write, server } = await setup([]);
    await expect(write([lock, wipe], lost)).rejects.toThrow("lost");
    expect(server.requests).toEqual([]);
  });
});
