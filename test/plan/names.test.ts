/** Names that the policy uses and the target lacks, or has several times: docs/contract.md, "Names". */
import { describe, expect, it } from "vitest";
import { readInventory } from "../../src/inventory/read.ts";
import type { User, UserRecord } from "../../src/model/inventory.ts";
import { namesMeter } from "../../src/plan/names.ts";
import { rulebook } from "../../src/policy/effective.ts";
import {
  exceptionOf,
  FILE,
  groupOf,
  knownOf,
  lockedOf,
  NOW,
  noLimits,
  planned,
  policyOf,
  sourceOf,
  userOf,
  usersLocked,
  written,
} from "../kit/builders.ts";

const policy = policyOf({
  users: usersLocked(lockedOf("ann"), lockedOf("ann")),
  groups: [groupOf("crew", { members: [written("ann", 51), written("bob", 52)] })],
  exceptions: [exceptionOf("sessions.maxAge", { user: "cleo" })],
  protected: [written("dora", 70)],
});

function notices(...users: User[]) {
  const meter = namesMeter(rulebook(policy));
  for (const user of users) meter.see(user);
  return meter.notices();
}

describe("a name that the target lacks", () => {
  it("is told once, with the first place that uses it", () => {
    expect(notices().map((n) => [n.kind, n.user, n.file, n.line])).toEqual([
      ["unknown-user", "ann", FILE, 40],
      ["unknown-user", "bob", FILE, 52],
      ["unknown-user", "cleo", FILE, 60],
      ["unknown-user", "dora", FILE, 70],
    ]);
  });

  it("is not told where a user has it, by name and not by id", () => {
    const users = ["ann", "bob", "cleo"].map((name) => userOf(`id-${name}`, [], { name }));
    const found = notices(...users, userOf("dora", [], { name: null }));
    expect(found.map((n) => n.user)).toEqual(["dora"]);
  });

  it("in another case is another name, and is suggested", () => {
    const [ann] = notices(userOf("Ann"));
    expect(ann?.message).toContain("did you mean Ann?");
    expect(notices()[0]?.message).not.toContain("did you mean");
  });
});

it("a name that several users have is told once and not called unknown", () => {
  const target = { ...policy.target, identify: "email" };
  const meter = namesMeter(rulebook({ ...policy, target }));
  const twins = ["u1", "u2", "u3"].map((id) => userOf(id, [], { name: "ann", ambiguous: true }));
  const other = userOf("u4", [], { name: "nobody", ambiguous: true });
  for (const user of [...twins, other]) meter.see(user);
  const told = meter.notices().filter((n) => n.user === "ann" || n.user === "nobody");
  expect(told).toMatchObject([{ kind: "unclear", user: "ann", file: FILE, line: 40 }]);
});

describe("in a plan", () => {
  const locking = policyOf({ users: usersLocked(lockedOf("ann")) });
  const unreadable = {
    unreadable: { id: "ann", field: "sessions[0].state", message: "sessions[0].state is odd" },
  };

  it("a user whose record can't be read is not unknown", () => {
    const { plan } = planned([unreadable], locking);
    expect(plan.notices.map((n) => n.kind)).toEqual(["unclear"]);
    expect(plan.notices[0]?.message).toContain("sessions[0].state is odd");
    expect(plan.actions).toEqual([]);
  });

  it("a user whose profile can't be read is told with the field at fault", async () => {
    const unreadable = { field: "ship", message: "is not a text" };
    const profiles = [{ id: "ann", fields: {}, unreadable }];
    const crews = policyOf({ groups: [groupOf("crew", { where: { ship: "Aurora" } })] });
    const source = sourceOf([userOf("ann")], { profiles });
    const records: UserRecord[] = [];
    const sink = { add: (record: UserRecord) => void records.push(record) };
    await readInventory(source, knownOf(crews), () => ({ sink }));
    const { notices } = planned(records, crews).plan;
    expect(notices).toMatchObject([{ kind: "unclear", user: "ann" }]);
    expect(notices[0]?.message).toContain("ship");
  });

  // docs/design.md, "How it is tested": the order of pages changes nothing. Which of two users is suggested goes by who came last,
  // so that two reads of one estate give two digests.
  it("a suggestion does not depend on the order of users", () => {
    const both = [userOf("Ann"), userOf("ANN")];
    const digest = (users: User[]) => planned(users, locking).plan.digest;
    expect(digest(both)).toBe(digest(both.toReversed()));
    const [notice] = planned(both, locking).plan.notices;
    expect(notice?.message).toContain("did you mean ANN?");
  });
});

describe("with identify, a user who was renamed", () => {
  const identify = policyOf().target;
  const policy = policyOf({
    target: { ...identify, identify: "email" },
    users: usersLocked(lockedOf("ann@old.example")),
    limits: noLimits(),
  });
  const ours = { memory: { ownLocks: { u1: NOW } } };
  const locked = (name: string | null) => userOf("u1", [], { locked: true, name });

  it("stays locked while the policy locks a name that nobody has", () => {
    const { plan } = planned(
      [locked("ann@new.example"), userOf("u2", [], { name: "bob@x" })],
      policy,
      ours,
    );
    expect(plan.actions).toEqual([]);
    const [notice] = plan.notices.filter((n) => n.kind === "orphaned-lock");
    expect(notice?.message).toContain("ann@old.example");
  });

  it("stays locked where the user model gives no name at all", () => {
    const { plan } = planned(
      [locked(null), userOf("u2", [], { name: "ann@old.example" })],
      policy,
      ours,
    );
    expect(plan.actions.map((a) => a.type)).toEqual(["lock"]);
    expect(plan.notices.map((n) => n.kind)).toContain("orphaned-lock");
  });

  it("is unlocked once every name that the policy locks is somebody's", () => {
    const bob = userOf("u2", [], { name: "ann@old.example", locked: true });
    const { plan } = planned([locked("ann@new.example"), bob], policy, ours);
    expect(plan.actions).toMatchObject([{ type: "unlock", user: "u1" }]);
  });
});

describe("a lock of a name that nobody has", () => {
  const lost = (at: number, ...entries: ReturnType<typeof lockedOf>[]) => {
    const meter = namesMeter(rulebook(policyOf({ users: usersLocked(...entries) })));
    meter.see(userOf("bob"));
    return meter.lostLock(at);
  };

  it("is one from its first moment to before its last", () => {
    const entry = lockedOf("ann", { from: NOW, until: NOW + 2 });
    const moments = [NOW - 1, NOW, NOW + 1, NOW + 2];
    expect(moments.map((at) => lost(at, entry))).toEqual([null, "ann", "ann", null]);
  });

  it("is one where any of its entries is in force", () => {
    const over = lockedOf("ann", { until: NOW });
    expect(lost(NOW, over, lockedOf("ann"))).toBe("ann");
    expect(lost(NOW, over, lockedOf("bob"))).toBeNull();
  });
});

describe("the holder of a name on a line", () => {
  const target = { ...policyOf().target, identify: "email" };
  const book = rulebook(policyOf({ target, users: usersLocked(lockedOf("ann")) }));
  const holder = (...users: { id: string | null; name: string | null }[]) => {
    const meter = namesMeter(book);
    for (const user of users) meter.see(user);
    return [meter.holder("ann"), meter.holder("bob")];
  };

  it("is the lowest id that is known", () => {
    const u1 = { id: "u1", name: "ann" };
    const u2 = { id: "u2", name: "ann" };
    expect(holder(u1, u2)).toEqual(["u1", null]);
    expect(holder(u2, u1)).toEqual(["u1", null]);
    expect(holder(u1, { id: null, name: "ann" })).toEqual(["u1", null]);
    expect(holder({ id: null, name: "ann" })).toEqual([null, null]);
    expect(holder({ id: "u3", name: "bob" })).toEqual([null, null]);
  });
});
