// @module-tag worlds
/** Whatever a state or an event says: a plan, a drift report and a run come of it, and what can't be understood is damaged. */
import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { CurfewError } from "../../src/errors.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import type { Policy } from "../../src/model/policy.ts";
import type { Memory } from "../../src/model/run.ts";
import { RENDERERS } from "../../src/report/formats.ts";
import { isoOrNull } from "../../src/time.ts";
import * as of from "../kit/builders.ts";
import { FUZZ } from "../kit/runs.ts";
import {
  attempt,
  type Begin,
  beginRun,
  clockAt,
  end,
  foreignHolder,
  outcome,
  start,
  URL_A,
} from "../ledger/samples.ts";
import { memoryStore } from "./memory-store.ts";
import { mutatedJson } from "./mutate.ts";

const { NOW, DAY, HOUR } = of;
const ledgerOn = (blobs: Map<string, string>) =>
  openLedger(memoryStore(blobs), { url: URL_A, place: "test" });

/** One of everything that a decision asks of the last policy. */
const RICH: Policy = of.policyOf({
  target: { ...of.policyOf().target, identify: "email" },
  users: of.usersLocked(
    of.lockedOf("ann@x", { wipe: true, ticket: "HR-1", from: NOW - 9 * DAY }),
    of.lockedOf("bob@x", { until: NOW - HOUR }),
    of.lockedOf("eve@x", { from: NOW + HOUR, adopt: true }),
  ),
  sessions: {
    maxAge: of.written(30 * DAY),
    maxIdle: of.written(9 * DAY),
    maxPerUser: of.written(1),
    notBefore: of.written(NOW - 2 * DAY),
  },
  devices: {
    ...of.onlyTizen({ otherwise: "wipe", denied: [of.deniedOf("device-s1", { action: "wipe" })] }),
    allowed: [
      { platform: "IOS", container: ">=20", source: of.source(1) },
      { runtime: ">=4.82.0", label: "Zebra*", id: "d", source: of.source(2) },
    ],
  },
  groups: [
    of.groupOf("crew", {
      members: [of.written("dan@x")],
      where: { ship: "Aurora" },
      sessions: { maxAge: of.written(DAY) },
    }),
  ],
  exceptions: [
    of.exceptionOf("sessions.maxAge", { group: "crew", allow: 90 * DAY }),
    of.exceptionOf("devices.allowed", { user: "cid@x" }),
  ],
  protected: [of.written("cid@x")],
  limits: of.noLimits({ raise: [of.raiseOf("wipe", { max: 3 })] }),
  windows: { wipe: { from: 0, to: 60, zone: "UTC", days: ["mon"], source: of.source(3) } },
  freeze: { until: NOW - DAY, reason: "Year-end", allow: ["lock"], source: of.source(4) },
});

const NAMES = ["ann", "bob", "cid", "dan", "eve", "gus", "__proto__"];
const ESTATE = NAMES.map((id, i) =>
  of.userOf(id, [of.sessionOf(`s${i}`), of.sessionOf(`t${i}`, { state: "ended" })], {
    name: `${id}@x`,
    locked: i % 2 === 1,
    fields: { ship: "Aurora" },
  }),
);

/** A ledger of one run that ended, and of one that died: each blob of both, by its key. */
let sound: Map<string, string>;

beforeAll(async () => {
  sound = new Map();
  const at = NOW - 3 * HOUR;
  const [ann, dan, wipe] = [
    attempt("a", at, "ann", { wipe: true, wipes: { s0: 1 } }),
    attempt("a", at, "dan"),
    attempt("a", at, "gus", { type: "wipe", session: "s5", signedInAt: NOW - DAY }),
  ];
  const made = start("a", at, [ann, dan, wipe], { adopt: ["bob"], owedWipes: { s2: 2 } });
  await under(sound, "a", at, async (ledger) => {
    await beginRun(ledger, meeting(made, { "locked ann": "ann", "locked bob": "bob" }));
    await ledger.record("a", [outcome(ann, "applied"), outcome(dan, "applied")]);
    await ledger.record("a", [outcome(wipe, "failed")]);
    await ledger.finish({ ...end("a", at), policy: RICH });
  });
  const died = start("b", NOW - HOUR, [attempt("b", NOW - HOUR, "eve")], { forget: ["bob"] });
  await under(sound, "b", NOW - HOUR, async (ledger) => {
    await beginRun(ledger, meeting(died, { "locked ann": "eve", "locked eve": "eve" }));
    await ledger.record("b", [outcome(attempt("b", NOW - HOUR, "eve"), "applied")]);
  });
  const memory = await ledgerOn(sound).recall();
  expect(memory.met).toEqual({ "locked ann": "ann", "locked bob": "bob", "locked eve": "eve" });
  expect(memory.last?.policies[0]?.policy).toEqual(RICH);
  tellAll(memory);
});

function meeting(run: Begin, met: Record<string, string>): Begin {
  return { ...run, plan: { ...run.plan, ledger: { ...run.plan.ledger, met } } };
}

async function under(
  blobs: Map<string, string>,
  run: string,
  at: number,
  work: (ledger: ReturnType<typeof ledgerOn>) => Promise<void>,
): Promise<void> {
  const ledger = ledgerOn(blobs);
  const lease = await ledger.lock(foreignHolder(run), clockAt(at));
  await work(ledger);
  await lease.release();
}

/** Every report of a plan that rests on a memory. */
function tellAll(memory: Memory): void {
  const how = { colour: false, width: 100, all: true, several: false };
  for (const policy of [RICH, of.policyOf({ sessions: { maxAge: of.written(DAY) } })]) {
    const { plan } = of.planned(ESTATE, policy, { memory });
    const checked = {
      plan,
      lastRunAt: isoOrNull(memory.last?.at ?? null),
      ownLocks: memory.ownLocks,
    };
    for (const renderer of Object.values(RENDERERS)) {
      renderer.plan([{ plan }], how);
      renderer.drift([checked], how);
    }
  }
}

/** One of the blobs that are the memory, with some of its parts changed. */
const changed = fc.constant(null).chain(() => {
  const keys = [...sound.keys()].filter((key) => /\/(state\.json|runs\/)/.test(key));
  return fc
    .constantFrom(...keys)
    .chain((key) =>
      mutatedJson(JSON.parse(sound.get(key) ?? "null")).map((value) =>
        new Map(sound).set(key, JSON.stringify(value) ?? ""),
      ),
    );
});

it("is read, or damaged, and a plan and every report come of it", async () => {
  let damaged = 0;
  await fc.assert(
    fc.asyncProperty(changed, async (blobs) => {
      const ledger = ledgerOn(blobs);
      tellAll(await ledger.recall());
      if (ledger.damage() !== null) damaged++;
    }),
    FUZZ,
  );
  expect(damaged).toBeGreaterThan(FUZZ.numRuns / 10);
});

it("a run goes on with it, or says why it can't; then it is sound", () =>
  fc.assert(
    fc.asyncProperty(changed, async (blobs) => {
      try {
        await under(blobs, "c", NOW, async (ledger) => {
          await ledger.recall();
          const lock = attempt("c", NOW, "gus");
          await beginRun(ledger, start("c", NOW, [lock]));
          await ledger.record("c", [outcome(lock, "applied")]);
          await ledger.finish(end("c", NOW));
        });
      } catch (error) {
        if (!(error instanceof CurfewError)) throw error;
        return;
      }
      const ledger = ledgerOn(blobs);
      const memory = await ledger.recall();
      expect(ledger.damage()).toBeNull();
      expect(Object.keys(memory.ownLocks)).toContain("gus");
      tellAll(memory);
    }),
    FUZZ,
  ));
