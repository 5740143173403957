/** Whose session falls due soon, gathered while the inventory streams by. Pure; holds the users of that time only. */
import type { Sink } from "../inventory/read.ts";
import type { Known } from "../model/run.ts";
import type { Duration, Instant, Rule } from "../model/vocabulary.ts";
import { type Fall, foreseer } from "../plan/forecast/foresee.ts";
import { rulebook } from "../policy/effective.ts";

/** A user of whom a session falls due, and the first one that does. */
export interface DueUser {
  user: string;
  /** What the policy calls the user, where that is not the id. */
  name: string | null;
  at: Instant;
  /** The first of the rules that are broken then. */
  rule: Rule;
}

export interface DueMeter extends Sink {
  /** The soonest first. */
  due(): DueUser[];
}

/** Whoever is locked out, or has a device that was denied, is not warned. */
const SILENT: ReadonlySet<Rule> = new Set<Rule>(["users.locked", "devices.denied"]);

/** Gathers who falls due after `at` and at most `before` later, if nothing changes. */
export function dueMeter({ policy, at, memory }: Known, before: Duration): DueMeter {
  const foresee = foreseer(rulebook(policy), memory);
  const all: DueUser[] = [];
  return {
    add(record) {
      if ("unreadable" in record) return;
      const { id, name } = record.user;
      const falls = foresee(record.user, at, at + before + 1).filter((fall) => isWarned(fall, at));
      const [first] = falls.toSorted((a, b) => a.at - b.at);
      const rule = first?.reasons[0]?.rule;
      if (first && rule)
        all.push({ user: id, name: name === id ? null : name, at: first.at, rule });
    },
    due: () => all.toSorted((a, b) => a.at - b.at || (a.user < b.user ? -1 : 1)),
  };
}

/** Not what is due already: that is done now, or waits for its turn. */
function isWarned({ at, type, hold, reasons }: Fall, now: Instant): boolean {
  return (
    at > now &&
    hold === null &&
    (type === "re-authenticate" || type === "wipe") &&
    !reasons.some(({ rule }) => SILENT.has(rule))
  );
}
