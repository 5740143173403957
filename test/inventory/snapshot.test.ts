/** Saved inventories: what is written is what is read, and what was edited is refused. */
import { hash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { canonical } from "../../src/canonical.ts";
import { UnreadableTargetError, UsageError } from "../../src/errors.ts";
import { readInventory } from "../../src/inventory/read.ts";
import { bySpareHand, openSnapshot, snapshotWriter } from "../../src/inventory/snapshot.ts";
import type { User, UserRecord } from "../../src/model/inventory.ts";
import type { Policy } from "../../src/model/policy.ts";
import type { InventorySource } from "../../src/model/ports.ts";
import {
  attemptOf,
  estateOf,
  type Fault,
  groupOf,
  knownOf,
  memoryOf,
  NOW,
  policyOf,
  sessionOf,
  settledOf,
  sourceOf,
  userOf,
} from "../kit/builders.ts";

const PLAIN = policyOf();
const BY_MAIL = policyOf({
  target: { ...PLAIN.target, identify: "email" },
  groups: [groupOf("crew", { where: { ship: "Aurora" } })],
});

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "curfew-snapshot-"));
  file = path.join(folder, "inventory.jsonl");
});
afterEach(() => rm(folder, { recursive: true }));

async function saved(source: InventorySource, policy: Policy = PLAIN, memory = memoryOf()) {
  await using made = new AsyncDisposableStack();
  const { sinks, facts } = await readInventory(source, knownOf(policy, memory), (known) => ({
    saved: made.use(snapshotWriter(file, known)),
  }));
  await sinks.saved.save(facts);
  return facts;
}

async function read(policy: Policy = PLAIN) {
  const { source, header } = await openSnapshot(file);
  const { sinks, facts } = await readInventory(source, knownOf(policy), () => {
    const records: UserRecord[] = [];
    return { list: { records, add: (record: UserRecord) => void records.push(record) } };
  });
  return { header, facts, records: sinks.list.records };
}
const usersOf = (records: UserRecord[]): User[] =>
  records.flatMap((record) => ("user" in record ? [record.user] : []));

const odd = { unreadable: { id: "odd", field: "sessions[0].state", message: "is no state" } };
const profiles = [
  { id: "u000", fields: { email: "ann@acme.example", ship: "Aurora" } },
  { id: "u001", fields: { email: "twin@acme.example", ship: null } },
  { id: "u002", fields: { email: "twin@acme.example", ship: null } },
];

describe("for a run that it must not stop", () => {
  async function spared(to: string) {
    const warnings: string[] = [];
    await using made = new AsyncDisposableStack();
    const { sinks, facts } = await readInventory(
      sourceOf(estateOf(2500), { pageSize: 700 }),
      knownOf(PLAIN, memoryOf()),
      (known) => ({
        saved: made.use(bySpareHand(snapshotWriter(to, known), (text) => warnings.push(text))),
      }),
    );
    return { users: facts.users, isSaved: await sinks.saved.save(facts), warnings };
  }

  it("a file that can't be written is one warning, the read goes on, and there is no file", async () => {
    const nowhere = path.join(folder, "no", "such", "folder.jsonl");
    expect(await spared(nowhere)).toEqual({
      ...{ users: 2500, isSaved: false },
      warnings: [`the inventory can't be saved to ${nowhere}: ENOENT`],
    });
  });

  it("a file that can't take its place at the end is a warning, too", async () => {
    await mkdir(file);
    await writeFile(path.join(file, "full"), "");
    const { isSaved, warnings } = await spared(file);
    expect(isSaved).toBe(false);
    expect(warnings).toEqual([expect.stringMatching(/^the inventory can't be saved to /)]);
  });

  it("one that can be written is there", async () => {
    expect(await spared(file)).toEqual({ users: 2500, isSaved: true, warnings: [] });
    expect((await read()).records).toHaveLength(2500);
  });
});

describe("a round trip", () => {
  it("keeps every record, the facts and what the ledger knows", async () => {
    const memory = memoryOf({
      ownLocks: { u000: NOW },
      attempts: [attemptOf("lock", "u000")],
      last: settledOf(PLAIN, NOW),
    });
    const users = [...estateOf(2500), odd];
    const facts = await saved(sourceOf(users, { pageSize: 700 }), PLAIN, memory);
    const found = await read();
    expect(found.facts).toEqual(facts);
    expect(found.header).toMatchObject({
      format: "curfew/inventory/2",
      target: "production",
      url: PLAIN.target.url,
      readAt: "2026-11-22T10:00:00Z",
      unreadable: 1,
      ledger: memory,
    });
    expect(found.records).toEqual(users.map((u) => ("id" in u ? { user: u } : u)));
  });

  it("keeps names, fields and ambiguity, also beside an unreadable user", async () => {
    const facts = await saved(sourceOf([...estateOf(4), odd], { profiles }), BY_MAIL);
    const found = await read(BY_MAIL);
    expect(found.facts).toEqual(facts);
    expect(usersOf(found.records).map((u) => [u.name, u.ambiguous, u.fields])).toEqual([
      ["ann@acme.example", undefined, { email: "ann@acme.example", ship: "Aurora" }],
      ["twin@acme.example", true, { email: "twin@acme.example", ship: null }],
      ["twin@acme.example", true, { email: "twin@acme.example", ship: null }],
      [null, undefined, {}],
    ]);
  });

  it("keeps users and sessions with names that objects have anyway", async () => {
    const ids = ["__proto__", "constructor", "toString"];
    const byId = <T>(value: T) => Object.fromEntries(ids.map((id) => [id, value]));
    const fields = Object.fromEntries([["__proto__", "x"]]);
    const users = ids.map((id) => userOf(id, [sessionOf(id)], { fields }));
    const memory = memoryOf({ ownLocks: byId(NOW), wiped: byId(null), owedWipes: byId(NOW) });
    await saved(sourceOf(users), PLAIN, memory);
    const found = await read();
    expect(usersOf(found.records)).toEqual(users);
    expect(Object.entries(found.header.ledger.ownLocks)).toEqual(ids.map((id) => [id, NOW]));
    expect(Object.keys(found.header.ledger.owedWipes)).toEqual(ids);
  });

  it("may be of nobody, and be read several times", async () => {
    await saved(sourceOf([]));
    expect((await read()).records).toEqual([]);
    expect((await read()).facts.users).toBe(0);
  });

  it("is for its owner's eyes, and leaves one file", async () => {
    await saved(sourceOf(estateOf(1)));
    expect(await readdir(folder)).toEqual(["inventory.jsonl"]);
    expect((await stat(file)).mode & 0o077).toBe(0);
  });

  // docs/contract.md, "Commands": what `inventory --out` saves is read again. A line separator (U+2028) in a device's label is not
  // escaped by JSON and ends a line for the reader, so that an honest file is called changed or cut.
  it("keeps a label with any letters", async () => {
    const labels = ["\u2028", "\u2029", "a\r\nb", "\u0085", "\u{1f4f1}"];
    const users = labels.map((label, i) => userOf(`u${i}`, [sessionOf(`s${i}`, { label })]));
    await saved(sourceOf(users));
    expect(usersOf((await read()).records)).toEqual(users);
  });

  // docs/contract.md, "Names": of a record of an unknown shape the others don't suffer. A page of the saved user model
  // that holds unreadable users only is taken for an empty page that promises more.
  it("keeps names where a thousand unreadable users come first", async () => {
    const many = Array.from({ length: 1000 }, (_, i) => ({
      unreadable: { id: `odd-${i}`, field: "x", message: "y" },
    }));
    await saved(sourceOf([...many, ...estateOf(3)], { profiles, pageSize: 500 }), BY_MAIL);
    expect(usersOf((await read(BY_MAIL)).records)).toHaveLength(3);
  });
});

describe("a saved inventory that was changed", () => {
  const edit = async (change: (text: string) => string) =>
    writeFile(file, change(await readFile(file, "utf8")));
  beforeEach(() => saved(sourceOf(estateOf(3))));

  it.each<[string, (text: string) => string]>([
    ["a state", (text) => text.replace('"state":"active"', '"state":"ended"')],
    ["a line less", (text) => text.replace(/\n[^\n]*\n$/, "\n")],
    ["a line twice", (text) => `${text}${text.split("\n").at(-2)}\n`],
    ["cut in a line", (text) => text.slice(0, -20)],
    ["an empty line", (text) => `${text}\n`],
    ["no JSON", (text) => `${text}x\n`],
  ])("is refused: %s", async (_, change) => {
    await edit(change);
    const error = await read().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UnreadableTargetError);
    expect(String(error)).toMatch(/was changed or cut|could not be read in full/);
  });

  it("is refused: a total in the header", async () => {
    await edit((text) => text.replace('"users":3', '"users":4'));
    await expect(read()).rejects.toThrow(UnreadableTargetError);
  });
});

/** What a forger does: the file with other values, its digest and its seal made anew. */
async function forge(
  change: (header: Record<string, unknown>, records: unknown[]) => void,
): Promise<void> {
  const [first = "", ...lines] = (await readFile(file, "utf8")).trimEnd().split("\n");
  const { seal: _, ...header } = JSON.parse(first);
  const records = lines.map((line) => JSON.parse(line));
  change(header, records);
  const text = records.map((record) => `${JSON.stringify(record)}\n`).join("");
  header.records = hash("sha256", text);
  const seal = hash("sha256", canonical(header));
  await writeFile(file, `${JSON.stringify({ ...header, seal })}\n${text}`);
}

describe("a saved inventory that was forged", () => {
  beforeEach(() => saved(sourceOf(estateOf(3))));

  it("is taken where it has the shape of one", async () => {
    await forge((header) => Object.assign(header.ledger as object, { ownLocks: { u001: NOW } }));
    expect((await read()).header.ledger.ownLocks).toEqual({ u001: NOW });
  });

  it.each<[string, (user: Record<string, unknown>, session: Record<string, unknown>) => void]>([
    ["no sessions", (user) => delete user.sessions],
    ["an id that is none", (user) => Object.assign(user, { id: 7 })],
    ["an empty id", (user) => Object.assign(user, { id: "" })],
    ["a state of another backend", (_, session) => Object.assign(session, { state: "GONE" })],
    ["a moment that is no date", (_, session) => Object.assign(session, { createdAt: 9e15 })],
    [
      "a label that is a list",
      (_, session) => Object.assign(session, { attributes: { label: [] } }),
    ],
    ["fields that are a list", (user) => Object.assign(user, { fields: [] })],
    ["a field that is an object", (user) => Object.assign(user, { fields: { a: {} } })],
    [
      "a field that zod leaves out",
      (user) => Object.assign(user, { fields: JSON.parse('{"__proto__":{}}') }),
    ],
  ])("is refused by its line: %s", async (_, change) => {
    await forge((_header, records) => {
      const { user } = records[1] as { user: { sessions: Record<string, unknown>[] } };
      change(user as never, user.sessions[0] ?? {});
    });
    await expect(read()).rejects.toThrow(UnreadableTargetError);
    await expect(read()).rejects.toThrow(`${file}:3: this is no user`);
  });

  it.each([[null], [5], ["user"], [[]], [{}], [{ user: null }], [{ unreadable: {} }]])(
    "is refused by its line: %j",
    async (record) => {
      await forge((_, records) => records.splice(0, 1, record));
      await expect(read()).rejects.toThrow(`${file}:2: this is no user`);
    },
  );

  it("is refused where a record is both a user and unreadable", async () => {
    await forge((_, records) => Object.assign(records[0] as object, odd));
    await expect(read()).rejects.toThrow(`${file}:2: this is no user`);
  });

  it.each<[string, object]>([
    ["a lock since no date", { ownLocks: { u001: 9e15 } }],
    ["a lock since no date, of __proto__", JSON.parse('{"ownLocks":{"__proto__":"x"}}')],
    ["locks in a list", { ownLocks: [] }],
    ["a wipe of no date", { wiped: { s001: "x" } }],
    ["an attempt without its wipes", { attempts: [{ ...attemptOf("lock", "u001"), wipes: null }] }],
    ["an attempt of another type", { attempts: [{ ...attemptOf("lock", "u001"), type: "x" }] }],
    ["a negative number of users", { inventoryUsers: -1 }],
  ])("is refused where the ledger holds %s", async (_, part) => {
    await forge((header) => {
      header.ledger = { ...(header.ledger as object), ...part };
    });
    await expect(openSnapshot(file)).rejects.toThrow(UsageError);
  });

  it.each<[string, object]>([
    ["no date", lastRun(PLAIN, { at: 9e15 })],
    ["no date of its policy", lastRun(PLAIN, { policies: [{ policy: PLAIN, from: 9e15 }] })],
    ["no policy", lastRun({})],
    ["a range that is none", lastRun(withRange("newest"))],
  ])("has no last run where that has %s, as a ledger has none", async (_, last) => {
    await forge((header) => Object.assign(header.ledger as object, { last }));
    expect((await read()).header.ledger.last).toBeNull();
  });

  it("keeps a last run that can be told", async () => {
    const last = lastRun(JSON.parse(JSON.stringify(withRange(">=20.6"))));
    await forge((header) => Object.assign(header.ledger as object, { last }));
    expect((await read()).header.ledger.last).toEqual(last);
  });

  it("is refused where it is nested too deeply to be worked on", async () => {
    const text = await readFile(file, "utf8");
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    await writeFile(file, text.replace("{", `{"deep":${deep},`));
    await expect(openSnapshot(file)).rejects.toThrow(UnreadableTargetError);
  });
});

/** One that held nothing, under this policy. */
function lastRun(policy: object, more: object = {}) {
  return { at: NOW, settledAt: NOW, policies: [{ policy, from: NOW }], ...more };
}

function withRange(container: string): Policy {
  const allowed = [{ container, source: { file: "p.yaml", line: 1 } }];
  const devices = { otherwise: "wipe", denied: [], source: null } as const;
  return policyOf({ devices: { ...devices, denied: [], allowed } });
}

describe("what is not a saved inventory", () => {
  it.each([
    ["", "nothing"],
    ["hello", "no JSON"],
    ["{}\n", "no header"],
    ['{"format":"curfew/inventory/3"}\n', "another version"],
    ['{"format":"curfew/plan/2","target":"production"}\n', "a plan"],
  ])("%j is refused: %s", async (text) => {
    await writeFile(file, text);
    await expect(openSnapshot(file)).rejects.toThrow(UsageError);
    await expect(openSnapshot(file)).rejects.toThrow(/is not a saved inventory/);
  });

  it("one of version 1 is to be taken again", async () => {
    await writeFile(file, '{"format":"curfew/inventory/1","target":"production"}\n');
    await expect(openSnapshot(file)).rejects.toThrow(/of version 1, .* take it again with/);
  });

  it("a file that is not there is refused", async () => {
    await expect(openSnapshot(path.join(folder, "none"))).rejects.toThrow(/can't be read: ENOENT/);
  });

  // errors.ts, "The errors a user can cause …; anything else is a bug and shows its stack": the header's ledger is
  // checked for its own locks only, and a file without the rest breaks the plan with a TypeError.
  it("a header whose ledger lacks what a plan needs is refused", async () => {
    await saved(sourceOf(estateOf(1)));
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace('"attempts":[],', ""));
    await expect(openSnapshot(file)).rejects.toThrow(UsageError);
  });
});

describe("a field that was not saved", () => {
  it("is refused by name", async () => {
    await saved(sourceOf(estateOf(1)));
    await expect(read(BY_MAIL)).rejects.toThrow(UnreadableTargetError);
    await expect(read(BY_MAIL)).rejects.toThrow(/without the field email, ship of the user model/);
  });

  it("is no matter where it is not compared any more", async () => {
    await saved(sourceOf(estateOf(3), { profiles }), BY_MAIL);
    const fewer = policyOf({ groups: BY_MAIL.groups });
    expect(usersOf((await read(fewer)).records).map((u) => u.name)).toEqual([
      "u000",
      "u001",
      "u002",
    ]);
  });
});

describe("writing", () => {
  it("that ends early leaves no file, and keeps the one that was there", async () => {
    await saved(sourceOf(estateOf(2)));
    {
      await using writer = snapshotWriter(file, knownOf());
      for (let i = 0; i < 1500; i++) await writer.add({ user: userOf(`other-${i}`) });
    }
    expect(await readdir(folder)).toEqual(["inventory.jsonl"]);
    expect((await read()).records).toHaveLength(2);
  });

  it("says so where the place can't be written", async () => {
    file = path.join(folder, "none", "inventory.jsonl");
    await expect(saved(sourceOf(estateOf(1)))).rejects.toThrow(UsageError);
    await expect(saved(sourceOf(estateOf(1500)))).rejects.toThrow(/can't be saved to .*: ENOENT/);
  });
});

describe("a read that starts again", () => {
  it("keeps nothing of what the first wrote, however much that was", async () => {
    // The first read sends other, longer records and loses its last page.
    const fault: Fault = (page, n, read) => {
      if (read > 1) return page;
      const other = (id: string) => ({ user: userOf(`${n}-${id}-${"x".repeat(200)}`) });
      const objects = page.objects.map((r) => other("user" in r ? r.user.id : ""));
      return page.more ? { ...page, objects } : null;
    };
    for (const users of [40, 2500]) {
      const source = sourceOf(estateOf(users), { pageSize: 10, fault });
      await saved(source);
      expect(source.reads()).toBe(2);
      expect(usersOf((await read()).records)).toEqual(estateOf(users));
      expect(await readdir(folder)).toEqual(["inventory.jsonl"]);
    }
  });
});
