import { describe, expect, test } from "vitest";
import { LateError } from "../../../src/errors.ts";
import type { SandboxOptions } from "../../../src/providers/slingr/sandbox/sandbox.ts";
import { action } from "../journeyapps/actions.ts";
import { madeUser } from "./sandbox/call.ts";
import { stage } from "./stage.ts";

const done = { status: "done" };
const gone = { status: "gone", error: "the user is gone" };
const check = () => {};
const idOf = (digit: number) => madeUser(digit).id;
const lock = (digit: number) => action("lock", idOf(digit));
const unlock = (digit: number) => action("unlock", idOf(digit));

/** Users 0 to 3 are ACTIVE, 4 and 5 INACTIVE, 6 and 7 BLOCKED. */
const ESTATE = [0, 1, 2, 3, 4, 5, 6, 7].map((digit) =>
  madeUser(digit, digit < 4 ? "ACTIVE" : digit < 6 ? "INACTIVE" : "BLOCKED"),
);

async function setup(app: SandboxOptions = {}) {
  const at = await stage({ estate: ESTATE, ...app });
  const puts = () => at.asked().filter((one) => one.startsWith("PUT"));
  const statusOf = (digit: number) => at.sandbox.user(idOf(digit))?.status;
  return { ...at, puts, statusOf };
}

describe("a lock is a deactivate, an unlock what the status demands", () => {
  test("many go in one call each, in order, and are looked at", async () => {
    const { provider, puts, statusOf } = await setup();
    const actions = [lock(0), lock(1), unlock(4), unlock(5), unlock(6), unlock(7)];
    expect(await provider.write(actions, check)).toEqual(actions.map(() => done));
    expect(puts()).toEqual([
      `PUT /users/${idOf(0)},${idOf(1)}/deactivate`,
      `PUT /users/${idOf(4)},${idOf(5)}/reactivate`,
      `PUT /users/${idOf(6)},${idOf(7)}/unblock`,
    ]);
    expect([0, 1, 4, 5, 6, 7].map(statusOf)).toEqual([
      ...["INACTIVE", "INACTIVE", "ACTIVE", "ACTIVE", "ACTIVE", "ACTIVE"],
    ]);
  });

  test("the look before an unlock tells the status, and is not made twice", async () => {
    const { provider, asked } = await setup();
    await provider.user(idOf(6));
    expect(await provider.write([unlock(6)], check)).toEqual([done]);
    const one = `GET /users/${idOf(6)}`;
    expect(asked()).toEqual(["POST /auth/login", one, `PUT /users/${idOf(6)}/unblock`, one]);
  });

  test("a status that changed since the look is met by the right call, once more and alone", async () => {
    const { provider, sandbox, puts, statusOf } = await setup();
    await provider.user(idOf(4));
    sandbox.setStatus(idOf(4), "BLOCKED");
    expect(await provider.write([unlock(4)], check)).toEqual([done]);
    expect(puts()).toEqual([`PUT /users/${idOf(4)}/reactivate`, `PUT /users/${idOf(4)}/unblock`]);
    expect(statusOf(4)).toBe("ACTIVE");
  });

  test("the same where the app accepts a call that changes nothing", async () => {
    const { provider, sandbox, puts } = await setup({ wrongState: "ignore" });
    await provider.user(idOf(4));
    sandbox.setStatus(idOf(4), "BLOCKED");
    expect(await provider.write([unlock(4)], check)).toEqual([done]);
    expect(puts()).toHaveLength(2);
  });

  test("what somebody else did meanwhile is not ours", async () => {
    const { provider } = await setup();
    expect(await provider.write([lock(4), unlock(1)], check)).toEqual([
      { status: "gone", error: "somebody else did it meanwhile" },
      { status: "gone", error: "somebody else did it meanwhile" },
    ]);
  });

  test("other actions are not sent, and nothing is sent for nothing", async () => {
    const { provider, asked } = await setup();
    expect(await provider.write([], check)).toEqual([]);
    const end = action("re-authenticate", idOf(0), "s");
    expect(await provider.write([end], check)).toMatchObject([{ status: "failed" }]);
    expect(asked()).toEqual([]);
  });

  test("250 users fill a call, and the rest the next", async () => {
    const { provider, sandbox, puts } = await stage300();
    const ids = sandbox
      .users()
      .filter(({ status, id }) => status === "ACTIVE" && id !== sandbox.account.id);
    const actions = ids.map(({ id }) => action("lock", id));
    expect(actions.length).toBeGreaterThan(250);
    expect(provider.writeSize).toBe(250);
    expect(await provider.write(actions, check)).toEqual(actions.map(() => done));
    expect(puts().map((one) => one.split(",").length)).toEqual([250, actions.length - 250]);
    expect(sandbox.counters.changed.deactivate).toBe(actions.length);
  });

  test("an address that a server takes for too long is sent one by one", async () => {
    const { provider, puts } = await setup({ urlMax: 80 });
    const actions = [lock(0), lock(1), lock(2)];
    expect(await provider.write(actions, check)).toEqual([done, done, done]);
    expect(puts()).toHaveLength(4);
  });
});

async function stage300() {
  const at = await stage({ users: 300 });
  return { ...at, puts: () => at.asked().filter((one) => one.startsWith("PUT")) };
}

describe.each(["stop", "all", "none"] as const)(
  "where the app does %s of many when one fails",
  (many) => {
    test("each has a result of its own: done, refused, gone", async () => {
      const boss = { ...madeUser(1), permissions: { developer: true, usersManagement: true } };
      const estate = [ESTATE[0] ?? boss, boss, ...ESTATE.slice(2)];
      const { provider, sandbox, statusOf } = await setup({ many, estate });
      sandbox.remove(idOf(2));
      const actions = [lock(0), lock(1), lock(2), lock(3)];
      const results = await provider.write(actions, check);
      expect(results).toMatchObject([done, { status: "failed" }, gone, done]);
      const [, refused] = results;
      expect(refused && "error" in refused && refused.error).toContain(
        `forbids this credential PUT users/${idOf(1)}/deactivate (403 forbidden`,
      );
      expect([0, 1, 3].map(statusOf)).toEqual(["INACTIVE", "ACTIVE", "INACTIVE"]);
      expect(sandbox.counters.changed).toEqual({ deactivate: 2 });
    });

    test("those that the server fails at are done alone", async () => {
      const { provider, sandbox } = await setup({ many });
      sandbox.fail({ kind: "many-mixed", times: 1, match: "PUT /users/*/*" });
      const actions = [lock(0), lock(1), lock(2), lock(3)];
      expect(await provider.write(actions, check)).toEqual(actions.map(() => done));
      expect(sandbox.counters.changed).toEqual({ deactivate: 4 });
    });

    test("an answer that is lost half-way is looked for, and the rest is done", async () => {
      const { provider, sandbox, puts } = await setup({ many });
      sandbox.fail({ kind: "many-lost", times: 1, match: "PUT /users/*/*" });
      const actions = [lock(0), lock(1), lock(2), lock(3)];
      expect(await provider.write(actions, check)).toEqual(actions.map(() => done));
      expect(sandbox.counters.changed).toEqual({ deactivate: 4 });
      expect(puts()).toHaveLength(many === "none" ? 5 : 3);
    });
  },
);

describe("a call that fails", () => {
  const PUT = "PUT /users/*/*";

  test.each(["reset-before", "refuse", "500"] as const)(
    "by %s with no effect is sent once more",
    async (kind) => {
      const { provider, sandbox, puts, statusOf } = await setup();
      sandbox.fail({ kind, times: 1, match: PUT });
      expect(await provider.write([lock(0)], check)).toEqual([done]);
      expect(puts()).toHaveLength(2);
      expect(statusOf(0)).toBe("INACTIVE");
    },
  );

  test.each(["reset-after", "reset-during", "500-after"] as const)(
    "by %s, after its effect, is done and ours",
    async (kind) => {
      const { provider, sandbox, puts } = await setup();
      sandbox.fail({ kind, times: 1, match: PUT });
      expect(await provider.write([lock(0), unlock(4)], check)).toEqual([done, done]);
      expect(puts()).toHaveLength(2);
      expect(sandbox.counters.changed).toEqual({ deactivate: 1, reactivate: 1 });
    },
  );

  test("by lost answers alone is unknown after two calls", async () => {
    const { provider, sandbox, puts } = await setup();
    sandbox.fail({ kind: "reset-before", match: PUT });
    expect(await provider.write([lock(0)], check)).toMatchObject([{ status: "unknown" }]);
    expect(puts()).toHaveLength(2);
  });

  test("and can't be looked at is unknown, never failed", async () => {
    const { provider, sandbox } = await setup();
    sandbox.fail({ kind: "reset-after", match: PUT });
    sandbox.fail({ kind: "403", match: "GET /users/*" });
    const [result] = await provider.write([lock(0)], check);
    expect(result).toMatchObject({ status: "unknown" });
    expect(result && "error" in result && result.error).toContain("Looking whether it was done:");
  });

  test("for a user who is gone by then is unknown where a lock may have been carried out", async () => {
    const { provider, sandbox } = await setup();
    sandbox.fail({ kind: "reset-after", match: PUT });
    sandbox.fail({ kind: "404", match: "GET /users/*" });
    expect(await provider.write([lock(0)], check)).toMatchObject([{ status: "unknown" }]);
  });

  test("by 409 is looked at and sent once more, and no more than that", async () => {
    const { provider, sandbox, puts } = await setup();
    sandbox.fail({ kind: "409", times: 1, match: PUT });
    expect(await provider.write([lock(0)], check)).toEqual([done]);
    sandbox.fail({ kind: "409", match: PUT });
    const [result] = await provider.write([lock(1)], check);
    expect(result).toMatchObject({ status: "failed" });
    expect(result && "error" in result && result.error).toContain("409 optimisticLocking");
    expect(puts()).toHaveLength(4);
  });

  test("by 429 waits as long as it is told, and is repeated", async () => {
    const { provider, sandbox, clock, puts } = await setup();
    sandbox.fail({ kind: "429-retry-after", value: 2, times: 2, match: PUT });
    expect(await provider.write([lock(0), lock(1)], check)).toEqual([done, done]);
    expect(clock.waits.filter((wait) => wait === 2000)).toHaveLength(2);
    expect(puts()).toHaveLength(3);
  });

  test("by 429 for good says nothing of its users", async () => {
    const { provider, sandbox } = await setup();
    sandbox.fail({ kind: "429", match: PUT });
    expect(await provider.write([lock(0), lock(1)], check)).toMatchObject([
      { status: "unanswered" },
      { status: "unanswered" },
    ]);
  });

  test("for want of a login fails its users, and looks at nobody", async () => {
    const at = await stage({}, { credential: "curfew@example.com:wrong" });
    expect(await at.provider.write([lock(0), lock(1)], check)).toMatchObject([
      { status: "failed" },
      { status: "failed" },
    ]);
    expect(at.asked()).toEqual(["POST /auth/login"]);
  });
});

describe("the check before each request that writes", () => {
  test("is made before every one of them", async () => {
    const { provider, sandbox, puts } = await setup();
    sandbox.fail({ kind: "409", times: 1, match: "PUT /users/*/*" });
    let checks = 0;
    await provider.write([lock(0), lock(1), unlock(4)], () => checks++);
    expect(puts()).toHaveLength(4);
    expect(checks).toBe(4);
  });

  test("fails those alone for whom it is too late", async () => {
    const { provider, statusOf, puts } = await setup();
    let checks = 0;
    const late = () => {
      if (++checks > 1) throw new LateError("too old");
    };
    expect(await provider.write([lock(0), unlock(4), lock(1)], late)).toEqual([
      done,
      { status: "unanswered", error: "too old" },
      { status: "unanswered", error: "too old" },
    ]);
    expect(puts()).toHaveLength(1);
    expect([0, 4, 1].map(statusOf)).toEqual(["INACTIVE", "INACTIVE", "ACTIVE"]);
  });

  test("that is too late for a second call leaves what is known: lost is unknown", async () => {
    const { provider, sandbox } = await setup();
    sandbox.fail({ kind: "reset-before", match: "PUT /users/*/*" });
    let checks = 0;
    const late = () => {
      if (++checks > 1) throw new LateError("too old");
    };
    expect(await provider.write([lock(0)], late)).toMatchObject([{ status: "unknown" }]);
  });

  test("that throws anything else ends the call", async () => {
    const { provider, puts } = await setup();
    const lost = () => {
      throw new TypeError("the lease is lost");
    };
    await expect(provider.write([lock(0)], lost)).rejects.toThrow(TypeError);
    expect(puts()).toEqual([]);
  });
});

test.each([true, false])(
  "a victim's own token after a lock, where lockEndsSessions is %j",
  async (lockEndsSessions) => {
    const { provider, sandbox } = await setup({ lockEndsSessions });
    const token = sandbox.signIn(idOf(0));
    expect(sandbox.whose(token)).toBe(idOf(0));
    expect(await provider.write([lock(0)], check)).toEqual([done]);
    expect(sandbox.whose(token)).toBe(lockEndsSessions ? null : idOf(0));
    expect(() => sandbox.signIn(idOf(0))).toThrow("not allowed to log in");
  },
);

describe("a call for several that is refused", () => {
  /** Locks three, while an administrator locks the second of them as the call arrives. */
  async function met(app: SandboxOptions) {
    let arm = false;
    const at = await setup({
      ...app,
      before: ({ method }) => {
        if (method !== "PUT" || !arm) return;
        arm = false;
        at.sandbox.setStatus(idOf(1), "INACTIVE");
      },
    });
    arm = true;
    const results = await at.provider.write([lock(0), lock(1), lock(2)], check);
    return [results.map(({ status }) => status), [0, 1, 2].map(at.statusOf)];
  }

  test.each(["stop", "none"] as const)(
    "leaves a foreign lock to whoever set it (%s)",
    async (many) => {
      expect(await met({ many })).toEqual([
        ["done", "gone", "done"],
        ["INACTIVE", "INACTIVE", "INACTIVE"],
      ]);
    },
  );
});
