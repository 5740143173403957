import { describe, expect, it } from "vitest";
import type { AllowedDevice } from "../../src/model/policy.ts";
import { deviceMatcher, readVersion } from "../../src/policy/devices.ts";
import { type SessionParts, sessionOf, source } from "../kit/builders.ts";

const matcher = (...entries: Omit<AllowedDevice, "source">[]) =>
  deviceMatcher(entries.map((entry) => ({ ...entry, source: source(25) })));
const allows = (entry: Omit<AllowedDevice, "source">, session: SessionParts = {}) =>
  matcher(entry).allows(sessionOf("s", session));

describe("an entry", () => {
  it("must match in all that it names", () => {
    const entry = { platform: "ANDROID", runtime: ">=4.82.0", bundleId: "xyz.appinstall.myapp" };
    expect(allows(entry)).toBe(true);
    expect(allows(entry, { platform: "IOS" })).toBe(false);
    expect(allows(entry, { runtime: "4.81.9" })).toBe(false);
    expect(allows(entry, { bundleId: "xyz.appinstall.MyApp" })).toBe(false);
  });

  it("does not match where the backend does not say", () => {
    for (const [entry, session] of [
      [{ platform: "IOS" }, { platform: null }],
      [{ container: "*" }, { container: null }],
      [{ runtime: "*" }, { runtime: null }],
      [{ bundleId: "x" }, { bundleId: null }],
      [{ id: "x" }, { device: null }],
      [{ label: "*" }, { label: null }],
    ] as const) {
      expect(allows(entry, session)).toBe(false);
    }
  });

  it("is one of several: one match is enough, no entry allows nothing", () => {
    const two = matcher({ platform: "IOS" }, { id: "1234" });
    expect(two.allows(sessionOf("s", { device: "1234" }))).toBe(true);
    expect(two.allows(sessionOf("s", { device: "1235" }))).toBe(false);
    expect(matcher().allows(sessionOf("s"))).toBe(false);
  });

  it("takes platforms in any case", () => {
    expect(allows({ platform: "android" })).toBe(true);
  });
});

describe("versions", () => {
  it.each([
    ["20.6", "20.6.0"],
    ["20", "20.0.0"],
    ["v4.82.1", "4.82.1"],
    [" 4.82.1 ", "4.82.1"],
    ["20.06.01", "20.6.1"],
    ["20.6.1.1234", "20.6.1"],
    ["4.82.0-beta.2", "4.82.0-beta.2"],
    ["4.82.0+build.7", "4.82.0"],
  ])("reads %j as %s", (text, version) => {
    expect(readVersion(text)?.version).toBe(version);
  });

  it.each(["", "latest", "20.x", "20.", "20.6.1 (1234)", "-1", "1.2.3-01", "9999999999"])(
    "can't read %j, which then matches no range",
    (text) => {
      expect(readVersion(text)).toBeNull();
      expect(allows({ container: "*" }, { container: text })).toBe(false);
    },
  );

  it("are compared with the range as semver does", () => {
    expect(allows({ container: ">=20.6.1" }, { container: "20.6" })).toBe(false);
    expect(allows({ container: ">=20.6.0" }, { container: "20.6" })).toBe(true);
    expect(allows({ container: ">=20.6.1" }, { container: "20.10.0" })).toBe(true);
    expect(allows({ container: "^20.6 || 22" }, { container: "22.3.1" })).toBe(true);
  });
});

describe("a session without a runtime", () => {
  const bare = { runtime: null, container: "20.6.1" };

  it("matches no container range, since the version may be the runtime's", () => {
    expect(allows({ container: ">=20.6.1" }, bare)).toBe(false);
    expect(allows({ container: "*" }, bare)).toBe(false);
    expect(allows({ platform: "ANDROID" }, bare)).toBe(true);
  });

  it("is in doubt only where that alone keeps it out", () => {
    const doubt = (entry: Omit<AllowedDevice, "source">, session: SessionParts) =>
      matcher(entry).runtimeInDoubt(sessionOf("s", session));
    expect(doubt({ container: ">=20.6.1" }, bare)).toBe(true);
    expect(doubt({ container: ">=20.6.1", platform: "IOS" }, bare)).toBe(false);
    expect(doubt({ container: ">=20.6.1" }, { runtime: "4.81.0", container: "20.6.1" })).toBe(
      false,
    );
    expect(doubt({ container: ">=21" }, bare)).toBe(false);
  });
});

describe("labels", () => {
  it("of any length match, and cost no time", () => {
    expect(allows({ label: "a*" }, { label: "a".repeat(101) })).toBe(true);
    expect(allows({ label: "*a".repeat(20) }, { label: "a".repeat(1_000_000) })).toBe(true);
    expect(allows({ label: `${"*a".repeat(20)}b` }, { label: "a".repeat(100_000) })).toBe(false);
  });

  it.each([
    ["Zebra TC52*", "zebra tc52x", true],
    ["Zebra TC52*", "A Zebra TC52", false],
    ["*", ".hidden", true],
    ["*", "a/b\\c", true],
    ["Chrome (Windows)", "Chrome (Windows)", true],
    ["Chrome (Windows)", "Chrome Windows", false],
    ["Chrome (*)", "chrome (mac os)", true],
    ["TC5?", "TC57", true],
    ["TC5?", "TC5", false],
    ["TC[56]7", "TC67", true],
    ["{iPad,iPhone}*", "iPhone 15", false],
    ["!Zebra", "!Zebra", true],
    ["!Zebra", "iPad", false],
    ["a|b", "a|b", true],
    ["a|b", "a", false],
    ["@(a)", "@(a)", true],
  ])("%j and %j: %s", (label, actual, expected) => {
    expect(allows({ label }, { label: actual })).toBe(expected);
  });
});
