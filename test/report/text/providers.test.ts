/** `curfew providers`, for people. */
import { expect, test } from "vitest";
import type { Capabilities } from "../../../src/model/capabilities.ts";
import { CATALOG } from "../../../src/providers/catalog.ts";
import { providersText } from "../../../src/report/text/providers.ts";
import { MINUTE } from "../../../src/time.ts";

test("a provider that can all, and one that can little", () => {
  const little: Capabilities = {
    ...{ name: "Acme", lock: null, end: "user", ended: "unseen", wipe: false, enroll: null },
    ...{
      attributes: {},
      fields: false,
      census: "none",
      residual: 5 * MINUTE,
      compares: [],
      instead: {},
    },
    moments: { createdAt: null, signedInAt: 60 * MINUTE, lastConnectedAt: null },
    rights: { read: ["ListUsers"], write: ["SignOut"] },
  };
  expect(providersText({ journeyapps: CATALOG.journeyapps, acme: little })).toMatchInlineSnapshot(`
    "journeyapps (JourneyApps)
      locks               users; a lock ends the user's sessions, an unlock revives none
      ends                any one session; an ended one stays, with a state
      wipes               yes
      tells of a session  creation, sign-in, last connection
      devices by          platform (word), container (semver), runtime (semver), bundleId (exact), id
                          (exact), label (glob)
      a whole read        is proven by an exact count
      enrolls by          token
      rights to read      GET info; GET users; GET users/{id}; GET datamodel, objects/{model} (with
                          identify or where)
      rights to write     POST batch; POST users/{id}/lock and unlock; POST
                          users/{id}/sessions/{id}/re-authenticate and wipe; POST
                          users/{id}/authentication-token (enroll)

    acme (Acme)
      locks               nobody
      ends                all sessions of a user at once; an ended one can't be told from others; what
                          was issued before works for 5 minutes more
      wipes               no
      tells of a session  sign-in (to 60 minutes)
      devices by          nothing
      a whole read        is proven by no count
      enrolls by          nothing
      rights to read      ListUsers
      rights to write     SignOut
    "
  `);
});
