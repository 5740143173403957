/** What the audit log tells, run by run. Pure. */
import type { ReadLine } from "../../ledger/log/audit.ts";
import type { LineOf, Lines } from "../../ledger/log/selection.ts";
import type { Status } from "../../model/run.ts";
import { became, identity, type Row, rowOf } from "./rows.ts";

/** An action and what became of it. */
export interface Deed {
  /** null where only an outcome is told: of an action of a saved plan that was not true any more. */
  intent: LineOf<"intent"> | null;
  /** The last that was told; null where none was: the action may have taken effect. */
  outcome: LineOf<"outcome"> | null;
}

/** The actions of a run by what makes each the same one, in the order in which they were first told. */
type Deeds = Map<string, Deed>;

/** A run, as the audit log tells it. */
export interface PastRun {
  id: string;
  /** ISO 8601, of its first line; null where that has none. */
  at: string | null;
  /** How many runs that did nothing come between the one before and this one. */
  quietBefore: number;
  /** Its actions and what became of them. */
  rows: Row[];
  /** What else its lines tell, in their order. */
  lines: ReadLine[];
  /** Told by a later run, where this one did not end. */
  died: LineOf<"run-died"> | null;
  /** How many of its lines are not as they were written. */
  altered: number;
}

/** The lines of one kind. */
export function linesOf<K extends ReadLine["kind"]>({ lines }: PastRun, kind: K): LineOf<K>[] {
  return lines.filter((line): line is LineOf<K> => line.kind === kind);
}

/** The last line of one kind; null where it has none. */
export function lineOf<K extends ReadLine["kind"]>(run: PastRun, kind: K): LineOf<K> | null {
  return linesOf(run, kind).at(-1) ?? null;
}

/** The last runs of a history, oldest first. */
export interface PastRuns {
  runs: PastRun[];
  /** How many there are before them. */
  earlier: number;
  /** Runs after the last of `runs` that did nothing, and when the last of them began. */
  quiet: { count: number; last: string | null };
}

/** The last runs, at most so many. Unless `all`, those that did nothing are only counted. */
export async function pastRuns(lines: Lines, most: number, all: boolean): Promise<PastRuns> {
  const runs = new Map<string, { run: PastRun; deeds: Deeds }>();
  const seen = new Set<string>();
  let earlier = 0;
  let quiet: PastRuns["quiet"] = { count: 0, last: null };
  const drop = (room: number) => {
    const [oldest] = runs.values();
    if (runs.size <= room || !oldest) return;
    runs.delete(oldest.run.id);
    earlier += oldest.run.quietBefore + 1;
  };
  for await (const line of lines) {
    if (line.kind === "run-died") {
      const died = runs.get(line.died);
      if (died) {
        died.run.died = line;
        died.run.altered += line.intact === false ? 1 : 0;
      }
      continue;
    }
    if (!seen.has(line.run)) {
      seen.add(line.run);
      const at = { id: line.run, at: line.at, quietBefore: quiet.count };
      const run: PastRun = { ...at, rows: [], lines: [], died: null, altered: 0 };
      runs.set(line.run, { run, deeds: new Map() });
      quiet = { count: 0, last: null };
      // The newest may turn out to do nothing.
      drop(most + 1);
    }
    const known = runs.get(line.run);
    if (!known) continue;
    const { run, deeds } = known;
    if (line.intact === false) run.altered++;
    if (line.kind === "intent" || line.kind === "outcome") addDeed(line, deeds);
    else run.lines.push(line);
    if (all || line.kind !== "run-ended" || deeds.size > 0 || !isQuiet(run)) continue;
    runs.delete(line.run);
    quiet = { count: quiet.count + run.quietBefore + 1, last: run.at };
  }
  drop(most);
  const told = [...runs.values()].map(({ run, deeds }) => ({
    ...run,
    rows: [...deeds.values()].map(deedRow),
  }));
  return { runs: told, earlier, quiet };
}

/** Whether a run that ended did nothing, and there is nothing else to tell of it. */
function isQuiet({ altered, lines }: PastRun): boolean {
  const told: ReadLine["kind"][] = ["refusal", "adopted", "forgotten", "ledger-damaged"];
  return altered === 0 && !lines.some(({ kind }) => told.includes(kind));
}

/** Adds what a line tells of an action to what the lines before it told. */
function addDeed(line: LineOf<"intent" | "outcome">, deeds: Deeds): void {
  const key = identity(line);
  deeds.set(key, { intent: null, outcome: null, ...deeds.get(key), [line.kind]: line });
}

/** What became of an action; `unknown` where no outcome was told. */
export function fate({ outcome }: Deed): Status | "unknown" {
  return outcome?.status ?? "unknown";
}

function deedRow({ intent, outcome }: Deed): Row {
  const line = intent ?? outcome;
  if (line === null) throw new RangeError("a deed has an intent or an outcome");
  return became(rowOf(line), outcome);
}
