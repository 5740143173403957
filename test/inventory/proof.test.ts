import { describe, expect, it } from "vitest";
import { Incomplete } from "../../src/errors.ts";
import { proofOfCompleteness } from "../../src/inventory/proof.ts";

const page = (objects: number, more: boolean, total: number) => ({
  total,
  count: objects,
  more,
  objects: Array.from({ length: objects }),
});

describe("ids", () => {
  it("a hundred thousand of one form are all told apart, and each repetition is found", () => {
    const n = 100_000;
    const ids = Array.from(
      { length: n },
      (_, i) => `${i.toString(16).padStart(8, "0")}-54f7-11e7-a8f8-040151508301`,
    );
    const proof = proofOfCompleteness("users", 0);
    proof.page(page(n, true, 2 * n), ids);
    for (const id of [ids[0], ids[n / 2], ids[n - 1]]) {
      expect(() => proof.page(page(1, true, 2 * n), [id ?? ""])).toThrow(Incomplete);
    }
  });

  it("that differ in one letter, in case or in length are different; an empty one is one too", () => {
    const ids = ["", "a", "b", "A", "aa", "a ", "\u0000", "ab", "ba"];
    const proof = proofOfCompleteness("users", 1);
    proof.page(page(ids.length, true, 20), ids);
    expect(() => proof.page(page(1, true, 20), [""])).toThrow(/came twice/);
  });

  it("that are missing are no repetition", () => {
    const proof = proofOfCompleteness("users", 0);
    proof.page(page(3, false, 3), [null, null, null]);
    expect(() => proof.end()).not.toThrow();
  });
});
