// @module-tag slow
import { spawnSync } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { clock, countdown } from "../../src/cli/countdown.ts";
import { BIN, curfew, filesOf } from "./run.ts";
import { project, sandbox, user } from "./world.ts";

/** The lines of the audit log. */
async function logged(cwd: string): Promise<unknown[]> {
  const files = Object.entries(await filesOf(cwd)).filter(([name]) => name.includes("/audit/"));
  return files
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, text]) => text.trimEnd().split("\n"))
    .map((line) => JSON.parse(line) as unknown);
}

function tokensMade(target: Awaited<ReturnType<typeof sandbox>>): number {
  return target.counters.operations["users/authentication-token"] ?? 0;
}

test("a token signs a device in; the audit log tells who asked for it, and never the token", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  const before = Date.now();
  const ran = await curfew(cwd, ["enroll", "cem", "--yes"]);
  expect(ran).toMatchObject({ code: 0, err: "" });
  const [, token = "", expires = ""] =
    /^A token for cem at production:\n\n {2}(\d{8})\n {2}http\S+[\s\S]+▀[\s\S]+\nIt works until (.+)\. Whoever has it/.exec(
      ran.out,
    ) ?? [];
  const lives = Date.parse(expires.replace(" UTC", "Z")) - before;
  expect(lives / 60_000).toBeGreaterThan(4.9);
  expect(lives / 60_000).toBeLessThan(5.8);
  expect(target.enroll(token)).toMatchObject({ state: "ENROLLED" });

  expect(await logged(cwd)).toMatchObject([
    { seq: 1, kind: "token", user: "cem", name: null, target: "production", commit: null },
  ]);
  for (const text of Object.values(await filesOf(cwd))) expect(text).not.toContain(token);
  const history = await curfew(cwd, ["history", "--user", "cem"]);
  expect(history.out).toContain("A temporary token was asked for, to enroll a device as cem.");
  expect(history.out).not.toContain("It has not ended");
  expect(history.out).not.toContain(token);
  expect((await curfew(cwd, ["history", "--user", "ann"])).out).not.toContain("token was asked");

  const ocsf = await curfew(cwd, ["history", "--format", "ocsf"]);
  expect(JSON.parse(ocsf.out)).toMatchObject({
    ...{ class_uid: 3002, activity_id: 99, type_uid: 300299, status: "Unknown" },
    ...{
      message: "token for cem: asked for.",
      user: { uid: "cem" },
      service: { name: "production" },
    },
  });

  // The log goes on, and is whole.
  expect(await curfew(cwd, ["apply", "--yes"])).toMatchObject({ code: 0 });
  expect(await curfew(cwd, ["history", "--verify"])).toMatchObject({ code: 0 });
});

test("JSON has the token, its URL and its end", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  const ran = await curfew(cwd, ["enroll", "cem", "--yes", "--format", "json"]);
  const made = JSON.parse(ran.out);
  expect(made).toEqual({
    ...{ format: "curfew/token/1", target: "production", user: "cem", name: null },
    token: expect.stringMatching(/^\d{8}$/),
    url: expect.stringContaining(made.token),
    expiresAt: expect.stringMatching(/Z$/),
  });
});

test("whoever is locked gets no token: by the policy with its line, or by somebody else", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  const policy = await curfew(cwd, ["enroll", "bob", "--yes"]);
  expect(policy).toEqual({
    code: 1,
    out: "",
    err: "error: policies/production.yaml:11: the policy locks bob: Left the company. No token is made; if the user is to have access again, change this entry first\n",
  });
  const other = await curfew(cwd, ["enroll", "dan", "--yes"]);
  expect(other).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^error: dan is locked at production, and not by this policy\./),
  });
  expect(tokensMade(target)).toBe(0);
  expect(await filesOf(cwd)).toEqual({ "policies/production.yaml": expect.any(String) });
});

test("with identify a name or an id will do; a name of several, or of nobody, is refused", async () => {
  const estate = [user("a1", 1), user("a2", 1), user("a3", 1), user("a4", 1)];
  const emails = [
    "ann@acme.example",
    "twin@acme.example",
    "twin@acme.example",
    "leaver@acme.example",
  ];
  const objects = estate.map(({ id }, i) => ({ id, type: "user", email: emails[i] }));
  const target = await sandbox({ estate, objects });
  const cwd = await project(target.url, {
    target: "  credentials: env:TOKEN\n  identify: email\n",
    sections: "users:\n  locked:\n    - { user: leaver@acme.example, reason: Left }\n",
  });
  const enroll = (who: string) => curfew(cwd, ["enroll", who, "--yes", "--format", "json"]);
  for (const who of ["ann@acme.example", "Ann@ACME.example", "a1"]) {
    const { out } = await enroll(who);
    expect(JSON.parse(out)).toMatchObject({ user: "a1", name: "ann@acme.example" });
  }
  expect((await enroll("twin@acme.example")).err).toMatch(
    /is the name of several users: give the id/,
  );
  expect(JSON.parse((await enroll("a2")).out)).toMatchObject({ user: "a2" });
  expect((await enroll("a4")).err).toMatch(
    /^error: policies\/production\.yaml:\d+: the policy locks/,
  );
  expect((await enroll("nobody")).err).toBe(
    "error: production has no user nobody: no token is made\n",
  );
  const history = await curfew(cwd, ["history", "--user", "ann@acme.example"]);
  expect(history.out.match(/A temporary token was asked for/g)).toHaveLength(3);
});

test("nobody is asked for a token in vain: without --yes, in CI, for no one target", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  const cases: [string[], RegExp, Record<string, string>?][] = [
    [["cem"], /^error: enroll asks before it makes a token, and nobody can answer here/],
    [["cem", "--yes"], /^error: a CI log would keep the token/, { CI: "true" }],
    [["", "--yes"], /^error: the user is empty/],
    [["nobody", "--yes"], /^error: production has no user nobody/],
    [["cem", "--yes", "--target", "other"], /^error: no policy has the target other/],
  ];
  for (const [args, message, env = {}] of cases) {
    const ran = await curfew(cwd, ["enroll", ...args], { env });
    expect(ran, args.join(" ")).toMatchObject({ code: 1, out: "" });
    expect(ran.err).toMatch(message);
  }
  expect(tokensMade(target)).toBe(0);
  expect(await logged(cwd)).toEqual([]);
});

test("a ledger that can't be written means no token", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  const ran = await curfew(cwd, ["enroll", "cem", "--yes", "--ledger", "/sys/curfew"]);
  expect(ran).toMatchObject({ code: 1, out: "" });
  expect(tokensMade(target)).toBe(0);
});

test("the clock counts begun seconds, and never below zero", () => {
  expect([300_000, 299_001, 61_000, 60_000, 1, 0, -5].map(clock)).toEqual([
    ...["5:00", "5:00", "1:01", "1:00", "0:01", "0:00", "0:00"],
  ]);
});

test("the countdown ends when the moment has come", async () => {
  const drawn: string[] = [];
  let at = 0;
  const now = () => {
    at += 1;
    return at;
  };
  await countdown("It ends", 6, { err: (text) => drawn.push(text), now });
  expect(drawn.map(stripVTControlCharacters).at(0)).toBe("\rIt ends in 0:01 (Ctrl-C leaves)");
  expect(drawn.map(stripVTControlCharacters).at(-1)).toBe("\rIt ends now.\n");
  expect(process.listenerCount("SIGINT")).toBe(0);
});

const SCRIPT = "script";
const PSEUDO_TERMINAL = spawnSync(SCRIPT, ["-qec", "true", "/dev/null"]).status === 0;

/** On a pseudo-terminal of 100 columns; `answer` is typed once `to` shows. */
function typed(cwd: string, answer: { to: string; type: string }, more = "") {
  const line = `stty cols 100; exec '${process.execPath}' '${BIN}' enroll cem ${more}`;
  return curfew(cwd, ["enroll"], {
    program: [SCRIPT, "-qec", line, "/dev/null"],
    env: { TERM: "xterm-256color" },
    answer,
  });
}

test.runIf(PSEUDO_TERMINAL)(
  "on a terminal it asks, draws the code and counts down; Ctrl-C leaves (skipped without `script` of util-linux)",
  async () => {
    const target = await sandbox();
    const cwd = await project(target.url);
    const no = await typed(cwd, { to: "agreement: ", type: "no\n" });
    expect(no.code).toBe(1);
    expect(no.out).toContain("Make a token that signs a device in as cem at production?");
    expect(no.out).toContain("error: not agreed to: no token was made");
    expect(tokensMade(target)).toBe(0);
    expect(await logged(cwd)).toEqual([]);

    const yes = await typed(cwd, { to: "The token ends in ", type: "\u0003" }, "--yes");
    expect(yes.code).toBe(0);
    expect(yes.out).toMatch(/The token ends in (5:00|4:5\d) \(Ctrl-C leaves\)/);
    expect(yes.out).toContain("\u001b[97;40m█");
    expect(tokensMade(target)).toBe(1);
  },
);
