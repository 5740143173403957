// @module-tag worlds
/** Saved plans and saved inventories come from other machines: a changed one is refused, or changes nothing. */
import { hash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonical } from "../../src/canonical.ts";
import { StaleError, UnreadableTargetError, UsageError } from "../../src/errors.ts";
import { inventoryMeter } from "../../src/inventory/meter.ts";
import { readInventory } from "../../src/inventory/read.ts";
import { openSnapshot, snapshotWriter } from "../../src/inventory/snapshot.ts";
import type { UserRecord } from "../../src/model/inventory.ts";
import type { Plan } from "../../src/model/plan.ts";
import { planDigest } from "../../src/plan/digest.ts";
import { planner } from "../../src/plan/plan.ts";
import { checkSaved, readSavedPlans } from "../../src/plan/saved.ts";
import { FORMATS, rendererOf } from "../../src/report/formats.ts";
import { planJson } from "../../src/report/machine/json.ts";
import {
  attemptOf,
  DAY,
  deniedOf,
  estateOf,
  exceptionOf,
  groupOf,
  HOUR,
  knownOf,
  lockedOf,
  memoryOf,
  NOW,
  noLimits,
  planned,
  policyOf,
  sessionOf,
  settledOf,
  source,
  userOf,
  usersLocked,
  written,
} from "../kit/builders.ts";
import { FUZZ } from "../kit/runs.ts";
import { folderOf } from "../policy/helpers.ts";
import { mutated, mutatedJson } from "./mutate.ts";

const POLICY = policyOf({
  sessions: { maxAge: written(30 * DAY) },
  users: usersLocked(lockedOf("bob", { adopt: true, wipe: true }), lockedOf("cem")),
  limits: noLimits(),
});
/** What the last run wanted, with a part of every kind, so that all of it is there to be forged. */
const LAST_POLICY = policyOf({
  sessions: { maxAge: written(60 * DAY), maxPerUser: written(2), notBefore: written(NOW - DAY) },
  users: usersLocked(lockedOf("dan", { until: NOW - HOUR })),
  devices: {
    allowed: [{ container: ">=20.6.1", label: "Zebra*", source: source(25) }],
    otherwise: "wipe",
    denied: [deniedOf("device-s2")],
    source: source(24),
  },
  groups: [groupOf("crew", { members: [written("ann")], sessions: { maxIdle: written(DAY) } })],
  exceptions: [exceptionOf("sessions.maxAge", { user: "bob", allow: 90 * DAY })],
  protected: [written("u002")],
});
const ESTATE = [
  userOf("ann", [sessionOf("s1", { signedInAt: NOW - 40 * DAY })]),
  userOf("bob", [sessionOf("s2")]),
  userOf("cem", [], { locked: true }),
  userOf("dan", [], { locked: true }),
  ...estateOf(3),
];
const MEMORY = memoryOf({
  ownLocks: { dan: NOW - DAY, u001: NOW - DAY },
  owedWipes: { s001: NOW - DAY },
  attempts: [attemptOf("lock", "dan"), attemptOf("re-authenticate", "ann", { session: "s1" })],
  last: settledOf(plainly(LAST_POLICY), NOW - DAY),
});

/** As JSON gives it back. */
function plainly<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

describe("a saved plan", () => {
  const saved = planned(ESTATE, POLICY, { memory: MEMORY }).plan;
  const text = planJson(saved);

  it("that was changed is refused, or says what it said", () => {
    const changed = fc.oneof(
      mutated(text),
      mutatedJson(saved).map((plan) => JSON.stringify(plan) ?? ""),
    );
    let refused = 0;
    fc.assert(
      fc.property(changed, (other) => {
        const plans = ours(() => readSavedPlans(other, "plan.json"));
        if (plans === null) refused++;
        else expect(plans).toEqual([saved]);
      }),
      FUZZ,
    );
    expect(refused).toBeGreaterThan(FUZZ.numRuns / 2);
  });

  // Who changes a plan can make its digest anew: then it may only do less.
  it("that was changed and given its digest is refused, or does what is still wanted and nothing else", () =>
    fc.assert(
      fc.property(mutatedJson(saved), (value) => {
        const other = sealed(value);
        const plans = ours(() => {
          const read = readSavedPlans(other, "plan.json");
          for (const plan of read) checkSaved(plan, POLICY, saved.version, NOW + HOUR);
          return read;
        });
        for (const plan of plans ?? []) {
          const now = planned(ESTATE, POLICY, { memory: MEMORY, at: NOW + HOUR });
          const run = planned(ESTATE, POLICY, { memory: MEMORY, at: NOW + HOUR, saved: plan });
          const wanted = now.plan.actions.map(({ type, user, session }) => ({
            type,
            user,
            session,
          }));
          for (const { type, user, session } of run.plan.actions)
            expect(wanted).toContainEqual({ type, user, session });
        }
      }),
      FUZZ,
    ));

  // docs/contract.md, "Commands": what an action expects must be plain values, else telling of it would end in a stack.
  it("that expects what is no value is refused, though its digest fits", () => {
    const [plan] = readSavedPlans(text, "plan.json");
    const [action] = plan?.actions ?? [];
    Object.assign(action?.expects ?? {}, { locked: { toString: "no" } });
    expect(() => readSavedPlans(sealed(plan), "plan.json")).toThrow(UsageError);
  });
});

function sealed(value: unknown): string {
  if (value !== null && typeof value === "object")
    Object.assign(value, { digest: planDigest(value as Plan) });
  return JSON.stringify(value) ?? "";
}

/** null where it is refused; any other error is a bug. */
function ours<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof StaleError || error instanceof UsageError) return null;
    throw error;
  }
}

describe("a saved inventory", () => {
  it("that was changed is refused, or says what it said", async () => {
    const cwd = await folderOf({});
    const file = join(cwd, "inventory.jsonl");
    const text = await savedInventory(file);
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(mutated(text), async (other) => {
        await writeFile(file, other);
        const records = await readBack(file);
        if (records === null) refused++;
        else expect(records).toEqual(ESTATE.map((user) => ({ user })));
      }),
      FUZZ,
    );
    expect(refused).toBeGreaterThan(FUZZ.numRuns / 2);
  });
});

// Who edits a saved inventory can make its seal anew: a plan on it says something else then, and never ends in a stack.
describe("a saved inventory that was forged", () => {
  it("is refused in a sentence, or planned and told", async () => {
    const cwd = await folderOf({});
    const file = join(cwd, "inventory.jsonl");
    const [first = "", ...lines] = (await savedInventory(file)).trimEnd().split("\n");
    const whole = { header: JSON.parse(first), records: lines.map((line) => JSON.parse(line)) };
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(mutatedJson(whole), async (forged) => {
        await writeFile(file, sealedInventory(forged));
        if (!(await planIsTold(file))) refused++;
      }),
      FUZZ,
    );
    expect(refused).toBeGreaterThan(FUZZ.numRuns / 10);
    expect(refused).toBeLessThan(FUZZ.numRuns);
  });
});

/** A file as `curfew inventory` would save it, of whatever value. */
function sealedInventory(forged: unknown): string {
  const { header, records } = Object(forged);
  const lines = Array.isArray(records) ? records : [records];
  const text = lines.map((record) => `${JSON.stringify(record)}\n`).join("");
  const { seal: _, ...rest } = Object(header);
  const sealed = { ...rest, records: hash("sha256", text) };
  return `${JSON.stringify({ ...sealed, seal: hash("sha256", canonical(sealed)) })}\n${text}`;
}

/** False where it is refused; any other error is a bug. */
async function planIsTold(file: string): Promise<boolean> {
  try {
    const { source, header } = await openSnapshot(file);
    // However many users there were, so that what is forged is planned.
    const known = knownOf(POLICY, { ...header.ledger, inventoryUsers: null });
    const scope = { only: null, saved: null };
    const { sinks, facts } = await readInventory(source, known, () => ({
      plan: planner({ ...known, version: "0.0.0-test", scope }),
    }));
    const { plan } = sinks.plan.finish(facts);
    const how = { colour: false, width: 80, all: false, several: false };
    for (const format of FORMATS) (await rendererOf(format)).plan([{ plan }], how);
    return true;
  } catch (error) {
    if (error instanceof UsageError || error instanceof UnreadableTargetError) return false;
    throw error;
  }
}

async function savedInventory(file: string): Promise<string> {
  await using writer = snapshotWriter(file, { policy: POLICY, at: NOW, memory: MEMORY });
  const meter = inventoryMeter();
  for (const user of ESTATE) {
    meter.add(user);
    await writer.add({ user });
  }
  await writer.save(meter.facts(0));
  return readFile(file, "utf8");
}

/** null where it is refused; any other error is a bug. */
async function readBack(file: string): Promise<UserRecord[] | null> {
  try {
    const records: UserRecord[] = [];
    const { source, header } = await openSnapshot(file);
    expect(header.ledger).toEqual(MEMORY);
    await readInventory(source, knownOf(POLICY), () => {
      records.length = 0;
      return { list: { add: (record: UserRecord) => void records.push(record) } };
    });
    return records;
  } catch (error) {
    if (error instanceof UsageError || error instanceof UnreadableTargetError) return null;
    throw error;
  }
}
