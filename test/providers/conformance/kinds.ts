/** Every kind that the suite holds to its capabilities, in the order of the page. */
import { BETTER_AUTH } from "../better-auth/kind.ts";
import { CORPORATEACADEMY } from "../corporateacademy/kind.ts";
import { JOURNEYAPPS } from "../journeyapps/kind.ts";
import { MEMORY } from "../memory/kind.ts";
import { SLINGR } from "../slingr/kind.ts";
import type { Kind } from "./kind.ts";

export const KINDS: readonly Kind[] = [JOURNEYAPPS, SLINGR, CORPORATEACADEMY, BETTER_AUTH, MEMORY];
