/** Ten estates of different kinds, as a policy may find them. */
import type { AccountRecord, Profile, User } from "../../src/model/inventory.ts";
import { generateEstate } from "../../src/providers/journeyapps/sandbox/estate.ts";
import type { ServedUser, WireObject } from "../../src/providers/journeyapps/sandbox/types.ts";
import { readObject, readUser } from "../../src/providers/journeyapps/wire.ts";
import { DAY, estateOf, HOUR, NOW, type SessionParts, sessionOf, userOf } from "../kit/builders.ts";

/** An estate, and what its import must and must not say. */
export interface Case {
  users: (User | AccountRecord)[];
  profiles?: Profile[];
  identify?: string;
  /** Whether it has sign-ins that lie after NOW. */
  future?: boolean;
  says: RegExp[];
  never?: RegExp[];
}

function generated(users: number, seed: number, bend: (user: ServedUser) => void = () => {}) {
  const estate = generateEstate({ users, seed, at: NOW });
  for (const user of estate.users) bend(user);
  return { users: estate.users.map(readUser), objects: estate.objects };
}

function lock(user: ServedUser): void {
  user.locked = true;
  for (const session of user.sessions) if (session.state === "ENROLLED") session.state = "LOCKED";
}

/** Two in three share their address with somebody, and every fifth has none. */
function emails(objects: readonly WireObject[]): Profile[] {
  return objects.map((object, i) => {
    const email = i % 5 === 0 ? null : i % 3 === 0 ? object.email : `team-${i % 7}@acme.example`;
    return readObject({ ...object, email }, ["email"]);
  });
}

/** Ids that YAML, a terminal, a CI runner or JavaScript would take for something else. */
export const WEIRD_IDS = [
  ...["12345", "1e3", "0x1F", "0o17", ".5", "-1", "true", "null", "~", "no", "2026-11-22", "NaN"],
  ...[
    "__proto__",
    "constructor",
    "length",
    "- a",
    "a: b",
    "a #b",
    "#a",
    "&a",
    "*a",
    "!a",
    "%a",
    "@a",
  ],
  ...["'", '"', "a'b\"c", "\\", "\\n", "[", "{a: b}", "|", ">", "?", "---", "...", "<<", "`", ","],
  ...[
    "::error::x",
    "x ##[command]y",
    "a::b",
    "$schema",
    "Ünïcødé",
    "日本語",
    "👩‍👩‍👧",
    "a\u202eb",
    "a\u200bb",
  ],
  ...["a\u0000b", "a\u001b[2Jb", "a\u0085b", "a\tb", "\ud800", "a\udfffb", "x".repeat(3_000)],
  ...["a  b", "a\u00a0b", "ﬁ", "İ", "/../..", "env:TOKEN", "0123-45-67"],
];

/** None of these fits in a policy: a name begins and ends with what is seen, and has no line break. */
const UNNAMEABLE = [" a", "\ufeffa", "a ", "a\nb", "a\r\nb", "\n", " ", "\u2028", "a\u2029b"];

const STATES = ["active", "ended", "wiping", "unused"] as const;

function everyState(): User[] {
  const times = [null, NOW + DAY, NOW, NOW - 90 * DAY, Date.parse("1931-01-01T00:00:00Z")];
  let n = 0;
  const session = (more: SessionParts) => sessionOf(`s${n++}`, more);
  return STATES.flatMap((state) =>
    times.flatMap((time) =>
      [true, false].map((locked) =>
        userOf(
          `u${n}`,
          [
            session({ state, signedInAt: time, createdAt: null }),
            session({ state, lastConnectedAt: time, lastFullSyncAt: time }),
            session({ state, signedOutAt: time, device: null, label: null }),
          ],
          { locked },
        ),
      ),
    ),
  );
}

/** Versions as devices wrote them over the years. */
const OLD = ["4.9", "4.10.1", "v4.36", "4.36.0-beta.2", "20.6.1.7", "19", "4.81.9+build.5"];

const named = generated(120, 7, (user) => {
  if (user.id < "8") lock(user);
});

export const ESTATES: Record<string, Case> = {
  "an empty estate": {
    users: [],
    says: [/^# sessions:$/m, /^# devices:$/m, /^# users:$/m],
    never: [/^(sessions|devices|users):/m],
  },
  "everybody locked": {
    users: generated(60, 2, lock).users,
    says: [/^# 60 users are locked now/m, /^ {6}adopt: true$/m, /^# sessions:$/m],
  },
  "nobody locked": {
    users: generated(60, 3, (user) => {
      user.locked = false;
    }).users,
    says: [/^# Nobody is locked now/m, /^ {2}maxIdle: /m, /^ {4}- platform: ANDROID$/m],
    never: [/^users:/m],
  },
  "dates that nobody knows": {
    users: estateOf(40, (i) => ({
      signedInAt: i % 3 === 0 ? null : NOW - DAY,
      createdAt: i % 2 === 0 ? null : NOW - DAY,
      lastConnectedAt: i % 4 === 0 ? null : NOW - HOUR,
    })),
    says: [/^ {2}# maxAge: /m, /^ {2}# maxIdle: /m, /^ {2}maxPerUser: 1$/m],
  },
  "versions and platforms that are null": {
    users: estateOf(40, (i) => ({
      platform: i % 9 === 0 ? null : "IOS",
      container: null,
      runtime: i % 2 === 0 ? null : "unknown",
      bundleId: null,
    })),
    says: [/^# devices:$/m, /^ {2}maxAge: 8d$/m],
  },
  "5,000 users as the sandbox makes them up": {
    users: generated(5_000, 11).users,
    says: [/^ {2}maxPerUser: 3$/m, /^ {2}locked:$/m, /sessions?; of \d+ a version can't be/],
  },
  "people named by an address that several share": {
    users: named.users,
    profiles: emails(named.objects),
    identify: "email",
    says: [
      /^ {4}# Locked, and with no email of their own/m,
      /^ {4}- user: \w+\.\w+@acme\.example$/m,
    ],
    never: [/- user: team-/],
  },
  "ids that mean something elsewhere": {
    users: [...WEIRD_IDS, ...UNNAMEABLE].map((id) =>
      userOf(id, [sessionOf(`s-${id}`, { state: "ended" })], { locked: true }),
    ),
    says: [/^ {4}- user: "12345"$/m, /Locked, and with an id that no policy can hold/],
    never: [/[^\n\P{C}]|[\p{Zl}\p{Zp}]/u],
  },
  "devices of many years": {
    users: estateOf(42, (i) => ({
      platform: ["ANDROID", "android", "IOS", "Windows", " X-1"][i % 4] ?? null,
      container: OLD[i % OLD.length] ?? null,
      runtime: i % 4 === 2 ? null : (OLD[(i + 3) % OLD.length] ?? null),
      label: "Sony C6903",
    })),
    says: [
      /^ {6}container: ">=4\.9\.0"$/m,
      /^ {6}runtime: ">=4\.9\.0"$/m,
      /^ {4}- platform: IOS$/m,
    ],
  },
  "sessions in every state, of locked users too": {
    users: everyState(),
    future: true,
    says: [/^ {4}# - user: /m, /^ {4}- user: /m, /^ {4}# Locked, and yet with an active session/m],
  },
};
