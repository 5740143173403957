/** What the audit log tells, run by run; and the lines of it that are about one user, or of late. Pure. */
import type { ReadLine } from "../../ledger/log/audit.ts";
import type { AuditLine } from "../../ledger/log/line.ts";
import type { Status } from "../../model/run.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { became, identity, type Row, rowOf } from "./rows.ts";

/** The audit log or a part of it, oldest line first. */
export type Lines = AsyncIterable<ReadLine> | Iterable<ReadLine>;

/** A line of one kind. */
export type LineOf<K extends AuditLine["kind"]> = Extract<ReadLine, { kind: K }>;

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
  /** null where the line is lost. */
  plan: LineOf<"plan"> | null;
  /** Its actions and what became of them. */
  rows: Row[];
  /** What else its lines tell, in their order. */
  refusals: LineOf<"refusal">[];
  adopted: LineOf<"adopted">[];
  forgotten: LineOf<"forgotten">[];
  damages: LineOf<"ledger-damaged">[];
  /** Where it is no run: somebody asked for a token. */
  tokens: LineOf<"token">[];
  /** null where it did not end. */
  ended: LineOf<"run-ended"> | null;
  /** Told by a later run, where this one did not end. */
  died: LineOf<"run-died"> | null;
  /** Where it ended before its first write: all that there is of it. */
  stopped: LineOf<"run-stopped"> | null;
  /** How many of its lines are not as they were written. */
  altered: number;
}

/** Which lines are asked for. */
export interface Selection {
  /** Ids of users; null for all. */
  users: ReadonlySet<string> | null;
  /** Of runs that began at this moment or later; null for all. */
  since: Instant | null;
}

/** The ids of the user of this id or name. Intents and tokens tell names, where the policy identifies users by a field. */
export async function idsOf(lines: Lines, user: string): Promise<Set<string>> {
  const ids = new Set([user]);
  for await (const line of lines) {
    if ((line.kind === "intent" || line.kind === "token") && line.name === user) ids.add(line.user);
  }
  return ids;
}

/** The lines of a selection. For users: all that names them, and the plan and the end of each run that did. */
export async function* selected(
  lines: Lines,
  { users, since }: Selection,
): AsyncGenerator<ReadLine> {
  const recent = new Map<string, boolean>();
  /** Plans of runs that have told of none of the users yet. */
  const waiting = new Map<string, LineOf<"plan">>();
  const told = new Set<string>();
  for await (const line of lines) {
    const { run } = line;
    if (!recent.has(run)) recent.set(run, isRecent(line, since));
    if (!recent.get(run)) continue;
    if (users === null) yield line;
    else if (line.kind === "plan") waiting.set(run, line);
    else if (line.kind === "run-ended" && told.has(run)) yield line;
    else if (line.kind === "run-died" && told.has(line.died)) yield line;
    else if ("user" in line && users.has(line.user)) {
      const plan = waiting.get(run);
      if (plan) yield plan;
      waiting.delete(run);
      told.add(run);
      yield line;
    }
  }
}

function isRecent({ at }: ReadLine, since: Instant | null): boolean {
  return since === null || at === null || Date.parse(at) >= since;
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
      runs.set(line.run, { run: newRun(line, quiet.count), deeds: new Map() });
      quiet = { count: 0, last: null };
      // The newest may turn out to do nothing.
      drop(most + 1);
    }
    const known = runs.get(line.run);
    if (!known) continue;
    add(line, known.run, known.deeds);
    if (all || known.deeds.size > 0 || !isQuiet(known.run)) continue;
    runs.delete(line.run);
    quiet = { count: quiet.count + known.run.quietBefore + 1, last: known.run.at };
  }
  drop(most);
  const told = [...runs.values()].map(({ run, deeds }) => ({
    ...run,
    rows: [...deeds.values()].map(deedRow),
  }));
  return { runs: told, earlier, quiet };
}

function newRun({ run, at }: ReadLine, quietBefore: number): PastRun {
  const lists = { rows: [], refusals: [], adopted: [], forgotten: [], damages: [], tokens: [] };
  const end = { ended: null, died: null, stopped: null, altered: 0 };
  return { id: run, at, quietBefore, plan: null, ...lists, ...end };
}

/** Whether a run ended and did nothing, and there is nothing else to tell of it. */
function isQuiet(run: PastRun): boolean {
  const { ended, altered, refusals, adopted, forgotten, damages } = run;
  const told = [refusals, adopted, forgotten, damages];
  return ended !== null && altered === 0 && told.every((list) => list.length === 0);
}

function add(line: ReadLine, run: PastRun, deeds: Deeds): void {
  if (line.intact === false) run.altered++;
  if (line.kind === "plan") run.plan = line;
  else if (line.kind === "refusal") run.refusals.push(line);
  else if (line.kind === "adopted") run.adopted.push(line);
  else if (line.kind === "forgotten") run.forgotten.push(line);
  else if (line.kind === "ledger-damaged") run.damages.push(line);
  else if (line.kind === "token") run.tokens.push(line);
  else if (line.kind === "run-ended") run.ended = line;
  else if (line.kind === "run-stopped") run.stopped = line;
  else if (line.kind === "intent" || line.kind === "outcome") addDeed(line, deeds);
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
