import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AccountRecord } from "../../../src/model/inventory.ts";
import { parseInstant } from "../../../src/providers/journeyapps/instant.ts";
import {
  readBatchReply,
  readInfo,
  readObject,
  readPage,
  readSession,
  readToken,
  readUser,
  readUserModel,
  toOperation,
} from "../../../src/providers/journeyapps/wire.ts";
import { action } from "./actions.ts";
import token from "./fixtures/authentication-token.json" with { type: "json" };
import session from "./fixtures/session.json" with { type: "json" };
import user from "./fixtures/user.json" with { type: "json" };
import users from "./fixtures/users.json" with { type: "json" };
import { toWireSession, toWireUser } from "./to-wire.ts";

const at = (text: string) => Date.parse(text);

function known(record: AccountRecord) {
  if ("unreadable" in record) throw new Error(record.unreadable.message);
  return record.user;
}

describe("the vendor's samples", () => {
  test("a page of users parses and round-trips as it stands", () => {
    const page = readPage(users);
    expect(page).toMatchObject({ total: 47, count: 2, more: true });
    expect(page.objects.map((raw) => toWireUser(known(readUser(raw))))).toEqual(users.objects);
  });

  test("a single user and a single session parse and round-trip as they stand", () => {
    expect(toWireUser(known(readUser(user)))).toEqual(user);
    expect(toWireSession(readSession(session))).toEqual(session);
  });

  test("a token parses as it stands", () => {
    expect(readToken(token)).toEqual(token);
  });

  test("a session becomes the model's, field by field", () => {
    expect(readSession(session)).toEqual({
      id: "9469407e-8417-11e7-825d-040151508301",
      state: "ended",
      signedInAt: at("2017-08-18T13:17:26Z"),
      createdAt: at("2017-08-18T13:17:26Z"),
      signedOutAt: at("2017-08-18T13:33:23Z"),
      lastConnectedAt: at("2017-08-18T13:33:23Z"),
      lastFullSyncAt: at("2018-07-31T12:17:58Z"),
      attributes: {
        platform: "IOS",
        container: "20.6.1",
        bundleId: "xyz.appinstall.myapp",
        runtime: "4.82.0",
        id: "3456-3456-3456-3456",
        label: "Apple iPhone7,2",
      },
    });
  });

  test("an account has no name and no fields yet, and an unknown date is null", () => {
    const [, second] = users.objects;
    const read = known(readUser(second));
    expect(Object.keys(read)).toEqual(["id", "locked", "lastConnectedAt", "sessions"]);
    expect(read).toMatchObject({ id: second?.id, locked: false });
    expect(read.sessions[1]).toMatchObject({ signedInAt: null, lastFullSyncAt: null });
  });
});

describe("what is documented as absent or null is tolerated", () => {
  const bare = {
    id: "s",
    state: "NEVER_ENROLLED",
    last_authenticated_at: null,
    created_at: null,
    signed_out_at: null,
    last_connected_at: null,
  };
  const nothing = { container: null, runtime: null, id: null, label: null, bundleId: null };

  test.each([
    ["absent", {}],
    ["null", { container: null, runtime: null, device: null, label: null, sync_status: null }],
    ["empty", { container: {}, runtime: {}, device: {}, sync_status: {}, brand_new: [1] }],
    ["null inside", { container: { version: null }, sync_status: { last_full_sync: null } }],
  ])("%s parts of a session", (_, parts) => {
    const read = readSession({ ...bare, ...parts });
    expect(read).toMatchObject({
      attributes: { ...nothing, platform: null },
      lastFullSyncAt: null,
    });
  });

  test("a user who never connected, and keys that nobody documented", () => {
    const raw = { id: "u", locked: true, sessions: [], extra: { a: 1 } };
    expect(known(readUser(raw))).toMatchObject({ id: "u", lastConnectedAt: null, sessions: [] });
  });
});

describe("what is of an unknown shape is unreadable, and names its field", () => {
  test("a user who lists one session twice, in a list and alone", () => {
    const [first] = users.objects;
    const raw = { ...first, sessions: [...(first?.sessions ?? []), ...(first?.sessions ?? [])] };
    const message = "sessions lists one session twice";
    expect(readUser(raw)).toEqual({ unreadable: { id: first?.id, field: "sessions", message } });
  });

  const good = structuredClone(users.objects[1]);
  const withSession = (part: Record<string, unknown>) => ({
    ...good,
    sessions: [{ ...good?.sessions[0], ...part }],
  });

  test.each([
    ["an unknown state", withSession({ state: "SUSPENDED" }), "sessions[0].state"],
    ["no state", withSession({ state: undefined }), "sessions[0].state"],
    ['locked: "false"', { ...good, locked: "false" }, "locked"],
    ["no locked", { ...good, locked: undefined }, "locked"],
    ["no sessions", { ...good, sessions: undefined }, "sessions"],
    ["null for sessions", { ...good, sessions: null }, "sessions"],
    ["a session without an id", withSession({ id: undefined }), "sessions[0].id"],
    ["an empty id of a session", withSession({ id: "" }), "sessions[0].id"],
    ["a date that is none", withSession({ created_at: "yesterday" }), "sessions[0].created_at"],
    [
      "a day that is none",
      { ...good, last_connected_at: "2017-02-29T00:00:00Z" },
      "last_connected_at",
    ],
    [
      "a date without offset",
      { ...good, last_connected_at: "2017-02-28T00:00:00" },
      "last_connected_at",
    ],
    [
      "a date as a number",
      withSession({ last_connected_at: 1503063203 }),
      "sessions[0].last_connected_at",
    ],
    [
      "a date that is absent",
      withSession({ last_authenticated_at: undefined }),
      "sessions[0].last_authenticated_at",
    ],
    [
      "a sync date that is none",
      withSession({ sync_status: { last_full_sync: "x" } }),
      "sessions[0].sync_status.last_full_sync",
    ],
    [
      "a platform that is no text",
      withSession({ container: { platform: 3 } }),
      "sessions[0].container.platform",
    ],
  ])("%s", (_, raw, field) => {
    const read = readUser(raw);
    expect(read).toMatchObject({ unreadable: { id: good?.id, field } });
    expect("unreadable" in read && read.unreadable.message).toContain(field);
  });

  test.each([[{}], [null], ["u"], [[]], [{ id: 7, locked: false, sessions: [] }]])(
    "a user without a readable id: %j",
    (raw) => {
      expect(readUser(raw)).toMatchObject({ unreadable: { id: null } });
    },
  );

  test("no message repeats a value", () => {
    const secret = "s3cret-s3cret";
    const raws = [
      withSession({ state: secret }),
      withSession({ created_at: secret }),
      { ...good, locked: secret },
    ];
    for (const raw of raws) expect(JSON.stringify(readUser(raw))).not.toContain(secret);
  });

  test.each([
    ["total", { total: "47" }],
    ["total", { total: -1 }],
    ["count", { count: undefined }],
    ["more", { more: "false" }],
    ["objects", { objects: {} }],
  ])("a page whose %s is wrong: %j", (field, part) => {
    expect(() => readPage({ ...users, ...part })).toThrow(`${field} is not as documented`);
  });

  test("an answer that is no object at all", () => {
    expect(() => readPage(null)).toThrow("the answer is not as documented");
    expect(() => readToken({ token: "", url: "x" })).toThrow("token");
    expect(() => readInfo({ environment: 3 })).toThrow("environment");
  });
});

describe("dates", () => {
  test("agree with the platform's, whatever the date and the offset", () => {
    const dates = fc.date({
      min: new Date("0001-01-02T00:00:00Z"),
      max: new Date("9998-12-30T00:00:00Z"),
      noInvalidDate: true,
    });
    const offsets = fc.tuple(fc.constantFrom("+", "-"), fc.nat(23), fc.nat(59));
    fc.assert(
      fc.property(dates, offsets, (date, [sign, hours, minutes]) => {
        const two = (n: number) => String(n).padStart(2, "0");
        const text = date.toISOString();
        const shifted = text.replace("Z", `${sign}${two(hours)}:${two(minutes)}`);
        expect(parseInstant(text)).toBe(date.getTime());
        expect(parseInstant(`${text.slice(0, 19)}Z`)).toBe(Date.parse(`${text.slice(0, 19)}Z`));
        expect(parseInstant(shifted)).toBe(Date.parse(shifted));
      }),
    );
  });

  test.each([
    ["", "2017", "2017-08-18", "2017-08-18T13:33:23", "2017-08-18 13:33:23Z"],
    [
      "2017-13-01T00:00:00Z",
      "2017-00-01T00:00:00Z",
      "2017-04-31T00:00:00Z",
      "1900-02-29T00:00:00Z",
    ],
    [
      "2017-08-18T24:00:00Z",
      "2017-08-18T13:60:00Z",
      "2017-08-18T13:33:60Z",
      "2017-08-00T00:00:00Z",
    ],
    [
      "2017-08-18T13:33:23z",
      "2017-08-18T13:33:23+2",
      "2017-08-18T13:33:23+02:60",
      "+017-08-18T13:33:23Z",
    ],
    [
      "2017-08-18T13:33:23.Z",
      "2017-08-18T13:33:23Zx",
      "2017-08-18T13:33: 3Z",
      "Fri, 18 Aug 2017 13:33:23 GMT",
    ],
  ])("that are none: %j %j %j %j", (...texts) => {
    for (const text of texts) expect(parseInstant(text), text).toBeNaN();
  });

  test("keep milliseconds and cut what is finer", () => {
    expect(parseInstant("2020-02-29T23:59:59.123456+00:00")).toBe(at("2020-02-29T23:59:59.123Z"));
    expect(parseInstant("2020-02-29T23:59:59.5Z")).toBe(at("2020-02-29T23:59:59.500Z"));
  });
});

describe("the user model", () => {
  const datamodel = {
    models: {
      worker: {
        name: "worker",
        fields: { email: { name: "email", type: "text" }, employment: { type: "single-choice" } },
        belongs_to: { depot: { model: "depot", name: "depot" } },
        has_many: {},
      },
      depot: { fields: {} },
    },
    app_user: "worker",
    datamodel_hash: "abc",
  };

  test("its name, its fields and what it belongs to", () => {
    const model = readUserModel(datamodel);
    expect(model.name).toBe("worker");
    expect(model.fields).toEqual(["email", "employment", "depot_id", "id", "display"]);
  });

  test.each([
    ["app_user", { ...datamodel, app_user: undefined }],
    ["models.staff", { ...datamodel, app_user: "staff" }],
    ["models.toString", { ...datamodel, app_user: "toString" }],
    ["models.depot.fields", { app_user: "depot", models: { depot: {} } }],
  ])("one without %s is refused", (field, body) => {
    expect(() => readUserModel(body)).toThrow(field);
  });

  test("an object is reduced to what is asked for: scalars, the keys of choices, null for what is absent", () => {
    const raw = {
      id: "o1",
      email: "a@acme.example",
      employment: { key: "contractor", display: "Contractor" },
      active: { key: false, display: "No" },
      grade: 3,
      left: null,
      secret: "not asked for",
    };
    const fields = ["email", "employment", "active", "grade", "left", "depot_id", "constructor"];
    expect(readObject(raw, fields)).toEqual({
      id: "o1",
      fields: {
        email: "a@acme.example",
        employment: "contractor",
        active: false,
        grade: 3,
        left: null,
        depot_id: null,
        constructor: null,
      },
    });
  });

  test.each([[[{ key: "a" }]], [{ latitude: 1 }], [{ key: {} }]])(
    "%j can't be compared",
    (value) => {
      const profile = readObject({ id: "o", photo: value }, ["photo"]);
      expect(profile).toMatchObject({ id: "o", fields: {}, unreadable: { field: "photo" } });
    },
  );
});

test("an id that is an object with a length is no id, and no bug", () => {
  const odd = { id: { length: { toString: 1 } } };
  expect(() => readObject(odd, [])).toThrow("id");
  expect(readUser(odd)).toMatchObject({ unreadable: { id: null, field: "id" } });
});

describe("batches", () => {
  test("every action has its operation, and a lock always says whether it wipes", () => {
    const user = { user_id: "u" };
    const session = { user_id: "u", session_id: "s" };
    const of = (type: Parameters<typeof action>[0], wipe?: boolean) =>
      toOperation(action(type, "u", type.includes("lock") ? null : "s", wipe));
    expect(of("lock")).toEqual({ method: "users/lock", ...user, wipe: false });
    expect(of("lock", true)).toEqual({ method: "users/lock", ...user, wipe: true });
    expect(of("unlock")).toEqual({ method: "users/unlock", ...user });
    expect(of("wipe")).toEqual({ method: "users/sessions/wipe", ...session });
    expect(of("re-authenticate")).toEqual({ method: "users/sessions/re-authenticate", ...session });
  });

  test("a reply must have as many results as there were operations, each with a yes or no", () => {
    const done = { method: "users/lock", success: true };
    expect(readBatchReply({ operations: [done] }, 1)).toEqual([{ success: true }]);
    expect(() => readBatchReply({ operations: [done] }, 2)).toThrow(
      "operations has 1 entries where 2",
    );
    expect(() => readBatchReply({ operations: [{ success: "true" }] }, 1)).toThrow(
      "operations[0].success",
    );
    expect(() => readBatchReply({}, 1)).toThrow("operations");
    expect(readBatchReply({ operations: [{ success: false }] }, 1)).toMatchObject([
      { success: false },
    ]);
  });
});
