/** Audit logs for the report tests: chained as the ledger chains them, of runs on the estate of builders.ts. */
import { summariseRun } from "../../src/apply/summary.ts";
import {
  beginEntries,
  endEntry,
  intentEntries,
  outcomeEntries,
} from "../../src/ledger/log/entries.ts";
import {
  type AuditEntry,
  type AuditLine,
  chain,
  parseLine,
  ROOT,
} from "../../src/ledger/log/line.ts";
import type { Action, Plan } from "../../src/model/plan.ts";
import type { Attempt, Found, Outcome } from "../../src/model/run.ts";
import { MINUTE } from "../../src/time.ts";

export const T = Date.parse("2026-11-22T10:00:00Z");

/** The lines of a log that holds these entries. */
export function log(entries: readonly AuditEntry[]): AuditLine[] {
  const { lines } = chain(entries, { seq: 0, hash: ROOT });
  return lines
    .trimEnd()
    .split("\n")
    .filter((text) => text !== "")
    .map((text) => parseLine(text).line);
}

/** What a run tells; the outcomes come a minute after it began. */
export interface Told {
  id: string;
  at?: number;
  plan: Plan;
  outcomes: Outcome[];
  /** What it finds of the actions of earlier runs. @default nothing */
  found?: readonly Found[];
  /** Whether it ends. @default true */
  ends?: boolean;
  /** Whether it has a lease, so that it says who it is and when its outcomes came. @default true */
  leased?: boolean;
}

export function run({
  id,
  at = T,
  plan,
  outcomes,
  found = [],
  ends = true,
  leased = true,
}: Told): AuditEntry[] {
  const holder = { run: id, host: "build-7.example", pid: 4711, started: null, who: "jane" };
  const attempts = plan.actions.map((action) => attempt(action, id, at));
  const start = { id, at, plan, undone: [], found, owedWipes: {} };
  const later = { run: id, at: leased ? at + MINUTE : null };
  const end = { id, at, policy: null, summary: summariseRun(id, at, plan, outcomes), confirmed: 0 };
  return [
    ...beginEntries(start, leased ? holder : null, 1),
    ...intentEntries(start, attempts, []),
    ...outcomeEntries(later, outcomes),
    ...(ends ? [endEntry(later, end, [], ROOT)] : []),
  ];
}

function attempt(action: Action, id: string, at: number): Attempt {
  const { type, user, session, wipe = false, urgent = false } = action;
  return {
    ...{ run: id, at, type, user, session, wipe, signedInAt: null },
    ...{ counts: urgent ? "urgent" : "limit", was: session === null ? null : "active", line: "" },
    ...{ ends: {}, before: null, from: at, seen: null, undone: false },
    wipes: wipe ? { [`${user}-session`]: null } : {},
    status: "intent",
  };
}
