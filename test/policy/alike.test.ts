/** Names under `protected` that differ in case only: docs/contract.md, "Names". */
import { expect, it } from "vitest";
import { growingNaming, userOf } from "../../src/inventory/user.ts";
import type { User } from "../../src/model/inventory.ts";
import {
  DAY,
  decided,
  deniedOf,
  denying,
  noLimits,
  policyOf,
  sessionOf,
  source,
  wanted,
  written,
} from "../kit/builders.ts";

const session = sessionOf("s1", { device: "lost", signedInAt: 0 });
const policy = policyOf({
  target: { ...policyOf().target, identify: "name" },
  sessions: { maxAge: written(DAY) },
  devices: denying(deniedOf("lost")),
  protected: [{ value: "Cleo B", source: source(90) }],
  limits: noLimits(),
});

/** The first of users who are called so. */
function called(...names: string[]): User {
  const naming = growingNaming("name");
  for (const [i, name] of names.entries()) naming.note({ id: `u${i}`, fields: { name } });
  const account = { id: "u0", locked: false, lastConnectedAt: null, sessions: [session] };
  const record = userOf({ user: account }, naming, "name");
  if (!("user" in record)) throw new Error("unreadable");
  return record.user;
}

it("protect one user alone; of several nobody is spared what denied devices are for", () => {
  expect(wanted(decided(called("cleo b", "Dora"), policy))).toEqual([]);
  const { wants } = decided(called("cleo b", "Cleo B"), policy);
  expect(wants.map(({ reasons }) => reasons.map(({ rule }) => rule))).toEqual([["devices.denied"]]);
});

it("leave the other lists as they are, which compare names as they are written", () => {
  const user = called("cleo b", "Cleo B");
  expect([user.alike, user.ambiguous]).toEqual([true, undefined]);
  expect(called("cleo b", "cleo b").ambiguous).toBe(true);
});
