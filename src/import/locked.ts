/** The section `users` of an imported policy: who is locked now, and who of them an entry would act on. */
import type { LockedUser } from "../estate/survey.ts";
import { printable } from "../text/safe.ts";
import { count } from "../text/words.ts";
import { notes, off, yamlLines } from "./lines.ts";

export interface LockedOptions {
  adopt: boolean;
  /** The date of the import. */
  day: string;
  /** The field that users are named by; null: the id. */
  identify: string | null;
}

/** Of users whom an entry can't be written for, so many are named. */
const NAMED = 20;
/** More entries would make a file that is too large to be a policy. */
const MOST_LOCKED = 20_000;
/** Of ids and names no policy is that much text. */
const MOST_TEXT = 2_000_000;

const EXAMPLE = [
  "# users:",
  "#   locked:",
  "#     - user: the-id-of-a-leaver",
  "#       reason: Left the company",
];

/** Everybody who is locked and rests: an entry wants nothing of them. The others stand there as comments. */
export function lockedSection(locked: readonly LockedUser[], options: LockedOptions): string[] {
  if (locked.length === 0) {
    return [...notes(["Nobody is locked now. A leaver is an entry with a reason:"]), ...EXAMPLE];
  }
  const sorted = [...locked].sort((a, b) => ((a.name ?? a.id) < (b.name ?? b.id) ? -1 : 1));
  const fit = sorted.filter((user) => isName(user.name));
  const listed = fit.filter(({ active }) => active === 0);
  if (fit.length > MOST_LOCKED || textOf(fit) > MOST_TEXT) {
    const why = `${count(locked.length, "user")} are locked now, which is too much for one policy file. They stay locked: a policy without \`users\` lifts no lock. Keep those who matter in fragments, and include them.`;
    return [...notes([why]), ...EXAMPLE];
  }
  const body = [
    ...listed.flatMap((user) => entryLines(user, options)),
    ...activeLines(
      fit.filter(({ active }) => active > 0),
      options,
    ),
    ...namelessLines(
      sorted.filter((user) => !isName(user.name)),
      options,
    ),
  ];
  const head = listed.length > 0 ? ["users:", "  locked:"] : ["# users:", "#   locked:"];
  return [...notes(about(listed.length, options)), ...head, ...body];
}

function about(listed: number, { adopt }: LockedOptions): string[] {
  if (listed === 0) return ["Users are locked now, but for none of them an entry changes nothing:"];
  const found = `${count(listed, "user")} ${listed === 1 ? "is" : "are"} locked now. Who locked them and why, nobody told Curfew: correct the reasons where you know them.`;
  return adopt
    ? [
        found,
        "With `adopt`, the first enforced run takes these locks over, in the ledger alone: the plan shows it. From then on this list decides: who is removed from it is unlocked (within limits.unlock), and a lock that somebody lifts is put back. Take `adopt` away where a lock is to stay whatever is removed here.",
      ]
    : [
        found,
        "Without `adopt` the locks stay somebody else's: one that somebody lifts is put back, and who is removed from this list stays locked.",
      ];
}

function entryLines({ name }: LockedUser, { adopt, day }: LockedOptions): string[] {
  const reason = `Found locked by curfew import on ${day}`;
  return yamlLines([{ user: name, reason, ...(adopt ? { adopt } : {}) }], 4);
}

/** Locked, and a session is active all the same: docs/contract.md signs it out, so an entry would not leave things as they are. */
function activeLines(users: readonly LockedUser[], options: LockedOptions): string[] {
  if (users.length === 0) return [];
  const why = `Locked, and yet with an active session: an entry would sign it out, so the first plan would not be empty. They stay locked all the same. Take in whom that may happen to; most likely all ${count(users.length, "user")}.`;
  return [...notes([why], 4), ...users.flatMap((user) => off(entryLines(user, options), 4))];
}

function namelessLines(users: readonly LockedUser[], { identify }: LockedOptions): string[] {
  if (users.length === 0) return [];
  const what =
    identify === null
      ? "an id that no policy can hold (spaces around it, or a line break)"
      : `no ${identify} of their own, by which this policy names users`;
  const ids = users.slice(0, NAMED).map(({ id }) => printable(id));
  const more = users.length > NAMED ? `, and ${users.length - NAMED} more` : "";
  return notes([`Locked, and with ${what}; they stay locked: ${ids.join(", ")}${more}.`], 4);
}

/** As the schema takes it. */
function isName(name: string | null): name is string {
  return name !== null && /^\S(?:.*\S)?$/.test(name);
}

function textOf(users: readonly LockedUser[]): number {
  return users.reduce((sum, { name }) => sum + (name?.length ?? 0), 0);
}
