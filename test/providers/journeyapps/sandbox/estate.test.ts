import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { UsageError } from "../../../../src/errors.ts";
import { generateEstate } from "../../../../src/providers/journeyapps/sandbox/estate.ts";
import { NOW, start } from "./call.ts";

const DAY = 86_400_000;

describe("a generated estate", () => {
  const { users, objects } = generateEstate({ users: 3_500, seed: 7, at: NOW });
  const sessions = users.flatMap((user) => user.sessions);
  const share = (of: number) => of / sessions.length;

  test("is the same for the same size, seed and moment, and grows at its end", () => {
    expect(generateEstate({ users: 3_500, seed: 7, at: NOW })).toEqual({ users, objects });
    const small = generateEstate({ users: 20, seed: 7, at: NOW });
    expect(small).toEqual({ users: users.slice(0, 20), objects: objects.slice(0, 20) });
    expect(generateEstate({ users: 20, seed: 8, at: NOW }).users).not.toEqual(small.users);
    expect(generateEstate({ users: 20, seed: 7, at: NOW + DAY }).users).not.toEqual(small.users);
  });

  test("has unique ids and e-mail addresses, and an object for each user", () => {
    const ids = [...users, ...sessions].map((one) => one.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids)
      expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(objects.map((object) => object.id)).toEqual(users.map((user) => user.id));
    const emails = new Set(objects.map((object) => object.email));
    expect(emails.size).toBe(users.length);
    for (const email of emails) expect(email).toMatch(/^[a-z]+\.[a-z]+\d*@acme\.example$/);
  });

  test("keeps its instants in order: created, signed in, connected, now", () => {
    for (const session of sessions) {
      const { created_at, last_authenticated_at, last_connected_at, signed_out_at, state } =
        session;
      const order = [created_at, last_authenticated_at, last_connected_at].flatMap(
        (at) => at ?? [],
      );
      expect([...order].sort()).toEqual(order);
      for (const at of [...order, ...(signed_out_at ? [signed_out_at] : [])]) {
        expect(Date.parse(at)).toBeLessThanOrEqual(NOW);
      }
      if (state === "LOCKED" || state === "RESET") expect(signed_out_at).not.toBeNull();
      if (state === "NEVER_ENROLLED") expect([...order, signed_out_at]).toEqual([null]);
    }
  });

  test("says enrolled of whoever may work", () => {
    for (const user of users) {
      const enrolled = user.sessions.some((session) => session.state === "ENROLLED");
      expect(user.enrolled).toBe(enrolled && !user.locked);
      if (user.locked) expect(enrolled).toBe(false);
    }
  });

  test("shows every quirk of the documentation, the rare ones rarely", () => {
    const count = (test: (one: (typeof sessions)[number]) => unknown) =>
      share(sessions.filter(test).length);
    const old = (text: string | null, days: number) =>
      text !== null && Date.parse(text) < NOW - days * DAY;
    const shares = {
      enrolled: count((one) => one.state === "ENROLLED"),
      reset: count((one) => one.state === "RESET"),
      never: count((one) => one.state === "NEVER_ENROLLED"),
      enrolledAgain: count((one) => one.state === "ENROLLED" && one.signed_out_at !== null),
      unknownAge: count((one) => one.state === "ENROLLED" && one.created_at === null),
      noSync: count((one) => one.sync_status === undefined),
      noRuntime: count((one) => one.runtime === undefined),
      overAMonth: count((one) => old(one.last_authenticated_at, 30)),
      overThreeHundredDays: count((one) => old(one.last_authenticated_at, 300)),
      idle: count((one) => one.state === "ENROLLED" && old(one.last_connected_at, 14)),
    };
    expect(shares.enrolled).toBeGreaterThan(0.7);
    expect(shares.overAMonth).toBeLessThan(0.3);
    for (const rare of Object.values(shares)) expect(rare).toBeGreaterThan(0.005);
    for (const rare of [shares.reset, shares.never, shares.unknownAge])
      expect(rare).toBeLessThan(0.08);
    const locked = users.filter((user) => user.locked).length / users.length;
    expect(locked).toBeGreaterThan(0.005);
    expect(locked).toBeLessThan(0.05);
    const platforms = new Set(sessions.map((session) => session.container.platform));
    expect([...platforms].sort()).toEqual(["ANDROID", "CHROME", "IOS", "WINDOWS"]);
  });
});

describe("a state that is kept", () => {
  const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("survives a restart, with what was changed, the deployment and the token", async () => {
    const data = join(folder, "new", "state.json");
    const first = await start({ data, users: 3, token: "O:kept", deployment: "d1" });
    const [id = ""] = first.users().map((user) => user.id);
    first.lock(id, true);
    first.signIn(first.users()[1]?.id ?? "", { label: "New" });
    await first.close();
    const second = await start({ data, users: 9, seed: 9 });
    expect([first.restored, second.restored, second.token]).toEqual([false, true, "O:kept"]);
    expect(second.url).toContain("/d1");
    expect(second.users()).toEqual(first.users());
    expect(second.objects()).toEqual(first.objects());
    expect(second.user(id)?.locked).toBe(true);
    second.remove(id);
    await second.close();
    expect((await start({ data })).users()).toEqual(first.users().slice(1));
    expect(readdirSync(join(folder, "new"))).toEqual(["state.json"]);
  });

  test("is written while the sandbox runs, and made-up users without any change", async () => {
    const data = join(folder, "running.json");
    const sandbox = await start({ data, users: 2 });
    const saved = () => JSON.parse(readFileSync(data, "utf8")).users;
    await expect.poll(() => attempt(saved)).toEqual(sandbox.users());
    sandbox.lock(sandbox.users()[0]?.id ?? "");
    await expect.poll(() => attempt(saved)).toEqual(sandbox.users());
  });

  test.each(["{", "{}", "[1]", '{"format":"curfew/sandbox/2"}'])(
    "refuses a file of %s",
    async (text) => {
      const data = join(folder, "other.json");
      writeFileSync(data, text);
      await expect(start({ data })).rejects.toThrow(UsageError);
      expect(readFileSync(data, "utf8")).toBe(text);
    },
  );

  test("what a test is handed is a copy", async () => {
    const sandbox = await start();
    const [user] = sandbox.users();
    Object.assign(user ?? {}, { sessions: [] });
    expect(user?.sessions).toEqual([]);
    expect(sandbox.users()[0]?.sessions.length).toBeGreaterThan(0);
  });
});

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
