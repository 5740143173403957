/** What a target's keys may hold, by provider, and what a target is known by (docs/contract.md, "Targets"). */
import { expect, test } from "vitest";
import type { Policy } from "../../src/model/policy.ts";
import { addressOf } from "../../src/policy/target.ts";
import { load, problemsOf } from "./helpers.ts";

async function academy(register: string): Promise<Policy> {
  const [policy] = await load({
    "p.yaml": `version: 1
target:
  name: academy
  provider: corporateacademy
  url: https://academy.example/mediator
  register: ${JSON.stringify(register)}
  keys: "session:*"
sessions: { maxAge: 30d }
`,
  });
  if (!policy) throw new Error("no policy came back");
  return policy;
}

test.each([
  ["redis:/u:pw@h:1/0", "expects an address"],
  ["redis://h/0?password=pw", "must not have a query"],
  ["redis://:pw@h/0", "must hold no password"],
  ["https://h/tokens", "expects a file"],
  [" ", "must not be blank"],
  ["~/tokens.jsonl", "holds ~ or $"],
])("a register at %s is refused, and never repeated", async (register, message) => {
  const fault = await academy(register).then(
    () => "none",
    (error: Error) => error.message,
  );
  expect(fault).toContain(`target.register: ${message}`);
  expect(fault).not.toContain("pw");
});

test("one register has one address, however it is spelt", async () => {
  const addresses = async (...registers: string[]) =>
    new Set(await Promise.all(registers.map(async (one) => addressOf((await academy(one)).target))))
      .size;
  expect(await addresses("tokens.jsonl", "./tokens.jsonl", "a/../tokens.jsonl")).toBe(1);
  expect(await addresses("redis://Host:6379/0", "REDIS://host:6379/0")).toBe(1);
  expect(await addresses("tokens.jsonl", "Tokens.jsonl", "env:TOKENS", "redis://h/0")).toBe(4);
});

test("an unknown provider hides no other fault", async () => {
  const told = (provider: string) =>
    problemsOf({
      "p.yaml": `version: 1
target: { name: a, ${provider}url: "http://example.com/x", credentials: hunter2, requestsPerSecond: 0 }
`,
    });
  const others = [
    expect.stringContaining("target.url: must begin with https://"),
    expect.stringContaining("target.credentials: is not a reference"),
    expect.stringContaining("target.requestsPerSecond: 0 is too small"),
  ];
  expect(await told("provider: slinger, ")).toEqual([
    expect.stringContaining('did you mean "slingr"?'),
    ...others,
  ]);
  expect(await told("provider: acme, ")).toEqual([
    expect.stringContaining('"acme" is not one of'),
    ...others,
  ]);
  expect(await told("")).toEqual([expect.stringContaining('"provider" is missing'), ...others]);
});
