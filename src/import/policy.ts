/** A survey → the text of a policy that nobody breaks today, with a comment for each line of it. Pure. */
import { validRange } from "semver";
import { type Ages, MOST_PLATFORMS, type Platform, STEPS, type Survey } from "../estate/survey.ts";
import type { Duration, Instant } from "../model/vocabulary.ts";
import { parseDuration } from "../policy/values/duration.ts";
import { count, date, moment, number } from "../text/words.ts";
import { DAY, iso } from "../time.ts";
import { notes, off, yamlLines } from "./lines.ts";
import { lockedSection } from "./locked.ts";

/** The target section, as it is to be written. */
export interface TargetText {
  name: string;
  url: string;
  credentials: readonly string[];
  auth: string | null;
  identify: string | null;
  environment: string | null;
}

export interface ImportOptions {
  /** The moment of the survey. */
  at: Instant;
  /** Whether the locks that are there become ours. */
  adopt: boolean;
  /** Where the JSON Schema is, seen from the file. */
  schema: string;
}

/** The lines of a policy that come before its rules: enough to read the target with. */
export function targetLines(target: TargetText): string[] {
  const { name, url, credentials, auth, identify, environment } = target;
  return [
    "version: 1",
    "",
    ...yamlLines({
      target: {
        name,
        provider: "journeyapps",
        url,
        credentials,
        ...(auth === null ? {} : { auth }),
        ...(identify === null ? {} : { identify }),
        ...(environment === null ? {} : { environment }),
      },
    }),
  ];
}

/** The whole file. Its first plan is empty: no action, nothing held. */
export function importedPolicy(
  survey: Survey,
  target: TargetText,
  { at, adopt, schema }: ImportOptions,
): string {
  const day = date(iso(at));
  const sections = [
    [`# yaml-language-server: $schema=${schema}`, "#", ...notes(introduction(survey, target, at))],
    targetLines(target),
    [...notes(REPORT), "enforcement: report"],
    sessionsSection(survey),
    devicesSection(survey.platforms),
    lockedSection(survey.locked, { adopt, day, identify: target.identify }),
    [...notes(PROTECTED), "# protected:", "#   - the-id-of-that-account"],
  ];
  return `${sections.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function introduction({ users, active, unreadable }: Survey, { url }: TargetText, at: Instant) {
  const found = `${url} as \`curfew import\` found it on ${moment(iso(at))}: ${count(users, "user")}, ${count(active, "active session")}.`;
  const unknown = `The record of ${count(unreadable.length, "user")} is of an unknown shape. Nothing is concluded from ${unreadable.length === 1 ? "it" : "them"}, nothing is done to ${unreadable.length === 1 ? "that user" : "those users"}, and every plan says so.`;
  return [
    found,
    "Nobody breaks a rule of this file, so its first plan is empty. From here on, tighten it rule by rule: each change shows in a plan what it would do, before it does it.",
    ...(unreadable.length > 0 ? ["", unknown] : []),
  ];
}

const REPORT = [
  "`report` never writes to the backend: plans show what would be done. Once this file is reviewed, `enforce`, or one rule after the other: { default: report, users.locked: enforce }. On the day of the import that changes nobody's session; from then on it holds the line.",
];

const PROTECTED = [
  "Name the account here that must never be locked out, such as the one that unlocks the others.",
];

// ---------------------------------------------------------------- sessions

/** Time to review and merge the file, in which sessions grow older. */
const SPARE: Duration = 7 * DAY;

/** A key of a section: its comments, its value, and whether it stands there only as a comment. */
interface KeyEntry {
  notes: string[];
  value: object;
  off: boolean;
}

function section(key: string, before: string[], entries: readonly KeyEntry[]): string[] {
  if (entries.every((entry) => entry.off)) {
    const all = [`${key}:`, ...entries.flatMap(({ value }) => yamlLines(value, 2))];
    return [...notes([...before, ...entries.flatMap((e) => e.notes)]), ...off(all, 0)];
  }
  const body = entries.flatMap((entry) => {
    const lines = yamlLines(entry.value, 2);
    return [...notes(entry.notes, 2), ...(entry.off ? off(lines, 2) : lines)];
  });
  return [...notes(before), `${key}:`, ...body];
}

function sessionsSection(survey: Survey): string[] {
  const { age, idle, perUser, active } = survey;
  if (active === 0) {
    const before = ["Nobody has an active session, so there is nothing to begin from."];
    return section("sessions", before, [{ notes: [], value: { maxAge: "30d" }, off: true }]);
  }
  const before = [
    "Limits that every active session keeps today, with a week to spare while this file is reviewed. Lower them in steps: where a limit ends many sessions, limits.re-authenticate takes 5% of them in a run and 25% in a day.",
  ];
  return section("sessions", before, [
    ageEntry("maxAge", age, ["sign-in", "signed in"], "neither sign-in nor creation"),
    ageEntry("maxIdle", idle, ["connection", "connected"], "neither connection nor sign-in"),
    perUserEntry(perUser),
  ]);
}

function ageEntry(
  key: string,
  ages: Ages,
  [what, happened]: [string, string],
  untold: string,
): KeyEntry {
  const limit = limitAbove(ages.oldest);
  const oldest = Math.floor(ages.oldest / DAY);
  const known = `The oldest ${what} of ${count(ages.known, "session")} is ${count(oldest, "day")} ago.`;
  const told = ages.known > 0 ? [known, ...lowerLimits(ages, happened)] : [];
  if (ages.unknown > 0) {
    const it = ages.unknown === 1 ? "it" : "they";
    const why = `Not in force: of ${count(ages.unknown, "session")} ${untold} can be told, and ${it} would be signed out whatever the limit is. Take the line in once that may be.`;
    return {
      notes: [...told, why],
      value: { [key]: ages.known > 0 ? (limit ?? "365d") : "30d" },
      off: true,
    };
  }
  if (limit === null) {
    const why = "Not in force: no limit is as long as that; such a date is most likely none.";
    return { notes: [...told, why], value: { [key]: "365d" }, off: true };
  }
  return { notes: told, value: { [key]: limit }, off: false };
}

/** In whole days, long ones in whole weeks; null where no duration is so long. */
function limitAbove(oldest: Duration): string | null {
  const days = Math.ceil((oldest + SPARE) / DAY);
  const text = days > 56 ? `${Math.ceil(days / 7)}w` : `${days}d`;
  return parseDuration(text) === null ? null : text;
}

function lowerLimits({ older, oldest }: Ages, happened: string): string[] {
  const steps = STEPS.flatMap((step, i) => {
    const n = older[i] ?? 0;
    return n > 0 && step < oldest ? [`${number(n)} at ${step / DAY}d`] : [];
  });
  if (steps.length === 0) return [];
  return [`Of those that ${happened} earlier, a lower limit would end today: ${steps.join(", ")}.`];
}

function perUserEntry(perUser: Survey["perUser"]): KeyEntry {
  const counts = [...perUser].sort(([a], [b]) => a - b);
  const most = counts.at(-1)?.[0] ?? 1;
  const shown = counts.slice(0, 8).map(([n, users]) => `${count(users, "user")} with ${number(n)}`);
  const more = counts.length > 8 ? [`… and up to ${number(most)}`] : [];
  const told = `Active sessions of a user: ${[...shown, ...more].join(", ")}. The most recently connected stay.`;
  return { notes: [told], value: { maxPerUser: most }, off: false };
}

// ---------------------------------------------------------------- devices

function devicesSection(platforms: Survey["platforms"]): string[] {
  const example = { notes: [], value: { allowed: [{ platform: "IOS" }] }, off: true };
  if (platforms === null) {
    const why = `Not in force: some session names no platform that a policy could, or there are more than ${MOST_PLATFORMS}.`;
    return section("devices", [why], [example]);
  }
  if (platforms.length === 0) {
    return section("devices", ["No session is active, so any device is allowed."], [example]);
  }
  const before = [
    "The platforms in use, from the lowest versions in use. Raise a version to retire older ones; bundleId, id and label narrow an entry further. A list may not be empty: that would ban every device.",
  ];
  const entries = platforms.flatMap((platform) => {
    const entry = { platform: platform.name, ...ranges(platform) };
    return [...notes([versionsNote(platform)], 4), ...yamlLines([entry], 4)];
  });
  return [...notes(before), "devices:", "  allowed:", ...entries];
}

/** Of each kind of version, where all sessions can be compared, what allows them all. */
function ranges({ container, runtime }: Platform): { container?: string; runtime?: string } {
  const range = ({ lowest, unknown }: Platform["container"]) => {
    const text = lowest === null || unknown > 0 ? null : `>=${lowest.version}`;
    return text !== null && validRange(text) !== null ? text : null;
  };
  const [ofContainer, ofRuntime] = [range(container), range(runtime)];
  return {
    ...(ofContainer === null ? {} : { container: ofContainer }),
    ...(ofRuntime === null ? {} : { runtime: ofRuntime }),
  };
}

function versionsNote({ sessions, container, runtime }: Platform): string {
  const unknown = Math.max(container.unknown, runtime.unknown);
  const all = count(sessions, "session");
  if (unknown === 0) return `${all}.`;
  return `${all}; of ${number(unknown)} a version can't be compared, so a range would end ${unknown === 1 ? "it" : "them"}.`;
}
