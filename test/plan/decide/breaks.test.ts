/** When a rule is broken: a limit of time when it is passed, not when it is met (docs/contract.md, "Time"). */
import { describe, expect, it } from "vitest";
import type { Session } from "../../../src/model/inventory.ts";
import type { Policy } from "../../../src/model/policy.ts";
import {
  DAY,
  decided,
  deniedOf,
  denying,
  exceptionOf,
  groupOf,
  HOUR,
  MINUTE,
  NOW,
  onlyTizen,
  policyOf,
  type SessionParts,
  sessionOf,
  userOf,
  wanted,
  written,
} from "../../kit/builders.ts";

const reasons = (session: SessionParts, policy: Partial<Policy>, at = NOW) =>
  decided(userOf("ann", [sessionOf("s", session)]), policyOf(policy), {}, at).wants.flatMap((w) =>
    w.reasons.map((r) => `${r.rule}: ${r.message}`),
  );
const sessionsOf = (...sessions: Session[]) => userOf("ann", sessions);

describe("sessions.maxAge", () => {
  const policy = { sessions: { maxAge: written(30 * DAY) } };
  const age = (ms: number) => reasons({ signedInAt: NOW - ms }, policy);

  it("is broken when it is passed, not when it is met", () => {
    expect(age(30 * DAY)).toEqual([]);
    expect(age(30 * DAY + 1)).toEqual([
      "sessions.maxAge: signed in more than 30 days ago, 30 days allowed",
    ]);
    expect(age(41 * DAY)).toEqual(["sessions.maxAge: signed in 41 days ago, 30 days allowed"]);
  });

  it("counts from the creation where the sign-in is unknown", () => {
    const created = (ms: number) => ({ signedInAt: null, createdAt: NOW - ms });
    expect(reasons(created(30 * DAY), policy)).toEqual([]);
    expect(reasons(created(30 * DAY + 1), policy)).toHaveLength(1);
  });

  it("is broken where the age can't be told", () => {
    expect(reasons({ signedInAt: null, createdAt: null }, policy)).toEqual([
      "sessions.maxAge: when it signed in is unknown, 30 days allowed",
    ]);
  });

  it("is broken since no known moment where the age can't be told", () => {
    const user = sessionsOf(sessionOf("s", { signedInAt: null, createdAt: null }));
    expect(decided(user, policyOf(policy)).wants).toMatchObject([{ since: null }]);
  });

  it("is not broken by a sign-in in the future", () => {
    expect(age(-DAY)).toEqual([]);
  });

  it("names the group or the exception that set it", () => {
    const groups = [
      groupOf("crew", { members: [written("ann")], sessions: { maxAge: written(HOUR, 52) } }),
    ];
    expect(reasons({}, { groups })).toEqual([
      "sessions.maxAge: signed in 1 day ago, 1 hour allowed in group crew",
    ]);
    const exceptions = [exceptionOf("sessions.maxAge", { user: "ann", allow: 2 * HOUR })];
    expect(reasons({}, { groups, exceptions })[0]).toContain(
      "2 hours allowed by the exception until 2026-12-22T10:00:00Z",
    );
  });

  it("is since the moment at which it was passed", () => {
    const user = sessionsOf(sessionOf("s", { signedInAt: NOW - 41 * DAY }));
    expect(decided(user, policyOf(policy)).wants[0]?.since).toBe(NOW - 11 * DAY);
  });

  // docs/contract.md, "The plan, as JSON", shows a message in which the age is larger than what is allowed;
  // an age is cut to one unit, a limit is not, so that the comparison reads as a mistake.
  it("tells an age beside a combined limit so that it reads as longer", () => {
    const combined = { sessions: { maxAge: written(36 * HOUR) } };
    const message = reasons({ signedInAt: NOW - 37 * HOUR }, combined)[0];
    expect(message).not.toContain("signed in 1 day ago, 1 day 12 hours allowed");
  });
});

describe("sessions.maxIdle", () => {
  const policy = { sessions: { maxIdle: written(14 * DAY) } };

  it("is broken when it is passed, not when it is met", () => {
    const idle = (ms: number) => reasons({ lastConnectedAt: NOW - ms }, policy);
    expect(idle(14 * DAY)).toEqual([]);
    expect(idle(14 * DAY + 1)).toEqual([
      "sessions.maxIdle: last connected more than 14 days ago, 14 days allowed",
    ]);
  });

  it("counts from the sign-in where the connection is unknown, and never from the creation", () => {
    const quiet = { lastConnectedAt: null };
    expect(reasons({ ...quiet, signedInAt: NOW - 14 * DAY }, policy)).toEqual([]);
    expect(reasons({ ...quiet, signedInAt: NOW - 14 * DAY - 1 }, policy)).toHaveLength(1);
    expect(reasons({ ...quiet, signedInAt: null, createdAt: NOW }, policy)).toEqual([
      "sessions.maxIdle: when it last connected is unknown, 14 days allowed",
    ]);
  });
});

describe("sessions.notBefore", () => {
  const policy = { sessions: { notBefore: written(NOW) } };

  it("does nothing before its own moment", () => {
    expect(reasons({}, policy, NOW - 1)).toEqual([]);
    expect(reasons({}, policy, NOW)).toHaveLength(1);
  });

  it("ends the sessions of whoever signed in before, and not of who signed in at that moment", () => {
    expect(reasons({ signedInAt: NOW - 1 }, policy)).toEqual([
      "sessions.notBefore: signed in 2026-11-22T09:59:59.999Z, whoever signed in before 2026-11-22T10:00:00Z must sign in again",
    ]);
    expect(reasons({ signedInAt: NOW }, policy)).toEqual([]);
    expect(reasons({ signedInAt: null, createdAt: null }, policy)).toHaveLength(1);
  });
});

describe("sessions.maxPerUser", () => {
  const two = policyOf({ sessions: { maxPerUser: written(2) } });
  const ended = (...sessions: Session[]) => wanted(decided(sessionsOf(...sessions), two));
  const connected = (id: string, lastConnectedAt: number | null, more: SessionParts = {}) =>
    sessionOf(id, { lastConnectedAt, ...more });

  it("lets the most recently connected stay", () => {
    const four = [NOW - 3, NOW - 1, NOW - 4, NOW - 2].map((at, i) => connected(`s${i}`, at));
    expect(ended(...four)).toEqual(["re-authenticate s0", "re-authenticate s2"]);
    expect(ended(...four.slice(0, 2))).toEqual([]);
  });

  it("takes an unknown last connection for the oldest, whenever it signed in", () => {
    const unknown = connected("s0", null, { signedInAt: NOW });
    expect(ended(unknown, connected("s1", 1), connected("s2", 2))).toEqual(["re-authenticate s0"]);
  });

  it("lets the later sign-in stay where connections tie, then the lower id", () => {
    const tie = (id: string, signedInAt: number | null) => connected(id, NOW, { signedInAt });
    expect(ended(tie("a", 1), tie("b", 3), tie("c", 2))).toEqual(["re-authenticate a"]);
    expect(ended(tie("b", 3), tie("c", 2), tie("a", 1))).toEqual(["re-authenticate a"]);
    expect(ended(tie("a", null), tie("b", 3), tie("c", 2))).toEqual(["re-authenticate a"]);
    expect(ended(tie("c", 1), tie("a", 1), tie("b", 1))).toEqual(["re-authenticate c"]);
    expect(ended(tie("a", 1), tie("b", 1), tie("c", 1))).toEqual(["re-authenticate c"]);
    expect(ended(tie("c", null), tie("a", null), tie("b", null))).toEqual(["re-authenticate c"]);
  });

  it("counts only sessions that no other rule ends", () => {
    const policy = policyOf({ sessions: { maxPerUser: written(2), maxAge: written(DAY) } });
    const old = connected("s0", NOW, { signedInAt: NOW - 2 * DAY });
    const user = sessionsOf(old, connected("s1", NOW - 1), connected("s2", NOW - 2));
    expect(wanted(decided(user, policy))).toEqual(["re-authenticate s0"]);
    const reporting: Policy["enforcement"] = {
      default: "enforce",
      rules: { "sessions.maxAge": "report" },
    };
    const decision = decided(user, { ...policy, enforcement: reporting });
    expect(decision.wants.map((w) => [w.session, w.hold])).toEqual([
      ["s0", "report"],
      ["s2", null],
    ]);
  });

  it("counts only active sessions", () => {
    const states = (["ended", "wiping", "unused"] as const).map((state) =>
      connected(state, NOW, { state }),
    );
    expect(ended(...states, connected("s1", 1), connected("s2", 2))).toEqual([]);
  });

  // docs/contract.md, "What is decided, for one user": maxPerUser counts the sessions that no other rule ends. A
  // preview must not hold more than enforcing it would do.
  it.each([
    ["report", { enforcement: { default: "report" as const, rules: {} } }],
    ["a rollout", { rollout: 0 }],
  ])("wants under %s what it would do when enforced", (_, more) => {
    const policy = policyOf({ sessions: { maxPerUser: written(2), maxAge: written(DAY) } });
    const old = connected("s0", NOW, { signedInAt: NOW - 2 * DAY });
    const user = sessionsOf(old, connected("s1", NOW - 1), connected("s2", NOW - 2));
    expect(wanted(decided(user, { ...policy, ...more }))).toEqual(wanted(decided(user, policy)));
  });
});

describe("devices", () => {
  it("denied goes by the device's id, and by nothing else", () => {
    const policy = { devices: denying(deniedOf("1234", { ticket: "SEC-502" })) };
    expect(reasons({ device: "1234" }, policy)).toEqual([
      "devices.denied: device 1234 is denied: Lost in Durban (SEC-502)",
    ]);
    expect(reasons({ device: null, label: "1234", bundleId: "1234" }, policy)).toEqual([]);
  });

  it("denied has no exceptions: one from devices.allowed does not help", () => {
    const policy = {
      devices: onlyTizen({ denied: [deniedOf("1234")] }),
      exceptions: [exceptionOf("devices.allowed", { user: "ann" })],
    };
    expect(reasons({ device: "1234" }, policy)).toHaveLength(1);
    expect(reasons({ device: "5678" }, policy)).toEqual([]);
  });

  it("allowed absent allows any device, empty allows none", () => {
    expect(reasons({}, {})).toEqual([]);
    const [message] = reasons({}, { devices: onlyTizen({ allowed: [] }) });
    expect(message).toMatch(/^devices.allowed: ANDROID, container 20.6.1.*: no device is allowed$/);
  });

  it("says so where a missing runtime keeps a container range from matching", () => {
    const allowed = [{ container: ">=20.6.1", source: { file: "x", line: 1 } }];
    const policy = { devices: onlyTizen({ allowed }) };
    const [message] = reasons({ runtime: null }, policy);
    expect(message).toContain("it reports no runtime");
    expect(message).toContain("no `container` range matches it");
    expect(reasons({ container: "20.6.0" }, policy)[0]).not.toContain("reports no runtime");
  });

  it("with `wipe`, wait for data that may not have been uploaded: more than an hour, to the millisecond", () => {
    const policy = policyOf({ devices: onlyTizen({ otherwise: "wipe" }) });
    const of = (lastFullSyncAt: number | null, lastConnectedAt: number | null = NOW) =>
      decided(sessionsOf(sessionOf("s", { lastFullSyncAt, lastConnectedAt })), policy);
    expect(wanted(of(NOW - HOUR))).toEqual(["wipe s"]);
    for (const waits of [of(NOW - HOUR - 1), of(null), of(NOW, null)]) {
      expect(waits.wants).toMatchObject([
        { type: "wipe", unsynced: true, otherwise: [{ type: "re-authenticate", owesWipe: true }] },
      ]);
    }
    expect(wanted(of(NOW + MINUTE))).toEqual(["wipe s"]);
  });
});
