// @module-tag slow
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { describe, expect, test } from "vitest";
import type { Sandbox, SandboxOptions } from "../../../src/providers/slingr/sandbox/sandbox.ts";
import { curfew, filesOf, folder, SECRET } from "../../cli/run.ts";
import { madeUser, start } from "./sandbox/call.ts";

const ENV = { SLINGR: `curfew@example.com:${SECRET}`, TOKEN: undefined };
const ids = [1, 2, 3].map((digit) => madeUser(digit).id);
const [ann = "", bob = "", cem = ""] = ids;

const policy = (url: string, { target = "", sections = "" } = {}) => `version: 1
target:
  name: office
  provider: slingr
  url: ${url}
  credentials: env:SLINGR
${target}${sections}`;

const locked = (...users: string[]) =>
  `limits: { lock: { percent: 100 }, unlock: { percent: 100 } }\nusers:\n  locked:\n${users.map((user) => `    - { user: ${user}, reason: Left the company }\n`).join("")}`;

async function app(options: SandboxOptions = {}): Promise<Sandbox> {
  const estate = [madeUser(1), madeUser(2), madeUser(3, "BLOCKED")];
  return start({ estate, account: { password: SECRET }, clock: Date.now, ...options });
}

const run = (cwd: string, ...args: string[]) => curfew(cwd, args, { env: ENV });

test("who is to be locked is, once; whom we locked is unlocked, from whatever status; a BLOCKED of others stays", async () => {
  const target = await app();
  const cwd = await folder({
    "policies/office.yaml": policy(target.url, { sections: locked(ann, bob, cem) }),
  });
  const first = await run(cwd, "apply", "--yes");
  expect(first).toMatchObject({ code: 0, err: expect.not.stringContaining("error") });
  expect(ids.map((id) => target.user(id)?.status)).toEqual(["INACTIVE", "INACTIVE", "BLOCKED"]);
  expect(first.out).toContain("applied     2 lock\n");

  const plan = await run(cwd, "plan", "--format", "json");
  expect(plan.code).toBe(0);
  const made = JSON.parse(plan.out);
  expect(made.actions).toEqual([]);
  expect(await run(cwd, "apply", "--yes")).toMatchObject({ code: 0 });
  expect(target.counters.changed).toEqual({ deactivate: 2 });

  // The system blocks one whom we locked: the lock is ours all the same.
  target.setStatus(ann, "BLOCKED");
  const other = await folder({
    ...(await filesOf(cwd)),
    "policies/office.yaml": policy(target.url, {
      sections: "limits: { unlock: { percent: 100 } }\nusers: { locked: [], allowEmpty: true }\n",
    }),
  });
  const last = await run(other, "apply", "--yes", "--format", "json");
  expect(last).toMatchObject({ code: 0 });
  expect(last.out).toMatch(new RegExp(`"foreign-lock",\\s+"user": "${cem}"`));
  expect(ids.map((id) => target.user(id)?.status)).toEqual(["ACTIVE", "ACTIVE", "BLOCKED"]);
  expect(target.counters.changed).toEqual({ deactivate: 2, reactivate: 1, unblock: 1 });
});

test("with identify a policy names users by their e-mail addresses", async () => {
  const target = await app();
  const { email } = madeUser(1);
  const cwd = await folder({
    "policies/office.yaml": policy(target.url, {
      target: "  identify: email\n  environment: dev\n",
      sections: locked(email.toUpperCase()),
    }),
  });
  expect(await run(cwd, "apply", "--yes")).toMatchObject({ code: 0 });
  expect(ids.map((id) => target.user(id)?.status)).toEqual(["INACTIVE", "ACTIVE", "BLOCKED"]);
  expect((await run(cwd, "plan")).code).toBe(0);
});

test("an environment that is another one is not read", async () => {
  const target = await app();
  const text = policy(target.url, { target: "  environment: prod\n" });
  const cwd = await folder({ "policies/office.yaml": text });
  const ran = await run(cwd, "plan");
  expect(ran).toMatchObject({ code: 5 });
  expect(ran.err).toContain("says it is dev");
});

test("enroll has a code sent, tells when it ends, and puts on record who asked for it", async () => {
  const target = await app();
  const text = policy(target.url, {
    target: "  script: /curfew\n  otp: { inactivity: 2h }\n",
    sections: locked(bob),
  });
  const cwd = await folder({ "policies/office.yaml": text });
  const before = Date.now();
  const ran = await run(cwd, "enroll", ann, "--yes");
  expect(ran).toMatchObject({ code: 0, err: "" });
  const [, ends = ""] =
    /^A one-time code was sent to u\*\*\*@test\.com by e-mail\. It can be used until (.+ UTC), by 5890\w+ at office\.\n$/.exec(
      ran.out,
    ) ?? [];
  const lives = Date.parse(ends.replace(" UTC", "Z")) - before;
  expect(lives / 60_000).toBeGreaterThan(118);
  expect(lives / 60_000).toBeLessThan(122);

  const json = await curfew(cwd, ["enroll", ann, "--yes", "--format", "json"], {
    env: { ...ENV, CI: "true" },
  });
  expect(JSON.parse(json.out)).toEqual({
    ...{ format: "curfew/code/1", target: "office", user: ann, name: null },
    ...{ sent: "email", to: "u***@test.com", expiresAt: expect.stringMatching(/Z$/) },
  });
  const codes = target.outbox.map(({ code }) => code);
  expect(codes).toHaveLength(2);
  for (const code of codes) expect(ran.out + json.out).not.toContain(code);
  expect(await run(cwd, "history", "--user", ann)).toMatchObject({
    out: expect.stringContaining("was asked for"),
  });

  for (const [user, message] of [
    [bob, "the policy locks 5890a268b45fc9000bc1c052: Left the company. No code is sent"],
    [cem, "is locked at office, and not by this policy. No code is sent"],
    ["nobody", "office has no user nobody: no code is sent"],
  ] as const) {
    const refused = await run(cwd, "enroll", user, "--yes");
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toContain(message);
  }
  const unasked = await run(cwd, "enroll", ann);
  expect(unasked.err).toContain("enroll asks before it sends a code");
  expect(target.outbox).toHaveLength(2);
});

test("enroll says where there is nothing for a first sign-in", async () => {
  const target = await app();
  const cwd = await folder({ "policies/office.yaml": policy(target.url) });
  const ran = await run(cwd, "enroll", ann, "--yes");
  expect(ran).toMatchObject({ code: 1, out: "" });
  expect(ran.err).toContain(
    "policies/office.yaml:2: Slingr makes neither a token nor a code for a first sign-in: have the app expose the script",
  );
  expect(target.requests).toEqual([]);
});

test("a target of another host is sent no credential", async () => {
  const text = policy("https://acme.slingrs.io.example/prod/runtime/api");
  const cwd = await folder({ "policies/office.yaml": text });
  const ran = await run(cwd, "plan");
  expect(ran).toMatchObject({ code: 5 });
  expect(ran.err).toContain("is no host of this provider");
});

test("the starter of Slingr is a policy whose tests pass, with the script beside it; a script is added to policies that are there", async () => {
  const cwd = await folder();
  const ran = await run(cwd, "init", "--provider", "slingr");
  expect(ran).toMatchObject({ code: 0, err: "" });
  expect(ran.out).toContain("slingr/curfew.js: for `curfew enroll`");
  expect(ran.out).toContain("export SLINGR=…");
  const files = await filesOf(cwd);
  expect(files["policies/production.yaml"]).toContain("provider: slingr");
  expect(files[".github/workflows/drift.yml"]).toMatch(/SLINGR: \$\{\{ secrets\.SLINGR \}\}/);
  const valid = await run(cwd, "validate");
  expect(valid.out).toContain("valid, for production (slingr), enforcement report");
  expect(await run(cwd, "test")).toMatchObject({ code: 0, err: "" });

  const other = await folder({
    "policies/office.yaml": policy("http://127.0.0.1:1/dev/runtime/api"),
  });
  await run(other, "init", "--provider", "slingr");
  expect(Object.keys(await filesOf(other))).toContain("slingr/curfew.js");
});

describe("the script that init writes", () => {
  const setup = async (makes = "false") => {
    const file = join(import.meta.dirname, "../../../templates/slingr/curfew.js");
    const text = (await readFile(file, "utf8"))
      .replace("curfew@your-domain.example", "curfew@example.com")
      .replace("MAKES_TOKENS = false", `MAKES_TOKENS = ${makes}`);
    const calls: unknown[][] = [];
    const sendOtpCode = (options: unknown) => {
      calls.push(["sendOtpCode", options]);
      return true;
    };
    const createToken = (...args: unknown[]) => {
      calls.push(["createToken", ...args]);
      return args[1] === "666" ? null : { token: "T" };
    };
    const context = createContext({ sys: { auth: { sendOtpCode, createToken } } });
    runInContext(text, context);
    const call = (body: unknown, email = "curfew@example.com") => {
      Object.assign(context, { body, caller: { email } });
      return JSON.parse(JSON.stringify(runInContext("curfew(body, caller)", context)));
    };
    return { call, calls };
  };
  const options = { email: "a@b.example", inactivity: 1, expiration: 2 };

  test("hands two methods on", async () => {
    const { call, calls } = await setup();
    expect(call({ method: "sendOtpCode", options: { ...options, more: "x" } })).toBe(true);
    expect(call({ method: "createToken", idOrEmailUser: null, code: "123456" })).toEqual({
      token: "T",
    });
    expect(call({ method: "createToken", idOrEmailUser: null, code: "666" })).toBeNull();
    expect(calls).toEqual([
      ["sendOtpCode", options],
      ["createToken", null, "123456"],
      ["createToken", null, "666"],
    ]);
  });

  test("refuses other callers, other methods, and tokens for users until it is told to", async () => {
    const { call, calls } = await setup();
    expect(() => call({ method: "sendOtpCode", options }, "eve@example.com")).toThrow(
      "may not call",
    );
    expect(() => call({ method: "logout" })).toThrow("The method is");
    expect(() => call({ method: "createToken", idOrEmailUser: "ann", code: null })).toThrow(
      "No tokens",
    );
    expect(calls).toEqual([]);
    const open = await setup("true");
    expect(open.call({ method: "createToken", idOrEmailUser: "ann", code: null })).toEqual({
      token: "T",
    });
  });
});
