/** The plan as plain data: docs/contract.md, "The plan, as JSON". */
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.ts";
import type { Plan } from "../../src/model/plan.ts";
import { planDigest } from "../../src/plan/digest.ts";
import {
  DAY,
  estateOf,
  exceptionOf,
  HOUR,
  limitsOf,
  lockedOf,
  NOW,
  noLimits,
  onlyTizen,
  planned,
  policyOf,
  sessionOf,
  userOf,
  usersLocked,
  written,
} from "../kit/builders.ts";

const busy = policyOf({
  users: usersLocked(lockedOf("lock-b"), lockedOf("lock-a"), lockedOf("taken", { adopt: true })),
  sessions: { maxAge: written(30 * DAY) },
  devices: onlyTizen({ otherwise: "wipe" }),
  limits: noLimits(),
});
const aged = (id: string, days: number | null) =>
  sessionOf(id, {
    platform: "TIZEN",
    signedInAt: days === null ? null : NOW - days * DAY,
    createdAt: null,
  });
const crowd = () => [
  userOf("z-free", [], { locked: true }),
  userOf("a-free", [], { locked: true }),
  userOf("old", [aged("o2", 40), aged("o1", 40), aged("o3", 90), aged("o0", null)]),
  userOf("older", [aged("p1", 41)]),
  userOf("wiped", [sessionOf("w2", { label: "Zebra" }), sessionOf("w1")]),
  userOf("lock-a"),
  userOf("lock-b"),
  userOf("taken", [], { locked: true }),
  userOf("lifted"),
];
const OURS = { ownLocks: { "z-free": 1, "a-free": 1, lifted: 1 } };
const of = (plan: Plan) => plan.actions.map((a) => `${a.type} ${a.session ?? a.user}`);

describe("a plan", () => {
  it("is sorted: lock, wipe, re-authenticate (oldest sign-in first), unlock; then by user and session", () => {
    const expected = [
      "lock lock-a",
      "lock lock-b",
      "wipe w1",
      "wipe w2",
      "re-authenticate o0",
      "re-authenticate o3",
      "re-authenticate p1",
      "re-authenticate o1",
      "re-authenticate o2",
      "unlock a-free",
      "unlock z-free",
    ];
    const { plan, steps } = planned(crowd(), busy, { memory: OURS });
    expect(of(plan)).toEqual(expected);
    expect(steps.map((s) => s.action)).toEqual(plan.actions);
    const report = { ...busy, enforcement: { default: "report" as const, rules: {} } };
    const held = planned(crowd(), report, { memory: OURS }).plan.held;
    expect(held.map((a) => `${a.type} ${a.session ?? a.user}`)).toEqual(expected);
  });

  it("says for what it was made", () => {
    const { plan } = planned(crowd(), { ...busy, commit: "abc" }, { memory: OURS });
    expect(plan).toMatchObject({
      format: "curfew/plan/2",
      version: "0.0.0-test",
      target: "production",
      url: busy.target.url,
      evaluatedAt: "2026-11-22T10:00:00.000Z",
      expiresAt: "2026-11-22T14:00:00.000Z",
      policy: { digest: busy.digest, commit: "abc", files: busy.files },
      inventory: { users: 9, sessions: 7, active: 7 },
      summary: { lock: 2, unlock: 2, "re-authenticate": 5, wipe: 2 },
      ledger: { adopt: ["taken"], forget: ["lifted"] },
    });
  });

  it("has only the documented keys in an action, and names and labels where they are known", () => {
    const policy = policyOf({ devices: onlyTizen(), limits: noLimits() });
    const user = userOf("u1", [sessionOf("s1", { label: "Zebra" })], { name: "ann@acme.example" });
    const { plan } = planned([user], policy);
    expect(plan.actions).toEqual([
      {
        type: "re-authenticate",
        user: "u1",
        session: "s1",
        cause: "policy",
        reasons: [
          {
            rule: "devices.allowed",
            file: "policies/production.yaml",
            line: 24,
            message: expect.stringContaining("not the one entry of devices.allowed"),
          },
        ],
        expects: { state: "active", signedInAt: "2026-11-21T10:00:00Z" },
        name: "ann@acme.example",
        label: "Zebra",
        since: "2026-11-21T10:00:00Z",
      },
    ]);
    const [lock] = planned([userOf("lock-a")], busy).plan.actions;
    expect(Object.keys(lock ?? {})).toEqual([
      "type",
      "user",
      "session",
      "wipe",
      "cause",
      "reasons",
      "expects",
      "ends",
    ]);
  });

  it("survives JSON", () => {
    const { plan } = planned(crowd(), { ...busy, limits: limitsOf() }, { memory: OURS });
    expect(JSON.parse(JSON.stringify(plan))).toStrictEqual(plan);
  });

  it("is empty where nothing is wanted", () => {
    const { plan, owedWipes } = planned(estateOf(3), policyOf());
    expect([plan.actions, plan.held, plan.refusals, plan.notices]).toEqual([[], [], [], []]);
    expect(owedWipes).toEqual({});
  });
});

describe("only one user", () => {
  it("is planned by name or id; the limits are those of the whole estate", () => {
    const named = [...crowd(), userOf("u9", [aged("s9", 50)], { name: "nine" })];
    for (const only of ["nine", "u9"]) {
      const { plan } = planned(named, busy, { memory: OURS, only });
      expect(of(plan)).toEqual(["re-authenticate s9"]);
      expect(plan.inventory.users).toBe(10);
      expect(plan.ledger).toMatchObject({ adopt: [], forget: [] });
    }
  });

  it("must be there", () => {
    expect(() => planned(crowd(), busy, { only: "nine" })).toThrow(UsageError);
    expect(() => planned(crowd(), busy, { only: "nine" })).toThrow(/no user nine/);
  });
});

describe("notices", () => {
  it("tell of an exception that ends within two weeks, and that one has ended", () => {
    const ending = (until: number, user: string) => exceptionOf("sessions.maxAge", { user, until });
    const policy = policyOf({
      exceptions: [
        ending(NOW + 14 * DAY, "u000"),
        ending(NOW + 14 * DAY + 1, "u001"),
        ending(NOW, "u002"),
        ending(NOW + 36 * HOUR, "u000"),
      ],
    });
    const { notices } = planned(estateOf(3), policy).plan;
    expect(notices.map((n) => [n.kind, n.user])).toEqual([
      ["expiring-exception", "u000"],
      ["expiring-exception", "u000"],
      ["over", "u002"],
    ]);
    expect(notices.map((n) => n.message).join()).toMatch(/ends in 1 day, .*ends in 14 days/);
  });

  it("are sorted by kind, user and words", () => {
    const { notices } = planned(
      [userOf("b", [], { locked: true }), userOf("a", [], { locked: true })],
      busy,
    ).plan;
    expect(notices.map((n) => `${n.kind} ${n.user}`)).toEqual([
      "foreign-lock a",
      "foreign-lock b",
      "unknown-user lock-a",
      "unknown-user lock-b",
      "unknown-user taken",
    ]);
  });

  it("a protected user whom somebody else locked comes before the other locks", () => {
    const users = ["a", "b", "c"].map((id) => userOf(id, [], { locked: true }));
    const { notices } = planned(users, policyOf({ protected: [written("c", 70)] })).plan;
    expect(notices.map((n) => `${n.kind} ${n.user}`)).toEqual([
      "foreign-lock c",
      "foreign-lock a",
      "foreign-lock b",
    ]);
  });
});

describe("the digest", () => {
  const { plan } = planned(crowd(), busy, { memory: OURS });

  it("is that of the plan without its digest", () => {
    expect(plan.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(planDigest(plan)).toBe(plan.digest);
    expect(planDigest({ ...plan, digest: "sha256:other" })).toBe(plan.digest);
  });

  it("does not depend on the order of users or of keys", () => {
    expect(planned(crowd().toReversed(), busy, { memory: OURS }).plan.digest).toBe(plan.digest);
    expect(planDigest(reversedKeys(plan) as Plan)).toBe(plan.digest);
  });

  it("is changed by any change of any value", () => {
    const digests = changes(plan).map((changed) => planDigest(changed as Plan));
    expect(digests.length).toBeGreaterThan(100);
    expect(new Set([...digests, plan.digest]).size).toBe(digests.length + 1);
  });

  it("is changed by the order of actions, and by a key more", () => {
    expect(planDigest({ ...plan, actions: plan.actions.toReversed() })).not.toBe(plan.digest);
    expect(planDigest({ ...plan, more: 1 } as Plan)).not.toBe(plan.digest);
  });
});

function reversedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversedKeys);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([key, part]) => [key, reversedKeys(part)] as const);
  return Object.fromEntries(entries.reverse());
}

/** The plan once for each of its leaves, with that leaf changed to a value of its own. */
function changes(plan: Plan): unknown[] {
  const paths: (string | number)[][] = [];
  const walk = (value: unknown, path: (string | number)[]) => {
    if (value !== null && typeof value === "object") {
      const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
      for (const [key, part] of entries) walk(part, [...path, key]);
    } else if (path[0] !== "digest") paths.push(path);
  };
  walk(plan, []);
  return paths.map((path, i) => {
    const copy = structuredClone(plan) as unknown as Record<string, unknown>;
    let at = copy;
    for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
    at[String(path.at(-1))] = `changed ${i}`;
    return copy;
  });
}
