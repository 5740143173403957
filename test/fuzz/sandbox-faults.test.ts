// @module-tag worlds
/** The grammar of the sandbox's faults: what is read means what it says, all else is a UsageError. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { UsageError } from "../../src/errors.ts";
import {
  FAULTS,
  type FaultName,
  type FaultRule,
  parseFault,
} from "../../src/providers/journeyapps/sandbox/faults.ts";
import { FaultBook } from "../../src/providers/sandbox-kit/faults.ts";
import { FUZZ } from "../kit/runs.ts";
import { mutated } from "./mutate.ts";

/** No rule may take longer to match a request, in ms. */
const HANGS = 5_000;

const REQUEST = { method: "GET", path: "/users/u-1/lock", query: new URLSearchParams(), body: "" };

const kinds = fc.constantFrom(...(Object.keys(FAULTS) as FaultName[]));
const nat = fc.option(fc.nat(1_000), { nil: undefined });
const rules: fc.Arbitrary<FaultRule> = fc
  .record({
    kind: kinds,
    value: fc.option(fc.integer({ min: -9, max: 9_999 }), { nil: undefined }),
    match: fc.option(fc.constantFrom("/users", "GET /users/*/lock", "POST /batch", "/users/**"), {
      nil: undefined,
    }),
    times: nat,
    after: nat,
  })
  .map((rule) => JSON.parse(JSON.stringify(rule)) as FaultRule);

function written({ kind, value, match, times, after }: FaultRule): string {
  const count = times === undefined && after === undefined ? "" : `:${times ?? ""}`;
  return [
    kind,
    value === undefined ? "" : `=${value}`,
    match === undefined ? "" : `@${match}`,
    count,
    after === undefined ? "" : `+${after}`,
  ].join("");
}

it("what is written is read back", () => {
  fc.assert(
    fc.property(rules, (rule) => {
      expect(parseFault(written(rule))).toEqual(rule);
    }),
    FUZZ,
  );
});

it("a changed text is a fault that can be asked for, or a UsageError", () => {
  let refused = 0;
  const texts = fc.oneof(
    rules.chain((rule) => mutated(written(rule))),
    fc.string({ maxLength: 40 }),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const began = performance.now();
      const rule = read(text);
      if (rule === null) refused++;
      else {
        expect(Object.keys(FAULTS)).toContain(rule.kind);
        for (const n of [rule.value, rule.times, rule.after])
          if (n !== undefined) expect(Number.isFinite(n)).toBe(true);
        const book = new FaultBook();
        book.add(rule);
        expect([rule, undefined]).toContain(book.next(REQUEST));
      }
      expect(performance.now() - began).toBeLessThan(HANGS);
    }),
    FUZZ,
  );
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThan(FUZZ.numRuns);
});

function read(text: string): FaultRule | null {
  try {
    return parseFault(text);
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}
