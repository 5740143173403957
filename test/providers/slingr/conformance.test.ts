/** Slingr's provider against its sandbox. */
import { conformance } from "../conformance.ts";
import { SLINGR } from "./kind.ts";

conformance(SLINGR);
