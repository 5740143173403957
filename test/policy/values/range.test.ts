/** docs/contract.md, "Versions": ranges that say what nobody means. */
import { expect, test } from "vitest";
import { rangeFault } from "../../../src/policy/values/range.ts";

test.each([
  "*",
  " * ",
  ">=20.6.1",
  ">20",
  "20",
  "20.6",
  "20.x",
  "^20.6 || 22",
  "20.6.1 - 20.9.0",
  "~20.6.1",
  ">=20.6.1 <21",
  "<=20.6.1 >20.1",
  "=20.6.1-1234",
  ">=20.6.1-1234",
  "4.82.0-beta.2",
  ">=4.82.0-beta.2 <4.82.0",
  ">=0.0.1",
  ">0",
  "<20 || >20",
  "<20.6.1 || >20.6.1",
  "<20.6.1 || >=20.6.2",
  "<=0",
  "0",
])("%j says something", (range) => {
  expect(rangeFault(range)).toBeNull();
});

const EVERY = "allows every version";
const NONE = "allows no version";
const SIDE = "has nothing on one side of ||";
test.each([
  ["latest", "is not a semver range"],
  [">=20.6.1, <21", "is not a semver range"],
  ["20.6-20.9", "is not a semver range"],
  [">=20.6.1 ||", SIDE],
  ["|| >=20.6.1", SIDE],
  [">=20 || || >=22", SIDE],
  ["||", SIDE],
  [">=0", EVERY],
  [">=0.0.0", EVERY],
  [">=0.0.0-0", EVERY],
  ["x", EVERY],
  ["X", EVERY],
  ["^x", EVERY],
  [">=*", EVERY],
  ["=*", EVERY],
  ["* || >=20", EVERY],
  [">=20 || <20", EVERY],
  ["<=20.6.1 || >20.6.1", EVERY],
  ["<20 || >=10", EVERY],
  ["<20 || 20 || >=21", EVERY],
  ["0 || >=1", EVERY],
  ["<20.6.1-beta || >=20.6.1-beta", EVERY],
  [">20.6.1 <20.1.0", NONE],
  [">=20.6.1 <20.6.1", NONE],
  [">20.6.1 <=20.6.1", NONE],
  [">20.6.1 <20.6.2", NONE],
  ["20.9.0 - 20.6.1", NONE],
  ["20 21", NONE],
  ["=20.6.1 >20.6.1", NONE],
  ["<0", NONE],
  ["<0.0.0", NONE],
  [">*", NONE],
  ["<*", NONE],
  [">20.6.1 <20.1.0 || >=22", "has a side that no version fits"],
  ["20.6.1-20.9.0", '"20.6.1 - 20.9.0"'],
  ["20.6.1-21", '"20.6.1 - 21"'],
  ["v20.6.1-v20.9.0", '"20.6.1 - 20.9.0"'],
  [">=20.6.1-20.9.0", '"20.6.1 - 20.9.0"'],
  ["22 || 20.6.1-20.9.0", '"20.6.1 - 20.9.0"'],
])("%j: %s", (range, fault) => {
  expect(rangeFault(range)).toContain(fault);
});
