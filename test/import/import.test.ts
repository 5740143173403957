import { describe, expect, test } from "vitest";
import { surveyor } from "../../src/estate/survey.ts";
import { planExit } from "../../src/exit.ts";
import { importedPolicy, type TargetText } from "../../src/import/policy.ts";
import { readInventory } from "../../src/inventory/read.ts";
import type { AccountRecord, User } from "../../src/model/inventory.ts";
import type { Plan } from "../../src/model/plan.ts";
import type { Policy } from "../../src/model/policy.ts";
import { EVERYTHING } from "../../src/plan/scope.ts";
import { policyOfText } from "../../src/policy/of-text.ts";
import { reconcile } from "../../src/reconcile.ts";
import { withoutOrders } from "../../src/text/safe.ts";
import { ledgerOf } from "../kit/backend.ts";
import {
  DAY,
  estateOf,
  HOUR,
  knownOf,
  MINUTE,
  NOW,
  policyOf,
  sessionOf,
  sourceOf,
  userOf,
} from "../kit/builders.ts";
import { type Case, ESTATES, WEIRD_IDS } from "./estates.ts";

const FILE = "policies/production.yaml";

function targetOf(identify: string | null): TargetText {
  const { name, url, credentials } = policyOf().target;
  return { name, url, credentials, auth: null, identify, environment: null };
}

function source({ users, profiles = [] }: Pick<Case, "users" | "profiles">) {
  return sourceOf(users, { pageSize: 500, profiles });
}

async function imported(of: Pick<Case, "users" | "profiles" | "identify">, adopt = true) {
  const target = targetOf(of.identify ?? null);
  const base = policyOf();
  const policy = { ...base, target: { ...base.target, identify: target.identify } };
  const { sinks } = await readInventory(source(of), knownOf(policy), () => ({
    survey: surveyor(NOW),
  }));
  const how = { at: NOW, adopt, schema: "../schema/policy.schema.json" };
  const text = importedPolicy(sinks.survey.result(), target, how);
  return { text, policy: policyOfText(FILE, text, NOW) };
}

async function planOf(of: Case, policy: Policy, at: number): Promise<Plan> {
  const parts = { policy, source: source(of), ledger: ledgerOf(), version: "0.0.0-test" };
  return (await reconcile(parts, at, EVERYTHING)).planned.plan;
}

function enforced(text: string): Policy {
  return policyOfText(FILE, text.replace("\nenforcement: report", "\nenforcement: enforce"), NOW);
}

const EMPTY = { actions: [], held: [], refusals: [] };

describe("the first plan of an import is empty", () => {
  for (const [name, of] of Object.entries(ESTATES)) {
    test(`${name}: reported, enforced, with locks adopted or not, now and five days later`, async () => {
      for (const adopt of [true, false]) {
        const { text, policy } = await imported(of, adopt);
        expect(policy.enforcement.default).toBe("report");
        for (const under of [policy, enforced(text)]) {
          for (const at of [NOW, NOW + 5 * DAY]) {
            const plan = await planOf(of, under, at);
            expect(plan).toMatchObject(EMPTY);
            // Moments that lie in the future make a run end with 1, until they are past.
            const inFuture = of.future === true && at === NOW;
            expect(plan.notices.some(({ kind }) => kind === "clock")).toBe(inFuture);
            expect(planExit(plan)).toBe(inFuture ? 1 : 0);
            // What else it has: that there is no run yet, and who has the names of its lines.
            if (!adopt) expect(plan.ledger).toMatchObject({ adopt: [], forget: [] });
          }
        }
      }
    });

    test(`${name}: what its import says`, async () => {
      const { text } = await imported(of);
      expect(text.split("\n", 1)).toEqual([
        "# yaml-language-server: $schema=../schema/policy.schema.json",
      ]);
      for (const pattern of of.says) expect(text).toMatch(pattern);
      for (const pattern of of.never ?? []) expect(text).not.toMatch(pattern);
    });
  }
});

/** Lines that stand in a file only as a comment, each put in force. */
const LEFT_OUT: Record<string, RegExp> = {
  "dates that nobody knows": /^( +)# (?=max\w+:)/gm,
  "versions and platforms that are null": /^# (?=devices:| {2}allowed:| {4}- platform:)/gm,
  "sessions in every state, of locked users too": /^( +)# (?=(?:- user| {2}reason| {2}adopt):)/gm,
};

test("every line that import leaves out would have made a plan that is not empty", async () => {
  for (const [name, pattern] of Object.entries(LEFT_OUT)) {
    const of = ESTATES[name] as Case;
    const { text } = await imported(of);
    const all = text.replace(pattern, (_all, indent) => (typeof indent === "string" ? indent : ""));
    expect(all).not.toBe(text);
    expect((await planOf(of, enforced(all), NOW)).actions.length, name).toBeGreaterThan(0);
  }
});

test("each limit is as tight as it can be: a day less than the slack, and somebody breaks it", async () => {
  const users = estateOf(30, (i) => ({
    signedInAt: NOW - i * DAY - MINUTE,
    lastConnectedAt: NOW - (i % 20) * DAY,
  }));
  const { policy, text } = await imported({ users });
  expect(policy.sessions).toMatchObject({
    maxAge: { value: 37 * DAY },
    maxIdle: { value: 26 * DAY },
    maxPerUser: { value: 1 },
  });
  expect(text).toContain("29 at 1d, 23 at 7d, 16 at 14d");
  const later = await planOf({ users, says: [] }, enforced(text), NOW + 8 * DAY);
  expect(later.actions.length + later.held.length).toBeGreaterThan(0);
});

test("old sessions get a limit in weeks, and dates longer ago than any limit none", async () => {
  const old = (age: number) => [userOf("ann", [sessionOf("s", { signedInAt: NOW - age })])];
  expect((await imported({ users: old(400 * DAY) })).text).toMatch(/^ {2}maxAge: 59w$/m);
  const dotNet = NOW - Date.parse("0001-01-01T00:00:00Z");
  expect((await imported({ users: old(dotNet) })).text).toMatch(/^ {2}# maxAge: 365d$/m);
});

test("ids come back as they were, and nothing in the file is hidden from who reviews it", async () => {
  const users = WEIRD_IDS.map((id) => userOf(id, [], { locked: true }));
  const { policy, text } = await imported({ users });
  expect(policy.users.locked?.map(({ user }) => user).sort()).toEqual([...WEIRD_IDS].sort());
  expect(text).not.toMatch(/[^\n\P{C}]|[\p{Zl}\p{Zp}]/u);
  // As standard output gives it, where no line is an order to a CI runner.
  expect(policyOfText(FILE, withoutOrders(text), NOW)).toEqual(policy);
  expect(withoutOrders(text)).not.toBe(text);
});

test("locks are adopted by the first enforced run, and never under report", async () => {
  const users = [userOf("ann", [], { locked: true }), userOf("bob")];
  const { policy, text } = await imported({ users });
  const of = { users, says: [] };
  expect((await planOf(of, policy, NOW)).ledger.adopt).toEqual([]);
  expect((await planOf(of, enforced(text), NOW)).ledger.adopt).toEqual(["ann"]);
});

test("users of an unknown shape are told, and change nothing for the others", async () => {
  const unreadable: AccountRecord = {
    unreadable: { id: "cem", field: "sessions[0].state", message: "sessions[0].state is unknown" },
  };
  const users: (User | AccountRecord)[] = [userOf("ann", [sessionOf("s")]), unreadable];
  const { text, policy } = await imported({ users });
  expect(text).toContain("The record of 1 user is of an unknown shape.");
  const plan = await planOf({ users, says: [] }, policy, NOW);
  expect(plan).toMatchObject(EMPTY);
  // docs/contract.md: such a user makes every run end with 1.
  expect(planExit(plan)).toBe(1);
});

test("more locked users than a policy holds are left to whoever locked them", async () => {
  const users = Array.from({ length: 20_001 }, (_, i) => userOf(`u${i}`, [], { locked: true }));
  const { text, policy } = await imported({ users });
  expect(policy.users.locked).toBeUndefined();
  expect(text).toContain("# 20,001 users are locked now, which is too much for one policy file.");
  expect(planExit(await planOf({ users, says: [] }, enforced(text), NOW + HOUR))).toBe(0);
});
