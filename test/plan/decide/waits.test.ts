/** Wipes of a session that breaks several rules: which of them decides whether the wipe waits, is held, and is told. */
import { describe, expect, it } from "vitest";
import type { Policy } from "../../../src/model/policy.ts";
import {
  DAY,
  decided,
  deniedOf,
  NOW,
  onlyTizen,
  planned,
  policyOf,
  type SessionParts,
  sessionOf,
  userOf,
  wanted,
} from "../../kit/builders.ts";

const OWED = { owedWipes: { s1: NOW - DAY } };
const user = (more: SessionParts = {}) => userOf("ann", [sessionOf("s1", more)]);
const ended = { state: "ended" } as const;
const unsynced = { lastFullSyncAt: null };

/** The device is denied, and not among the allowed ones either: each asks for a wipe. */
const both = (unsyncedData: "wait" | "lose" = "wait") =>
  policyOf({
    devices: onlyTizen({
      otherwise: "wipe",
      denied: [deniedOf("device-s1", { action: "wipe", unsynced: unsyncedData })],
    }),
  });
const reporting = (policy: Policy, rules: Policy["enforcement"]["rules"] | "all") => ({
  ...policy,
  enforcement:
    rules === "all"
      ? { default: "report" as const, rules: {} }
      : { default: "enforce" as const, rules },
});

describe("data that may not have been uploaded", () => {
  it("is not waited for where one of the rules does not wait", () => {
    for (const more of [unsynced, { ...unsynced, ...ended }]) {
      expect(wanted(decided(user(more), both("lose"), OWED))).toEqual(["wipe s1"]);
      const [waits] = decided(user(more), both("wait"), OWED).wants;
      expect(waits).toMatchObject({ type: "wipe", unsynced: true });
    }
  });

  it("holds the wipe, and where all is only reported that is reported", () => {
    for (const more of [unsynced, { ...unsynced, ...ended }]) {
      for (const policy of [both(), reporting(both(), "all")]) {
        const { plan } = planned([user(more)], policy, { memory: OWED });
        const by = policy.enforcement.default === "report" ? "report" : "unsynced";
        expect(plan.held.map((h) => [h.type, h.by])).toContainEqual(["wipe", by]);
      }
    }
  });
});

describe("the wipe of a session that is signed out already", () => {
  it("is held where every rule that asks for it is only reported", () => {
    expect(decided(user(ended), reporting(both(), "all"), OWED).wants).toMatchObject([
      { type: "wipe", hold: "report" },
    ]);
  });

  it("is done where one of the rules is enforced", () => {
    for (const rule of ["devices.denied", "devices.allowed"] as const) {
      expect(decided(user(ended), reporting(both(), { [rule]: "report" }), OWED).wants).toEqual([
        expect.objectContaining({ type: "wipe", hold: null }),
      ]);
    }
  });
});

it("an active session owes no wipe, whether it is signed out, wiped or waited for", () => {
  const plain = policyOf({ devices: onlyTizen() });
  expect(decided(user(), plain).owing).toEqual(new Map());
  expect(decided(user(), both()).owing).toEqual(new Map());
  expect(decided(user(unsynced), both()).owing).toEqual(new Map());
});
