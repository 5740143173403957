/** Sessions end by a logout with their own token, and that is read back. */
import { describe, expect, test } from "vitest";
import { LateError } from "../../../src/errors.ts";
import { action } from "../journeyapps/actions.ts";
import { checkout, open, read, service, sessionsOf } from "./stage.ts";

/** Ann with two sessions, of whom the first is to end. */
async function staged(options: Parameters<typeof service>[0] = {}, persistent = false) {
  const sandbox = await service(options);
  await sandbox.add({ id: "ann" });
  const [victim, other] = [
    await sandbox.signIn("ann", { persistent }),
    await sandbox.signIn("ann", { persistent }),
  ];
  const { cwd, write } = checkout();
  write(...[victim, other].map(({ tinyToken }) => ({ user: "ann", token: tinyToken, persistent })));
  const { provider, events } = open(sandbox, { cwd });
  await read(provider);
  const [session] = await sessionsOf(provider, "ann");
  const end = async (check = () => {}) => {
    const [result] = await provider.write([signOut(session?.id ?? "")], check);
    return result;
  };
  const lives = async () => [await sandbox.works(victim.token), await sandbox.works(other.token)];
  return { sandbox, provider, events, victim, end, lives };
}

const signOut = (session: string) =>
  action("re-authenticate", "ann", session, undefined, { state: "active" });

test("ends the session that is meant and no other, and the register then shows it gone", async () => {
  const { provider, end, lives } = await staged();
  expect(await end()).toEqual({ status: "done" });
  expect(await lives()).toEqual([false, true]);
  expect(await sessionsOf(provider, "ann")).toHaveLength(1);
});

test.each([401, 403, 404, "false"] as const)(
  "is read back where a dead token reads as %s",
  async (dead) => {
    const { end, lives } = await staged({ dead });
    expect(await end()).toEqual({ status: "done" });
    expect(await lives()).toEqual([false, true]);
  },
);

describe("a persistent authentication", () => {
  test("ends with its login", async () => {
    const { end, lives } = await staged({}, true);
    expect(await end()).toEqual({ status: "done" });
    expect(await lives()).toEqual([false, true]);
  });

  test("that outlives the logout has not ended, and that is told", async () => {
    const { end, lives } = await staged({ logoutEnds: "login" }, true);
    expect(await end()).toMatchObject({ status: "failed", error: /still works/ });
    expect(await lives()).toEqual([true, true]);
  });
});

test("what is gone already is not sent", async () => {
  const { sandbox, provider, events, victim, end } = await staged();
  await sandbox.destroy(victim.token);
  expect(await end()).toMatchObject({ status: "gone" });
  const [unknown] = await provider.write([signOut("0".repeat(32))], () => {});
  expect(unknown).toMatchObject({ status: "gone" });
  const [nobody] = await provider.write([{ ...signOut("x"), user: "eve" }], () => {});
  expect(nobody).toMatchObject({ status: "gone" });
  expect(events.filter(({ path }) => path === "logout")).toEqual([]);
});

test("what ended between its look and its logout is gone", async () => {
  const { sandbox, victim, end } = await staged();
  expect(await end(() => void sandbox.destroy(victim.token))).toMatchObject({ status: "gone" });
});

describe("an answer that is lost", () => {
  test.each(["reset-after:1", "500-after:1", "reset-during:1", "cut-json:1"])(
    "after the effect is done: %s",
    async (kind) => {
      const [name, times] = kind.split(":");
      const { sandbox, end, lives } = await staged();
      sandbox.fail(`${name}@GET /logout:${times}`);
      expect(await end()).toEqual({ status: "done" });
      expect(await lives()).toEqual([false, true]);
    },
  );

  test.each(["reset-before", "500"])("before it is sent again: %s", async (name) => {
    const { sandbox, end, lives } = await staged();
    sandbox.fail(`${name}@GET /logout:1`);
    expect(await end()).toEqual({ status: "done" });
    expect(await lives()).toEqual([false, true]);
  });

  test("that stays away is unknown", async () => {
    const { sandbox, end, lives } = await staged();
    sandbox.fail("500@GET /logout");
    expect(await end()).toMatchObject({ status: "unknown" });
    expect(await lives()).toEqual([true, true]);
  });

  test("and whose look fails, too, is unknown", async () => {
    const { sandbox, end } = await staged();
    sandbox.fail("reset-after@GET /logout");
    // The look before it is answered.
    sandbox.fail("500@GET /validate-jwt-token:+2");
    expect(await end()).toMatchObject({ status: "unknown", error: /Looking whether it was done/ });
  });
});

test("a service that is too busy has said nothing of the session", async () => {
  const { sandbox, end, lives } = await staged();
  sandbox.fail("429@GET /logout:2");
  expect(await end()).toEqual({ status: "done" });
  expect(await lives()).toEqual([false, true]);
});

test("a look that can't be read keeps the logout from being sent", async () => {
  const { sandbox, events, end } = await staged();
  sandbox.fail("500@GET /validate-jwt-token");
  expect(await end()).toMatchObject({ status: "unanswered", error: /^not sent/ });
  expect(events.filter(({ path }) => path === "logout")).toEqual([]);
});

test("a right that is withheld has failed", async () => {
  const { end, lives } = await staged({ withheld: { logout: 403 } });
  expect(await end()).toMatchObject({ status: "failed", error: /403/ });
  expect(await lives()).toEqual([true, true]);
});

test("a logout that is late is not sent, and one whose run may not write any more ends all", async () => {
  const { end, lives } = await staged();
  const late = () => {
    throw new LateError("too late");
  };
  expect(await end(late)).toEqual({ status: "unanswered", error: "too late" });
  const lost = () => {
    throw new Error("the lease is lost");
  };
  await expect(end(lost)).rejects.toThrow("the lease is lost");
  expect(await lives()).toEqual([true, true]);
});

test("what is no sign-out is refused", async () => {
  const { provider } = await staged();
  const [result] = await provider.write([action("lock", "ann")], () => {});
  expect(result).toMatchObject({ status: "failed" });
});

test("many end, a few at once, each with its own token", async () => {
  const sandbox = await service({ users: 60 });
  const { cwd, register } = checkout();
  await sandbox.writeRegister(register);
  const { provider } = open(sandbox, { cwd });
  const actions = (await read(provider)).flatMap((record) =>
    "user" in record
      ? record.user.sessions.map(({ id }) => ({ ...signOut(id), user: record.user.id }))
      : [],
  );
  const spared = actions.splice(0, 5);
  const results = await provider.write(actions, () => {});
  expect(new Set(results.map(({ status }) => status))).toEqual(new Set(["done"]));
  expect(sandbox.tokens()).toHaveLength(spared.length);
});
