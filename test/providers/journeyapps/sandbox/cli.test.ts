// @module-tag slow
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { parse } from "yaml";
import type { ServedUser } from "../../../../src/providers/journeyapps/sandbox/sandbox.ts";
import { session, user } from "../../../fault-matrix/estate.ts";

const MODULE = join(import.meta.dirname, "../../../../src/cli/commands/sandbox.ts");
const ENTRY = `
  import { sandboxCommand } from ${JSON.stringify(MODULE)};
  try {
    await sandboxCommand().parseAsync(process.argv.slice(1), { from: "user" });
  } catch (error) {
    process.stderr.write(error.message + "\\n");
    process.exitCode = error.exitCode ?? 70;
  }`;

const folder = mkdtempSync(join(tmpdir(), "sandbox-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});

/** A process of `curfew sandbox`: what it wrote so far, and its end. */
function run(...args: string[]) {
  const child = spawn(process.execPath, ["--input-type=module", "-e", ENTRY, "--", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  const written = { out: "", error: "" };
  child.stdout.on("data", (chunk) => {
    written.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    written.error += chunk;
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  return { child, written, ended };
}

async function listening(process: ReturnType<typeof run>): Promise<string> {
  await expect.poll(() => process.written.out, { timeout: 20_000 }).toContain("Ctrl-C ends it.");
  return /http:\S+/.exec(process.written.out)?.[0] ?? "";
}

async function read(url: string) {
  const answer = await fetch(`${url}/users`, { headers: { authorization: "Bearer sandbox" } });
  return (await answer.json()) as { total: number; objects: ServedUser[] };
}

test.each(["SIGINT", "SIGTERM"] as const)(
  "serves until %s, and keeps its state",
  async (signal) => {
    const args = ["--port", "0", "--users", "7", "--data", join(folder, `${signal}.json`)];
    const first = run(...args, "--seed", "4", "--at", "2026-11-22T10:00:00Z");
    const url = await listening(first);
    expect(first.written.out).toMatch(
      /^A sandbox with 7 users and \d+ sessions listens at\n\n {2}http/,
    );
    expect(first.written.out).toContain(`  url: ${url}\n  credentials: [env:CURFEW_SANDBOX_TOKEN]`);
    expect(first.written.out).toContain("\n  export CURFEW_SANDBOX_TOKEN=sandbox\n");
    const users = await read(url);
    expect(users.total).toBe(7);
    first.child.kill(signal);
    expect(await first.ended).toBe(0);
    expect(first.written.error).toBe("");

    const second = run(...args);
    expect(await read(await listening(second))).toEqual(users);
    expect(second.written.out).toContain(`sessions, from ${folder}`);
    second.child.kill(signal);
    expect(await second.ended).toBe(0);
  },
);

test("--fault and --rate are obeyed", async () => {
  const url = await listening(
    run("--port", "0", "--fault", "500@GET /users:1", "--fault", "422@/info"),
  );
  const statuses = [];
  for (const path of ["/users", "/users", "/info.json"]) {
    const answer = await fetch(url + path, { headers: { authorization: "Token sandbox" } });
    statuses.push(answer.status);
  }
  expect(statuses).toEqual([500, 200, 422]);
});

test.each([
  [[], { phone: "RESET", tablet: "LOCKED" }, "RESET"],
  [["--lock-wipes", "all"], { phone: "RESET", tablet: "RESET" }, "RESET"],
  [
    ["--lock-wipes", "none", "--ended-wipe", "ended"],
    { phone: "LOCKED", tablet: "LOCKED" },
    "LOCKED",
  ],
])(
  "with %j a lock with `wipe` leaves %j, and a wipe of the tablet %s",
  async (choices, locked, wiped) => {
    const sessions = [session("phone", 3), session("tablet", 9, "LOCKED")];
    const estate = { format: "curfew/sandbox/1", deployment: "d1", token: "sandbox", objects: [] };
    const data = join(folder, `wipes-${choices.length}.json`);
    writeFileSync(data, JSON.stringify({ ...estate, users: [user("ann", sessions)] }));
    const url = await listening(run("--port", "0", "--data", data, ...choices));
    const states = async () => {
      const all = (await read(url)).objects.flatMap(({ sessions }) => sessions);
      return Object.fromEntries(all.map(({ id, state }) => [id, state]));
    };
    const post = (path: string, body?: object) =>
      fetch(`${url}/users/ann/${path}`, {
        ...{ method: "POST", headers: { authorization: "Bearer sandbox" } },
        body: JSON.stringify(body ?? {}),
      });
    expect((await post("lock", { wipe: true })).status).toBe(204);
    expect(await states()).toEqual(locked);
    expect((await post("sessions/tablet/wipe")).status).toBe(204);
    expect(await states()).toMatchObject({ tablet: wiped });
  },
);

test("--write-policy writes a policy for this address, and never overwrites", async () => {
  const file = join(folder, "new", "sandbox.yaml");
  const args = ["--port", "0", "--users", "9", "--write-policy", file];
  const first = run(...args);
  const url = await listening(first);
  const policy = parse(readFileSync(file, "utf8"));
  expect(policy.target).toEqual({
    name: "sandbox",
    provider: "journeyapps",
    url,
    credentials: ["env:CURFEW_SANDBOX_TOKEN"],
    auth: "bearer",
  });
  const ids = (await read(url)).objects.map((user) => user.id);
  expect(ids).toEqual(expect.arrayContaining([policy.users.locked[0].user, ...policy.protected]));
  expect(first.written.out).toContain(`  curfew plan ${file}`);

  const second = run(...args);
  expect(await second.ended).toBe(1);
  expect(second.written.error).toBe(`${file} exists. Give --write-policy another file.\n`);
});

test.each([
  [["--users", "many"], /whole number/],
  [["--at", "2026-11-22T10:00:00"], /offset/],
  [["--lock-wipes", "some"], /Allowed choices are all, active, none/],
  [["--fault", "505"], /The fault '505' is unknown\..*batch-mixed/],
])("%j is bad usage", async (args, message) => {
  const process = run("--port", "0", ...args);
  expect(await process.ended).toBe(1);
  expect(process.written.error).toMatch(message);
});

test("a port in use is told with the remedy", async () => {
  const url = await listening(run("--port", "0"));
  const { port } = new URL(url);
  const second = run("--port", port);
  expect(await second.ended).toBe(1);
  expect(second.written.error).toMatch(`Port ${port} is in use. Choose another with --port`);
});

test("--help tells the faults and has an example", async () => {
  const process = run("--help");
  expect(await process.ended).toBe(0);
  expect(process.written.out).toMatch(
    /Example:\n {2}curfew sandbox .*\n[\s\S]* {2}batch-lost {2,}\S/,
  );
});
