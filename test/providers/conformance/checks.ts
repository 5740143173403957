/** The suite: what every provider is held to, in groups. */
import type { Group } from "./check.ts";
import { CLAIMS } from "./groups/claims.ts";
import { READS } from "./groups/reads.ts";
import { REFUSALS } from "./groups/refusals.ts";

export const GROUPS: readonly Group[] = [READS, CLAIMS, REFUSALS];
