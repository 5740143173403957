/** An error of the AWS SDK as one of ours: what could not be done, what AWS said, and the permission that it takes. */
import { UsageError } from "../errors.ts";

/** `what` is the beginning of a sentence. Throws `error` where it is no error at all. */
export function refused(what: string, permission: string, error: unknown): UsageError {
  if (!(error instanceof Error)) throw error;
  const denied = /AccessDenied|AuthorizationError|Forbidden/.test(error.name);
  const remedy = denied ? `: the identity needs ${permission} on it` : "";
  return new UsageError(`${what} (${error.name}: ${error.message})${remedy}`);
}
