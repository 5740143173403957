/** The fifteen documented calls against the sandbox, and what may be seen of them. */
import { describe, expect, onTestFinished, test } from "vitest";
import { type Api, createApi } from "../../../src/providers/corporateacademy/api.ts";
import { academyClient } from "../../../src/providers/corporateacademy/client.ts";
import type { Sandbox } from "../../../src/providers/corporateacademy/sandbox/sandbox.ts";
import type { RequestEvent } from "../../../src/providers/http/client.ts";
import { CallError } from "../../../src/providers/http/faults.ts";
import { service } from "./stage.ts";

const DEVICE = { deviceType: "mobile", userAgent: "Mozilla/5.0" };
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const TINY = /^[0-9a-f]{20}$/;

async function setup(options: Parameters<typeof service>[0] = {}) {
  const sandbox = await service(options);
  await sandbox.add({ id: "ann", email: "ann@acme.example", password: "first-one" });
  const events: RequestEvent[] = [];
  const client = academyClient({
    ...{ url: sandbox.url, credential: "", requestsPerSecond: 1000 },
    onRequest: (event) => events.push(event),
    clock: { sleep: async () => {} },
  });
  onTestFinished(() => client.close());
  return { sandbox, api: createApi(client, ""), events };
}

/** What each call is tried with, and what it gives. */
type Sample = (api: Api, sandbox: Sandbox) => Promise<[got: unknown, wanted: unknown]>;

const signedIn = (sandbox: Sandbox) => sandbox.signIn("ann");
const mailed = async (api: Api, sandbox: Sandbox) => {
  await api.initPasswordRecovery("ann@acme.example");
  return { userId: "ann", validationToken: sandbox.outbox.at(-1)?.validationToken ?? "" };
};
const APPLICANT = {
  ...{ ...DEVICE, forename: "Ben", surname: "Botha" },
  ...{ email: "ben@acme.example", password: "his-own", photoUrl: "https://acme.example/ben" },
};

const SAMPLES: Record<keyof Api, Sample> = {
  async getJwtToken(api, sandbox) {
    const { token, tinyToken } = await signedIn(sandbox);
    return [await api.getJwtToken(tinyToken), token];
  },
  async validateJwtToken(api, sandbox) {
    const { token } = await signedIn(sandbox);
    const engagement = { createLoginEngagement: true, ...DEVICE };
    const valid = [
      await api.validateJwtToken(token),
      await api.validateJwtToken(token, engagement),
    ];
    return [
      [...valid, sandbox.engagements],
      [true, true, [expect.objectContaining(DEVICE)]],
    ];
  },
  async logout(api, sandbox) {
    const { token } = await signedIn(sandbox);
    return [
      [await api.logout(token), await sandbox.works(token)],
      [undefined, false],
    ];
  },
  async renewToken(api, sandbox) {
    const { token, tinyToken } = await signedIn(sandbox);
    return [await api.renewToken(token), tinyToken];
  },
  async retrieveTokenAfterLogin(api, sandbox) {
    const key = sandbox.remoteSignIn("ann");
    const twice = [await api.retrieveTokenAfterLogin(key), await api.retrieveTokenAfterLogin(key)];
    return [twice, [expect.stringMatching(JWT), null]];
  },
  async loginLocalPassword(api) {
    const login = { email: "ann@acme.example", password: "first-one", ...DEVICE };
    const token = await api.loginLocalPassword({ ...login, createPersistentUserAuth: true });
    return [token, expect.stringMatching(TINY)];
  },
  async loginRemoteTokenWithCheck(api, sandbox) {
    const login = { ...sandbox.vouch("ann", "t1"), ...DEVICE };
    return [await api.loginRemoteTokenWithCheck(login), expect.stringMatching(TINY)];
  },
  async loginSupplierPerson(api, sandbox) {
    await sandbox.add({ id: "sue", password: "hers", supplier: {} });
    const login = { username: "sue", password: "hers", tenant: "main", ...DEVICE };
    return [await api.loginSupplierPerson(login), expect.stringMatching(TINY)];
  },
  async sendConfirmationEmail(api, sandbox) {
    const { token } = await signedIn(sandbox);
    const users = [expect.objectContaining({ email: "ben@acme.example" })];
    const group = await api.sendConfirmationEmail(token, APPLICANT);
    return [group, expect.objectContaining({ users })];
  },
  async confirmUserEmail(api, sandbox) {
    await api.sendConfirmationEmail((await signedIn(sandbox)).token, APPLICANT);
    const { userId = "", validationToken = "" } = sandbox.outbox.at(-1) ?? {};
    return [await api.confirmUserEmail({ userId, validationToken }), true];
  },
  async initPasswordRecovery(api) {
    const known = await api.initPasswordRecovery("ann@acme.example");
    return [
      [known, await api.initPasswordRecovery("eve@acme.example")],
      [true, false],
    ];
  },
  async validatePasswordRecoveryToken(api, sandbox) {
    return [await api.validatePasswordRecoveryToken(await mailed(api, sandbox)), true];
  },
  async recoverUserPassword(api, sandbox) {
    const change = { ...(await mailed(api, sandbox)), newPassword: "second-one" };
    const twice = [await api.recoverUserPassword(change), await api.recoverUserPassword(change)];
    return [twice, [true, false]];
  },
  async updateUserPassword(api, sandbox) {
    const { token } = await signedIn(sandbox);
    const change = { oldPassword: "first-one", newPassword: "second-one" };
    const twice = [
      await api.updateUserPassword(token, change),
      await api.updateUserPassword(token, change),
    ];
    return [twice, [true, false]];
  },
  async setNewPassword(api, sandbox) {
    const { token } = await signedIn(sandbox);
    const change = { userId: "ann", oldPassword: "first-one", newPassword: "second-one" };
    const anew = await api.setNewPassword(token, { ...change, ...DEVICE });
    return [
      [await sandbox.works(anew), await sandbox.works(token)],
      [true, false],
    ];
  },
};

test("there are fifteen", async () => {
  const { api } = await setup();
  expect(Object.keys(api).sort()).toEqual(Object.keys(SAMPLES).sort());
  expect(Object.keys(api)).toHaveLength(15);
});

describe("the call", () => {
  test.each(Object.entries(SAMPLES))("%s", async (_, sample) => {
    const { api, sandbox } = await setup();
    const [got, wanted] = await sample(api, sandbox);
    expect(got).toEqual(wanted);
  });

  test.each(Object.entries(SAMPLES))(
    "%s takes no answer of an unknown form",
    async (name, sample) => {
      if (name === "logout") return expect(name).toBe("logout"); // Whatever it answers, nothing is read of it.
      const { api, sandbox } = await setup();
      const method = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      sandbox.fail(`wrong-shape@/${method}`);
      if (method === "send-confirmation-email") sandbox.faults = [{ kind: "true" }];
      await expect(sample(api, sandbox)).rejects.toThrow(/in an unknown form\. Check target\.url/);
    },
  );
});

const SECRET = "t0ken-of/Ann+1";

test.each([
  ["getJwtToken", (api: Api) => api.getJwtToken(SECRET)],
  ["validateJwtToken", (api: Api) => api.validateJwtToken(SECRET)],
  ["logout", (api: Api) => api.logout(SECRET)],
  ["renewToken", (api: Api) => api.renewToken(SECRET)],
  ["retrieveTokenAfterLogin", (api: Api) => api.retrieveTokenAfterLogin(SECRET)],
  ["loginLocalPassword", (api: Api) => api.loginLocalPassword({ email: "e", password: SECRET })],
  [
    "confirmUserEmail",
    (api: Api) => api.confirmUserEmail({ userId: "ann", validationToken: SECRET }),
  ],
])("%s tells its secret neither in its path nor in its errors", async (_, call) => {
  for (const kind of ["html", "status=418", "wrong-shape", "500"]) {
    const { api, sandbox, events } = await setup();
    sandbox.fail(kind);
    const error = await call(api).catch((thrown: unknown) => thrown);
    if (error !== undefined) expect(error).toBeInstanceOf(CallError);
    expect(events.length).toBeGreaterThan(0);
    const told = `${String(error)} ${JSON.stringify(events)}`;
    expect(told).not.toContain(SECRET);
    expect(told).not.toContain(encodeURIComponent(SECRET));
  }
});
