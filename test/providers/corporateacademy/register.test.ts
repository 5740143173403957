/** Where the tokens are, and who may look into it. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UnreadableTargetError, UsageError } from "../../../src/errors.ts";
import { refuseShared } from "../../../src/providers/corporateacademy/register/shared.ts";
import { checkout, open, read, service } from "./stage.ts";

/** Ann with a token, and a folder for its register. */
async function staged() {
  const sandbox = await service();
  await sandbox.add({ id: "ann" });
  const { tinyToken, token } = await sandbox.signIn("ann");
  return { sandbox, token, line: { user: "ann", token: tinyToken }, ...checkout() };
}

const ANN = { user: { id: "ann", sessions: [{ state: "active" }] } };
const POSIX = process.platform !== "win32";

describe("a file", () => {
  test("is relative to its policy, or absolute, or what a reference points to", async () => {
    const { sandbox, line, write, cwd, register } = await staged();
    write(line);
    const named: [string, Record<string, string>][] = [
      ["tokens.jsonl", {}],
      [register, {}],
      ["env:TOKENS", { TOKENS: "tokens.jsonl" }],
    ];
    for (const [name, env] of named) {
      const { provider } = open(sandbox, { cwd }, { target: { register: name }, env });
      expect(await read(provider)).toMatchObject([ANN]);
    }
  });

  test("that is not there, and a reference to nothing or to another site, are matters of usage", async () => {
    const { sandbox, cwd } = await staged();
    const named: [string, Record<string, string>, string][] = [
      ["tokens.jsonl", {}, "tokens.jsonl can't be read (ENOENT)"],
      ["env:TOKENS", {}, "TOKENS is not set"],
      ["env:TOKENS", { TOKENS: "https://s3cr3t.example" }, "env:TOKENS"],
      ["env:TOKENS", { TOKENS: "redis://:s3cr3t@127.0.0.1:1/0" }, "target.keys"],
      ["env:TOKENS", { TOKENS: "redis://:%zzs3cr3t@127.0.0.1:1/0" }, "write it as %25"],
    ];
    for (const [name, env, message] of named) {
      const { provider } = open(sandbox, { cwd }, { target: { register: name }, env });
      const error = await read(provider).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(UsageError);
      expect(String(error)).toContain(message);
      expect(String(error)).not.toContain("s3cr3t");
    }
  });

  test("tells each line that can't be understood by its number, and the others count", async () => {
    const { sandbox, line, write, cwd } = await staged();
    const { token } = line;
    await sandbox.add({ id: "ben" });
    write(
      ...[line, "", '{"user": "ann", "tok', '["ann"]', { token }, { user: "", token }],
      ...[
        { user: "ben", token: 7 },
        { user: "eve", token: "a b" },
        { user: "eve", token: ".." },
      ],
      { user: "kim", token, persistent: "yes" },
      ...[`{"user": "${"x".repeat(200_000)}"}`, { user: "ben", token }],
    );
    const records = await read(open(sandbox, { cwd }).provider);
    expect(records[0]).toMatchObject(ANN);
    const told = records
      .slice(1)
      .map((record) => ("unreadable" in record ? record.unreadable : record.user));
    expect(told.map(({ id }) => id)).toEqual(["ben", "eve", "kim", null, null, null, null, null]);
    expect(told.map((one) => ("message" in one ? one.message : one))).toMatchInlineSnapshot(`
      [
        "line 7 of the register holds no token",
        "line 8 of the register holds a token that is empty or has other than ASCII letters",
        "line 10 of the register says neither true nor false of persistent",
        "line 3 of the register is no JSON object {"user", "token"}",
        "line 4 of the register is no JSON object {"user", "token"}",
        "line 5 of the register names no user",
        "line 6 of the register names no user",
        "line 11 of the register is too long",
      ]
    `);
    expect(JSON.stringify(told)).not.toContain(token);
  });

  test("may begin with a mark of its encoding", async () => {
    const { sandbox, line, write, cwd } = await staged();
    write(`\uFEFF${JSON.stringify(line)}`);
    expect(await read(open(sandbox, { cwd }).provider)).toMatchObject([ANN]);
  });

  test("a last line without its end counts, and of an empty file there is nobody", async () => {
    const { sandbox, line, write, register, cwd } = await staged();
    write();
    const { provider } = open(sandbox, { cwd });
    expect(await read(provider)).toEqual([]);
    writeFileSync(register, JSON.stringify(line));
    expect(await read(provider)).toMatchObject([ANN]);
  });

  test.runIf(POSIX)(
    "that others may read or change is an error, unless they can't get there",
    async () => {
      const { sandbox, line, write, register, cwd } = await staged();
      write(line);
      chmodSync(cwd, 0o755);
      const { provider } = open(sandbox, { cwd });
      for (const mode of [0o640, 0o604, 0o620]) {
        chmodSync(register, mode);
        const error = await read(provider).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(UsageError);
        expect(String(error)).toContain(`its mode is ${mode.toString(8)}`);
      }
      chmodSync(join(cwd, "policies"), 0o700);
      expect(await read(provider)).toMatchObject([ANN]);
    },
  );

  test.runIf(POSIX)("that git tracks is an error, by whatever link it is reached", async () => {
    const { sandbox, line, write, register, cwd } = await staged();
    write(line);
    execFileSync("git", ["init", "-q", cwd]);
    const { provider } = open(sandbox, { cwd });
    expect(await read(provider)).toMatchObject([ANN]);
    execFileSync("git", ["-C", cwd, "add", register]);
    await expect(read(provider)).rejects.toThrow("git tracks the register tokens.jsonl");
    mkdirSync(join(cwd, "links"));
    symlinkSync(register, join(cwd, "links", "tokens"));
    const linked = open(sandbox, { cwd }, { target: { register: "../links/tokens" } });
    await expect(read(linked.provider)).rejects.toThrow(UsageError);
  });

  test("on Windows gives a warning, whatever its mode", async () => {
    const { line, write, register } = await staged();
    write(line);
    chmodSync(register, 0o644);
    const warned: string[] = [];
    const onWarning = (message: string) => void warned.push(message);
    await refuseShared(register, { shown: "tokens.jsonl", onWarning, platform: "win32" });
    expect(warned).toEqual([expect.stringContaining("tokens.jsonl")]);
  });
});

describe("Redis", () => {
  const at = (register: string, env = {}) => ({ target: { register, keys: "*" }, env });

  test("at another host than this machine's waits for the word of whoever runs Curfew", async () => {
    const { sandbox, cwd } = await staged();
    const strange = open(sandbox, { cwd }, at("redis://cache.invalid:6379/0")).provider;
    await expect(read(strange)).rejects.toThrow("CURFEW_HOSTS=cache.invalid");
    const env = { CURFEW_HOSTS: "cache.invalid" };
    const trusted = open(sandbox, { cwd }, at("redis://cache.invalid:6379/0", env)).provider;
    await expect(read(trusted)).rejects.toThrow("redis://cache.invalid:6379 can't be read");
  });

  test("that does not answer is a target that can't be read, and its password is told to the door alone", async () => {
    const { sandbox, cwd } = await staged();
    const secrets: string[] = [];
    const onSecret = (secret: string) => void secrets.push(secret);
    const env = { REDIS: "redis://:p%40ss-word@127.0.0.1:1/0" };
    const { provider } = open(sandbox, { cwd }, { ...at("env:REDIS", env), onSecret });
    const error = await read(provider).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnreadableTargetError);
    expect(String(error)).toContain("redis://127.0.0.1:1 can't be read (ECONNREFUSED)");
    expect(String(error)).not.toMatch(/ss-word/);
    expect(secrets).toContain("p@ss-word");
  });
});
