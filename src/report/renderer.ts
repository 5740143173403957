/** What a format has to do: the values that it is given, and what it makes of them. */
import type { EstateFacts } from "../estate/facts.ts";
import type { Plan } from "../model/plan.ts";
import type { Outcome, RunSummary, TargetInfo } from "../model/run.ts";
import type { DriftFacts } from "./told/drift.ts";
import type { Occasion } from "./told/ending.ts";
import type { Lifted } from "./told/lifted.ts";
import type { Repository } from "./told/links.ts";
import type { Missing } from "./told/missing.ts";
import type { AuditHead } from "./told/outcomes.ts";

/** One target's plan, and what is known beside it. */
export interface Reported extends Occasion {
  plan: Plan;
  info?: TargetInfo | null;
  /** Raises in force, and what a change does to the brakes. */
  lifted?: readonly Lifted[];
  /** For charts: what the inventory says, and recent runs, oldest first. */
  facts?: EstateFacts | null;
  runs?: readonly RunSummary[];
}
export interface Checked extends Reported, DriftFacts {}
export interface Applied extends Reported {
  outcomes: readonly Outcome[];
  audit?: AuditHead | null;
}

/** What the doors know and a renderer may not ask: the terminal, and how much room there is. */
export interface RenderOptions {
  colour: boolean;
  width: number;
  all: boolean;
  /** Several targets were asked for, so JSON is a list also where only one of them worked. */
  several: boolean;
  /** Targets that were asked for and of which there is no report; none where absent. */
  missing?: readonly Missing[];
  /** How many targets worked, where `missing` is not empty: more than are told here where some were told before. */
  told?: number;
  /** Markdown: characters at most for all targets together; MAX_CHARS where absent. */
  maxChars?: number;
  /** HTML and Markdown: where the policies are kept, for links to their lines. */
  repository?: Repository | null;
  /** GitHub, HTML and Markdown: leads from the repository's top to where file names start from; "" or with a slash at its end. */
  folder?: string;
}

/** How one format tells of one or several targets; every string ends with a newline. */
export interface Renderer {
  plan(of: readonly Reported[], options: RenderOptions): string;
  drift(of: readonly Checked[], options: RenderOptions): string;
  apply(of: readonly Applied[], options: RenderOptions): string;
}
