// @module-tag slow
/** The administrator behind the policy's back, against a sandbox that runs. */
import { expect, test } from "vitest";
import { curfew, folder, SECRET } from "./run.ts";
import { nobody, project, sandbox, user } from "./world.ts";

const LOCKED = `users:\n  locked:\n    - { user: bob, reason: Left }\nlimits: { lock: { percent: 100 } }\n`;

test("somebody unlocks a leaver, and drift says so", async () => {
  const target = await sandbox();
  const cwd = await project(target.url, { sections: LOCKED });
  const env = { CURFEW_SANDBOX_TOKEN: SECRET };
  const act = (...args: string[]) =>
    curfew(cwd, ["sandbox", ...args, "--port", String(target.port)], { env });
  expect((await curfew(cwd, ["apply", "--yes"])).code).toBe(0);
  const requests = target.counters.requests;
  expect(await act("unlock", "bob")).toEqual({ code: 0, out: "Unlocked bob.\n", err: "" });
  expect(target.user("bob")?.locked).toBe(false);
  expect(await act("sign-in", "bob")).toEqual({
    ...{ code: 0, out: "Signed in as bob, on session s-bob.\n", err: "" },
  });
  expect(await act("lock", "cem")).toMatchObject({ code: 0, out: "Locked cem.\n" });
  expect(target.user("cem")?.locked).toBe(true);
  // The API counts none of it.
  expect(target.counters.requests).toBe(requests);
  const drift = await curfew(cwd, ["drift"]);
  expect(drift.code).toBe(2);
  expect(drift.out).toContain("Somebody unlocked this user");
});

test("by an address, and not by one of several users; nobody, no credential and no sandbox are errors", async () => {
  const estate = [user("a1", 1), user("a2", 1), user("a3", 1)];
  const emails = ["ann@acme.example", "twin@acme.example", "twin@acme.example"];
  const objects = estate.map(({ id }, i) => ({ id, type: "user", email: emails[i] ?? "" }));
  const target = await sandbox({ estate, objects });
  const cwd = await folder();
  const act = (args: string[], token = SECRET) =>
    curfew(cwd, ["sandbox", ...args, "--port", String(target.port)], {
      env: { CURFEW_SANDBOX_TOKEN: token },
    });
  expect((await act(["lock", "ann@acme.example"])).out).toBe("Locked a1.\n");
  const cases: [string[], RegExp, string?][] = [
    [["sign-in", "a1"], /did not do it: The user a1 is locked\./],
    [["lock", "twin@acme.example"], /Several users have twin@acme\.example/],
    [["lock", "zoe"], /No user found with ID: 'zoe'/],
    [["lock"], /^error: sandbox lock needs a user/],
    [["drop", "a1"], /Allowed choices are lock, unlock, sign-in/],
    [["lock", "a2"], /Access denied/, "other"],
  ];
  for (const [args, message, token] of cases) {
    const ran = await act(args, token);
    expect(ran, args.join(" ")).toMatchObject({ code: 1, out: "" });
    expect(ran.err, args.join(" ")).toMatch(message);
  }
  expect(["a2", "a3"].map((id) => target.user(id)?.locked)).toEqual([false, false]);
  const { port } = new URL(await nobody());
  const none = await curfew(cwd, ["sandbox", "lock", "a1", "--port", port]);
  expect(none).toMatchObject({ code: 1, out: "" });
  expect(none.err).toMatch(/^error: no sandbox answers on port \d+ \(ECONNREFUSED\): start one/);
  for (const args of [["lock", "a1"], []]) {
    const high = await curfew(cwd, ["sandbox", ...args, "--port", "65536"]);
    expect(high).toMatchObject({ code: 1, out: "" });
    expect(high.err).toContain("The highest port is 65535.");
  }
});
