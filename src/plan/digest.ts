/** The fingerprint of a plan. */
import { hash } from "node:crypto";
import type { Plan } from "../model.ts";
import { canonical } from "../policy/canonical.ts";

/** `sha256:…` over all of the plan but the digest itself, whatever the order of its keys. */
export function planDigest(plan: Plan): string {
  const { digest: _, ...rest } = plan;
  return `sha256:${hash("sha256", canonical(rest))}`;
}
