import { describe, expect, test } from "vitest";
import { UnreadableTargetError, UsageError } from "../../../src/errors.ts";
import { madeUser } from "./sandbox/call.ts";
import { failureOf, HOUR, stage } from "./stage.ts";

const { id, email } = madeUser(1);
const estate = [madeUser(1), madeUser(2, "INACTIVE"), { ...madeUser(3), email: "" }];

describe("a one-time code", () => {
  test("is sent to the user's address, which is told masked, and works once", async () => {
    const { provider, sandbox, asked } = await stage({ estate });
    expect(await provider.enroll(id)).toEqual({
      ...{ sent: "email", to: "u***@test.com" },
      lives: 24 * HOUR,
    });
    expect(sandbox.outbox).toMatchObject([{ by: "email", to: email, user: id }]);
    expect(asked().at(-1)).toBe("POST /curfew");
    const token = await provider.createToken({ code: sandbox.outbox[0]?.code ?? "" });
    expect(sandbox.whose(token ?? "")).toBe(id);
    expect(await provider.createToken({ code: sandbox.outbox[0]?.code ?? "" })).toBeNull();
  });

  test("lives as long as the policy says, in whole hours", async () => {
    const otp = { by: "email", inactivity: 2 * HOUR, expiration: 3 * HOUR } as const;
    const { provider, sandbox } = await stage({ estate }, {}, { otp, auth: "token" });
    await provider.enroll(id);
    await provider.enroll(id);
    const [first, second] = sandbox.outbox.map(({ code }) => code);
    sandbox.advance(2 * HOUR - 1);
    const token = await provider.createToken({ code: first ?? "" });
    sandbox.advance(1);
    expect(await provider.createToken({ code: second ?? "" })).toBeNull();
    sandbox.advance(3 * HOUR - 2);
    expect(sandbox.whose(token ?? "")).toBe(id);
    sandbox.advance(1);
    expect(sandbox.whose(token ?? "")).toBeNull();
  });

  test("goes to a telephone where the policy says so and the app tells its number", async () => {
    const otp = { by: "sms", inactivity: HOUR, expiration: HOUR } as const;
    const phone = "+15550001234";
    const { provider, sandbox } = await stage({}, {}, { otp });
    const known = sandbox.add({ ...madeUser(1), ...{ phone } }, phone);
    expect(await provider.enroll(known.id)).toMatchObject({ sent: "sms", to: "***34" });
    expect(sandbox.outbox).toMatchObject([{ by: "phone", to: phone }]);
    const other = sandbox.add(madeUser(2));
    const error = await failureOf(provider.enroll(other.id));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain("tells no telephone number of");
    expect(error.message).toContain("set target.otp.by to email");
  });

  test.each([
    [
      "a user who is not ACTIVE",
      madeUser(2).id,
      "sent no code to 5890a268b45fc9000bc1c052: the user may not be ACTIVE",
    ],
    ["a user without an address", madeUser(3).id, "tells no e-mail address of"],
    ["nobody", "5890a268b45fc9000bc1c059", "has no user 5890a268b45fc9000bc1c059"],
  ])("for %s is an error that says why", async (_, user, message) => {
    const { provider, sandbox } = await stage({ estate });
    const error = await failureOf(provider.enroll(user));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain(message);
    expect(sandbox.outbox).toEqual([]);
  });

  test("without a script is an error that says how to get one, and asks nothing", async () => {
    const { provider, asked } = await stage({ estate }, {}, { script: null });
    const error = await failureOf(provider.enroll(id));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain("`curfew init --provider slingr`");
    expect(error.message).toContain("target.script");
    expect(asked()).toEqual([]);
  });

  test("at a path where the app has no script is told as such", async () => {
    const { provider } = await stage({ estate, script: null });
    const error = await failureOf(provider.enroll(id));
    expect(error).toBeInstanceOf(UnreadableTargetError);
    expect(error.message).toContain("at the path target.script");
  });

  test.each(["wrong-shape", "html"] as const)("whose answer is %s is no success", async (kind) => {
    const { provider, sandbox } = await stage({ estate });
    sandbox.fail({ kind, match: "GET /users/*" });
    await expect(provider.enroll(id)).rejects.toThrow(
      /tells no e-mail address|something else than JSON/,
    );
    expect(sandbox.outbox).toEqual([]);
  });

  test("whose answer is lost is not sent again", async () => {
    const { provider, sandbox } = await stage({ estate });
    sandbox.fail({ kind: "reset-after", match: "POST /curfew" });
    await expect(provider.enroll(id)).rejects.toThrow("broke off before its answer was whole");
    expect(sandbox.outbox).toHaveLength(1);
  });
});

describe("a token", () => {
  test("for a user is an administrator's to have", async () => {
    const { provider, sandbox } = await stage({ estate });
    for (const key of [id, email])
      expect(sandbox.whose((await provider.createToken({ idOrEmailUser: key })) ?? "")).toBe(id);
    expect(await provider.createToken({ idOrEmailUser: "nobody@test.com" })).toBeNull();
  });

  test("that the account may not have made is a right that is named", async () => {
    const { provider, events } = await stage({ estate, lacks: ["createToken"] });
    const error = await failureOf(provider.createToken({ idOrEmailUser: id }));
    expect(error.message).toContain("forbids this credential POST curfew (403 forbidden");
    expect(JSON.stringify(events)).not.toContain(id);
  });

  test("of an unknown shape is none, and is not shown", async () => {
    const { provider, sandbox } = await stage({ estate });
    sandbox.fail({ kind: "wrong-shape", match: "POST /curfew" });
    const error = await failureOf(provider.createToken({ idOrEmailUser: id }));
    expect(error.message).toMatch(
      /answered POST curfew in an unknown form: token is not as documented/,
    );
    expect(error.message).not.toMatch(/[A-Za-z]{32}/);
  });
});
