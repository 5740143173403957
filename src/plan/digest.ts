/** The fingerprint of a plan. */
import { hash } from "node:crypto";
import { canonical } from "../canonical.ts";
import { HELD_LISTED } from "../held.ts";
import type { Plan } from "../model/plan.ts";

/** `sha256:…` over what is listed of the plan but the digest itself, and what is reckoned when it is printed, whatever the order of its keys. */
export function planDigest(plan: Plan & { codes?: readonly number[] }): string {
  const { digest: _, codes: __, heldSummary: ___, ...rest } = plan;
  // A plan from a file may be of any form.
  const cut = Array.isArray(rest.held) ? { held: rest.held.slice(0, HELD_LISTED) } : {};
  return `sha256:${hash("sha256", canonical({ ...rest, ...cut }))}`;
}

/** `sha256:…` over the digests of several plans, in their order: none is left out, doubled or taken from elsewhere. */
export function plansDigest(plans: readonly Pick<Plan, "digest">[]): string {
  return `sha256:${hash("sha256", canonical(plans.map(({ digest }) => digest)))}`;
}
