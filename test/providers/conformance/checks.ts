/** The suite: what every provider is held to, in groups. */
import type { Group } from "./check.ts";
import { CLAIMS } from "./groups/claims.ts";
import { FAULTS } from "./groups/faults.ts";
import { READS } from "./groups/reads.ts";
import { REFUSALS } from "./groups/refusals.ts";
import { RIGHTS } from "./groups/rights.ts";
import { SECRETS } from "./groups/secrets.ts";
import { SETTLES } from "./groups/settles.ts";

export const GROUPS: readonly Group[] = [READS, CLAIMS, REFUSALS, SETTLES, FAULTS, RIGHTS, SECRETS];
