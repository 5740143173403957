/** An estate with all that a report can tell, counted by the real meter; nothing in it is random. */

import { type EstateFacts, factsMeter } from "../../../src/estate/facts.ts";
import type { User } from "../../../src/model/inventory.ts";
import type { Plan } from "../../../src/model/plan.ts";
import type { Policy } from "../../../src/model/policy.ts";
import type { RunSummary } from "../../../src/model/run.ts";
import { htmlRenderer } from "../../../src/report/html/renderer.ts";
import type { RenderOptions } from "../../../src/report/renderer.ts";
import * as b from "../../kit/builders.ts";
import * as build from "../builders.ts";

export const OPTIONS: RenderOptions = { colour: false, width: 100, all: false, several: false };

/** 30 days for all, 7 for contractors; iOS from 20.6.1 and every Android. */
export function policy(more: Partial<Policy> = {}): Policy {
  return b.policyOf({
    sessions: { maxAge: b.written(30 * b.DAY, 18) },
    groups: [b.groupOf("contractors", { sessions: { maxAge: b.written(7 * b.DAY, 41) } })],
    devices: {
      otherwise: "re-authenticate",
      denied: [],
      source: b.source(24),
      allowed: [
        { platform: "IOS", container: ">=20.6.1", source: b.source(25) },
        { platform: "ANDROID", source: b.source(26) },
      ],
    },
    ...more,
  });
}

/** Users with one session each, 0 to 49 days old, on platforms by turns. */
export function users(n: number): User[] {
  const versions = ["20.6.1", "20.5.3", "21.0.0"];
  return b.estateOf(n, (i) => ({
    signedInAt: b.NOW - (i % 50) * b.DAY - b.HOUR,
    platform: i % 3 === 0 ? "IOS" : "ANDROID",
    container: versions[i % versions.length] ?? null,
  }));
}

export function factsOf(all: readonly User[], of: Policy = policy()): EstateFacts {
  const meter = factsMeter(b.knownOf(of));
  for (const user of all) meter.add({ user });
  return meter.facts();
}

export function runs(n: number): RunSummary[] {
  return Array.from({ length: n }, (_, i) => ({
    ...{ id: `run-${i}`, at: b.NOW - (n - i) * b.HOUR, policyDigest: "", planDigest: "" },
    ...{ commit: null, inventory: build.plan().inventory, held: 10, refusals: i % 9 === 8 ? 1 : 0 },
    summary: { lock: 0, wipe: 0, "re-authenticate": 5, unlock: 0 },
    outcomes: { applied: 5 + (i % 4), failed: i % 10 === 7 ? 2 : 0, skipped: 0 },
  }));
}

/** The page of a plan with all charts. */
export function planPage(plan: Plan = build.busyPlan(), more: Partial<RenderOptions> = {}): string {
  const known = { facts: factsOf(users(200)), runs: runs(30) };
  return htmlRenderer.plan([{ plan, ...known }], { ...OPTIONS, ...more });
}

export function driftPage(plan: Plan = build.busyPlan()): string {
  const facts = {
    lastRunAt: "2026-11-22T09:00:00.000Z",
    ownLocks: { [build.JANE]: b.NOW - b.DAY },
  };
  return htmlRenderer.drift([{ plan, runs: runs(3), ...facts }], OPTIONS);
}

/** Of its actions the wipe fails, the last has no outcome, the others are applied; one more was no longer true. */
export function applyPage(plan: Plan = build.busyPlan()): string {
  const outcomes = build
    .outcomesOf(plan.actions.slice(0, -1))
    .map((outcome) =>
      outcome.type === "wipe"
        ? { ...outcome, status: "failed" as const, error: "HTTP 500" }
        : outcome,
    );
  const gone = {
    status: "skipped",
    type: "unlock",
    user: "gone",
    error: "is not locked any more",
  } as const;
  const told = [...outcomes, { ...gone, session: null }];
  const audit = { seq: 1204, hash: "ab".repeat(32) };
  return htmlRenderer.apply([{ plan, outcomes: told, runs: runs(3), audit }], OPTIONS);
}

/** What a device, a user or a colleague may write where we print it. */
export const HOSTILE = [
  `<img src=x onerror="window.pwned=1">`,
  `"><script>window.pwned=1</script>`,
  `</script><script>window.pwned=1</script>`,
  `<!--<script>`,
  "--></style>\u2028\u2029",
  "javascript:window.pwned=1",
  "\u202egnp.exe\u0000\u001b[31m",
  "##[error]x",
  "::error::x",
  "{{7*7}} {a|b} `window.pwned=1`",
  "constructor",
  "__proto__",
];

/** The busy plan with a hostile text in every place that is free text. */
export function hostilePlan(): Plan {
  const rows = HOSTILE.map((text, i) =>
    build.reAuthenticate({
      ...{ user: `${text}${i}`, session: text, name: text, label: text },
      reasons: [build.reason({ file: `policies/${text}`, message: text })],
    }),
  );
  const plan = build.busyPlan();
  return {
    ...plan,
    target: HOSTILE[1] ?? "",
    url: HOSTILE[5] ?? "",
    actions: [...rows, ...plan.actions],
    policy: { ...plan.policy, files: HOSTILE },
    refusals: HOSTILE.map((message) => ({
      type: "lock",
      limit: "max",
      wanted: 2,
      allowed: 1,
      message,
    })),
    notices: HOSTILE.map((text) => ({
      kind: "protected",
      user: text,
      message: text,
      file: text,
      line: 1,
    })),
  };
}

/** The page of that plan, on an estate whose devices call themselves such things. */
export function hostilePage(): string {
  const of = policy({
    groups: HOSTILE.map((name) => b.groupOf(name, { sessions: { maxAge: b.written(7 * b.DAY) } })),
    devices: {
      ...{ otherwise: "re-authenticate", denied: [], source: null },
      allowed: HOSTILE.map((label) => ({
        platform: label,
        label: "x",
        source: { file: label, line: 1 },
      })),
    },
  });
  const all = b.estateOf(HOSTILE.length, (i) => ({
    ...{ platform: HOSTILE[i] ?? null, container: HOSTILE[i] ?? null },
  }));
  const known = {
    facts: factsOf(all, of),
    runs: runs(3),
    info: { label: HOSTILE[0] ?? null, environment: HOSTILE[1] ?? null, region: null },
  };
  const repository = { files: "https://git.example/acme/policies/blob/" };
  return htmlRenderer.plan([{ plan: hostilePlan(), ...known }], { ...OPTIONS, repository });
}
