/** Groups: what an app's metadata says of them, and how long a session of their users lives without use. */
import type { Duration } from "../../../model/vocabulary.ts";
import { DAY, HOUR, MINUTE } from "../../../time.ts";

export interface Group {
  id: string;
  /** Letters and digits; also the name of its file. */
  name: string;
  label: string;
  /** A word such as `eightHours`; absent: the metadata says nothing. */
  automaticLogoutTime?: string;
  /** How many wrong passwords in a row block a user of whom this is the primary group. @default 10 */
  maximumLoginAttempts?: number;
}

/** Where no group says anything. */
const USUAL = 8 * HOUR;

/** The documents have `eightHours` alone; the others are inferred from it. */
const WORDS = new Map<string, Duration>([
  ["fifteenMinutes", 15 * MINUTE],
  ["thirtyMinutes", 30 * MINUTE],
  ["oneHour", HOUR],
  ["twoHours", 2 * HOUR],
  ["fourHours", 4 * HOUR],
  ["eightHours", 8 * HOUR],
  ["twelveHours", 12 * HOUR],
  ["oneDay", DAY],
  ["oneWeek", 7 * DAY],
]);

/** The groups of an app for which nothing else is chosen; Curfew's account is in the first. */
export const GROUPS: readonly Group[] = [
  ["Admins", "eightHours"],
  ["Office", "eightHours"],
  ["Field", "fourHours"],
  ["Contractors", "oneHour"],
].map(([label = "", automaticLogoutTime = ""], at) => ({
  id: `5862694885f3fc0007cb4ee${at}`,
  name: label.toLowerCase(),
  label,
  automaticLogoutTime,
}));

/** How long a session may stay unused: of several groups the lowest holds. */
export function idleOf(ids: readonly string[], groups: readonly Group[]): Duration {
  const own = groups.filter(({ id }) => ids.includes(id));
  const times = own.map((one) => WORDS.get(one.automaticLogoutTime ?? "") ?? USUAL);
  return times.length > 0 ? Math.min(...times) : USUAL;
}

/** A group's file in the app's metadata, as far as it is about security: its path, and its JSON. */
export function metadataOf(group: Group): [path: string, json: string] {
  const { name, label, automaticLogoutTime, maximumLoginAttempts = 10 } = group;
  const file = {
    name,
    label,
    security: {
      passwordPolicies: { passwordExpires: "never", maximumLoginAttempts },
      sessionPolicies: {
        ...(automaticLogoutTime === undefined ? {} : { automaticLogoutTime }),
        loginNotification: false,
      },
    },
    userImpersonate: false,
  };
  return [`security/groups/${name}.json`, `${JSON.stringify(file, null, 2)}\n`];
}
