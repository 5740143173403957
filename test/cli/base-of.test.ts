/** Which policy of the base a target is compared with. */
import { expect, test } from "vitest";
import { baseOf } from "../../src/cli/base-of.ts";
import { policyOfText } from "../../src/policy/of-text.ts";
import { NOW } from "../kit/builders.ts";

const HOST = "https://backend.example/api/v4";

function at(name: string, url: string) {
  const text = `version: 1\ntarget: { name: ${name}, provider: journeyapps, url: "${url}", credentials: "env:T" }\n`;
  return policyOfText(`${name}.yaml`, text, NOW);
}

const of = (...[changed, base]: Record<string, string>[]) => {
  const policies = (names: Record<string, string> = {}) =>
    Object.entries(names).map(([name, url]) => at(name, url));
  const all = policies(changed);
  return Object.fromEntries(
    all.map((one) => [one.target.name, baseOf(one, policies(base), all)?.target.name ?? null]),
  );
};

test("a target is compared with the policy of its address, whatever it is called", () => {
  expect(of({ production: `${HOST}/1` }, { production: `${HOST}/1` })).toEqual({
    production: "production",
  });
  expect(of({ live: `${HOST}/1` }, { production: `${HOST}/1` })).toEqual({ live: "production" });
});

test("also where another policy of the base has its name, in any order", () => {
  const swapped = { production: `${HOST}/2`, staging: `${HOST}/1` };
  expect(of(swapped, { production: `${HOST}/1`, staging: `${HOST}/2` })).toEqual({
    production: "staging",
    staging: "production",
  });
  expect(of(swapped, { staging: `${HOST}/2`, production: `${HOST}/1` })).toEqual({
    production: "staging",
    staging: "production",
  });
});

test("one address is written in several ways", () => {
  const base = { old: "https://Backend.Example:443/api/v4/1/", production: `${HOST}/2` };
  expect(of({ production: `${HOST}/1` }, base)).toEqual({ production: "old" });
});

test("by its name only where no address fits", () => {
  expect(of({ production: `${HOST}/9` }, { production: `${HOST}/1` })).toEqual({
    production: "production",
  });
  expect(of({ other: `${HOST}/9` }, { production: `${HOST}/1` })).toEqual({ other: null });
});

test("and never with a target that is still there under another name", () => {
  const changed = { production: `${HOST}/9`, former: `${HOST}/1` };
  expect(of(changed, { production: `${HOST}/1` })).toEqual({
    production: null,
    former: "production",
  });
});
