/** The phrases that all formats share: what actions, notices and refusals are called, and what a plan comes to. */
import type { NoticeKind, Plan, Refusal } from "../../model/plan.ts";
import { ACTION_TYPES, type ActionType } from "../../model/vocabulary.ts";
import { count, number, tally } from "../../text/words.ts";
import { groupBy } from "./groups.ts";
import { type Kind, total } from "./rows.ts";

/** "lock and wipe". */
export function kindWords(kind: Kind): string {
  return kind.replaceAll("-and-", " and ");
}

/** What a section of this kind is called, e.g. "Re-authenticate 61 sessions". */
export function kindTitle(kind: Kind, n: number): string {
  const titles: Record<Kind, string> = {
    "lock-and-wipe": `Lock ${count(n, "user")} and wipe the devices`,
    wipe: `Wipe ${count(n, "session")}`,
    lock: `Lock ${count(n, "user")}`,
    "re-authenticate": `Re-authenticate ${count(n, "session")}`,
    unlock: `Unlock ${count(n, "user")}`,
  };
  return titles[kind];
}

/** How many of each type; a type that does not occur is left out. */
export function typeCounts(
  actions: readonly { type: ActionType; n?: number }[],
): [ActionType, number][] {
  return groupBy(ACTION_TYPES, actions, (a) => a.type).map(([type, all]) => [type, total(all)]);
}

/** "2 to lock, 300 to re-authenticate". */
export function typesTally(actions: readonly { type: ActionType; n?: number }[]): string {
  return tally(typeCounts(actions).map(([type, n]) => [`to ${type}`, n]));
}

/** Titles of the kinds of notice. */
export const NOTICE_TITLES: Record<NoticeKind, string> = {
  protected: "Protected: left alone",
  "foreign-lock": "Locked, and not managed by Curfew",
  "orphaned-lock": "Locked by Curfew, managed by no policy",
  "adopted-lock": "Locks that become ours",
  "unknown-user": "Unknown users",
  unclear: "Unclear: nothing is done that rests on it",
  "expiring-exception": "Exceptions that end soon",
  "wipe-pending": "Wiped, and the device has not connected yet",
  flapping: "Signed out again and again",
  over: "Over: it does nothing any more",
  clock: "Moments in the future: taken as unknown",
  "told-elsewhere": "Told elsewhere: what the backend itself holds",
};

/** "120 to lock, 50 left of limits.lock.max". */
export function refusalTitle(refusal: Refusal): string {
  const { type, limit, wanted, allowed } = refusal;
  return `${number(wanted)} to ${type}, ${number(allowed)} left of limits.${type}.${limit}`;
}

/** What an apply changes in the ledger alone, as sentences; null where nothing. Ids are printable. */
export function ledgerLine(plan: Plan): string | null {
  const { adopt, forget } = plan.ledger;
  const parts: string[] = [];
  if (adopt.length > 0) {
    parts.push(`${count(adopt.length, "lock")} found in place ${be(adopt)} adopted`);
  }
  if (forget.length > 0) {
    parts.push(
      `${count(forget.length, "lock")} that somebody lifted and nobody wants ${be(forget)} forgotten`,
    );
  }
  return parts.length > 0 ? `Ledger only, no write to the backend: ${parts.join("; ")}.` : null;
}

const be = (many: readonly unknown[]) => (many.length === 1 ? "is" : "are");
