import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { ReadLine } from "../../../src/ledger/log/audit.ts";
import { diedEntry, stopEntry } from "../../../src/ledger/log/entries.ts";
import type { AuditEntry, AuditLine } from "../../../src/ledger/log/line.ts";
import { ocsfLines } from "../../../src/report/machine/ocsf.ts";
import { HOUR, MINUTE } from "../../../src/time.ts";
import * as build from "../builders.ts";
import { log, run, T } from "../past.ts";

const text = z.string().min(1);
const anyOf = (keys: string[]) => (object: object) => keys.some((key) => key in object);

/**
 * What OCSF 1.4.0 requires of these two classes, read from its schema (events/base_event.json, events/iam/, objects/),
 * and those of its recommended and optional attributes that are used. Strict: what it does not know is an error.
 */
const user = z
  .strictObject({ name: text.optional(), uid: text.optional() })
  .refine(anyOf(["account", "name", "uid"]));
const base = {
  category_uid: z.literal(3),
  category_name: z.literal("Identity & Access Management").optional(),
  activity_name: text.optional(),
  class_name: text.optional(),
  type_uid: z.int(),
  type_name: text.optional(),
  time: z.int().min(Date.UTC(2000)).max(Date.UTC(2100)),
  severity_id: z.union([z.int().min(0).max(6), z.literal(99)]),
  severity: text.optional(),
  status_id: z.union([z.literal([0, 1, 2]), z.literal(99)]).optional(),
  status: text.optional(),
  status_detail: text.optional(),
  message: text.optional(),
  metadata: z.strictObject({
    version: z.literal("1.4.0"),
    product: z.strictObject({ name: text, vendor_name: text, version: text.optional() }),
    uid: text.optional(),
    sequence: z.int().optional(),
    correlation_uid: text.optional(),
    log_name: text.optional(),
    original_time: text.optional(),
  }),
  actor: z
    .strictObject({
      app_name: text.optional(),
      user: user.optional(),
      process: z.strictObject({ pid: z.int() }).optional(),
    })
    .refine(anyOf(["process", "user", "invoked_by", "session", "app_name", "app_uid"]))
    .optional(),
  src_endpoint: z.strictObject({ hostname: text }).optional(),
  user,
  unmapped: z.record(text, z.unknown()).optional(),
};
const accountChange = z.strictObject({
  ...base,
  class_uid: z.literal(3001),
  activity_id: z.union([z.int().min(0).max(12), z.literal(99)]),
});
const authentication = z
  .strictObject({
    ...base,
    class_uid: z.literal(3002),
    activity_id: z.union([z.int().min(0).max(6), z.literal(99)]),
    session: z.strictObject({ uid: text }).optional(),
    service: z.strictObject({ name: text }).optional(),
  })
  .refine(anyOf(["service", "dst_endpoint"]));
const ocsf = z
  .union([accountChange, authentication])
  .refine((e) => e.type_uid === e.class_uid * 100 + e.activity_id);

/** The events of a log; each fits the schema. */
async function events(lines: readonly AuditLine[]) {
  const all = [];
  for await (const line of ocsfLines(lines, "production")) {
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    all.push(ocsf.parse(JSON.parse(line)));
  }
  return all;
}

const of = (entries: readonly AuditEntry[]) => events(log(entries));

describe("the audit log in OCSF", () => {
  test("a lock is an Account Change, a sign-out an Authentication", async () => {
    const actions = [
      build.lock({ name: "omar@acme.example", wipe: true, urgent: true }),
      build.reAuthenticate(),
    ];
    const lines = log(
      run({ id: "run-1", plan: build.plan({ actions }), outcomes: build.outcomesOf(actions) }),
    );
    const told = await events(lines);
    expect(told).toMatchInlineSnapshot(`
      [
        {
          "activity_id": 9,
          "activity_name": "Lock",
          "actor": {
            "app_name": "Curfew",
            "process": {
              "pid": 4711,
            },
            "user": {
              "name": "jane",
            },
          },
          "category_name": "Identity & Access Management",
          "category_uid": 3,
          "class_name": "Account Change",
          "class_uid": 3001,
          "message": "lock of omar@acme.example: applied. Left the company (HR-812) (policies/production.yaml:61)",
          "metadata": {
            "correlation_uid": "run-1",
            "log_name": "audit",
            "original_time": "2026-11-22T10:01:00.000Z",
            "product": {
              "name": "Curfew",
              "vendor_name": "Curfew",
              "version": "0.1.0",
            },
            "sequence": 4,
            "uid": "6f9528ac1b800f01b017e74319dbbf07126e84bd6c749e5f47745418d66807a6",
            "version": "1.4.0",
          },
          "severity": "Informational",
          "severity_id": 1,
          "src_endpoint": {
            "hostname": "build-7.example",
          },
          "status": "Success",
          "status_id": 1,
          "time": 1795341660000,
          "type_name": "Account Change: Lock",
          "type_uid": 300109,
          "unmapped": {
            "action": "lock",
            "cause": "policy",
            "commit": "68d79a1b0c3d4e5f68d79a1b0c3d4e5f68d79a1b",
            "files": [
              "policies/production.yaml",
              "policies/shared/devices.yaml",
            ],
            "plan": "sha256:abababababababababababababababababababababababababababababababab",
            "policy": "sha256:1f2e1f2e1f2e1f2e1f2e1f2e1f2e1f2e1f2e1f2e1f2e1f2e1f2e1f2e1f2e1f2e",
            "reasons": [
              {
                "file": "policies/production.yaml",
                "line": 61,
                "message": "Left the company (HR-812)",
                "rule": "users.locked",
              },
            ],
            "run": "run-1",
            "target": "production",
            "urgent": true,
            "wipe": true,
            "wipes": [
              "c8c8c4f8-5013-11e7-a8c7-04017e679e01-session",
            ],
          },
          "user": {
            "name": "omar@acme.example",
            "uid": "c8c8c4f8-5013-11e7-a8c7-04017e679e01",
          },
        },
        {
          "activity_id": 2,
          "activity_name": "Logoff",
          "actor": {
            "app_name": "Curfew",
            "process": {
              "pid": 4711,
            },
            "user": {
              "name": "jane",
            },
          },
          "category_name": "Identity & Access Management",
          "category_uid": 3,
          "class_name": "Authentication",
          "class_uid": 3002,
          "message": "re-authenticate of 5571fb26-54f7-11e7-a8f8-040151508301 on Zebra TC52: applied. signed in 41 days ago, 30 days allowed (policies/production.yaml:18)",
          "metadata": {
            "correlation_uid": "run-1",
            "log_name": "audit",
            "original_time": "2026-11-22T10:01:00.000Z",
            "product": {
              "name": "Curfew",
              "vendor_name": "Curfew",
              "version": "0.1.0",
            },
            "sequence": 5,
            "uid": "abdf0737210f30fd0ae8b28f5b6371ade9f954ba9e0759356ffd8ffb92efce5e",
            "version": "1.4.0",
          },
          "service": {
            "name": "production",
          },
          "session": {
            "uid": "77aa26c4-8418-11e7-9ba9-04017e679e01",
          },
          "severity": "Informational",
          "severity_id": 1,
          "src_endpoint": {
            "hostname": "build-7.example",
          },
          "status": "Success",
          "status_id": 1,
          "time": 1795341660000,
          "type_name": "Authentication: Logoff",
          "type_uid": 300202,
          "unmapped": {
            "action": "re-authenticate",
            "cause": "due",
            "commit": "68d79a1b0c3d4e5f68d79a1b0c3d4e5f68d79a1b",
            "device": "Zebra TC52",
            "files": [
              "policies/production.yaml",
              "policies/shared/devices.yaml",
            ],
            "plan": "sha256:abababababababababababababababababababababababababababababababab",
            "policy": "sha256:1f2e1f2e1f2e1f2e1f2e1f2e1f2e1f2e1f2e1f2e1f2e1f2e1f2e1f2e1f2e1f2e",
            "reasons": [
              {
                "file": "policies/production.yaml",
                "line": 18,
                "message": "signed in 41 days ago, 30 days allowed",
                "rule": "sessions.maxAge",
              },
            ],
            "run": "run-1",
            "target": "production",
          },
          "user": {
            "uid": "5571fb26-54f7-11e7-a8f8-040151508301",
          },
        },
      ]
    `);
    const outcomes = lines.filter(({ kind }) => kind === "outcome");
    expect(told.map(({ metadata }) => metadata.uid)).toEqual(outcomes.map(({ hash }) => hash));
  });

  test("the activity of each type", async () => {
    const actions = [build.lock(), build.wipe(), build.reAuthenticate(), build.unlock()];
    const plan = build.plan({ actions });
    const told = await of(run({ id: "r", plan, outcomes: build.outcomesOf(actions) }));
    expect(told.map((e) => [e.unmapped?.action, e.type_uid, e.type_name])).toEqual([
      ["lock", 300109, "Account Change: Lock"],
      ["wipe", 300202, "Authentication: Logoff"],
      ["re-authenticate", 300202, "Authentication: Logoff"],
      ["unlock", 300112, "Account Change: Unlock"],
    ]);
  });

  test("one event an action, with its last outcome; without one its status is unknown", async () => {
    const [lock, wipe] = [build.lock(), build.wipe()];
    const [failed] = build.outcomesOf([lock], "failed");
    const [skipped] = build.outcomesOf([build.unlock()], "skipped");
    const outcomes = [
      ...build.outcomesOf([lock]),
      ...(failed ? [{ ...failed, error: "not done", confirmed: false }] : []),
      ...(skipped ? [skipped] : []),
    ];
    const lines = log(run({ id: "r", plan: build.plan({ actions: [lock, wipe] }), outcomes }));
    const told = await events(lines);
    expect(told.map((e) => [e.unmapped?.action, e.status, e.status_id, e.severity_id])).toEqual([
      ["lock", "Failure", 2, 3],
      ["wipe", "Unknown", 0, 2],
      ["unlock", "Skipped", 99, 1],
    ]);
    expect(told[0]).toMatchObject({ status_detail: "not done", unmapped: { confirmed: false } });
    const intent = lines.find((line) => line.kind === "intent" && line.type === "wipe");
    expect(told[1]).toMatchObject({ time: T, metadata: { uid: intent?.hash } });
    expect(told[2]?.unmapped).toMatchObject({ cause: null, reasons: [] });
  });

  test("runs that died, or have not ended, are told too, each once", async () => {
    const plan = build.plan({ actions: [build.lock()] });
    const dies = { plan, outcomes: [], ends: false };
    const died = diedEntry({ run: "2", at: T + HOUR }, { id: "1", at: T }, []);
    const told = await of([
      ...run({ id: "1", ...dies }),
      ...run({ id: "2", at: T + HOUR, plan, outcomes: build.outcomesOf(plan.actions) }).slice(
        0,
        -1,
      ),
      died,
      ...run({ id: "3", at: T + 2 * HOUR, ...dies }),
    ]);
    expect(told.map((e) => [e.metadata.correlation_uid, e.status])).toEqual([
      ["1", "Unknown"],
      ["2", "Success"],
      ["3", "Unknown"],
    ]);
  });

  test("what a later run finds is told with the dead one, or once more where that one ended; each has a uid of its own", async () => {
    const [lock, wipe] = [build.lock(), build.wipe()];
    const plan = build.plan({ actions: [lock, wipe] });
    const foundOf = (run: string) =>
      [lock, wipe].map(({ type, user, session }) => {
        return { run, type, user, session, done: type === "lock" };
      });
    const none = { plan: build.plan(), outcomes: [] };
    const finds = (id: string, of: string) =>
      run({ ...none, id, at: T + HOUR, found: foundOf(of) });
    const statuses = (all: Awaited<ReturnType<typeof of>>) =>
      all.map((e) => [e.metadata.correlation_uid, e.unmapped?.action, e.status]);
    const died = diedEntry({ run: "2", at: T + HOUR }, { id: "1", at: T }, []);
    const dead = run({ id: "1", plan, outcomes: [], ends: false });
    expect(statuses(await of([...dead, ...finds("2", "1"), died]))).toEqual([
      ["1", "lock", "Success"],
      ["1", "wipe", "Failure"],
    ]);
    const told = await of([...run({ id: "1", plan, outcomes: [] }), ...finds("2", "1")]);
    expect(statuses(told)).toEqual([
      ["1", "lock", "Unknown"],
      ["1", "wipe", "Unknown"],
      ["1", "lock", "Success"],
      ["1", "wipe", "Failure"],
    ]);
    expect(told[2]?.status_detail).toBe("Run 2 found it done on 2026-11-22 11:00:00 UTC.");
    expect(new Set(told.map((e) => e.metadata.uid)).size).toBe(4);
  });

  test("without a lease there is no actor by name, and the time is the last that is known", async () => {
    const plan = build.plan({ actions: [build.lock()] });
    const outcomes = build.outcomesOf(plan.actions);
    const [bare] = await of(run({ id: "1", plan, outcomes, leased: false }));
    expect(bare).toMatchObject({ time: T, actor: { app_name: "Curfew" } });
    expect(bare?.src_endpoint).toBeUndefined();
    expect(bare?.metadata.original_time).toBeUndefined();
    const [timed] = await of(run({ id: "1", plan, outcomes }));
    expect(timed?.time).toBe(T + MINUTE);
  });

  test("an action whose plan's line is lost is told all the same", async () => {
    const plan = build.plan({ actions: [build.wipe()] });
    const lost = run({ id: "1", plan, outcomes: build.outcomesOf(plan.actions) }).slice(1);
    const [event] = await of(lost);
    expect(event).toMatchObject({ service: { name: "production" }, user: { uid: build.LINA } });
    expect(event?.unmapped).not.toHaveProperty("plan");
  });

  test("what a backend or a policy says stays one line, and what it was", async () => {
    const evil = '\x1b[2J\x9b\u202e\u{e0041}\u2028\n"}';
    const action = build.reAuthenticate({ user: evil, name: evil, label: evil });
    const plan = build.plan({ actions: [action] });
    const outcomes = build.outcomesOf([action], "failed").map((o) => ({ ...o, error: evil }));
    const [event] = await of(run({ id: "1", plan, outcomes }));
    expect(event).toMatchObject({
      user: { uid: evil, name: evil },
      status_detail: evil,
      unmapped: { device: evil },
    });
    expect(event?.message).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
  });

  test("nothing done is no event", async () => {
    const { refusals, ledger } = build.busyPlan();
    expect(
      await of(run({ id: "1", plan: build.plan({ refusals, ledger }), outcomes: [] })),
    ).toEqual([]);
    expect(await events([])).toEqual([]);
  });

  test("an event of a line that is not as it was written says so", async () => {
    const plan = build.plan({ actions: [build.lock(), build.unlock()] });
    const lines = log(run({ id: "run-1", plan, outcomes: build.outcomesOf(plan.actions) }));
    const read = lines.map((line): ReadLine => {
      return line.kind === "intent" && line.type === "lock" ? { ...line, intact: false } : line;
    });
    const told = (await events(read)).map(({ activity_name, unmapped }) => [
      activity_name,
      unmapped?.intact,
    ]);
    expect(told).toEqual([
      ["Lock", false],
      ["Unlock", undefined],
    ]);
  });

  test("a run that ended before it wrote anything is no event", async () => {
    const stop = stopEntry({
      ...{ id: "run-1", at: T, why: "busy", message: "Another run.", target: "production" },
      ...{ plan: null, policy: null, commit: null },
    });
    expect(await events(log([stop]))).toEqual([]);
  });
});
