/**
 * `npm run bench`: the figures of the documentation, as ratios of one run on one machine. Nothing is asserted.
 * `npm run bench PART…` measures some of it:
 *
 *  - package: the size of the Lambda's package, and its start beside that of an empty module.
 *  - reading: 10,000 and 100,000 users read, validated and planned, beside a bare undici loop that only parses the same pages.
 *  - wiped: a run with nothing to do where 10,000, 100,000 and a million wipes are remembered.
 *  - signing-out: at 20 ms a request, beside the loop that the vendor's forum gives: one GET a user, one POST a session.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { request } from "undici";
import { mb, print, ratio, round, timed } from "./figures.ts";
import { packaged } from "./package.ts";
import { serve } from "./sandbox.ts";
import { wiped } from "./wiped.ts";

const TOKEN = "sandbox";
const ROUNDS = 3;
const headers = { authorization: `Bearer ${TOKEN}` };
const run = promisify(execFile);
const folder = await mkdtemp(path.join(tmpdir(), "curfew-bench-"));
const parts: Record<string, () => Promise<void>> = {
  package: () => packaged(folder),
  reading,
  "signing-out": signingOut,
  wiped: () => wiped(folder),
};
const wanted = process.argv.slice(2);
try {
  for (const name of wanted.length > 0 ? wanted : Object.keys(parts)) {
    const part = parts[name];
    if (!part) throw new Error(`${name} is none of ${Object.keys(parts).join(", ")}`);
    await part();
  }
} finally {
  await rm(folder, { recursive: true });
}

interface Measured {
  ms: number;
  rss: number;
  users: number;
  wanted: number;
}

async function reading(): Promise<void> {
  const rows: { users: number; bare: Measured; steady: Measured; firstDay: Measured }[] = [];
  for (const users of [10_000, 100_000]) {
    const sandbox = await serve("--users", String(users));
    try {
      const steady = await policyFile("steady", sandbox.url, "sessions: { maxAge: 390d }");
      const firstDay = await policyFile(
        "first-day",
        sandbox.url,
        "sessions: { maxAge: 30d, maxIdle: 14d, maxPerUser: 2 }",
      );
      await best("bare", sandbox.url, steady);
      rows.push({
        users,
        bare: await best("bare", sandbox.url, steady),
        steady: await best("curfew", sandbox.url, steady),
        firstDay: await best("curfew", sandbox.url, firstDay),
      });
    } finally {
      await sandbox.end();
    }
  }
  print("Reading, validating and planning, beside a bare loop that only parses the same pages");
  for (const { users, bare, steady, firstDay } of rows) {
    const told = (name: string, m: Measured) =>
      print(
        `  ${users} users, ${name}: ${ratio(m.ms / bare.ms)} times its time (${round(m.ms)} ms beside ${round(bare.ms)} ms), ${mb(m.rss)} MB resident beside ${mb(bare.rss)} MB, ${m.wanted} actions wanted`,
      );
    told("a steady estate", steady);
    told("a first day", firstDay);
  }
  const [small, large] = rows;
  if (small && large)
    print(
      `  from ${small.users} to ${large.users} users resident memory grows ${ratio(large.steady.rss / small.steady.rss)} times on a steady estate`,
    );
}

/** The quickest of a few rounds, and the most memory of them. */
async function best(mode: string, url: string, file: string): Promise<Measured> {
  const rounds: Measured[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const reader = path.join(import.meta.dirname, "reader.ts");
    rounds.push(JSON.parse((await run(process.execPath, [reader, mode, url, file])).stdout));
  }
  const [first] = rounds;
  if (!first) throw new Error("no rounds");
  const ms = Math.min(...rounds.map((m) => m.ms));
  return { ...first, ms, rss: Math.max(...rounds.map((m) => m.rss)) };
}

async function signingOut(): Promise<void> {
  const options = ["--users", "3000", "--latency", "20"];
  const forLoop = await serve(...options);
  const forCurfew = await serve(...options);
  try {
    const ids = await enrolledUsers(forLoop.url, 2000);
    const loop = await timed(() => forumLoop(forLoop.url, ids));
    const file = await policyFile(
      "incident",
      forCurfew.url,
      `groups:\n  affected:\n    members: [${ids.join(", ")}]\n    sessions: { notBefore: ${new Date(Date.now()).toISOString()} }\nlimits:\n  re-authenticate: { percent: 100, perRun: 100, exceed: pace }`,
    );
    const cli = path.join(import.meta.dirname, "../src/cli/main.ts");
    const env = { ...process.env, BENCH_TOKEN: TOKEN };
    let applied = 0;
    const curfew = await timed(async () => {
      const args = [
        cli,
        "apply",
        file,
        "--yes",
        "--format",
        "json",
        "--ledger",
        path.join(folder, "ledger"),
      ];
      const { stdout } = await run(process.execPath, args, { env, maxBuffer: 1 << 28 });
      applied = JSON.parse(stdout).outcomes.filter(
        (o: { status: string }) => o.status === "applied",
      ).length;
    });
    print("Signing out at 20 ms a request, beside the forum answer's loop");
    print(
      `  the loop: ${loop.result} sessions of ${ids.length} users in ${round(loop.ms)} ms; curfew apply, from its start to its end: ${applied} sessions in ${round(curfew.ms)} ms: ${ratio(loop.ms / loop.result / (curfew.ms / applied))} times faster a session`,
    );
  } finally {
    await forLoop.end();
    await forCurfew.end();
  }
}

interface WireUser {
  id: string;
  sessions: { id: string; state: string }[];
}

/** Users with, together, this many sessions that are enrolled. */
async function enrolledUsers(url: string, sessions: number): Promise<string[]> {
  const ids: string[] = [];
  let found = 0;
  for (let skip = 0; skip < 3000 && found < sessions; skip += 1000) {
    const { body } = await request(`${url}/users?limit=1000&skip=${skip}`, { headers });
    for (const user of ((await body.json()) as { objects: WireUser[] }).objects) {
      const enrolled = user.sessions.filter((s) => s.state === "ENROLLED").length;
      if (enrolled === 0 || found >= sessions) continue;
      ids.push(user.id);
      found += enrolled;
    }
  }
  return ids;
}

/** What the forum answer does, for users that are known: it does not look at a session's state, this one does. */
async function forumLoop(url: string, ids: readonly string[]): Promise<number> {
  let done = 0;
  for (const id of ids) {
    const { body } = await request(`${url}/users/${id}`, { headers });
    const user = (await body.json()) as WireUser;
    for (const session of user.sessions.filter((s) => s.state === "ENROLLED")) {
      const target = `${url}/users/${id}/sessions/${session.id}/re-authenticate`;
      const answer = await request(target, { method: "POST", headers });
      await answer.body.dump();
      done++;
    }
  }
  return done;
}

async function policyFile(name: string, url: string, rules: string): Promise<string> {
  const file = path.join(folder, `${name}.yaml`);
  const target = `target:\n  name: ${name}\n  provider: journeyapps\n  url: ${url}\n  credentials: env:BENCH_TOKEN\n  requestsPerSecond: 1000`;
  await writeFile(file, `version: 1\n${target}\n${rules}\n`);
  return file;
}
