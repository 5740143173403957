/** The fingerprint of a plan. */
import { hash } from "node:crypto";
import { canonical } from "../canonical.ts";
import type { Plan } from "../model/plan.ts";

/** `sha256:…` over all of the plan but the digest itself, and the codes that are reckoned when it is printed, whatever the order of its keys. */
export function planDigest(plan: Plan & { codes?: readonly number[] }): string {
  const { digest: _, codes: __, ...rest } = plan;
  return `sha256:${hash("sha256", canonical(rest))}`;
}

/** `sha256:…` over the digests of several plans, in their order: none is left out, doubled or taken from elsewhere. */
export function plansDigest(plans: readonly Pick<Plan, "digest">[]): string {
  return `sha256:${hash("sha256", canonical(plans.map(({ digest }) => digest)))}`;
}
