/** What a policy may say, and is seldom meant: no error, and told by `validate` and `plan`. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hintsOf } from "../../src/policy/hints.ts";
import { load, loadOne } from "./helpers.ts";

const at = async (sections: string) =>
  hintsOf(await loadOne(sections)).map(({ line, message }) => `${line}: ${message}`);
const LOCKED = (...entries: string[]) =>
  `users:\n  locked:\n${entries.map((one) => `    - { user: ann, ${one} }\n`).join("")}`;

test("a policy without any rule", async () => {
  expect(await at("")).toEqual(["2: this policy has no rule: it never wants anything of anybody"]);
  expect(await at("protected: [ann]\n")).toHaveLength(1);
  expect(await at("users: { locked: [], allowEmpty: true }\n")).toEqual([]);
  expect(await at("groups: { a: { members: [b], sessions: { maxAge: 1d } } }\n")).toEqual([]);
});

test("a user who is locked twice at the same time, for different reasons", async () => {
  expect(await at(LOCKED("reason: left", "reason: lost"))).toEqual([
    "10: ann is locked for another reason, too, at p.yaml:9: whoever removes one of them does not unlock",
  ]);
  const [first, second] = [
    "reason: a, until: 2026-12-01T00:00:00Z",
    "reason: b, from: 2026-12-01T00:00:00Z",
  ];
  expect(await at(LOCKED(first, second))).toEqual([]);
  expect(await at(LOCKED(first, "reason: b, from: 2026-11-30T00:00:00Z"))).toHaveLength(1);
});

test("a time of less than an hour", async () => {
  expect(await at("sessions:\n  maxAge: 3m\n  maxIdle: 60m\n")).toEqual([
    "8: sessions.maxAge is 3 minutes, less than the hour between two runs: m is minutes; months are written in days, such as 90d",
  ]);
  expect(await at("groups: { a: { members: [b], sessions: { maxIdle: 59m } } }\n")).toHaveLength(1);
  const exception =
    "{ user: b, rule: sessions.maxAge, allow: 30m, reason: r, owner: o, until: 2026-12-01 }";
  expect(await at(`sessions: { maxAge: 20m }\nexceptions: [${exception}]\n`)).toHaveLength(2);
});

test.each([
  ["production", "your-app-deployment"],
  ["slingr", "your-app.slingrs.io"],
  ["corporateacademy", "academy.your-domain.example"],
])("the address that the starter %s has", async (name, part) => {
  const text = await readFile(
    join(import.meta.dirname, `../../templates/policies/${name}.yaml`),
    "utf8",
  );
  const [policy] = await load({ "p.yaml": text });
  expect(policy && hintsOf(policy).map(({ message }) => message)).toEqual([
    expect.stringContaining(`write the address of yours for ${part} and`),
  ]);
});
