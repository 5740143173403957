/** Credentials are references in the policy; here they become the secret, which goes nowhere but into the provider. */
import { UsageError } from "../errors.ts";
import type { Target } from "../model/policy.ts";
import { readSecret } from "./aws-secret.ts";

/** The environment of a process. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Something that was looked up, or why it is not to be had, as a part of a sentence. */
export type Found<T> = T | { why: string };

/**
 * The first reference that exists. Throws UsageError where none does; its message names references, never values.
 * A reference that can't be read counts as absent, and the message says why.
 */
export async function resolveCredential(target: Target, env: Env): Promise<string> {
  const tried: string[] = [];
  for (const reference of target.credentials) {
    const found = await resolve(reference, env);
    if ("secret" in found) return found.secret;
    tried.push(found.why);
  }
  const { file, line } = target.source;
  const [only, another] = target.credentials;
  const one = only?.startsWith("env:") ? "it" : "the secret";
  const which = another === undefined ? one : "one of them";
  throw new UsageError(
    `${file}:${line}: no credential for ${target.name}: ${tried.join("; ")}. Set ${which} to the token of the deployment.`,
  );
}

/** What a reference such as `env:NAME` gives. Neither the secret nor a part of it is in `why`. */
export async function resolve(reference: string, env: Env): Promise<Found<{ secret: string }>> {
  const [kind, name] = split(reference);
  if (kind === "aws-secret") return readSecret(name);
  const value = env[name];
  const secret = value?.trim();
  if (secret) return { secret };
  const state = value === undefined ? "is not set" : "is set, and empty";
  return { why: `the environment variable ${name} ${state}` };
}

function split(reference: string): [kind: string, name: string] {
  const colon = reference.indexOf(":");
  return [reference.slice(0, colon), reference.slice(colon + 1)];
}
