/** JourneyApps' provider against its sandbox. */
import { conformance } from "../conformance.ts";
import { JOURNEYAPPS } from "./kind.ts";

conformance(JOURNEYAPPS);
