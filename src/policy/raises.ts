/** The raises of limits that are in force at a moment. */
import type { Policy, Raise } from "../model/policy.ts";
import type { Instant } from "../model/vocabulary.ts";

/** The raises of a limit that are in force. */
export function raisesOf(policy: Policy, type: Raise["type"], at: Instant): Raise[] {
  return policy.limits.raise.filter((raise) => raise.type === type && at < raise.until);
}

/** The percent of users that an inventory may lose, with the raises that are in force. */
export function allowedDrop(policy: Policy, at: Instant): number {
  const raises = raisesOf(policy, "inventoryDrop", at).map((raise) => raise.percent ?? 0);
  return Math.max(policy.limits.inventoryDrop, ...raises);
}
