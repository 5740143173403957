/** What a state must say to be believed, and what proves it; the rest is damage, never a stack. */
import { hash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cacheText, readCache, stateText } from "../../src/ledger/cache.ts";
import { deploymentKey } from "../../src/ledger/key.ts";
import { auditKey } from "../../src/ledger/log/audit.ts";
import { endEntry } from "../../src/ledger/log/entries.ts";
import { chain, ROOT } from "../../src/ledger/log/line.ts";
import { emptyState, type State } from "../../src/ledger/state.ts";
import type { Policy } from "../../src/model/policy.ts";
import {
  DAY,
  exceptionOf,
  groupOf,
  lockedOf,
  onlyTizen,
  policyOf,
  settledOf,
  written,
} from "../kit/builders.ts";
import { MemoryStore } from "./memory-store.ts";
import { attempt, end, URL_A } from "./samples.ts";

const T = 1_800_000_000_000;
const KEY = deploymentKey(URL_A);
const STATE = `${KEY}/state.json`;
const IDS = ["__proto__", "constructor", "", "7", "é"];
const byId = <T>(value: T) => Object.fromEntries(IDS.map((id) => [id, value]));

const SOUND: State = {
  ...emptyState(),
  locks: byId({ since: T, line: 1 }),
  wiped: byId(T),
  owedWipes: byId(null),
  attempts: [attempt("r", T, "__proto__", { wipes: byId(null) })],
  fence: 3,
};

/** A ledger whose log proves this text of a state. */
async function proving(text: string): Promise<MemoryStore> {
  const store = new MemoryStore();
  const entry = endEntry({ run: "r", at: T }, end("r", T), [], hash("sha256", text));
  const { lines, head } = chain([entry], { seq: 0, hash: ROOT });
  await store.put(auditKey(KEY, 1), lines);
  await store.put(STATE, cacheText(URL_A, { first: 1, ...head }, text));
  return store;
}

/** What is made of this text of a state, with a line that proves it. */
async function read(text: string) {
  return readCache({ store: await proving(text), key: KEY, place: "test" });
}

/** Puts a value at a path of keys, or takes away what is there. */
function bent(text: string, path: readonly (string | number)[], value?: unknown): string {
  const root = { json: JSON.parse(text) };
  let holder: Record<string | number, unknown> = root;
  let last: string | number = "json";
  for (const key of path) {
    holder = holder[last] as typeof holder;
    last = key;
  }
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return JSON.stringify(root.json);
}

it("ids are any text, in every record of a state", async () => {
  const { proved, why } = await read(stateText(SOUND).text);
  expect(why).toBeNull();
  const back = proved?.state;
  expect(back).toEqual(SOUND);
  for (const record of [back?.locks, back?.wiped, back?.owedWipes, back?.attempts[0]?.wipes])
    expect(Object.keys(record ?? {}).sort()).toEqual([...IDS].sort());
});

describe("damaged is", () => {
  it.each<[string, (string | number)[], unknown]>([
    ["a moment that no date reaches", ["locks", "ann", "since"], 1e300],
    ["a moment that is text", ["locks", "ann", "since"], "2026-11-22"],
    ["a lock under __proto__", ["locks", "__proto__"], {}],
    ["a lock by no line", ["locks", "ann", "line"], -1],
    ["locks as a list", ["locks"], []],
    ["locks as text", ["locks"], "ann"],
    ["no locks", ["locks"], undefined],
    ["a line of the policy that met nobody", ["met", "line"], 5],
    ["a wipe at no moment", ["wiped", "s"], -1e300],
    ["half an attempt", ["attempts", 0, "wipes"], undefined],
    ["an attempt of no type", ["attempts", 0, "type"], "erase"],
    ["users by halves", ["inventoryUsers"], 1.5],
    ["less than no users", ["inventoryUsers"], -1],
    ["a fence that leaves no next one", ["fence"], 2 ** 53 - 1],
    ["a run without its counts", ["runs"], [{ id: "r", at: T }]],
  ])("a state with %s, though a line proves it", async (_what, path, value) => {
    const locks = JSON.parse('{"__proto__":{"since":1,"line":1},"ann":{"since":2,"line":1}}');
    const { text } = stateText({ ...SOUND, locks });
    expect((await read(text)).why).toBeNull();
    // JSON as text: an assignment would set a prototype instead.
    const changed =
      path.at(-1) === "__proto__"
        ? text.replace('"__proto__":{"since":1,"line":1}', `"__proto__":${JSON.stringify(value)}`)
        : bent(text, path, value);
    const { proved, why } = await read(changed);
    expect(proved).toBeNull();
    expect(why).toContain(`has a wrong shape at state.${path[0]}`);
  });

  it("a state that names a line which leaves no next one", async () => {
    const store = await proving(stateText(SOUND).text);
    const text = (await store.get(STATE))?.text ?? "";
    await store.put(STATE, text.replace('"seq":1', `"seq":${2 ** 53 - 1}`));
    const { why } = await readCache({ store, key: KEY, place: "test" });
    expect(why).toBe("has a wrong shape at log.seq");
  });

  it("a state of which any character was changed, whatever it means", async () => {
    const store = await proving(stateText(SOUND).text);
    const text = (await store.get(STATE))?.text ?? "";
    const from = text.indexOf('"state":') + '"state":'.length;
    const place = fc.integer({ min: from, max: text.length - 3 });
    await fc.assert(
      fc.asyncProperty(place, fc.constantFrom(" ", "0", "x", ""), async (at, by) => {
        const changed = text.slice(0, at) + by + text.slice(at + 1);
        fc.pre(changed !== text);
        await store.put(STATE, changed);
        const { proved, why } = await readCache({ store, key: KEY, place: "test" });
        expect(proved).toBeNull();
        expect(why).not.toBeNull();
      }),
    );
  });
});

describe("the last policy", () => {
  const policy: Policy = policyOf({
    users: { locked: [lockedOf("ann", { until: T })], source: { file: "a.yaml", line: 1 } },
    devices: onlyTizen({ allowed: [{ container: ">=20", label: "Zebra*", source: source() }] }),
    groups: [groupOf("crew", { where: { ship: "Aurora" }, sessions: { maxAge: written(DAY) } })],
    exceptions: [exceptionOf("sessions.maxAge", { user: "bob" })],
    protected: [written("cid")],
  });
  const { text } = stateText({ ...SOUND, last: settledOf(policy, T) });
  const lastOf = async (changed: string) => (await read(changed)).proved?.state.last;

  function source() {
    return { file: "a.yaml", line: 2 };
  }

  it("is read as it was, without keys that only another version knows", async () => {
    expect(await lastOf(text)).toEqual(settledOf(policy, T));
    const newer = { ...policy, notify: { slack: "env:X" } };
    expect(
      (await lastOf(bent(text, ["last", "policies", 0, "policy"], newer)))?.policies[0]?.policy,
    ).toEqual(policy);
  });

  it("brings nothing in that is too deep to be written again", async () => {
    const deep = `"deep":${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const { proved } = await read(text.replace('"planExpires"', `${deep},"planExpires"`));
    expect(proved?.state.last).toEqual(settledOf(policy, T));
    expect(() => stateText(proved?.state ?? SOUND)).not.toThrow();
  });

  // docs/threat-model.md, H15: half a policy ended a run with a stack.
  it.each<[string, (string | number)[], unknown]>([
    ["empty", [], {}],
    ["a digest alone", [], { digest: "sha256:x" }],
    ["a list", [], []],
    ["without users", ["users"], undefined],
    ["with locks that are none", ["users", "locked"], { length: 1 }],
    ["with a lock until no moment", ["users", "locked", 0, "until"], 1e300],
    ["without devices", ["devices", "denied"], undefined],
    ["with a range that is none", ["devices", "allowed", 0, "container"], "twenty"],
    ["with a pattern that is none", ["devices", "allowed", 0, "label"], "Zebra["],
    ["with a group of nobody", ["groups", 0, "members"], null],
    ["with a value that can't be told", ["groups", 0, "where"], { ship: { toString: 1 } }],
    ["with an exception from no rule", ["exceptions", 0, "rule"], "users.locked"],
    ["without an enforcement", ["enforcement"], ""],
    ["that protects nobody's name", ["protected"], ["cid"]],
  ])("is none where it is %s; the locks stay ours", async (_what, path, value) => {
    const { proved } = await read(bent(text, ["last", "policies", 0, "policy", ...path], value));
    expect(proved?.state.last).toBeNull();
    expect(Object.keys(proved?.state.locks ?? {})).toContain("constructor");
  });

  it("is none where its moment is none", async () => {
    expect(await lastOf(bent(text, ["last", "at"], 1e300))).toBeNull();
  });
});
