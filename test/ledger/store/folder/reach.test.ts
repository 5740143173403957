import { expect, it } from "vitest";
import { reachOf } from "../../../../src/ledger/store/folder/reach.ts";

const US = { uid: 1000, gid: 1000 };
const ROOT = { uid: 0, gid: 0 };
const told = (mode: number, owner = US, us = US) => {
  const reach = reachOf({ ...owner, mode: 0o040000 | mode }, us);
  return reach === null ? "fine" : "refuse" in reach ? "refused" : "warned";
};

it.each([
  [0o700, "fine"],
  [0o755, "warned"],
  [0o750, "warned"],
  [0o701, "warned"],
  // The umask 002: our own primary group, in which mostly nobody else is.
  [0o775, "warned"],
  [0o2770, "warned"],
  [0o777, "refused"],
  [0o702, "refused"],
  // A folder such as /tmp: others can't remove what is ours, and can add to it.
  [0o1777, "refused"],
])("a folder of ours with the mode %o is %s", (mode, what) => {
  expect(told(mode)).toBe(what);
});

it("another group than our primary one may not write", () => {
  const shared = { uid: 1000, gid: 27 };
  expect(told(0o770, shared)).toBe("refused");
  expect(told(0o750, shared)).toBe("warned");
});

it("nobody else but root may own it, whoever we are", () => {
  const other = { uid: 1001, gid: 1001 };
  expect(told(0o700, other)).toBe("refused");
  expect(told(0o700, other, ROOT)).toBe("refused");
  expect(told(0o700, ROOT)).toBe("fine");
  expect(told(0o700, ROOT, ROOT)).toBe("fine");
  expect(told(0o777, ROOT)).toBe("refused");
  expect(reachOf({ ...other, mode: 0o700 }, US)).toMatchObject({
    refuse: expect.stringMatching(/another user .*uid 1001.*--ledger/),
  });
});
