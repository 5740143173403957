/** Credentials are references in the policy; here they become the secret, which goes nowhere but into the provider. */
import { UsageError } from "./errors.ts";
import type { Target } from "./model.ts";

/** The first reference that exists. Throws UsageError where none does; its message names references, never values. */
export function resolveCredential(
  target: Target,
  env: Readonly<Record<string, string | undefined>>,
): string {
  for (const reference of target.credentials) {
    const secret = reference.startsWith("env:")
      ? env[reference.slice("env:".length)]?.trim()
      : undefined;
    if (secret) return secret;
  }
  const { file, line } = target.source;
  const tried = target.credentials.map((reference) =>
    reference.startsWith("env:")
      ? `the environment variable ${reference.slice("env:".length)} is not set`
      : `${reference} can't be read by this version`,
  );
  throw new UsageError(
    `${file}:${line}: no credential for ${target.name}: ${tried.join(", ")}. Set one of them to the token of the deployment.`,
  );
}
