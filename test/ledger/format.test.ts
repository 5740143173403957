/** What a state and an event must say to be believed; the rest is damage, never a stack. */
import { describe, expect, it } from "vitest";
import { DamagedBlobError } from "../../src/json.ts";
import { eventText, parseEvent, parseState, stateText } from "../../src/ledger/format.ts";
import { emptyMemory } from "../../src/ledger/memory.ts";
import type { Policy } from "../../src/model/policy.ts";
import type { Memory } from "../../src/model/run.ts";
import {
  DAY,
  exceptionOf,
  groupOf,
  lockedOf,
  onlyTizen,
  policyOf,
  written,
} from "../kit/builders.ts";
import { attempt, outcome, start, URL_A } from "./samples.ts";

const T = 1_800_000_000_000;
const IDS = ["__proto__", "constructor", "", "7", "é"];
const byId = <T>(value: T) => Object.fromEntries(IDS.map((id) => [id, value]));

const memory: Memory = {
  ...emptyMemory(),
  ownLocks: byId(T),
  lockedAs: byId("ann@x"),
  wiped: byId(T),
  owedWipes: byId(null),
  attempts: [attempt("r", T, "__proto__", { wipes: byId(null) })],
};
const stored = (of: Memory) =>
  stateText(URL_A, { memory: of, folded: [], fence: 3, audit: { seq: 4, hash: "0".repeat(64) } });

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

it("ids are any text, in every record of a state and of an event", () => {
  const back = parseState(stored(memory)).memory;
  expect(back).toEqual(memory);
  for (const record of [back.ownLocks, back.lockedAs, back.wiped, back.owedWipes]) {
    expect(Object.keys(record ?? {}).sort()).toEqual([...IDS].sort());
  }
  expect(Object.keys(back.attempts[0]?.wipes ?? {}).sort()).toEqual([...IDS].sort());

  const begin = start("r", T, memory.attempts, { owedWipes: byId(T) });
  begin.plan.ledger.names = byId("ann@x");
  const { event } = parseEvent(
    eventText({ event: { kind: "begin", begin }, fence: 0, audit: null }),
  );
  if (event.kind !== "begin") throw new Error("another event came back");
  expect(Object.keys(event.begin.owedWipes).sort()).toEqual([...IDS].sort());
  expect(Object.keys(event.begin.plan.ledger.names ?? {}).sort()).toEqual([...IDS].sort());
});

it("a state of before the names, the lease and the log is read", () => {
  const { lockedAs: _, fence: _f, audit: _a, ...old } = JSON.parse(stored(memory));
  expect(parseState(JSON.stringify(old))).toMatchObject({
    memory: { ...memory, lockedAs: {} },
    fence: 0,
    audit: null,
  });
});

describe("damaged is", () => {
  it.each<[string, (string | number)[], unknown]>([
    ["a moment that no date reaches", ["ownLocks", "ann"], 1e300],
    ["a moment that is text", ["ownLocks", "ann"], "2026-11-22"],
    ["a moment under __proto__", ["ownLocks", "__proto__"], {}],
    ["locks as a list", ["ownLocks"], []],
    ["locks as text", ["ownLocks"], "ann"],
    ["no locks", ["ownLocks"], undefined],
    ["a name that is none", ["lockedAs", "ann"], 5],
    ["a wipe at no moment", ["wiped", "s"], -1e300],
    ["half an attempt", ["attempts", 0, "wipes"], undefined],
    ["an attempt of no type", ["attempts", 0, "type"], "erase"],
    ["users by halves", ["inventoryUsers"], 1.5],
    ["less than no users", ["inventoryUsers"], -1],
    ["a fence that leaves no next one", ["fence"], 2 ** 53 - 1],
    ["a log that leaves no next line", ["audit", "seq"], 2 ** 53 - 1],
    ["a run without its counts", ["runs"], [{ id: "r", at: T }]],
  ])("a state with %s", (_what, path, value) => {
    const text = stored({ ...memory, ownLocks: JSON.parse('{"__proto__":1,"ann":2}') });
    expect(() => parseState(text)).not.toThrow();
    // JSON as text: an assignment would set a prototype instead.
    const changed =
      path.at(-1) === "__proto__"
        ? text.replace('"__proto__":1', `"__proto__":${JSON.stringify(value)}`)
        : bent(text, path, value);
    expect(() => parseState(changed)).toThrow(DamagedBlobError);
    expect(() => parseState(changed)).toThrow(`has a wrong shape at ${path[0]}`);
  });

  const begin = start("r", T, [attempt("r", T, "ann")]);
  const done = outcome(attempt("r", T, "ann"), "applied");
  const events = {
    begin: eventText({ event: { kind: "begin", begin }, fence: 1, audit: null }),
    outcomes: eventText({
      event: { kind: "outcomes", run: "r", outcomes: [done] },
      fence: 1,
      audit: null,
    }),
  };

  it.each<[string, keyof typeof events, (string | number)[], unknown]>([
    ["of no kind", "begin", ["kind"], "end"],
    ["of another kind than it tells", "begin", ["kind"], "outcomes"],
    ["that begins at no moment", "begin", ["begin", "at"], 8.64e15 + 1],
    ["without attempts", "begin", ["begin", "attempts"], undefined],
    ["without what the plan changes", "begin", ["begin", "plan", "ledger"], {}],
    ["that adopts what is no id", "begin", ["begin", "plan", "ledger", "adopt"], [null]],
    ["that owes what is no moment", "begin", ["begin", "owedWipes"], { s: "soon" }],
    ["with an outcome that is none", "outcomes", ["outcomes", 0, "status"], "intent"],
    ["with outcomes that only look like a list", "outcomes", ["outcomes"], { length: 1 }],
    ["of no run", "outcomes", ["run"], undefined],
  ])("an event %s", (_what, kind, path, value) => {
    expect(() => parseEvent(events[kind])).not.toThrow();
    expect(() => parseEvent(bent(events[kind], path, value))).toThrow(DamagedBlobError);
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
  const text = stored({ ...memory, last: { at: T, policy } });
  const lastOf = (changed: string) => parseState(changed).memory.last;

  function source() {
    return { file: "a.yaml", line: 2 };
  }

  it("is read as it was, without keys that only another version knows", () => {
    expect(lastOf(text)).toEqual({ at: T, policy });
    const newer = { ...policy, notify: { slack: "env:X" } };
    expect(lastOf(bent(text, ["last", "policy"], newer))?.policy).toEqual(policy);
  });

  it("brings nothing in that is too deep to be written again", () => {
    const deep = `"deep":${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const state = parseState(text.replace('"planExpires"', `${deep},"planExpires"`));
    expect(state.memory.last).toEqual({ at: T, policy });
    expect(() => stateText(URL_A, state)).not.toThrow();
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
    ["with an empty glob", ["devices", "allowed", 0, "label"], ""],
    ["with a group of nobody", ["groups", 0, "members"], null],
    ["with a value that can't be told", ["groups", 0, "where"], { ship: { toString: 1 } }],
    ["with an exception from no rule", ["exceptions", 0, "rule"], "users.locked"],
    ["without an enforcement", ["enforcement"], ""],
    ["that protects nobody's name", ["protected"], ["cid"]],
  ])("is none where it is %s; the locks stay ours", (_what, path, value) => {
    const changed = parseState(bent(text, ["last", "policy", ...path], value)).memory;
    expect(changed.last).toBeNull();
    expect(Object.keys(changed.ownLocks)).toContain("constructor");
  });

  it("is none where its moment is none", () => {
    expect(lastOf(bent(text, ["last", "at"], 1e300))).toBeNull();
  });
});
