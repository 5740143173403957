/** What is told of users who keep what a line says although the name has moved, and of whom a lost name may be. */
import type { User } from "../model/inventory.ts";
import type { Notice } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import type { Memory } from "../model/run.ts";
import type { Rulebook, UserPolicy } from "../policy/effective.ts";
import type { Line } from "../policy/lines.ts";
import * as notice from "./decide/notices.ts";
import type { Caused } from "./decide/want.ts";

/** Of the lines that hold by memory alone those to tell of: where the present name stands on the same list, none. */
export function movedLines(
  moved: readonly Line[],
  present: readonly Line[],
  { locked }: UserPolicy,
): Line[] {
  return moved
    .filter(({ list, of }) => !present.some((line) => line.list === list && line.of === of))
    .filter(({ list }) => list !== "users.locked" || locked.length > 0);
}

/** `holder`: the user who has the name now, null where nobody has. `mine`: the lock is ours. */
export function remembered(
  user: User,
  line: Line,
  holder: string | null,
  { target }: Policy,
  mine: boolean,
): Notice {
  const now =
    user.name === null ? `the user model gives it no ${target.identify}` : `it is ${user.name} now`;
  const moved = holder === null ? "nobody is called that" : `the name has moved to user ${holder}`;
  const where = { user: user.id, file: line.source.file, line: line.source.line };
  if (line.list !== "users.locked") {
    const list = line.of === null ? line.list : `${line.list}.${line.of}`;
    const message = `called ${line.written} when Curfew first met that line of ${list}, but ${now} and ${moved}: it keeps what the line says; if this is still who is meant, correct the name, else remove the line`;
    return { kind: line.list === "protected" ? "protected" : "unknown-user", ...where, message };
  }
  const how = mine ? "locked by Curfew as" : "called, when Curfew first met that line,";
  const left = user.locked ? "left locked" : "to be locked all the same";
  const message = `${how} ${line.written}, which the policy still locks, but ${now} and ${moved}: if this is still who is meant, correct the name, else remove the entry; ${left}`;
  return { kind: "orphaned-lock", ...where, message };
}

/** Whether a user looks unlisted, and may be whoever is meant by a name that nobody has and no apply has met. */
export function perhapsLost(
  { type, user, name }: Pick<Caused, "type" | "user" | "name">,
  book: Rulebook,
  { met }: Pick<Memory, "met">,
): boolean {
  if (book.policy.target.identify === null || type !== "unlock") return false;
  const known = Object.entries(met).some(
    ([key, one]) => one === user && key.startsWith('["users.locked",'),
  );
  return !known && book.lockedEntries(name ?? "").length === 0;
}

/** While the policy locks a name that nobody has (`lost`), nobody unlisted is unlocked who may be that user. */
export function withoutLost(
  wants: readonly Caused[],
  lost: string | null,
  book: Rulebook,
  memory: Pick<Memory, "met">,
): { wants: readonly Caused[]; notices: Notice[] } {
  if (lost === null) return { wants, notices: [] };
  const { true: spared = [], false: kept = [] } = Object.groupBy(wants, (want) =>
    perhapsLost(want, book, memory) ? "true" : "false",
  );
  const notices = spared.map(({ user }) => notice.perhapsRenamed(user, lost, book.policy));
  return { wants: kept, notices };
}
