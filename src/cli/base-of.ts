/** Which policy of the base a target is compared with: `plan --base` (docs/contract.md, "The cause"). */

import { normaliseUrl } from "../ledger/key.ts";
import type { Policy } from "../model/policy.ts";
import { addressOf } from "../policy/target.ts";

/**
 * The base's policy for the target of this address. Where no address fits, the one of its name, unless that one's
 * deployment is managed by another policy of the change: then this target took the name of that one. null where
 * there is none.
 */
export function baseOf(
  { target }: Policy,
  base: readonly Policy[],
  changed: readonly Policy[],
): Policy | null {
  const address = normaliseUrl(addressOf(target));
  const same = base.find((other) => normaliseUrl(addressOf(other.target)) === address);
  if (same) return same;
  const taken = new Set(changed.map((other) => normaliseUrl(addressOf(other.target))));
  const named = base.find((other) => other.target.name === target.name);
  return named && !taken.has(normaliseUrl(addressOf(named.target))) ? named : null;
}
