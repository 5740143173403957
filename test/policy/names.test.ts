/** When two names are one: docs/contract.md, "Names". */
import { expect, test } from "vitest";
import { loosely, nameKey } from "../../src/policy/names.ts";

test.each([
  ["JANE@acme.example ", "jane@ACME.example"],
  ["JOSÉ@acme.example", "josé@acme.example"],
  ["ΝΙΚΟΣ@acme.example", "νικος@acme.example"],
  ["νικος@acme.example", "νικοσ@acme.example"],
])("%j and %j are one name", (one, other) => {
  expect(nameKey(one)).toBe(nameKey(other));
});

test.each([
  ["a Kelvin sign", "\u212aim", "kim"],
  ["a long s", "\u017fam", "sam"],
  ["a ligature", "o\ufb03ce", "office"],
  ["a sharp s", "stra\u00dfe", "strasse"],
  ["a dotless i", "k\u0131m", "kim"],
  ["a dotted capital I", "K\u0130M", "kim"],
])("%s is no other letter", (_what, looks, real) => {
  expect(loosely(looks)).not.toBe(loosely(real));
  expect(loosely(looks)).not.toBe(loosely(real.toUpperCase()));
});
