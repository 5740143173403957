import { describe, expect, it } from "vitest";
import { resolveCredential } from "../src/credentials.ts";
import { UsageError } from "../src/errors.ts";
import { FILE, policyOf } from "./builders.ts";

const target = (...credentials: string[]) => ({ ...policyOf().target, credentials });

describe("the credential", () => {
  it("is that of the first reference that exists", () => {
    const two = target("env:FIRST", "env:SECOND");
    expect(resolveCredential(two, { FIRST: "a", SECOND: "b" })).toBe("a");
    expect(resolveCredential(two, { SECOND: "b" })).toBe("b");
    expect(resolveCredential(two, { FIRST: "", SECOND: "b" })).toBe("b");
    expect(resolveCredential(two, { FIRST: " \n", SECOND: "b" })).toBe("b");
  });

  it("is sent as it is, but for white space around it", () => {
    expect(resolveCredential(target("env:TOKEN"), { TOKEN: "O:abc def=\n" })).toBe("O:abc def=");
  });

  it("that does not exist is an error that names the line and what was tried, and no value", () => {
    const env = { OTHER: "secret-value", ABSENT: " " };
    const resolve = () => resolveCredential(target("env:ABSENT", "aws-secret:curfew/p"), env);
    expect(resolve).toThrow(UsageError);
    expect(resolve).toThrow(`${FILE}:3: no credential for production`);
    expect(resolve).toThrow(/variable ABSENT is not set, aws-secret:curfew\/p can't be read/);
    expect(resolve).not.toThrow(/secret-value/);
  });

  it("is never taken from the reference itself, nor from an object's own keys", () => {
    expect(() => resolveCredential(target("O:abc"), { "O:abc": "x" })).toThrow(UsageError);
    expect(() => resolveCredential(target("env:"), {})).toThrow(UsageError);
  });
});
