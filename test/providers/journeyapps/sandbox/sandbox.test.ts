import { describe, expect, test } from "vitest";
import { ANNA, call, NOW, start } from "./call.ts";

describe("addresses and credentials", () => {
  test("takes all three authorizations", async () => {
    const sandbox = await start({ token: "O:se:cret", deployment: "d1" });
    const basic = `Basic ${Buffer.from("d1:O:se:cret").toString("base64")}`;
    for (const authorization of ["Bearer O:se:cret", "Token O:se:cret", basic]) {
      expect((await call(sandbox, "GET /users", undefined, authorization)).status).toBe(200);
    }
  });

  test.each(["", "Bearer wrong", "Basic wrong", "sandbox"])(
    "refuses %j in plain text",
    async (it) => {
      const sandbox = await start();
      const answer = await call(sandbox, "GET /users", undefined, it);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([
        401,
        "text/plain; charset=utf-8",
      ]);
    },
  );

  test("tells three kinds of 404 apart", async () => {
    const sandbox = await start();
    const elsewhere = { ...sandbox, url: sandbox.url.replace(/[^/]+$/, "other") };
    const above = { ...sandbox, url: sandbox.url.replace(/\/api.*/, "") };
    const types = [
      await call(sandbox, "GET /users/nobody"),
      await call(sandbox, "GET /people"),
      await call(sandbox, "POST /users"),
      await call(above, "GET /"),
      await call(elsewhere, "GET /users"),
    ].map(({ status, json }) => [status, json.type]);
    expect(types).toEqual([
      [404, "OBJECT_NOT_FOUND"],
      [404, "ROUTE_ERROR"],
      [404, "ROUTE_ERROR"],
      [404, "ROUTE_ERROR"],
      [404, "ACCOUNT_NOT_FOUND"],
    ]);
  });

  test("answers 429 beyond the rate limit, until time has passed", async () => {
    let now = NOW;
    const sandbox = await start({ clock: () => now, rateLimit: { perSecond: 2, burst: 3 } });
    const statuses = async (count: number) => {
      const answers = [];
      for (let i = 0; i < count; i++) answers.push((await call(sandbox, "GET /info.json")).status);
      return answers;
    };
    expect(await statuses(4)).toEqual([200, 200, 200, 429]);
    now += 1000;
    expect(await statuses(3)).toEqual([200, 200, 429]);
    expect((await call(sandbox, "GET /users")).json).toMatchObject({ type: "TOO_MANY_REQUESTS" });
  });
});

describe("reading", () => {
  test("pages claim total, count and more", async () => {
    const sandbox = await start({ users: 25, pageMax: 10 });
    const pages = [];
    for (const skip of [0, 10, 20, 30]) {
      const { json } = await call(sandbox, `GET /users?limit=1000&skip=${skip}`);
      pages.push([json.total, json.count, json.more, json.objects.length]);
    }
    expect(pages).toEqual([
      [25, 10, true, 10],
      [25, 10, true, 10],
      [25, 5, false, 5],
      [25, 0, false, 0],
    ]);
    const { json } = await call(sandbox, "GET /users.json?limit=10&skip=15");
    expect([json.more, json.objects]).toEqual([false, sandbox.users().slice(15)]);
  });

  test("a page is 100 users where no limit is given", async () => {
    const { json } = await call(await start({ users: 120 }), "GET /users");
    expect([json.total, json.count, json.more]).toEqual([120, 100, true]);
  });

  test.each(["limit=-1", "skip=x", "limit=1.5"])("refuses %s", async (query) => {
    const answer = await call(await start(), `GET /users?${query}`);
    expect([answer.status, answer.json.type]).toEqual([400, "INVALID_API_REQUEST"]);
  });

  test("what changed between two reads is in the second", async () => {
    const sandbox = await start({ estate: [ANNA()] });
    await call(sandbox, "GET /users");
    sandbox.lock("anna");
    const { json } = await call(sandbox, "GET /users");
    expect(json.objects).toEqual([sandbox.user("anna")]);
    expect(json.objects[0].locked).toBe(true);
  });

  test("info.json, and datamodel.json with the fields of the user model", async () => {
    const sandbox = await start({ info: { environment: "staging" } });
    expect((await call(sandbox, "GET /info.json")).json).toEqual({
      label: "Curfew sandbox",
      environment: "staging",
      region: "local",
    });
    const { json } = await call(sandbox, "GET /datamodel.json");
    const fields = json.models[json.app_user].fields;
    expect(Object.keys(fields)).toEqual(["name", "email", "employment", "region"]);
    expect(fields.employment.type).toBe("single-choice");
  });

  test("objects are the users' by id, and can be filtered", async () => {
    const sandbox = await start({ users: 60 });
    const { json } = await call(sandbox, "GET /objects/user.json");
    expect(json.objects.map((one: { id: string }) => one.id)).toEqual(
      sandbox.users().map((one) => one.id),
    );
    const wanted = json.objects.filter(
      (one: { employment: { key: string } }) => one.employment.key === "contractor",
    );
    expect(wanted.length).toBeGreaterThan(0);
    const filtered = await call(sandbox, "GET /objects/user.json?q[employment]=contractor");
    expect(filtered.json).toMatchObject({ total: wanted.length, objects: wanted });
    const one = await call(sandbox, `GET /objects/user?query[email]=${wanted[0].email}`);
    expect(one.json.objects).toEqual([wanted[0]]);
    const alone = await call(sandbox, `GET /objects/user/${wanted[0].id}.json`);
    expect(alone.json).toEqual(wanted[0]);
    expect((await call(sandbox, "GET /objects/user/nobody.json")).status).toBe(404);
    for (const path of ["/objects/user.json?q[nick]=x", "/objects/task.json"]) {
      expect((await call(sandbox, `GET ${path}`)).json.type).toBe("INVALID_API_REQUEST");
    }
  });
});
