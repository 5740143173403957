import { describe, expect, test } from "vitest";
import { GROUPS } from "../../../../src/providers/slingr/sandbox/groups.ts";
import type { SandboxOptions } from "../../../../src/providers/slingr/sandbox/sandbox.ts";
import { call, madeUser, start } from "./call.ts";

const [A, B, C] = [madeUser(1), madeUser(2), madeUser(3)];
const ids = (users: { id: string }[]) => users.map(({ id }) => id);

describe("listing", () => {
  test("pages by the offset of the page before, whoever comes and goes", async () => {
    const sandbox = await start({ users: 70 });
    const all = ids(sandbox.users());
    expect(all).toHaveLength(71);
    expect(all).toContain(sandbox.account.id);
    const seen: string[] = [];
    let offset = "";
    for (let page = 0; page < 4; page++) {
      const { json } = await call(sandbox, `GET /users${offset}`);
      expect(json.total).toBe(sandbox.users().length);
      seen.push(...ids(json.items));
      offset = `?offset=${json.offset}`;
      if (page === 0) sandbox.remove(String(all[3]));
      if (page === 1) sandbox.add({ email: "new@test.com" });
    }
    expect(seen).toEqual(all);
    const beyond = await call(sandbox, `GET /users${offset}`);
    expect(beyond.json).toMatchObject({ offset: null, items: [] });
  });

  test("in pages of a size up to the largest", async () => {
    const sandbox = await start({ users: 30, pageMax: 25 });
    const counts = [];
    for (const query of ["", "?size=3", "?size=100"]) {
      counts.push((await call(sandbox, `GET /users${query}`)).json.items.length);
    }
    expect(counts).toEqual([20, 3, 25]);
  });

  test.each([
    ["status=INACTIVE,BLOCKED", [C, B]],
    ["status=ACTIVE&email=user", [A]],
    ["fullName=user2%20t", [B]],
    ["firstName=USER3", [C]],
    ["groups=roup1,other&lastName=tes", [C, B, A]],
    ["developer=true", []],
  ])("by %s", async (query, found) => {
    const estate = [A, { ...B, status: "INACTIVE" }, { ...C, status: "BLOCKED" }] as const;
    const sandbox = await start({ estate });
    const { json } = await call(sandbox, `GET /users?${query}`);
    expect([json.total, ids(json.items)]).toEqual([found.length, ids(found)]);
  });

  test.each(["size=0", "size=x", "offset=20", "status=GONE"])("refuses %s", async (query) => {
    const { status, json } = await call(await start(), `GET /users?${query}`);
    expect([status, json.code]).toEqual([400, "badRequest"]);
  });

  test("the same seed gives the same users, and more of them begin with fewer", async () => {
    const [five, seven, other] = [
      await start(),
      await start({ users: 7 }),
      await start({ seed: 2 }),
    ];
    expect(five.users()).toEqual((await start()).users());
    expect(ids(seven.users())).toEqual(expect.arrayContaining(ids(five.users())));
    expect(ids(other.users())).not.toEqual(expect.arrayContaining(ids(five.users())));
  });

  test("ten thousand users come in eleven pages", async () => {
    const sandbox = await start({ users: 10_000 });
    const seen = new Set<string>();
    let [pages, offset] = [0, ""];
    for (; pages < 20; pages++) {
      const { json } = await call(sandbox, `GET /users?size=5000${offset}`);
      if (json.items.length === 0) break;
      for (const { id } of json.items) seen.add(id);
      offset = `&offset=${json.offset}`;
    }
    expect([pages, seen.size]).toEqual([11, 10_001]);
  });
});

describe("changing the status of several users", () => {
  const estate = () => [A, { ...B, status: "INACTIVE" as const }, C];
  const path = `PUT /users/${A.id},${B.id},${C.id}/deactivate`;

  test.each([
    ["stop", 400, ["INACTIVE", "INACTIVE", "ACTIVE"], 1],
    ["all", 200, ["INACTIVE", "INACTIVE", "INACTIVE"], 2],
    ["none", 400, ["ACTIVE", "INACTIVE", "ACTIVE"], 0],
  ] as const)("where one can't be changed, %s", async (many, status, after, changed) => {
    const sandbox = await start({ estate: estate(), many });
    const answer = await call(sandbox, path);
    expect(answer.status).toBe(status);
    expect([A, B, C].map(({ id }) => sandbox.user(id)?.status)).toEqual(after);
    expect(sandbox.counters.changed.deactivate ?? 0).toBe(changed);
    if (status === 200) expect(ids(answer.json)).toEqual([A.id, C.id]);
  });

  test("a wrong state may be no error", async () => {
    const sandbox = await start({ estate: estate(), wrongState: "ignore" });
    expect(ids((await call(sandbox, path)).json)).toEqual([A.id, B.id, C.id]);
    expect(sandbox.user(B.id)?.version).toBe(0);
  });

  test.each([
    ["reactivate", "ACTIVE"],
    ["reactivate", "BLOCKED"],
    ["unblock", "ACTIVE"],
    ["unblock", "INACTIVE"],
    ["deactivate", "INACTIVE"],
  ] as const)("%s refuses who is %s", async (verb, status) => {
    for (const many of ["stop", "all", "none"] as const) {
      const sandbox = await start({ estate: [{ ...A, status }], many });
      expect((await call(sandbox, `PUT /users/${A.id}/${verb}`)).status).toBe(400);
      expect(sandbox.user(A.id)?.status).toBe(status);
    }
  });

  test("an address takes 315 ids, and not many more", async () => {
    const sandbox = await start({ users: 400 });
    for (const { id } of sandbox.users()) sandbox.setStatus(id, "ACTIVE");
    const others = ids(sandbox.users()).filter((id) => id !== sandbox.account.id);
    const first = await call(sandbox, `PUT /users/${others.slice(0, 315)}/deactivate`);
    expect([first.status, first.json.length]).toEqual([200, 315]);
    const many = await call(sandbox, `PUT /users/${others.slice(0, 325)}/reactivate`);
    expect([many.status, many.headers.get("content-type")]).toEqual([414, "text/html"]);
    expect(sandbox.user(String(others[0]))?.status).toBe("INACTIVE");
  });
});

describe("rights", () => {
  const asked: [NonNullable<SandboxOptions["lacks"]>[number], string, unknown?][] = [
    ["list", "GET /users"],
    ["read", `GET /users/${A.id}`],
    ["update", `PUT /users/${A.id}`, {}],
    ["deactivate", `PUT /users/${A.id}/deactivate`],
    ["reactivate", `PUT /users/${A.id}/reactivate`],
    ["unblock", `PUT /users/${A.id}/unblock`],
    ["sendOtpCode", "POST /curfew", { method: "sendOtpCode", options: { email: A.email } }],
    ["createToken", "POST /curfew", { method: "createToken", idOrEmailUser: A.id }],
  ];

  test.each(asked)("the account may lack %s", async (right, request, body) => {
    const without = await start({ estate: [A], lacks: [right] });
    const refused = await call(without, request, body);
    expect([refused.status, refused.json.code]).toEqual([403, "forbidden"]);
    const others = asked.map(([other]) => other).filter((other) => other !== right);
    const alone = await start({ estate: [A], lacks: others });
    expect((await call(alone, request, body)).status).not.toBe(403);
  });

  test("somebody who manages nobody reads himself alone", async () => {
    const sandbox = await start({ estate: [A, B] });
    const token = sandbox.signIn(A.id);
    const statuses = [];
    for (const path of ["/users/current", `/users/${A.id}`, `/users/${B.id}`, "/users"]) {
      statuses.push((await call(sandbox, `GET ${path}`, undefined, token)).status);
    }
    expect(statuses).toEqual([200, 200, 403, 403]);
  });

  test("the account may manage some groups only", async () => {
    const sandbox = await start({ estate: [], manages: ["office"], many: "all" });
    const [office, field] = ["Office", "Field"].map((label) => {
      const id = GROUPS.find((group) => group.label === label)?.id ?? "";
      const groups = [{ id, name: label, primary: true, external: false }];
      return sandbox.add({ email: `${label}@test.com`, groups });
    });
    const path = `/users/${field?.id},${office?.id}`;
    expect(ids((await call(sandbox, `PUT ${path}/deactivate`)).json)).toEqual([office?.id]);
    expect((await call(sandbox, `PUT /users/${field?.id}`, { firstName: "X" })).status).toBe(403);
    expect((await call(sandbox, `PUT /users/${office?.id}`, { firstName: "X" })).status).toBe(200);
  });

  test("a developer is changed by developers only", async () => {
    const permissions = { developer: true, usersManagement: false };
    const sandbox = await start({ estate: [{ ...A, permissions }, B] });
    const path = `PUT /users/${A.id}/deactivate`;
    expect((await call(sandbox, path)).status).toBe(403);
    expect((await call(sandbox, path, undefined, sandbox.signIn(A.id))).status).toBe(200);
  });
});
