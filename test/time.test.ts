import { describe, expect, it } from "vitest";
import { DAY, exactSpan, HOUR, iso, isoOrNull, MINUTE, span } from "../src/time.ts";

describe("iso", () => {
  it("is UTC, with milliseconds only where there are some", () => {
    expect(iso(Date.UTC(2026, 10, 22, 10))).toBe("2026-11-22T10:00:00Z");
    expect(iso(Date.UTC(2026, 10, 22, 10, 0, 0, 7))).toBe("2026-11-22T10:00:00.007Z");
    expect(iso(0)).toBe("1970-01-01T00:00:00Z");
  });

  it("keeps null", () => {
    expect(isoOrNull(null)).toBeNull();
    expect(isoOrNull(0)).toBe("1970-01-01T00:00:00Z");
  });
});

describe("span", () => {
  it.each([
    [-1, "0 minutes"],
    [0, "0 minutes"],
    [MINUTE - 1, "0 minutes"],
    [MINUTE, "1 minute"],
    [HOUR - 1, "59 minutes"],
    [HOUR, "1 hour"],
    [DAY - 1, "23 hours"],
    [DAY, "1 day"],
    [41.9 * DAY, "41 days"],
  ])("of %d ms is %s", (ms, text) => {
    expect(span(ms)).toBe(text);
  });
});

describe("exactSpan", () => {
  it.each([
    [0, "0 minutes"],
    [30 * DAY, "30 days"],
    [DAY + 12 * HOUR, "1 day 12 hours"],
    [90 * MINUTE, "1 hour 30 minutes"],
    [7 * DAY + MINUTE, "7 days 1 minute"],
  ])("of %d ms is %s", (ms, text) => {
    expect(exactSpan(ms)).toBe(text);
  });
});
