import { expect, it } from "vitest";
import { UnreadableTargetError } from "../../src/errors.ts";
import { refuseStrangeHost } from "../../src/providers/hosts.ts";
import { JOURNEYAPPS_HOSTS } from "../../src/providers/journeyapps/address.ts";

const pass = (url: string, trusted?: string) =>
  refuseStrangeHost(
    { url, name: "production", source: { file: "policies/production.yaml", line: 4 } },
    JOURNEYAPPS_HOSTS,
    trusted,
  );

it.each([
  "https://62d541f4156bc4dd685318da.backend.us.journeyapps.com/api/v4/615ae1ee8c5ef500078a4908",
  "https://run-testing-eu.journeyapps.com/api/v4/1",
  "http://127.0.0.1:8787/api/v4/sandbox",
  "http://localhost:8787/api/v4/sandbox",
  "http://[::1]:8787/api/v4/sandbox",
])("a credential may go to %s", (url) => {
  expect(() => pass(url)).not.toThrow();
});

it.each([
  "https://evil.example/api/v4/1",
  "https://journeyapps.com.evil.example/api/v4/1",
  "https://evil-journeyapps.com/api/v4/1",
  "https://127.0.0.1.evil.example/api/v4/1",
  "https://10.0.0.8/api/v4/1",
])("and not to %s, unless whoever runs Curfew says so", (url) => {
  expect(() => pass(url)).toThrow(UnreadableTargetError);
  expect(() => pass(url)).toThrow(
    /^policies\/production\.yaml:4: production is at .* CURFEW_HOSTS=/,
  );
  const { hostname } = new URL(url);
  expect(() => pass(url, `other.example, ${hostname.toUpperCase()}`)).not.toThrow();
  expect(() => pass(url, `x${hostname}`)).toThrow(UnreadableTargetError);
});
