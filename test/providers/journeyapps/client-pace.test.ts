import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { burst, fullBucket, take } from "../../../src/providers/http/bucket.ts";
import { createGate } from "../../../src/providers/http/gate.ts";
import {
  afterFailure,
  backoff,
  CLOSED,
  isOpen,
  RETRY_FOR,
  retryAfter,
  TOLD_FOR,
} from "../../../src/providers/http/retry.ts";
import { testClock } from "./server.ts";

const plain = { busy: false, retryAfter: null };

describe("backoff", () => {
  test("doubles from a quarter of a second, and gives up after the sixth try", () => {
    const delays = [1, 2, 3, 4, 5, 6].map((tries) => backoff(tries, plain, 0, 0));
    expect(delays).toEqual([250, 500, 1000, 2000, 4000, null]);
  });

  test("chance takes away up to half", () => {
    expect(backoff(3, plain, 0, 0.5)).toBe(750);
    expect(backoff(3, plain, 0, 0.999)).toBeCloseTo(500, 0);
  });

  test("a busy backend gets a second at least, and what it asks for", () => {
    expect(backoff(1, { busy: true, retryAfter: null }, 0, 0.9)).toBe(1000);
    expect(backoff(1, { busy: true, retryAfter: 4000 }, 0, 0.9)).toBe(4000);
    expect(backoff(1, { busy: true, retryAfter: 10 }, 0, 0.9)).toBe(1000);
    expect(backoff(1, { busy: false, retryAfter: 4000 }, 0, 0)).toBe(4000);
  });

  test("what the backend asks for is waited, two minutes in all, whatever was waited beside it", () => {
    const told = (retryAfter: number) => ({ busy: false, retryAfter });
    expect(backoff(1, told(120_000), 0, 0)).toBe(120_000);
    expect(backoff(1, told(120_001), 0, 0)).toBeNull();
    expect(backoff(2, told(60_000), 29_000, 0, 60_000)).toBe(60_000);
    expect(backoff(2, told(60_000), 29_000, 0, 60_001)).toBeNull();
    expect(backoff(40, told(9_000), 0, 0, 39_000)).toBe(9_000);
    expect(backoff(2, told(1_000), RETRY_FOR, 0)).toBeNull();
  });

  test("no sequence of tries waits beyond the time for retrying", () => {
    const setback = fc.record({
      busy: fc.boolean(),
      retryAfter: fc.option(fc.nat(60_000), { nil: null }),
    });
    const random = fc.double({ min: 0, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(setback, random, fc.nat(10_000), (met, chance, perTry) => {
        let elapsed = 0;
        let told = 0;
        for (let tries = 1; tries < 1000; tries++) {
          elapsed += perTry;
          const delay = backoff(tries, met, elapsed, chance, told);
          if (delay === null) return;
          expect(delay).toBeGreaterThan(0);
          if (met.retryAfter) told += delay;
          else elapsed += delay;
          expect(elapsed).toBeLessThan(RETRY_FOR);
          expect(told).toBeLessThanOrEqual(TOLD_FOR);
        }
        throw new Error("never gives up");
      }),
    );
  });
});

test("Retry-After is read in both forms, and anything else is nothing", () => {
  const now = Date.parse("2026-11-22T10:00:00Z");
  expect(retryAfter("3", now)).toBe(3000);
  expect(retryAfter("Sun, 22 Nov 2026 10:01:00 GMT", now)).toBe(60_000);
  expect(retryAfter("Sun, 22 Nov 2026 09:01:00 GMT", now)).toBe(0);
  for (const none of [undefined, "", "-1", "1.5", "soon", "22.11.2026"])
    expect(retryAfter(none, now)).toBeNull();
});

describe("the bucket", () => {
  test("holds a second's worth, and one at least", () => {
    expect([0.1, 1, 1.5, 10].map(burst)).toEqual([1, 1, 2, 10]);
  });

  test("never lets more through than the burst and the rate allow", () => {
    const gaps = fc.array(fc.nat(2000), { minLength: 1, maxLength: 200 });
    const rates = fc.double({ min: 0.1, max: 50, noNaN: true });
    fc.assert(
      fc.property(rates, gaps, (rate, arrivals) => {
        let now = 0;
        let bucket = fullBucket(rate, now);
        const starts: number[] = [];
        for (const gap of arrivals) {
          now += gap;
          const turn = take(bucket, rate, now);
          bucket = turn.bucket;
          starts.push(now + turn.wait);
        }
        for (const [i, from] of starts.entries()) {
          for (const [j, to] of starts.entries()) {
            if (j <= i) continue;
            const allowed = burst(rate) + (rate * (to - from)) / 1000;
            expect(j - i + 1).toBeLessThanOrEqual(allowed + 1e-6);
          }
        }
      }),
    );
  });

  test("gives nothing for a clock that goes back", () => {
    const { bucket } = take(fullBucket(1, 1000), 1, 1000);
    expect(take(bucket, 1, 0).wait).toBe(1000);
  });
});

describe("the gate", () => {
  test("a pause holds everybody back, and the longer pause wins", async () => {
    const clock = testClock();
    const gate = createGate(100, clock);
    gate.pause(5000);
    gate.pause(1000);
    expect(await gate.enter()).toBe(true);
    expect(clock.waits).toEqual([5000]);
  });

  test("does not let through what waited while the circuit opened", async () => {
    const clock = testClock();
    const gate = createGate(100, clock);
    gate.pause(1000);
    const entering = gate.enter();
    for (let i = 0; i < 5; i++) gate.gaveUp();
    expect(await entering).toBe(false);
  });
});

test("a circuit opens at the fifth failure in a row, for half a minute, and again at the next", () => {
  let circuit = CLOSED;
  for (let i = 0; i < 4; i++) circuit = afterFailure(circuit, 0);
  expect(isOpen(circuit, 0)).toBe(false);
  circuit = afterFailure(circuit, 0);
  expect(isOpen(circuit, 29_999)).toBe(true);
  expect(isOpen(circuit, 30_000)).toBe(false);
  expect(isOpen(afterFailure(circuit, 30_000), 30_001)).toBe(true);
});
