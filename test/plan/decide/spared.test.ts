/** Who is never touched: protected users, and users whose name several have. docs/contract.md, "Precedence" and "Names". */
import { describe, expect, it } from "vitest";
import type { Session } from "../../../src/model/inventory.ts";
import {
  DAY,
  decided,
  deniedOf,
  denying,
  FILE,
  HOUR,
  lockedOf,
  NOW,
  onlyTizen,
  policyOf,
  sessionOf,
  userOf,
  usersLocked,
  wanted,
  written,
} from "../../kit/builders.ts";

const OURS = { ownLocks: { ann: NOW - DAY } };
const active = sessionOf("s1");
const signedOut = sessionOf("s2", { state: "ended" });
const lockedAnn = (...sessions: Session[]) => userOf("ann", sessions, { locked: true });

describe("protected", () => {
  const policy = policyOf({
    protected: [written("ann", 70)],
    sessions: { maxAge: written(HOUR, 11) },
    users: usersLocked(),
    devices: denying(deniedOf("device-s2", { action: "wipe" })),
  });

  it("nothing is done; what would have happened is one notice", () => {
    const decision = decided(userOf("ann", [active, signedOut]), policy);
    expect(decision.wants).toEqual([]);
    expect(decision.notices).toHaveLength(1);
    const [notice] = decision.notices;
    expect(notice).toMatchObject({ kind: "protected", user: "ann", file: FILE, line: 70 });
    expect(notice?.message).toMatch(/re-authenticate .*s1 .*sessions\.maxAge/);
    expect(notice?.message).toMatch(/wipe .*s2 .*devices\.denied/);
  });

  it("a lock of ours is still lifted", () => {
    const decision = decided(lockedAnn(active), policy, OURS);
    expect(wanted(decision)).toEqual(["unlock"]);
    expect(decision.notices.map((n) => [n.kind, n.message])).toEqual([
      [
        "protected",
        "protected, so not done: re-authenticate session s1 (sessions.maxAge: signed in 1 day ago, 1 hour allowed)",
      ],
    ]);
    const alone = decided(lockedAnn(), policy, OURS);
    expect([wanted(alone), alone.notices]).toEqual([["unlock"], []]);
  });

  it("a lock found in place does not become ours, without a word", () => {
    const adopting = { ...policy, users: usersLocked(lockedOf("ann", { adopt: true })) };
    expect(decided(lockedAnn(), adopting)).toMatchObject({ adopt: false, wants: [], notices: [] });
  });

  it("no wipe is owed any longer", () => {
    const devices = onlyTizen({ otherwise: "wipe" });
    const owed = { owedWipes: { s3: NOW - DAY } };
    const waits = userOf("ann", [sessionOf("s3", { state: "ended", lastFullSyncAt: null })]);
    const unprotected = policyOf({ devices });
    expect(decided(waits, unprotected, owed).owing).toEqual(new Map([["s3", NOW - DAY]]));
    expect(decided(waits, { ...policy, devices }, owed)).toMatchObject({
      owing: new Map(),
      wants: [],
      notices: [{ kind: "protected" }],
    });
  });

  it("a lock that is not ours stays a notice, and one that was lifted is forgotten", () => {
    expect(decided(lockedAnn(), policy).notices).toMatchObject([{ kind: "foreign-lock" }]);
    expect(decided(userOf("ann"), policy, OURS).forget).toBe(true);
  });

  it("no notice where nothing would have happened", () => {
    expect(decided(userOf("ann"), policy).notices).toEqual([]);
    const waits = decided(
      userOf("ann", [sessionOf("s2", { lastFullSyncAt: null, signedInAt: NOW })]),
      policy,
    );
    expect(waits.notices.map((n) => n.kind)).toEqual(["protected"]);
  });
});

describe("a name that several users have", () => {
  const named = (id: string) => userOf(id, [active], { name: "ann@acme.example", ambiguous: true });
  const sessions = { maxAge: written(HOUR) };

  it("touches none of them where the policy uses it", () => {
    const policy = policyOf({ sessions, users: usersLocked(lockedOf("ann@acme.example")) });
    for (const id of ["u1", "u2"]) {
      expect(decided(named(id), policy, { ownLocks: { u1: NOW } })).toMatchObject({
        wants: [],
        notices: [],
        forget: false,
      });
    }
  });

  it("changes nothing where the policy does not use it", () => {
    expect(wanted(decided(named("u1"), policyOf({ sessions })))).toEqual(["re-authenticate s1"]);
  });
});
