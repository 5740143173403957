import { describe, expect, it, vi } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { resolveCredential } from "../../src/secrets/credentials.ts";
import { describeWithMoto } from "../aws/moto.ts";
import { FILE, policyOf } from "../kit/builders.ts";

const target = (...credentials: string[]) => ({ ...policyOf().target, credentials });

/** What it throws. */
async function errorOf(work: Promise<unknown>): Promise<Error> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error)) throw new Error("it did not fail");
  return error;
}

describe("the credential", () => {
  it("is that of the first reference that exists", async () => {
    const two = target("env:FIRST", "env:SECOND");
    expect(await resolveCredential(two, { FIRST: "a", SECOND: "b" })).toBe("a");
    expect(await resolveCredential(two, { SECOND: "b" })).toBe("b");
    expect(await resolveCredential(two, { FIRST: "", SECOND: "b" })).toBe("b");
    expect(await resolveCredential(two, { FIRST: " \n", SECOND: "b" })).toBe("b");
  });

  it("is sent as it is, but for white space around it", async () => {
    const env = { TOKEN: "O:abc def=\n" };
    expect(await resolveCredential(target("env:TOKEN"), env)).toBe("O:abc def=");
  });

  it("that does not exist is an error that names the line and what was tried, and no value", async () => {
    const env = { OTHER: "secret-value", ABSENT: " " };
    const error = await errorOf(resolveCredential(target("env:ABSENT", "env:NONE"), env));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain(`${FILE}:3: no credential for production`);
    expect(error.message).toMatch(
      /variable ABSENT is set, and empty; .* variable NONE is not set\. Set one of them to/,
    );
    expect(error.message).not.toContain("secret-value");
  });

  it("of one reference alone is told as one", async () => {
    const { message } = await errorOf(resolveCredential(target("env:NONE"), {}));
    expect(message).toMatch(/variable NONE is not set\. Set it to the token of the deployment\.$/);
  });

  it("is never taken from the reference itself, nor from an object's own keys", async () => {
    expect(await errorOf(resolveCredential(target("O:abc"), { "O:abc": "x" }))).toBeInstanceOf(
      UsageError,
    );
    expect(await errorOf(resolveCredential(target("env:"), {}))).toBeInstanceOf(UsageError);
  });
});

describeWithMoto("the credential in AWS Secrets Manager", (moto) => {
  /** The SDK reads the process's own environment. */
  async function withAws<T>(work: () => Promise<T>): Promise<T> {
    for (const [name, value] of Object.entries(moto().env)) vi.stubEnv(name, value);
    try {
      return await work();
    } finally {
      vi.unstubAllEnvs();
    }
  }

  it("is the secret's value, or else the next reference's, or an error that says which secret lacks one", async () => {
    const { CreateSecretCommand, SecretsManagerClient } = await import(
      "@aws-sdk/client-secrets-manager"
    );
    await withAws(async () => {
      const client = new SecretsManagerClient({});
      await client.send(new CreateSecretCommand({ Name: "curfew/a", SecretString: " O:token\n" }));
      await client.send(new CreateSecretCommand({ Name: "curfew/empty" }));
      client.destroy();
      const both = target("env:NONE", "aws-secret:curfew/a");
      expect(await resolveCredential(both, {})).toBe("O:token");
      expect(await resolveCredential(both, { NONE: "mine" })).toBe("mine");
      const lacking = target("aws-secret:curfew/empty", "aws-secret:curfew/none");
      const { message } = await errorOf(resolveCredential(lacking, {}));
      expect(message).toMatch(
        /the secret curfew\/empty (is empty|does not exist, or holds no value)/,
      );
      expect(message).toMatch(
        /the secret curfew\/none does not exist, or holds no value yet: store/,
      );
    });
  });
});
