/** Runs that end before their first write are in the audit log, with the reason, and without a secret. */
import { chmod, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { loadPolicies } from "../src/checkout/load.ts";
import type { AuditLine } from "../src/ledger/log/line.ts";
import type { Plan } from "../src/model/plan.ts";
import { openLedgerOf, type Settings, takeLease } from "../src/parts.ts";
import { RENDERERS } from "../src/report/formats.ts";
import { htmlRenderer } from "../src/report/html/renderer.ts";
import { ocsfLines } from "../src/report/machine/ocsf.ts";
import { historyText } from "../src/report/text/history.ts";
import { pastRuns } from "../src/report/told/runs.ts";
import { type Ran, type RunRequest, runOn } from "../src/run.ts";
import { folder, SECRET } from "./cli/run.ts";
import { nobody, policy, sandbox, writes } from "./cli/world.ts";

const AT = Date.now();

async function stage(url: string, env: Settings["env"] = { TOKEN: SECRET }) {
  const cwd = await folder({ "policies/production.yaml": policy(url) });
  const [first] = await loadPolicies(["policies"], { cwd, at: AT });
  if (!first) throw new Error("no policy");
  const settings: Settings = { env, cwd, ledger: null };
  const ask = (id: string, more: Partial<RunRequest> = {}): Promise<Ran> =>
    runOn(first, settings, { id, at: AT, only: null, saved: null, agree: () => true, ...more });
  const log = async () => {
    const lines: AuditLine[] = [];
    for await (const line of openLedgerOf(first, settings).audit()) lines.push(line);
    return lines;
  };
  return { policy: first, settings, cwd, ask, log };
}

it("tells of a target that can't be read", { tags: "slow" }, async () => {
  const on = await stage(await nobody());
  await expect(on.ask("r1")).rejects.toThrow();
  expect(await on.log()).toMatchObject([
    {
      ...{ kind: "run-stopped", run: "r1", why: "unreadable", target: "production", plan: null },
      policy: on.policy.digest,
    },
  ]);
});

it("tells of a plan that nobody agreed to, and which", async () => {
  const target = await sandbox();
  const on = await stage(target.url);
  const shown: Plan[] = [];
  const agree = (plan: Plan) => shown.push(plan) < 0;
  await expect(on.ask("r1", { agree })).rejects.toThrow("not agreed to");
  expect(await on.log()).toMatchObject([{ why: "not-agreed", plan: shown[0]?.digest }]);
  expect(writes(target)).toBe(0);
});

it("tells of a reviewed plan that is no longer good, and which", async () => {
  const target = await sandbox();
  const on = await stage(target.url);
  const plans: Plan[] = [];
  await on.ask("r1", { agree: (plan) => plans.push(plan) < 0 }).catch(() => {});
  const [saved] = plans;
  if (!saved) throw new Error("no plan");
  const at = AT + 5 * 3_600_000;
  await expect(on.ask("r2", { saved, at })).rejects.toThrow(/expired/);
  expect((await on.log()).at(-1)).toMatchObject({ why: "stale", plan: saved.digest });
});

it("tells of a reviewed plan that was carried out by that plan's digest: in the log, the history and every report", async () => {
  const target = await sandbox();
  const on = await stage(target.url);
  const plans: Plan[] = [];
  await on.ask("r1", { agree: (plan) => plans.push(plan) < 0 }).catch(() => {});
  const [saved] = plans;
  if (!saved) throw new Error("no plan");
  // Somebody locks Ann meanwhile, so that less is left of the plan, and its own digest is another.
  const [first] = saved.actions;
  if (!first) throw new Error("nothing is wanted");
  target.lock(first.user);
  const ran = await on.ask("r2", { saved });
  expect(ran.plan.digest).not.toBe(saved.digest);
  const lines = await on.log();
  expect(lines.find(({ kind }) => kind === "plan")).toMatchObject({ reviewed: saved.digest });
  const how = { colour: false, width: 200, all: true, several: false };
  const { text, json, markdown } = RENDERERS;
  for (const told of [
    text.plan([ran], how),
    json.apply([ran], how),
    markdown.apply([ran], how),
    htmlRenderer.apply([ran], how),
  ])
    expect(told).toContain(saved.digest);
  const past = await pastRuns(lines, 9, false);
  const report = { lines: 0, proved: 0, head: null, faults: [] };
  const about = { target: "production", place: ".curfew", user: null, since: null, report };
  expect(historyText(past, about, how)).toContain(`saved, ${saved.digest}`);
  const events: string[] = [];
  for await (const event of ocsfLines(lines, "production")) events.push(event);
  expect(events.length).toBeGreaterThan(0);
  for (const event of events) expect(JSON.parse(event).unmapped.reviewed).toBe(saved.digest);
});

it("tells of a run that found another at work, and leaves that one's log in one chain", async () => {
  const target = await sandbox();
  const on = await stage(target.url);
  const ledger = openLedgerOf(on.policy, on.settings);
  {
    await using _lease = await takeLease(ledger, "r1");
    await expect(on.ask("r2")).rejects.toThrow("Another run is at work");
  }
  await on.ask("r3");
  expect((await on.log()).map(({ run, kind }) => `${run} ${kind}`).slice(0, 2)).toEqual([
    "r2 run-stopped",
    "r3 plan",
  ]);
  expect((await ledger.verify()).faults).toEqual([]);
});

it("tells of a missing credential, and of a bug only its kind", async () => {
  const target = await sandbox();
  const on = await stage(target.url, {});
  await expect(on.ask("r1")).rejects.toThrow("no credential");
  const sound = await stage(target.url);
  const agree = () => {
    throw new TypeError(`the token is ${SECRET}`);
  };
  await expect(sound.ask("r2", { agree })).rejects.toThrow(TypeError);
  expect(await on.log()).toMatchObject([
    { why: "error", message: expect.stringMatching(/no credential/) },
  ]);
  expect(await sound.log()).toMatchObject([
    { why: "error", message: "A bug in Curfew: TypeError." },
  ]);
});

it("leaves a run that has begun to the next one", async () => {
  const target = await sandbox();
  const on = await stage(target.url);
  const onWrite = () => {
    throw new Error("dies here");
  };
  await expect(on.ask("r1", { onWrite })).rejects.toThrow("dies here");
  expect((await on.log()).map(({ kind }) => kind)).not.toContain("run-stopped");
  await on.ask("r2");
  expect((await on.log()).map(({ kind }) => kind)).toContain("run-died");
});

it.skipIf(process.getuid?.() === 0)(
  "says so where the log can't be told (skipped for root, whom no file mode stops)",
  async () => {
    const on = await stage(await nobody());
    await on.ask("r1").catch(() => {});
    const ledger = join(on.cwd, ".curfew");
    const [name = ""] = await readdir(ledger);
    await chmod(join(ledger, name), 0o500);
    onTestFinished(() => chmod(join(ledger, name), 0o700));
    await expect(on.ask("r2")).rejects.toThrow(/The audit log could not be told: /);
  },
);

it("ends with the log's head, which is the hash of its last line", async () => {
  const target = await sandbox();
  const on = await stage(target.url);
  const { audit } = await on.ask("r1");
  const last = (await on.log()).at(-1);
  expect(audit).toEqual({ seq: last?.seq, hash: last?.hash });
});

it("leaves what there is no time for to the next run, which is not told that it is drift", async () => {
  const target = await sandbox();
  const on = await stage(target.url);
  const first = await on.ask("r1", { enough: () => false });
  expect(first.outcomes.map(({ status }) => status)).toEqual(["skipped", "skipped"]);
  expect(writes(target)).toBe(0);
  const second = await on.ask("r2", { at: AT + 60_000 });
  expect(second.outcomes.map(({ status }) => status)).toEqual(["applied", "applied"]);
  expect(second.plan.actions.map(({ cause }) => cause)).toEqual(["policy", "policy"]);
  const third = await on.ask("r3", { at: AT + 120_000 });
  expect(third.plan.actions).toEqual([]);
});

it("takes no agreement to a plan of long ago, nor to a saved one that expired meanwhile", async () => {
  const target = await sandbox();
  const on = await stage(target.url);
  const after = (minutes: number) => {
    const times = [0, minutes * 60_000];
    return () => times.shift() ?? 0;
  };
  await expect(on.ask("r1", { elapsed: after(11) })).rejects.toThrow(
    "agreed to 11 minutes after it was shown",
  );
  const plans: Plan[] = [];
  await on.ask("r2", { agree: (plan) => plans.push(plan) < 0 }).catch(() => {});
  const [saved] = plans;
  if (!saved) throw new Error("no plan");
  const at = Date.parse(saved.expiresAt) - 60_000;
  await expect(on.ask("r3", { saved, at, elapsed: after(2) })).rejects.toThrow("expired before");
  expect(writes(target)).toBe(0);
  expect((await on.log()).map(({ kind }) => kind)).toEqual([
    "run-stopped",
    "run-stopped",
    "run-stopped",
  ]);
  const done = await on.ask("r4", { saved, at, elapsed: after(0.5) });
  expect(done.outcomes.map(({ status }) => status)).toEqual(["applied", "applied"]);
});
