/** What a policy's `target` may hold, by provider: each folder's own keys, the one list of them. */
import { corporateacademyTarget } from "./corporateacademy/target.ts";
import { journeyAppsTarget } from "./journeyapps/target.ts";
import { slingrTarget } from "./slingr/target.ts";

/** The keys of a target beside those that every target has, as zod schemas. */
export const TARGETS = {
  journeyapps: journeyAppsTarget,
  slingr: slingrTarget,
  corporateacademy: corporateacademyTarget,
} as const;
