import { describe, expect, it } from "vitest";
import type { Window } from "../../../src/model/policy.ts";
import { inWindow } from "../../../src/plan/brakes/windows.ts";
import { source } from "../../kit/builders.ts";

const minutes = (text: string) => {
  const [h = 0, m = 0] = text.split(":").map(Number);
  return h * 60 + m;
};
const windowOf = (from: string, to: string, zone = "UTC", days?: Window["days"]): Window => ({
  from: minutes(from),
  to: minutes(to),
  zone,
  days: days ?? ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
  source: source(80),
});
const open = (window: Window, at: string) => inWindow(window, Date.parse(at));

describe("a window", () => {
  it("opens at `from` and is closed at `to`, to the millisecond", () => {
    const night = windowOf("01:00", "04:00");
    expect(open(night, "2026-11-22T00:59:59.999Z")).toBe(false);
    expect(open(night, "2026-11-22T01:00:00.000Z")).toBe(true);
    expect(open(night, "2026-11-22T03:59:59.999Z")).toBe(true);
    expect(open(night, "2026-11-22T04:00:00.000Z")).toBe(false);
  });

  it("goes by the wall clock of its zone", () => {
    const johannesburg = windowOf("01:00", "04:00", "Africa/Johannesburg");
    expect(open(johannesburg, "2026-11-21T22:59:59Z")).toBe(false);
    expect(open(johannesburg, "2026-11-21T23:00:00Z")).toBe(true);
    expect(open(johannesburg, "2026-11-22T02:00:00Z")).toBe(false);
    const kathmandu = windowOf("05:45", "06:00", "Asia/Kathmandu");
    expect(open(kathmandu, "2026-11-22T00:00:00Z")).toBe(true);
    expect(open(kathmandu, "2026-11-22T00:15:00Z")).toBe(false);
  });

  it("opens on its days only, by the zone's calendar", () => {
    // 2026-11-22 is a Sunday.
    const monday = windowOf("01:00", "04:00", "Africa/Johannesburg", ["mon"]);
    expect(open(monday, "2026-11-21T23:30:00Z")).toBe(false);
    expect(open(monday, "2026-11-22T23:30:00Z")).toBe(true);
    expect(open(monday, "2026-11-23T23:30:00Z")).toBe(false);
  });
});

describe("a window over midnight", () => {
  const friday = windowOf("22:00", "04:00", "UTC", ["fri"]);

  it("belongs to the day on which it begins", () => {
    expect(open(friday, "2026-11-20T21:59:00Z")).toBe(false);
    expect(open(friday, "2026-11-20T22:00:00Z")).toBe(true);
    expect(open(friday, "2026-11-21T03:59:00Z")).toBe(true);
    expect(open(friday, "2026-11-21T04:00:00Z")).toBe(false);
    expect(open(friday, "2026-11-21T22:00:00Z")).toBe(false);
    expect(open(friday, "2026-11-20T03:00:00Z")).toBe(false);
  });

  it("reaches from Sunday into Monday", () => {
    const sunday = windowOf("22:00", "04:00", "UTC", ["sun"]);
    expect(open(sunday, "2026-11-23T03:00:00Z")).toBe(true);
    expect(open(sunday, "2026-11-22T03:00:00Z")).toBe(false);
  });

  it("may end at midnight", () => {
    const late = windowOf("22:00", "00:00");
    expect(open(late, "2026-11-22T23:59:59Z")).toBe(true);
    expect(open(late, "2026-11-23T00:00:00Z")).toBe(false);
  });
});

describe("daylight saving", () => {
  it("in Europe/Berlin moves a window with the wall clock", () => {
    const berlin = windowOf("01:00", "04:00", "Europe/Berlin");
    expect(open(berlin, "2026-07-01T23:00:00Z")).toBe(true);
    expect(open(berlin, "2026-07-02T02:00:00Z")).toBe(false);
    expect(open(berlin, "2026-12-01T23:30:00Z")).toBe(false);
    expect(open(berlin, "2026-12-02T00:00:00Z")).toBe(true);
    expect(open(berlin, "2026-12-02T02:59:00Z")).toBe(true);
  });

  it("skips the hour that is not there: 02:00 to 03:00 on 2026-03-29", () => {
    const gone = windowOf("02:00", "03:00", "Europe/Berlin");
    const hours = ["00:30", "00:59", "01:00", "01:30", "02:00"];
    expect(hours.map((h) => open(gone, `2026-03-29T${h}:00Z`))).toEqual(hours.map(() => false));
    const across = windowOf("01:30", "03:30", "Europe/Berlin");
    expect(open(across, "2026-03-29T00:30:00Z")).toBe(true);
    expect(open(across, "2026-03-29T01:29:00Z")).toBe(true);
    expect(open(across, "2026-03-29T01:30:00Z")).toBe(false);
  });

  it("is open twice in the hour that comes twice: 02:00 to 03:00 on 2026-10-25", () => {
    const twice = windowOf("02:00", "03:00", "Europe/Berlin");
    const hours = ["23:59", "00:00", "00:59", "01:00", "01:59", "02:00"];
    const on = (h: string) => open(twice, `2026-10-2${h === "23:59" ? 4 : 5}T${h}:00Z`);
    expect(hours.map(on)).toEqual([false, true, true, true, true, false]);
  });

  it("in the south goes the other way: Australia/Sydney", () => {
    const sydney = windowOf("01:00", "04:00", "Australia/Sydney");
    expect(open(sydney, "2026-01-10T14:00:00Z")).toBe(true);
    expect(open(sydney, "2026-01-10T17:00:00Z")).toBe(false);
    expect(open(sydney, "2026-07-10T14:30:00Z")).toBe(false);
    expect(open(sydney, "2026-07-10T15:00:00Z")).toBe(true);
    // 2026-10-04, 02:00 becomes 03:00: the hour from 01:00 is the last before it.
    expect(open(windowOf("02:00", "03:00", "Australia/Sydney"), "2026-10-03T16:00:00Z")).toBe(
      false,
    );
    expect(open(sydney, "2026-10-03T16:59:00Z")).toBe(true);
    expect(open(sydney, "2026-10-03T17:00:00Z")).toBe(false);
  });
});
