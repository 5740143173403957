/** The lines of the audit log that are about one user, or of late. Pure. */
import type { Instant } from "../../model/vocabulary.ts";
import { nameKey } from "../../policy/names.ts";
import type { ReadLine } from "./audit.ts";
import type { AuditLine } from "./line.ts";

/** The audit log or a part of it, oldest line first. */
export type ReadLines = AsyncIterable<ReadLine> | Iterable<ReadLine>;

/** A line of one kind. */
export type LineOf<K extends AuditLine["kind"]> = Extract<ReadLine, { kind: K }>;

/** Which lines are asked for. */
export interface Selection {
  /** Ids of users; null for all. */
  users: ReadonlySet<string> | null;
  /** Of runs that began at this moment or later; null for all. */
  since: Instant | null;
}

/** Of the kinds that tell a user's name. */
export function nameOf(line: ReadLine): string | null {
  const told = line.kind === "intent" || line.kind === "token" || line.kind === "released";
  return told ? line.name : null;
}

/** The ids of the user of this id or name. Intents and requests tell names, where the policy identifies users by a field. */
export async function idsOf(lines: ReadLines, user: string): Promise<Set<string>> {
  const ids = new Set([user]);
  for await (const line of lines) {
    const name = nameOf(line);
    if (name === null || !("user" in line) || line.user === null) continue;
    if (nameKey(name) === nameKey(user)) ids.add(line.user);
  }
  return ids;
}

/** The lines of a selection. For users: all that names them, and the plan and the end of each run that did. */
export async function* selected(
  lines: ReadLines,
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
    else if ("user" in line && users.has(line.user ?? "")) {
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
