/** A provider in memory: what the suite says of capabilities that no real kind has yet. */
import { conformance } from "../conformance.ts";
import { MEMORY } from "./kind.ts";

conformance(MEMORY);
