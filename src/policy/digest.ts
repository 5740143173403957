/** The fingerprint of a policy. */
import { createHash } from "node:crypto";
import { canonical } from "../canonical.ts";
import type { Policy } from "../model/policy.ts";

/**
 * `sha256:` and 64 hex digits over what the policy says, not over where it says it: moving lines,
 * splitting files, comments and commits do not change it.
 */
export function policyDigest(policy: Policy): string {
  const { digest: _digest, commit: _commit, files: _files, ...said } = policy;
  return `sha256:${createHash("sha256")
    .update(canonical(withoutSources(said)))
    .digest("hex")}`;
}

/** A `source` that is an object (or null, for a default) is a position; a `where` field of that name is a plain value. */
function withoutSources(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSources);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, part]) => key !== "source" || typeof part !== "object")
      .map(([key, part]) => [key, withoutSources(part)]),
  );
}
