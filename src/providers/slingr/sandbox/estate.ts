import type { Instant } from "../../../model/vocabulary.ts";
import { DAY } from "../../../time.ts";
import { FIRST_NAMES, LAST_NAMES } from "../../sandbox-kit/people.ts";
import { between, pick, type Random, random, weigh } from "../../sandbox-kit/random.ts";
import type { Group } from "./groups.ts";
import type { Kept, ServedUser } from "./types.ts";

const STATES = [
  [94, "ACTIVE"],
  [5, "INACTIVE"],
  [1, "BLOCKED"],
] as const;

/** The least that a user is made of. */
export type NewUser = Partial<ServedUser> & { email: string };

/**
 * Makes up an app's users: the same `users`, `seed`, `at` and `groups` give the same ones, and a larger app has the
 * users of a smaller one. None was created later than `at`, and none is in the first group.
 */
export function generateUsers(options: {
  users: number;
  seed: number;
  at: Instant;
  groups: readonly Group[];
}): Kept[] {
  return Array.from({ length: options.users }, (_, index) => {
    const next = random(options.seed, index);
    const id = objectId(next, options.at - between(next, DAY, 1000 * DAY), index);
    const [firstName, lastName] = [pick(next, FIRST_NAMES), pick(next, LAST_NAMES)];
    const email = `${firstName}.${lastName}.${index + 1}@example.com`.toLowerCase();
    const groups = groupsOf(next, options.groups);
    const status = weigh(next, STATES);
    const phone = `+1555${String(index).padStart(7, "0")}`;
    return keep(madeUser({ id, email, firstName, lastName, groups, status }), phone);
  });
}

/** A user with nothing kept beside it but a telephone number. */
export function keep(user: ServedUser, phone: string | null = null): Kept {
  return { user, phone, password: null, failed: 0 };
}

/** A user of whom only the address, the id and the groups are sure. */
export function madeUser(given: NewUser & Pick<ServedUser, "id" | "groups">): ServedUser {
  const { firstName = "User", lastName = "Test" } = given;
  return {
    status: "ACTIVE",
    firstName,
    lastName,
    fullName: `${firstName} ${lastName}`,
    permissions: { developer: false, usersManagement: false },
    localization: { timezone: null, timezoneMode: "AUTO" },
    identityProviders: [{ id: "__slingr__", name: "slingr", label: "Slingr", externalId: null }],
    version: 0,
    ...given,
  };
}

/** An id of 24 hexadecimal digits that begins with its second. */
export function objectId(next: Random, at: Instant, index: number): string {
  const hex = (value: number, length: number) => value.toString(16).padStart(length, "0");
  const chance = `${hex(between(next, 0, 0xfffff), 5)}${hex(between(next, 0, 0xfffff), 5)}`;
  return `${hex(Math.floor(at / 1000), 8)}${chance}${hex(index % 0x1000000, 6)}`;
}

/** A group as its users show it. */
export function membership({ id, label }: Group, primary: boolean): ServedUser["groups"][number] {
  return { id, name: label, primary, external: false };
}

/** One group or two, the first of them the primary one. */
function groupsOf(next: Random, groups: readonly Group[]): ServedUser["groups"] {
  const [first, ...others] = groups;
  const own = pick(next, others.length > 0 ? others : groups);
  const second = next() < 0.15 ? pick(next, groups) : own;
  const more = second === own || second === first ? [] : [membership(second, false)];
  return [membership(own, true), ...more];
}
