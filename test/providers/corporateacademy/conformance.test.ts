/** corporateacademy-auth's provider against its sandbox. */
import { conformance } from "../conformance.ts";
import { CORPORATEACADEMY } from "./kind.ts";

conformance(CORPORATEACADEMY);
