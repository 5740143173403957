/** What the lists of all reports are made of: a row for each action, wanted, held or tried. */
import type { Action, Cause, Held, HeldBy, HeldGroup, Plan, Reason } from "../../model/plan.ts";
import type { Outcome, Status } from "../../model/run.ts";
import type { ActionType } from "../../model/vocabulary.ts";
import { count, moment, number } from "../../text/words.ts";

/** Kinds of action as people tell them apart, the most destructive first: the types, but that a lock which erases data is a kind of its own. */
export const KINDS = ["lock-and-wipe", "wipe", "lock", "re-authenticate", "unlock"] as const;
export type Kind = (typeof KINDS)[number];

/** An action of a plan, held or not. */
export type Wanted = Action | Held;

/** What makes an action the same one in a plan, in its outcomes and in the audit log. */
export interface Subject {
  type: ActionType;
  user: string;
  session: string | null;
}

export function identity({ type, user, session }: Subject): string {
  return JSON.stringify([type, user, session]);
}

/**
 * What became of an action that was begun. Without an outcome: a later run found it `done` or `undone`, or tried it
 * `again`; `unknown` where nobody ever told.
 */
export type Fate = Status | "done" | "undone" | "again" | "unknown";

/** One action, as far as it is known. Texts are as they came: each format makes them safe. */
export interface Row extends Subject {
  kind: Kind;
  /** What the policy calls the user, where that is not the id. */
  name: string | null;
  /** What the device calls itself. */
  label: string | null;
  /** null where that is not known. */
  cause: Cause | null;
  reasons: readonly Reason[];
  /** Since when it is wanted, ISO 8601. */
  since: string | null;
  urgent: boolean;
  /** What holds it. */
  by: HeldBy | null;
  /** What became of it; null where nothing was tried. */
  status: Fate | null;
  /** Whether a later read has shown it done. */
  confirmed: boolean | null;
  /** Why it was not done, or what somebody changed: a sentence below it. */
  note: string | null;
  /** It stands for so many that are not listed: it is counted, and drawn nowhere. */
  n?: number;
}

/** How many these are: those that are not listed, too. */
export function total(of: readonly { n?: number }[]): number {
  return of.reduce((sum, { n = 1 }) => sum + n, 0);
}

/** Those that are drawn. */
export function listed(rows: readonly Row[]): Row[] {
  return rows.filter(({ n }) => n === undefined);
}

/** All that waits: what is listed, then a row for each group of the rest. */
export function heldRows({ held, heldRest = [] }: Pick<Plan, "held" | "heldRest">): Row[] {
  return [...held.map(rowOf), ...heldRest.map(restRow)];
}

/** A group of what is not listed, as a row that stands for it. */
export function restRow({ lines, n, sessions: _, ...of }: HeldGroup): Row {
  const reasons = lines.map((line) => ({ ...line, message: "" }));
  return { ...rowOf({ ...of, user: "", session: null, reasons }), n };
}

/** What is told of an action beside its subject, wherever that is told: in a plan or in the audit log. */
interface RowKnown {
  wipe?: boolean;
  urgent?: boolean;
  cause?: Cause | null;
  reasons?: readonly Reason[];
  name?: string | null;
  label?: string | null;
  since?: string;
  by?: HeldBy;
  after?: string;
  failed?: number;
  next?: string;
}

/** The row of an action of which nothing is tried yet. */
export function rowOf(of: Subject & RowKnown): Row {
  const { type, user, session, cause = null, reasons = [], since = null, by = null } = of;
  return {
    ...{ type, user, session, cause, reasons, since, by },
    kind: type === "lock" && of.wipe ? "lock-and-wipe" : type,
    name: of.name === user ? null : (of.name ?? null),
    label: of.label || null,
    urgent: of.urgent === true,
    ...{ status: null, confirmed: null, note: sentences(of) },
  };
}

/** How often it failed and when it is tried again; after which moment somebody changed it. */
function sentences({ after, failed, next }: RowKnown): string | null {
  const told = [
    ...(failed === undefined
      ? []
      : [
          `Failed ${failed === 1 ? "once" : `${number(failed)} times in a row`}${next === undefined ? "" : `, tried again from ${moment(next)}`}.`,
        ]),
    ...(after === undefined ? [] : [`Changed after ${moment(after)}.`]),
  ];
  return told.length > 0 ? told.join(" ") : null;
}

/** The row, with what became of it; without an outcome nobody knows. */
export function became(
  row: Row,
  outcome:
    | (Pick<Outcome, "status" | "unwiped"> & { error?: string | null; confirmed?: boolean | null })
    | null,
): Row {
  if (outcome === null) return { ...row, status: "unknown" };
  const { status, error, confirmed = null, unwiped = [] } = outcome;
  if (unwiped.length > 0)
    return { ...row, status, confirmed: false, note: unwipedLine(unwiped.length) };
  const note = status === "applied" ? null : (error ?? "no reason given");
  return { ...row, status, confirmed, note };
}

/** Of locks with `wipe`: that the lock is there, and so many sessions are not shown wiped. */
export function unwipedLine(n: number): string {
  const sessions = count(n, "session is", "sessions are");
  return `Locked, and ${sessions} not shown wiped; the next run wants ${n === 1 ? "its wipe" : "their wipes"}.`;
}
