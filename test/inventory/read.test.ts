/** A read is whole, or it is no inventory: docs/contract.md, "An inventory is trusted only when it is whole". */
import { describe, expect, it } from "vitest";
import { UnreadableTargetError } from "../../src/errors.ts";
import { readInventory } from "../../src/inventory/read.ts";
import type { UserRecord } from "../../src/model/inventory.ts";
import type { CorporateacademyTarget, Policy } from "../../src/model/policy.ts";
import type { RunSummary } from "../../src/model/run.ts";
import {
  estateOf,
  type Fault,
  groupOf,
  knownOf,
  limitsOf,
  lockedOf,
  type MemorySource,
  NOW,
  policyOf,
  raiseOf,
  sessionOf,
  sourceOf,
  userOf,
  usersLocked,
} from "../kit/builders.ts";

const PLAIN = policyOf();

/** Reads into fresh lists; `sinks` are those of all attempts. */
async function read(source: MemorySource, policy: Policy = PLAIN, lastUsers: number | null = null) {
  const sinks: UserRecord[][] = [];
  const pages: [number, number][] = [];
  const known = knownOf(policy, { inventoryUsers: lastUsers });
  const onPage = (n: number, total: number) => pages.push([n, total]);
  const sinksOf = () => {
    const records: UserRecord[] = [];
    sinks.push(records);
    return { list: { records, add: (record: UserRecord) => void records.push(record) } };
  };
  const result = await readInventory(source, known, sinksOf, { onPage });
  const users = result.sinks.list.records.flatMap((r) => ("user" in r ? [r.user] : []));
  return { facts: result.facts, users, sinks, pages };
}

const five = () => estateOf(5);
/** Bends one page of the first `reads` reads. */
const once =
  (page: number, bend: Fault, reads = 1): Fault =>
  (p, n, k) =>
    n === page && k <= reads ? bend(p, n, k) : p;

describe("a whole read", () => {
  it("gives every user, in order, with the facts", async () => {
    const { users, facts, sinks, pages } = await read(sourceOf(five()));
    expect(users.map((u) => u.id)).toEqual(["u000", "u001", "u002", "u003", "u004"]);
    expect(facts).toMatchObject({ users: 5, sessions: 5, active: 5 });
    expect(sinks).toHaveLength(1);
    expect(pages).toEqual([
      [2, 5],
      [4, 5],
      [5, 5],
    ]);
  });

  it("may be of nobody", async () => {
    expect((await read(sourceOf([]))).facts).toMatchObject({ users: 0, sessions: 0, active: 0 });
  });

  it("waits for a sink that takes its time", async () => {
    const seen: string[] = [];
    const sink = {
      async add(record: UserRecord) {
        await Promise.resolve();
        seen.push("user" in record ? record.user.id : "?");
      },
    };
    await readInventory(sourceOf(five()), knownOf(PLAIN), () => ({ sink }));
    expect(seen).toHaveLength(5);
  });

  it("lets the total rise while reading, as long as what the first page promised came", async () => {
    const rising: Fault = (p, n) => (n === 0 ? p : { ...p, total: 7 });
    const source = sourceOf(five(), { fault: rising });
    expect((await read(source)).facts.users).toBe(5);
    const all: Fault = (p, n) => (n === 0 ? { ...p, total: 4 } : p);
    expect((await read(sourceOf(five(), { fault: all }))).facts.users).toBe(5);
  });

  it("counts users whose record is of an unknown shape", async () => {
    const unreadable = { unreadable: { id: "odd", field: "sessions", message: "is no list" } };
    const nobody = { unreadable: { id: null, field: "id", message: "is missing" } };
    const source = sourceOf([...five(), unreadable, nobody, nobody]);
    const { facts, sinks } = await read(source);
    expect(facts).toMatchObject({ users: 8, sessions: 5 });
    expect(sinks[0]).toHaveLength(8);
  });
});

describe("a user who lists one session twice", () => {
  it("is unclear, and neither session counts", async () => {
    const twice = userOf("twice", [sessionOf("s"), sessionOf("s")]);
    const { facts, sinks } = await read(sourceOf([...five(), twice]));
    expect(facts).toMatchObject({ users: 6, sessions: 5, active: 5 });
    expect(sinks[0]?.at(-1)).toMatchObject({ unreadable: { id: "twice", field: "sessions" } });
  });
});

const LIES: [string, Fault, RegExp][] = [
  [
    "a count larger than the page",
    once(1, (p) => ({ ...p, count: 3 })),
    /claims 3 objects and holds 2/,
  ],
  ["a count smaller than the page", once(1, (p) => ({ ...p, count: 1 })), /claims 1 objects/],
  ["an object cut off", once(1, (p) => ({ ...p, objects: p.objects.slice(1) })), /claims 2/],
  ["a total that falls", once(1, (p) => ({ ...p, total: 4 })), /fell from 5 to 4/],
  ["a page left out", once(1, () => null), /3 users came of 5/],
  ["the last page left out", once(2, () => null), /says that there are more/],
  [
    "an end too early",
    once(0, (p) => ({ ...p, more: false })),
    /followed the one that said it was the last/,
  ],
  ["a page that comes twice", once(1, (p) => [p, p]), /u002 came twice/],
  [
    "a user that comes twice",
    once(1, (p) => ({ ...p, objects: p.objects.map(() => ({ user: userOf("u000") })) })),
    /u000 came twice/,
  ],
  [
    "an empty page that promises more",
    once(1, (p) => ({ ...p, count: 0, objects: [] })),
    /empty page/,
  ],
];

describe("a read that is not whole", () => {
  it.each(LIES)("%s: is read again, with a new sink", async (_, fault, words) => {
    const source = sourceOf(five(), { fault });
    const { users, sinks } = await read(source);
    expect([source.reads(), sinks.length, users.length]).toEqual([2, 2, 5]);
    const lasting = sourceOf(five(), { fault: (p, n) => fault(p, n, 1) });
    await expect(read(lasting)).rejects.toThrow(words);
  });

  it("is started again three times at most, and then is an error", async () => {
    const short = (reads: number) => sourceOf(five(), { fault: once(1, () => null, reads) });
    const enough = short(3);
    expect((await read(enough)).users).toHaveLength(5);
    expect(enough.reads()).toBe(4);
    const never = short(9);
    const error = await read(never).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UnreadableTargetError);
    expect(String(error)).toMatch(/production: the users could not be read in full, 4 times/);
    expect(never.reads()).toBe(4);
  });

  it("never-ending pages end by the total", async () => {
    let n = 0;
    const endless: Fault = (p) => ({
      ...p,
      total: 5,
      more: true,
      objects: p.objects.map(() => ({ user: userOf(`new-${n++}`) })),
    });
    const source = sourceOf(estateOf(100), { fault: endless });
    await expect(read(source)).rejects.toThrow(/more users came \(6\) than the total says \(5\)/);
  });

  it("with more users than a total that did not rise is not whole", async () => {
    const few: Fault = (p) => ({ ...p, total: 4 });
    await expect(read(sourceOf(five(), { fault: few }))).rejects.toThrow(
      /than the total says \(4\)/,
    );
  });

  it("without any page is not an empty inventory", async () => {
    await expect(read(sourceOf([], { fault: () => null }))).rejects.toThrow(
      /no page of users came/,
    );
  });

  it("does not read again what the source itself refused", async () => {
    const source = sourceOf(five(), {
      fault: () => {
        throw new UnreadableTargetError("401");
      },
    });
    await expect(read(source)).rejects.toThrow("401");
    expect(source.reads()).toBe(1);
  });
});

describe("inventoryDrop", () => {
  const drop = (last: number, users: number, more = {}) =>
    read(sourceOf(estateOf(users)), policyOf({ limits: limitsOf({}, more) }), last);

  it("refuses an inventory that lost more than its percentage", async () => {
    expect((await drop(100, 80)).facts.users).toBe(80);
    const error = await drop(100, 79).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UnreadableTargetError);
    expect(String(error)).toMatch(/79 users were read, 100 were there.*inventoryDrop, percent: 21/);
    await expect(drop(1, 0)).rejects.toThrow(/100% are gone/);
  });

  it("accepts the first inventory, and one that grew", async () => {
    expect((await read(sourceOf([]), PLAIN, null)).facts.users).toBe(0);
    expect((await drop(0, 3)).facts.users).toBe(3);
    expect((await drop(3, 30)).facts.users).toBe(30);
  });

  it("refuses a first inventory without users where the policy names some, until a raise", async () => {
    const users = usersLocked(lockedOf("leaver"));
    const nobody = (limits = limitsOf()) => read(sourceOf([]), policyOf({ users, limits }));
    await expect(nobody()).rejects.toThrow(/no user was read, and the policy names some/);
    const raise = [raiseOf("inventoryDrop", { percent: 100 })];
    expect((await nobody(limitsOf({}, { raise }))).facts.users).toBe(0);
  });

  it("of 0 accepts no loss, of 100 any", async () => {
    await expect(drop(1000, 999, { inventoryDrop: 0 })).rejects.toThrow(/inventoryDrop allows 0%/);
    expect((await drop(1000, 0, { inventoryDrop: 100 })).facts.users).toBe(0);
  });

  it("is raised by a reviewed raise until that ends", async () => {
    const raise = (until: number) => ({
      raise: [raiseOf("inventoryDrop", { percent: 60, until })],
    });
    expect((await drop(100, 40, raise(NOW + 1))).facts.users).toBe(40);
    await expect(drop(100, 39, raise(NOW + 1))).rejects.toThrow(/allows 60%/);
    await expect(drop(100, 40, raise(NOW))).rejects.toThrow(/allows 20%/);
  });

  it("counts unreadable users as there", async () => {
    const odd = Array.from({ length: 50 }, (_, i) => ({
      unreadable: { id: `odd-${i}`, field: "x", message: "y" },
    }));
    expect((await read(sourceOf([...estateOf(50), ...odd]), PLAIN, 100)).facts.users).toBe(100);
  });
});

describe("inventoryDrop of a register of tokens", () => {
  const target: CorporateacademyTarget = {
    ...{ ...PLAIN.target, provider: "corporateacademy", identify: null },
    ...{ register: "tokens.jsonl", keys: null },
    claims: { user: "sub", signedIn: "iat", lastUsed: null, device: null, userAgent: null },
  };
  /** Of a hundred users, so many with a session that lives, after a run that ended so many of a hundred. */
  const lived = (now: number, ended: number) => {
    const users = estateOf(100, (i) => ({ state: i < now ? "active" : "ended" }));
    const inventory = { users: 100, sessions: 100, active: 100, digest: "sha256:x" };
    const outcomes = { applied: ended, failed: 0, skipped: 0 };
    const runs = [{ ...RUN, inventory, outcomes }];
    const known = knownOf(policyOf({ target }), { inventoryUsers: 100, runs });
    const sinksOf = () => ({ none: undefined });
    return readInventory(sourceOf(users), known, sinksOf);
  };

  it("is of its living sessions, less those that Curfew ended", async () => {
    expect((await lived(80, 0)).facts.active).toBe(80);
    await expect(lived(79, 0)).rejects.toThrow(/79 living sessions were read, 100 were there/);
    expect((await lived(40, 50)).facts.active).toBe(40);
    await expect(lived(39, 50)).rejects.toThrow(/39 living sessions were read, 50 were there/);
  });
});

/** A run of which only the sizes matter. */
const RUN: RunSummary = {
  ...{ id: "r", at: NOW - 1, policyDigest: "", commit: null, planDigest: "", held: 0 },
  summary: { lock: 0, unlock: 0, "re-authenticate": 0, wipe: 0 },
  inventory: { users: 0, sessions: 0, active: 0, digest: "" },
  ...{ refusals: 0, outcomes: { applied: 0, failed: 0, skipped: 0 } },
};

describe("the user model", () => {
  const target = { ...PLAIN.target, identify: "email" };
  const byMail = policyOf({ target, groups: [groupOf("crew", { where: { ship: "Aurora" } })] });
  const profiles = [
    { id: "u000", fields: { email: "ann@acme.example", ship: "Aurora", more: 1 } },
    { id: "u001", fields: { email: "twin@acme.example", ship: null } },
    { id: "u002", fields: { email: "twin@acme.example" } },
    { id: "u003", fields: { email: "" } },
    { id: "other", fields: { email: 7 } },
  ];

  it("gives names and the fields that the policy compares, and nothing more", async () => {
    const { users } = await read(sourceOf(five(), { profiles }), byMail);
    expect(users.map((u) => u.name)).toEqual([
      "ann@acme.example",
      "twin@acme.example",
      "twin@acme.example",
      null,
      null,
    ]);
    expect(users[0]?.fields).toEqual({ email: "ann@acme.example", ship: "Aurora" });
    expect(users.map((u) => u.ambiguous)).toEqual([undefined, true, true, undefined, undefined]);
  });

  it("is not read where the policy does not ask for it: the name is the id", async () => {
    const broken = sourceOf(five());
    broken.profiles = () => {
      throw new Error("not asked for");
    };
    const { users } = await read(broken);
    expect(users.map((u) => u.name)).toEqual(users.map((u) => u.id));
  });

  it("is proved whole like the users", async () => {
    const source = sourceOf(five(), { profiles });
    source.profiles = async function* () {
      yield { total: 2, count: 1, more: false, objects: [{ id: "u000", fields: {} }] };
    };
    await expect(read(source, byMail)).rejects.toThrow(
      /the objects of the user model could not be read in full, 4 times/,
    );
    expect(source.reads()).toBe(0);
  });

  // docs/contract.md, "Names": a name is ambiguous by the policy that is planned now; a saved inventory carries the mark of the
  // policy that it was taken with, and a user with a name of its own stays untouched by its locks.
  it("forgets an ambiguity that another way of naming users had found", async () => {
    const marked = userOf("u000", [], { name: "twin@acme.example", ambiguous: true });
    const { users } = await read(sourceOf([marked]));
    expect(users[0]?.name).toBe("u000");
    expect(users[0]?.ambiguous).toBeUndefined();
  });
});

describe("the digest of an inventory", () => {
  const digest = async (users: Parameters<typeof sourceOf>[0], pageSize = 2) =>
    (await read(sourceOf(users, { pageSize }))).facts.digest;

  it("does not depend on the order or the size of pages", async () => {
    const first = await digest(five());
    expect(first).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await digest(five().toReversed())).toBe(first);
    expect(await digest(five(), 1)).toBe(first);
    expect(await digest(five(), 100)).toBe(first);
  });

  it("is changed by every field of a session and of the user model, null and 0 told apart", async () => {
    const own = sessionOf("s000", { label: "x", signedOutAt: NOW });
    const moments = [null, 0, 1, -1, NOW - 1, NOW + 2 ** 32];
    const texts = [null, "", "x", "xx", "X", "\u0000"];
    const { attributes, ...rest } = own;
    const sessions = Object.entries(rest).flatMap(([key, value]) =>
      (typeof value === "number" ? moments : texts).map((other) => ({ ...own, [key]: other })),
    );
    for (const name of Object.keys(attributes)) {
      for (const other of texts)
        sessions.push({ ...own, attributes: { ...attributes, [name]: other } });
    }
    const users = sessions.map((session) => userOf("u000", [session]));
    for (const a of ["x", "y", null]) users.push(userOf("u000", [own], { fields: { a } }));
    users.push(userOf("u000", [own], { fields: { b: "x" } }));
    const different = new Set(users.map((user) => JSON.stringify(user)));
    const digests = new Set<string>();
    for (const user of users) digests.add(await digest([user]));
    expect(digests.size).toBe(different.size);
  });

  it("is changed by any change of a user, and by one that can't be read", async () => {
    const seen = new Set([await digest(five())]);
    const [, ...rest] = five();
    const odd = { unreadable: { id: "u000", field: "x", message: "y" } };
    const others = [
      rest,
      [userOf("u000"), ...rest],
      [userOf("u000", [sessionOf("s000")], { locked: true }), ...rest],
      [userOf("u000", [sessionOf("s000", { state: "ended" })]), ...rest],
      [userOf("u000", [sessionOf("s000", { label: "x" })]), ...rest],
      [odd, ...rest],
    ];
    for (const users of others) seen.add(await digest(users));
    expect(seen.size).toBe(others.length + 1);
  });
});
