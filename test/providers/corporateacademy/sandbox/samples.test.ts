/** Each of the fifteen calls as the method reference writes it: verb, path, parameters by their names, and what comes back. */
import { describe, expect, test } from "vitest";
import { METHODS } from "../../../../src/providers/corporateacademy/sandbox/methods.ts";
import type { Sandbox } from "../../../../src/providers/corporateacademy/sandbox/sandbox.ts";
import { call, start } from "./call.ts";

const DEVICE = { deviceType: "mobile", userAgent: "Mozilla/5.0" };
const TOKEN = /^[0-9a-f]{20}$/;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** What a call of the reference needs that only a running backend can give. */
interface Given {
  token: string;
  tinyToken: string;
  validationToken: string;
  retrieveKey: string;
  remoteToken: string;
  remoteCheck: string;
}

/** Signs Ann in, with a mail of the kind under way. */
async function given(sandbox: Sandbox): Promise<Given> {
  await sandbox.add({ id: "sue", password: "hers", supplier: {} });
  const { token, tinyToken } = await sandbox.signIn("ann");
  await call(sandbox, "POST /init-password-recovery", { body: { email: "ann@acme.example" } });
  return {
    token,
    tinyToken,
    validationToken: sandbox.outbox.at(-1)?.validationToken ?? "",
    retrieveKey: sandbox.remoteSignIn("ann"),
    ...sandbox.vouch("ann", "t1"),
  };
}

type Sample = [
  request: string,
  body: (given: Given) => object | undefined,
  bearer: boolean,
  answer: unknown,
];

const none = () => undefined;

const SAMPLES: Sample[] = [
  ["GET /get-jwt-token/:token", none, false, expect.stringMatching(JWT)],
  ["GET /logout", none, true, null],
  ["GET /retrieve-token-after-login?retrieveKey=:key", none, false, expect.stringMatching(JWT)],
  ["GET /validate-jwt-token", none, true, true],
  [
    "POST /confirm-user-email",
    ({ validationToken }) => ({ userId: "ann", validationToken }),
    false,
    // The pair of a recovery confirms no address.
    false,
  ],
  ["POST /init-password-recovery", () => ({ email: "ann@acme.example" }), false, true],
  [
    "POST /login-local-password",
    () => ({
      ...{ email: "ann@acme.example", password: "first" },
      ...{ ...DEVICE, createPersistentUserAuth: true },
    }),
    false,
    expect.stringMatching(TOKEN),
  ],
  [
    "POST /login-remote-token-with-check",
    ({ remoteToken, remoteCheck }) => ({
      ...{ tenant: "t1", remoteToken, remoteCheck },
      ...{ ...DEVICE, createPersistentUserAuth: false },
    }),
    false,
    expect.stringMatching(TOKEN),
  ],
  [
    "POST /login-supplier-person",
    () => ({ username: "sue", password: "hers", tenant: "main", ...DEVICE }),
    false,
    expect.stringMatching(TOKEN),
  ],
  [
    "POST /recover-user-password",
    ({ validationToken }) => ({ userId: "ann", newPassword: 12345, validationToken }),
    false,
    true,
  ],
  ["POST /renew-token", none, true, expect.stringMatching(TOKEN)],
  [
    "POST /send-confirmation-email",
    () => ({
      ...{ ...DEVICE, forename: "Ben", surname: "Botha" },
      ...{ email: "ben@acme.example", password: "his", photoUrl: "https://acme.example/ben" },
    }),
    true,
    expect.objectContaining({ users: [expect.objectContaining({ email: "ben@acme.example" })] }),
  ],
  [
    "POST /set-new-password",
    () => ({ userId: "ann", oldPassword: "first", newPassword: "second", ...DEVICE }),
    true,
    expect.stringMatching(TOKEN),
  ],
  ["POST /update-user-password", () => ({ newPassword: 2, oldPassword: "first" }), true, true],
  [
    "POST /validate-password-recovery-token",
    ({ validationToken }) => ({ userId: "ann", validationToken }),
    false,
    true,
  ],
];

describe("the method reference", () => {
  test.each(SAMPLES)("%s", async (request, bodyOf, bearer, answer) => {
    const sandbox = await start();
    const got = await given(sandbox);
    const body = bodyOf(got);
    const path = request.replace(":token", got.tinyToken).replace(":key", got.retrieveKey);
    const { status, json } = await call(sandbox, path, {
      ...(body === undefined ? {} : { body }),
      ...(bearer ? { token: got.token } : {}),
    });
    expect([status, json]).toEqual([200, answer]);
  });

  test("has these fifteen and no other", () => {
    const sampled = SAMPLES.map(([request]) => /^(\w+) \/([\w-]+)/.exec(request)?.slice(1));
    const known = Object.entries(METHODS).map(([name, { verb }]) => [verb, name]);
    expect(sampled.sort()).toEqual(known.sort());
    expect(known).toHaveLength(15);
  });

  test("stands at its address", async () => {
    const { url, port } = await start();
    expect(url).toBe(`http://127.0.0.1:${port}/rest-api/corporateacademy-mediator`);
  });

  test.each(SAMPLES.filter(([, , bearer]) => bearer))(
    "%s needs a Bearer",
    async (request, bodyOf) => {
      const sandbox = await start();
      const body = bodyOf(await given(sandbox));
      const answer = await call(sandbox, request, body === undefined ? {} : { body });
      expect([answer.status, answer.json]).toEqual([401, { error: "The token is not valid." }]);
    },
  );

  test.each(SAMPLES.filter(([, bodyOf]) => bodyOf !== none))(
    "%s without a body says what it needs",
    async (request) => {
      const sandbox = await start();
      const { token } = await sandbox.signIn("ann");
      const answer = await call(sandbox, request, { token });
      expect([answer.status, answer.json.error]).toEqual([
        400,
        expect.stringMatching(/^The parameter '\w+' is required\.$/),
      ]);
    },
  );

  test("other verbs, other methods and other addresses are not there", async () => {
    const sandbox = await start();
    const { token } = await sandbox.signIn("ann");
    const above = { ...sandbox, url: sandbox.url.replace("/rest-api", "") };
    for (const [where, request] of [
      [sandbox, "POST /logout"],
      [sandbox, "GET /renew-token"],
      [sandbox, "GET /getJwtToken"],
      [sandbox, "GET /get-jwt-token"],
      [sandbox, "GET /logout/now"],
      [sandbox, "GET /toString"],
      [above, "GET /logout"],
    ] as const) {
      expect([request, (await call(where, request, { token })).status]).toEqual([request, 404]);
    }
    expect(await sandbox.works(token)).toBe(true);
  });

  test("a body that is no object is refused", async () => {
    const sandbox = await start();
    const response = await fetch(`${sandbox.url}/login-local-password`, {
      method: "POST",
      body: "[",
    });
    expect(response.status).toBe(400);
  });
});
