import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { deploymentKey, normaliseUrl } from "../../src/ledger/key.ts";
import { isKey } from "../../src/ledger/store/contract.ts";

const URL_ = "https://62d5.backend.us.journeyapps.com/api/v4/615A";

describe("the key of a deployment", () => {
  it("is readable", () => {
    expect(deploymentKey(URL_)).toMatch(/^62d5-backend-us-journeyapps-com-615a-[0-9a-f]{12}$/);
    expect(deploymentKey("http://127.0.0.1:8080")).toMatch(/^127-0-0-1-8080-[0-9a-f]{12}$/);
  });

  it.each([
    `${URL_}/`,
    URL_.replace("https", "HTTPS").replace("backend", "BackEnd"),
    URL_.replace(".com", ".com:443"),
    URL_.replace("//", "//user:secret@"),
    `${URL_}?a=b#c`,
  ])("is the same for %s", (url) => {
    expect(deploymentKey(url)).toBe(deploymentKey(URL_));
    expect(normaliseUrl(url)).toBe(URL_);
  });

  it.each([
    URL_.replace("615A", "615a"),
    URL_.replace("https", "http"),
    URL_.replace("v4", "v5"),
    URL_.replace(".com", ".com:444"),
    URL_.replace("62d5", "62d6"),
  ])("is another for %s", (url) => {
    expect(deploymentKey(url)).not.toBe(deploymentKey(URL_));
  });

  it.each([
    "https://例え.jp/ü/../..%2f..",
    `https://example.com/${"a".repeat(1_000)}`,
    "https://[::1]:99/",
    "https://example.com/---",
  ])("is one that a store takes, for %s", (url) => {
    expect(isKey(deploymentKey(url))).toBe(true);
  });

  it.each(["", "example.com/api", "/api", "mailto:a@b", "https://"])("%j has none", (url) => {
    expect(() => deploymentKey(url)).toThrow(UsageError);
  });

  it("a wrong address is not repeated in the message: it may hold a password", () => {
    expect(() => deploymentKey("user:secret@host")).toThrow(/^(?!.*secret).*$/);
  });
});
