import { afterEach, describe, expect, test } from "vitest";
import { UnreadableTargetError, UsageError } from "../../../src/errors.ts";
import type { Page } from "../../../src/model/inventory.ts";
import type { JourneyAppsTarget } from "../../../src/model/policy.ts";
import {
  createJourneyAppsProvider,
  type JourneyAppsOptions,
} from "../../../src/providers/journeyapps/provider.ts";
import users from "./fixtures/users.json" with { type: "json" };
import { failure, page, type Script, type Seen, serve, testClock } from "./server.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

function targetAt(url: string, part: Partial<JourneyAppsTarget> = {}): JourneyAppsTarget {
  return {
    name: "test",
    provider: "journeyapps",
    url,
    credentials: ["env:TOKEN"],
    auth: "bearer",
    ledger: null,
    identify: null,
    environment: null,
    requestsPerSecond: 1000,
    source: { file: "policies/test.yaml", line: 1 },
    ...part,
  };
}

async function setup(
  script: Script,
  options: Partial<JourneyAppsOptions> = {},
  target: Partial<JourneyAppsTarget> = {},
) {
  const server = await serve(script);
  const clock = testClock();
  const provider = createJourneyAppsProvider({
    target: targetAt(server.url, target),
    credential: "O:secret",
    clock,
    ...options,
  });
  open.push(server, provider);
  return { server, provider, clock };
}

const user = (id: string) => ({ id, locked: false, enrolled: false, sessions: [] });
const session = { ...users.objects[1]?.sessions[0], id: "s1" };

async function collect<T>(pages: AsyncIterable<Page<T>>): Promise<Page<T>[]> {
  const all: Page<T>[] = [];
  for await (const one of pages) {
    all.push(one);
    if (all.length > 50) throw new Error("the stream does not end");
  }
  return all;
}

/** A collection as the API pages it, never more than `largest` at once. */
function collection(objects: unknown[], largest: number) {
  return ({ path }: Seen) => {
    const query = new URL(path, "http://x").searchParams;
    const skip = Number(query.get("skip"));
    const some = objects.slice(skip, skip + Math.min(largest, Number(query.get("limit"))));
    const more = skip + some.length < objects.length;
    return page(some, { total: objects.length, more });
  };
}

describe("users", () => {
  test("come page by page, stepping by what came and not by what was asked for", async () => {
    const all = Array.from({ length: 7 }, (_, i) => user(`u${i}`));
    const { server, provider } = await setup(collection(all, 3));
    const pages = await collect(provider.users());
    expect(pages.map((p) => [p.total, p.count, p.more, p.objects.length])).toEqual([
      [7, 3, true, 3],
      [7, 2, true, 2],
      [7, 2, false, 2],
    ]);
    expect(pages.flatMap((p) => p.objects)).toMatchObject(all.map(({ id }) => ({ user: { id } })));
    expect(server.requests.map((r) => r.path)).toEqual([
      "users?limit=1000&skip=0",
      "users?limit=1000&skip=2",
      "users?limit=1000&skip=4",
    ]);
  });

  test("each call begins anew", async () => {
    const { server, provider } = await setup([page([user("a")])]);
    await collect(provider.users());
    await collect(provider.users());
    expect(server.requests.map((r) => r.path)).toEqual(Array(2).fill("users?limit=1000&skip=0"));
  });

  test("a user of an unknown shape harms no neighbour, and the page's claims are kept as they are", async () => {
    const bad = { ...user("b"), sessions: [{ ...session, state: "ODD" }] };
    const { provider } = await setup([page([user("a"), bad, user("c")], { count: 99 })]);
    const [only] = await collect(provider.users());
    expect(only).toMatchObject({
      count: 99,
      objects: [
        { user: { id: "a" } },
        { unreadable: { id: "b", field: "sessions[0].state" } },
        { user: { id: "c" } },
      ],
    });
  });

  test("a bad envelope is an error that names the field", async () => {
    const { provider } = await setup([page([user("a")], { more: "false" })]);
    const reading = collect(provider.users());
    await expect(reading).rejects.toThrow(UnreadableTargetError);
    await expect(reading).rejects.toThrow("more is not as documented");
  });

  test.each([
    ["an empty page that promises more", page([], { total: 5, more: true }), 1],
    ["pages past the total", page([user("a"), user("b")], { total: 3, more: true }), 2],
  ])("%s ends the stream", async (_, step, length) => {
    const { provider } = await setup([step]);
    const pages = await collect(provider.users());
    expect(pages).toHaveLength(length);
    expect(pages.at(-1)?.more).toBe(true);
  });

  test("the next page is on its way while the consumer works, and only that one", async () => {
    const all = Array.from({ length: 9 }, (_, i) => user(`u${i}`));
    const { server, provider } = await setup(collection(all, 2), { pageSize: 2 });
    const stream = provider.users()[Symbol.asyncIterator]();
    await stream.next();
    while (server.requests.length < 2) await new Promise((done) => setTimeout(done, 5));
    await new Promise((done) => setTimeout(done, 50));
    expect(server.requests).toHaveLength(2);
    await stream.return?.();
  });

  test("a page that fails behind a consumer who has gone is nobody's unhandled rejection", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    const { provider } = await setup((_, i) =>
      i === 0 ? page([user("a"), user("b")], { total: 3, more: true }) : failure(403, "FORBIDDEN"),
    );
    for await (const _ of provider.users()) {
      await new Promise((done) => setTimeout(done, 50));
      break;
    }
    await new Promise((done) => setTimeout(done, 20));
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });

  test("a consumer who goes aborts the page that is on its way", async () => {
    const { provider, server } = await setup((_, i) =>
      i === 0 ? page([user("a"), user("b")], { total: 3, more: true }) : "stall",
    );
    for await (const _ of provider.users()) {
      while (server.requests.length < 2) await new Promise((done) => setTimeout(done, 5));
      break;
    }
    while (server.abandoned.length < 1) await new Promise((done) => setTimeout(done, 5));
    expect(server.abandoned).toEqual(["users?limit=1000&skip=1"]);
  });

  test("a page that fails while it is waited for is thrown", async () => {
    const { provider } = await setup((_, i) =>
      i === 0
        ? page([user("a"), user("b")], { total: 3, more: true })
        : { status: 401, text: "no" },
    );
    await expect(collect(provider.users())).rejects.toThrow("target.credentials");
  });

  test("a CloudCode token asks for the total, which it is not given otherwise", async () => {
    const { provider, server } = await setup([page([])], {}, { auth: "token" });
    await collect(provider.users());
    expect(server.requests[0]?.path).toBe("users?limit=1000&skip=0&total=true");
  });
});

describe("profiles", () => {
  const model = {
    app_user: "worker",
    models: { worker: { fields: { email: { type: "text" }, employment: {} }, belongs_to: {} } },
  };
  const objects = [
    { id: "a", email: "a@acme.example", employment: { key: "contractor", display: "Contractor" } },
    { id: "b", email: null },
    { id: "c", email: null },
  ];
  const script = (all: unknown[]) => (seen: Seen) =>
    seen.path === "datamodel.json" ? { json: model } : collection(all, 2)(seen);

  test("come from the objects of the app's user model, reduced to what is asked for", async () => {
    const { provider, server } = await setup(script(objects));
    const pages = await collect(provider.profiles(["email", "employment"]));
    expect(pages.flatMap((p) => p.objects)).toEqual([
      { id: "a", fields: { email: "a@acme.example", employment: "contractor" } },
      { id: "b", fields: { email: null, employment: null } },
      { id: "c", fields: { email: null, employment: null } },
    ]);
    expect(server.requests.map((r) => r.path)).toEqual([
      "datamodel.json",
      "objects/worker.json?limit=1000&skip=0",
      "objects/worker.json?limit=1000&skip=1",
    ]);
  });

  test("a field that the model lacks is an error with a suggestion", async () => {
    const { provider, server } = await setup(script(objects));
    const reading = collect(provider.profiles(["emial"]));
    await expect(reading).rejects.toThrow(UnreadableTargetError);
    await expect(reading).rejects.toThrow(/no field “emial”.*“email”.*target\.identify/);
    expect(server.requests).toHaveLength(1);
  });

  test("a value that can't be compared makes its user unreadable, and says where", async () => {
    const { provider } = await setup(script([{ id: "a", email: [1] }]));
    const [page] = await collect(provider.profiles(["email"]));
    expect(page?.objects).toMatchObject([{ id: "a", unreadable: { field: "email" } }]);
  });

  test("of one user comes by a call about its object alone; null where there is none", async () => {
    const { provider, server } = await setup((seen) =>
      seen.path === "datamodel.json"
        ? { json: model }
        : seen.path === "objects/worker/a.json"
          ? { json: objects[0] }
          : { status: 404, json: { type: "OBJECT_NOT_FOUND" } },
    );
    const fields = { email: "a@acme.example", employment: "contractor" };
    expect(await provider.profile("a", ["email", "employment"])).toEqual({ id: "a", fields });
    expect(await provider.profile("x/y", ["email"])).toBeNull();
    expect(server.requests.map((r) => r.path)).toEqual([
      ...["datamodel.json", "objects/worker/a.json", "objects/worker/x%2Fy.json"],
    ]);
  });

  test("of another user than the one asked for is no answer", async () => {
    const { provider } = await setup((seen) =>
      seen.path === "datamodel.json" ? { json: model } : { json: objects[0] },
    );
    await expect(provider.profile("b", ["email"])).rejects.toThrow(/id is not the one/);
  });

  test("are found by a value, and only those that have it: a query that is not known lists all", async () => {
    const { provider, server } = await setup(script(objects));
    expect(await provider.named("email", "a@acme.example")).toEqual(["a"]);
    expect(server.requests[1]?.path).toBe(
      "objects/worker.json?limit=1000&skip=0&q%5Bemail%5D=a%40acme.example",
    );
  });
});

describe("info", () => {
  test("is what the deployment says of itself", async () => {
    const { provider } = await setup([{ json: { label: "Acme", environment: "production" } }]);
    const said = { label: "Acme", environment: "production", region: null };
    expect(await provider.info()).toEqual(said);
  });

  test("is null where there is no such call, and an error where the deployment is another", async () => {
    const { provider } = await setup([
      failure(404, "ROUTE_ERROR"),
      failure(404, "ACCOUNT_NOT_FOUND"),
    ]);
    expect(await provider.info()).toBeNull();
    await expect(provider.info()).rejects.toThrow("target.url");
  });
});

describe("one user, one session", () => {
  test("are read by their ids, as one segment of the path", async () => {
    const { provider, server } = await setup([{ json: user("a/b?c") }, { json: session }]);
    expect(await provider.user("a/b?c")).toMatchObject({ user: { id: "a/b?c" } });
    expect(await provider.session("u", "s1")).toMatchObject({ id: "s1", state: "active" });
    expect(server.requests.map((r) => r.path)).toEqual(["users/a%2Fb%3Fc", "users/u/sessions/s1"]);
  });

  test("are null where the object is gone", async () => {
    const { provider } = await setup([failure(404, "OBJECT_NOT_FOUND")]);
    expect(await provider.user("u")).toBeNull();
    expect(await provider.session("u", "s")).toBeNull();
  });

  test.each(["ROUTE_ERROR", "ACCOUNT_NOT_FOUND"])("a 404 %s is a wrong address", async (type) => {
    const { provider } = await setup([failure(404, type)]);
    await expect(provider.user("u")).rejects.toThrow(UnreadableTargetError);
    await expect(provider.session("u", "s")).rejects.toThrow("target.url");
  });

  test("another one than was asked for is an error", async () => {
    const { provider } = await setup([{ json: user("U") }, { json: session }]);
    await expect(provider.user("u")).rejects.toThrow("id is not the one");
    await expect(provider.session("u", "S1")).rejects.toThrow("id is not the one");
  });

  test("one of an unknown shape", async () => {
    const odd = { ...user("u"), locked: "false" };
    const { provider } = await setup([{ json: odd }, { json: { ...session, state: "ODD" } }]);
    expect(await provider.user("u")).toMatchObject({ unreadable: { id: "u", field: "locked" } });
    await expect(provider.session("u", "s1")).rejects.toThrow("state is not as documented");
  });
});

describe("a token for enrolling", () => {
  test("is what the deployment gives", async () => {
    const token = { token: "12345678", url: "https://enroll.example/?k=12345678" };
    const { provider, server } = await setup([{ json: token }]);
    expect(await provider.enroll("u")).toEqual({ ...token, lives: 300_000 });
    expect(server.requests).toMatchObject([
      { method: "POST", path: "users/u/authentication-token" },
    ]);
  });

  test.each(["reset", { status: 500 }] as const)(
    "is asked for once, after %j too",
    async (step) => {
      const { provider, server } = await setup([step, { json: { token: "t", url: "u" } }]);
      await expect(provider.enroll("u")).rejects.toThrow(UnreadableTargetError);
      expect(server.requests).toHaveLength(1);
    },
  );

  test("for nobody is a matter of usage", async () => {
    const { provider } = await setup([failure(404, "OBJECT_NOT_FOUND")]);
    await expect(provider.enroll("nobody")).rejects.toThrow(UsageError);
  });
});
