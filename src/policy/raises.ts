/** The raises of limits that are in force at a moment. */
import type { Policy, Raise } from "../model/policy.ts";
import type { Instant } from "../model/vocabulary.ts";
import { DAY, iso } from "../time.ts";

/** The line of `limits.raise` that a message offers: good as it stands, for a day and what is left of that day. */
export function raiseLine(
  type: Raise["type"],
  keys: Partial<Pick<Raise, "max" | "percent" | "perRun">>,
  at: Instant,
): string {
  const needed = (["max", "percent", "perRun"] as const).flatMap((key) =>
    keys[key] === undefined ? [] : [`${key}: ${keys[key]}`],
  );
  const until = iso(at + DAY).slice(0, 10);
  return `{ type: ${type}, ${needed.join(", ")}, until: ${until}, reason: … }`;
}

/** The raises of a limit that are in force. */
export function raisesOf(policy: Policy, type: Raise["type"], at: Instant): Raise[] {
  return policy.limits.raise.filter((raise) => raise.type === type && at < raise.until);
}

/** The percent of users that an inventory may lose, with the raises that are in force. */
export function allowedDrop(policy: Policy, at: Instant): number {
  const raises = raisesOf(policy, "inventoryDrop", at).map((raise) => raise.percent ?? 0);
  return Math.max(policy.limits.inventoryDrop, ...raises);
}
