import { expect, test } from "vitest";
import type { ServedUser } from "../../../../src/providers/journeyapps/sandbox/sandbox.ts";
import { call, start } from "./call.ts";

/** The users of the vendor's sample answers, as they stand. */
const SAMPLE: ServedUser[] = JSON.parse(`[
  {
    "id": "c8c8c4f8-5013-11e7-a8c7-04017e679e01",
    "last_connected_at": "2017-08-18T13:33:23Z",
    "enrolled": false,
    "locked": false,
    "sessions": [
      {
        "id": "9469407e-8417-11e7-825d-040151508301",
        "state": "LOCKED",
        "last_authenticated_at": "2017-08-18T13:17:26Z",
        "created_at": "2017-08-18T13:17:26Z",
        "signed_out_at": "2017-08-18T13:33:23Z",
        "last_connected_at": "2017-08-18T13:33:23Z",
        "container": { "version": "20.6.1", "bundle_id": "xyz.appinstall.myapp", "platform": "IOS" },
        "runtime": { "version": "4.82.0" },
        "device": { "id": "1234-1234-1234-1234" },
        "label": "Apple iPhone7,2",
        "sync_status": { "last_full_sync": "2018-07-31T12:17:58Z" }
      }
    ]
  },
  {
    "id": "5571fb26-54f7-11e7-a8f8-040151508301",
    "last_connected_at": "2017-08-23T10:12:57Z",
    "enrolled": true,
    "locked": false,
    "sessions": [
      {
        "id": "066b26c4-8418-11e7-9ba9-04017e679e01",
        "state": "ENROLLED",
        "last_authenticated_at": "2017-08-18T13:20:37Z",
        "created_at": "2017-08-18T13:20:37Z",
        "signed_out_at": null,
        "last_connected_at": "2017-08-23T10:12:57Z",
        "container": { "version": "20.6.1", "bundle_id": "xyz.appinstall.myapp", "platform": "ANDROID" },
        "runtime": { "version": "4.82.0" },
        "device": { "id": "2345-2345-2345-2345" },
        "label": "Sony C6903"
      },
      {
        "id": "556ed8a6-54f7-11e7-a8f8-040151508301",
        "state": "LOCKED",
        "last_authenticated_at": null,
        "created_at": null,
        "signed_out_at": "2017-08-18T13:20:30Z",
        "last_connected_at": "2017-06-19T14:19:39Z",
        "container": { "version": "20.6.1", "bundle_id": "xyz.appinstall.myapp", "platform": "CHROME" },
        "runtime": { "version": "4.82.0" },
        "device": { "id": "3456-3456-3456-3456" },
        "label": "Chrome"
      }
    ]
  }
]`);

test("the sample page, user and session are served as they stand", async () => {
  const sandbox = await start({ estate: SAMPLE });
  for (let i = SAMPLE.length; i < 47; i++)
    sandbox.add({ ...(SAMPLE[0] as ServedUser), id: `user-${i}` });
  const page = await call(sandbox, "GET /users?limit=2&skip=0");
  expect(page.json).toStrictEqual({ total: 47, count: 2, more: true, objects: SAMPLE });
  const [first] = SAMPLE;
  const user = await call(sandbox, `GET /users/${first?.id}`);
  expect(user.json).toStrictEqual(first);
  const [session] = first?.sessions ?? [];
  const one = await call(sandbox, `GET /users/${first?.id}/sessions/${session?.id}`);
  expect(one.json).toStrictEqual(session);
});

test("the address is that of the samples", async () => {
  const sandbox = await start({ estate: SAMPLE });
  expect(sandbox.url).toBe(`http://127.0.0.1:${sandbox.port}/api/v4/533bda53027894f69b001055`);
});

test("re-authenticate without a body signs a sample's session out", async () => {
  const sandbox = await start({ estate: SAMPLE });
  const path = `/users/${SAMPLE[1]?.id}/sessions/${SAMPLE[1]?.sessions[0]?.id}/re-authenticate`;
  expect((await call(sandbox, `POST ${path}`)).status).toBe(204);
  const expected = structuredClone(SAMPLE[1] as ServedUser);
  Object.assign(expected, { enrolled: false });
  Object.assign(expected.sessions[0] ?? {}, {
    state: "LOCKED",
    signed_out_at: "2026-11-22T10:00:00Z",
  });
  expect(sandbox.user(expected.id)).toStrictEqual(expected);
});
