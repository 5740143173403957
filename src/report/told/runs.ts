/** What the audit log tells, run by run. Pure. */
import type { ReadLine } from "../../ledger/log/audit.ts";
import type { LineOf, ReadLines } from "../../ledger/log/selection.ts";
import { printable } from "../../text/safe.ts";
import { moment } from "../../text/words.ts";
import { became, type Fate, identity, type Row, rowOf } from "./rows.ts";

/** An action and what became of it. */
export interface Deed {
  /** null where only an outcome is told: of an action of a saved plan that was not true any more. */
  intent: LineOf<"intent"> | null;
  /** The last that was told; null where none was: the action may have taken effect. */
  outcome: LineOf<"outcome"> | null;
  /** Of one without an outcome: what a later run found, or its intent where that tried the action again. */
  later?: LineOf<"found"> | LineOf<"intent">;
}

/** The actions of a run by what makes each the same one, in the order in which they were first told. */
type Deeds = Map<string, Deed>;

/** A run, as the audit log tells it. */
export interface PastRun {
  id: string;
  /** The number of its first line. */
  from: number;
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
export async function pastRuns(lines: ReadLines, most: number, all: boolean): Promise<PastRuns> {
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
  const lost = lostDeeds();
  for await (const line of lines) {
    lost.see(line);
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
      const at = { id: line.run, from: line.seq, at: line.at, quietBefore: quiet.count };
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
    if (line.kind === "intent" || line.kind === "outcome") lost.note(addDeed(line, deeds));
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
function addDeed(line: LineOf<"intent" | "outcome">, deeds: Deeds): Deed {
  const key = identity(line);
  const deed = { intent: null, outcome: null, ...deeds.get(key), [line.kind]: line };
  deeds.set(key, deed);
  return deed;
}

/** Deeds without an outcome, so that what a later run tells of each can be put beside it. */
export function lostDeeds() {
  const open = new Map<string, Deed>();
  return {
    /** Gives the deed that the line tells more of, where it is one of an earlier run. */
    see(line: ReadLine): Deed | null {
      if (line.kind !== "found" && line.kind !== "intent") return null;
      const deed = open.get(identity(line));
      const run = deed?.intent?.run;
      if (deed === undefined || run === line.run) return null;
      if (line.kind === "found" && line.of !== run) return null;
      deed.later = line;
      open.delete(identity(line));
      return deed;
    },
    note(deed: Deed): void {
      const { intent, outcome } = deed;
      if (intent === null) return;
      if (outcome === null) open.set(identity(intent), deed);
      else if (open.get(identity(intent))?.intent?.run === intent.run)
        open.delete(identity(intent));
    },
  };
}

export function fate({ outcome, later }: Deed): Fate {
  if (outcome !== null) return outcome.status;
  if (later === undefined) return "unknown";
  return later.kind === "intent" ? "again" : later.done ? "done" : "undone";
}

function deedRow(deed: Deed): Row {
  const { intent, outcome, later } = deed;
  const line = intent ?? outcome;
  if (line === null) throw new RangeError("a deed has an intent or an outcome");
  const row = became(rowOf(line), outcome);
  return later === undefined ? row : { ...row, status: fate(deed), note: laterNote(later) };
}

const FOUND = { true: "found it done", false: "found it not done" } as const;

/** "run-2 found it done on 2026-11-22 11:00:00 UTC." */
export function laterNote(line: NonNullable<Deed["later"]>): string {
  const what = line.kind === "intent" ? "tried it again" : FOUND[`${line.done}`];
  const when = line.at === null ? "" : ` on ${moment(line.at)}`;
  return `Run ${printable(line.run)} ${what}${when}.`;
}
