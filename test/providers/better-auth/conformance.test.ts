/** The suite against a real server that is always there. */
import { conformance } from "../conformance.ts";
import { BETTER_AUTH } from "./kind.ts";

conformance(BETTER_AUTH);
