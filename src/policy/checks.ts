/** What a policy must satisfy beyond the shape of each value: named checks over the joined files. Pure. */
import type { Problem } from "../errors.ts";
import type { Capabilities } from "../model/capabilities.ts";
import type { ExceptionRule, Limit } from "../model/policy.ts";
import type { ActionType, Instant } from "../model/vocabulary.ts";
import { show } from "../text/show.ts";
import { didYouMean } from "../text/suggest.ts";
import { DAY, exactSpan, HOUR } from "../time.ts";
import { unheld } from "./can.ts";
import type { Joined } from "./join.ts";
import { loosely } from "./names.ts";
import { type Path, placeName, problemAt } from "./parse/positions.ts";
import { durationFault, parseDuration } from "./values/duration.ts";
import { instantFault, parseInstant } from "./values/instant.ts";

/** How far away the end of an exception may be where a policy does not say: docs/contract.md, "Required". */
export const DEFAULT_EXCEPTIONS_LAST = 90 * DAY;

/** What bounds a type where a policy does not say; a key left out keeps its own. */
export const DEFAULT_LIMITS: Record<ActionType, Omit<Limit, "source">> = {
  lock: { max: 50, percent: 10, exceed: "refuse" },
  unlock: { max: 50, percent: 10, exceed: "refuse" },
  "re-authenticate": { percent: 25, perRun: 5, exceed: "pace" },
  wipe: { max: 0, exceed: "refuse" },
};

interface Complaint {
  problem: Problem;
  /** What it takes to be absent or default: where one of these was faulty itself, there is no telling. */
  rests?: Path[];
}

interface Check {
  name: string;
  check(policy: Joined, at: Instant): Complaint[];
}

/**
 * All problems that the checks find, but for those that rest on a value that was left out as faulty. `can`: what the
 * target's provider can hold; null where the target itself is faulty.
 */
export function checkPolicy(
  policy: Joined,
  at: Instant,
  damaged: readonly Path[],
  can: Capabilities | null,
): Problem[] {
  const overlaps = (a: Path, b: Path) =>
    a.slice(0, b.length).every((step, index) => step === b[index]);
  const found = CHECKS.flatMap(({ check }) => check(policy, at))
    .filter(({ rests = [] }) => !rests.some((path) => damaged.some((cut) => overlaps(path, cut))))
    .map(({ problem }) => problem);
  return can ? [...found, ...unheld(policy, can)] : found;
}

/**
 * The value of an exception's `allow` as its rule counts it: milliseconds, a number or an instant;
 * null where it does not fit the rule.
 */
export function allowance(rule: ExceptionRule, allow: string | number): number | null {
  switch (rule) {
    case "sessions.maxAge":
    case "sessions.maxIdle":
      return parseDuration(String(allow));
    case "sessions.maxPerUser":
      return Number.isSafeInteger(allow) && Number(allow) >= 1 ? Number(allow) : null;
    case "sessions.notBefore":
      return parseInstant(String(allow), "start");
    case "devices.allowed":
      return null;
  }
}

const CHECKS: readonly Check[] = [
  { name: "empty-locked", check: emptyLocked },
  { name: "empty-allowed", check: emptyAllowed },
  { name: "allowed-names-something", check: allowedNamesSomething },
  { name: "unsynced-with-wipe", check: unsyncedWithWipe },
  { name: "locked-from-until", check: lockedFromUntil },
  { name: "locked-and-protected", check: lockedAndProtected },
  { name: "group-has-members", check: groupHasMembers },
  { name: "exception-subject", check: exceptionSubject },
  { name: "exception-allow", check: exceptionAllow },
  { name: "exception-until", check: exceptionUntil },
  { name: "raise-names-limit", check: raiseNamesLimit },
  { name: "window-is-open", check: windowIsOpen },
  { name: "channel-names-one", check: channelNamesOne },
  { name: "channel-secret", check: channelSecret },
  { name: "notify-before", check: notifyBefore },
];

function emptyLocked({ users }: Joined): Complaint[] {
  if (users.locked?.length !== 0 || users.allowEmpty?.value || !users.place) return [];
  const message =
    "is empty, which lifts every lock of ours: write allowEmpty: true beside it if that is meant";
  return [
    {
      problem: problemAt(users.place, message),
      rests: [
        ["users", "locked"],
        ["users", "allowEmpty"],
      ],
    },
  ];
}

function emptyAllowed({ devices }: Joined): Complaint[] {
  if (devices.allowed?.length !== 0 || devices.allowEmpty?.value || !devices.place) return [];
  const message =
    "is empty, which bans every device: write allowEmpty: true beside it if that is meant";
  return [
    {
      problem: problemAt(devices.place, message),
      rests: [
        ["devices", "allowed"],
        ["devices", "allowEmpty"],
      ],
    },
  ];
}

function allowedNamesSomething({ devices }: Joined): Complaint[] {
  return (devices.allowed ?? [])
    .filter(({ value }) => Object.keys(value).length === 0)
    .map((entry) => ({
      problem: problemAt(entry, "names nothing, and so would allow every device"),
      rests: [entry.node.path],
    }));
}

function unsyncedWithWipe({ devices }: Joined): Complaint[] {
  return devices.denied
    .filter(({ value }) => value.unsynced !== undefined && value.action !== "wipe")
    .map((entry) => ({
      problem: problemAt(entry, "is about wipes: it needs action: wipe beside it", ["unsynced"]),
      rests: [entry.node.path],
    }));
}

function lockedFromUntil({ users }: Joined): Complaint[] {
  return (users.locked ?? [])
    .filter(({ value: { from, until } }) => (from ?? -Infinity) >= (until ?? Infinity))
    .map((entry) => ({
      problem: problemAt(entry, "is not later than from: the entry is never in force", ["until"]),
    }));
}

function lockedAndProtected({ users, protected: guarded }: Joined): Complaint[] {
  const places = new Map(guarded.map((entry) => [loosely(entry.value), entry]));
  return (users.locked ?? []).flatMap((entry) => {
    const place = places.get(loosely(entry.value.user));
    if (!place) return [];
    const message = `${show(entry.value.user)} is also protected, at ${placeName(place)}: a user is one or the other`;
    return [{ problem: problemAt(entry, message, ["user"]) }];
  });
}

function groupHasMembers({ groups }: Joined): Complaint[] {
  return groups
    .filter(({ members, where }) => !where && !members?.length)
    .map(({ name, place }) => ({
      problem: problemAt(place, "has no members: give it members, where, or both"),
      rests: [["groups", name]],
    }));
}

function exceptionSubject({ exceptions, groups }: Joined): Complaint[] {
  const names = groups.map(({ name }) => name);
  return exceptions.flatMap((entry): Complaint[] => {
    const { user, group } = entry.value;
    if ((user === undefined) === (group === undefined)) {
      const message = `needs either user or group${user === undefined ? "" : ", not both"}`;
      return [{ problem: problemAt(entry, message), rests: [entry.node.path] }];
    }
    if (group === undefined || names.includes(group)) return [];
    const message = `there is no group ${show(group)}${didYouMean(group, names)}`;
    return [{ problem: problemAt(entry, message, ["group"]), rests: [["groups", group]] }];
  });
}

function exceptionAllow({ exceptions }: Joined): Complaint[] {
  return exceptions.flatMap((entry) => {
    const { rule, allow } = entry.value;
    if (allow === undefined || allowance(rule, allow) !== null) return [];
    return [{ problem: problemAt(entry, allowFault(rule, allow), ["allow"]) }];
  });
}

function allowFault(rule: ExceptionRule, allow: string | number): string {
  switch (rule) {
    case "sessions.maxAge":
    case "sessions.maxIdle":
      return `${show(allow)} ${durationFault(String(allow))}`;
    case "sessions.maxPerUser":
      return `${show(allow)} is not a number of sessions: write a whole number, at least 1`;
    case "sessions.notBefore":
      return `${show(allow)} ${instantFault(String(allow))}`;
    case "devices.allowed":
      return "devices.allowed has no laxer value: remove the line to waive the rule";
  }
}

/** Measured from now, so that time alone never makes a policy wrong: an end that has passed is no problem either. */
function exceptionUntil({ exceptions, limits }: Joined, at: Instant): Complaint[] {
  const longest = limits.exceptionsLast?.value ?? DEFAULT_EXCEPTIONS_LAST;
  const latest = new Date(at + longest - DAY).toISOString().slice(0, 10);
  return exceptions
    .filter(({ value }) => value.until - at > longest)
    .map((entry) => ({
      problem: problemAt(
        entry,
        `is more than ${exactSpan(longest)} away (limits.exceptionsLast): write ${latest} or earlier`,
        ["until"],
      ),
      rests: [["limits", "exceptionsLast"]],
    }));
}

function raiseNamesLimit({ limits }: Joined): Complaint[] {
  return limits.raise.flatMap((entry) => {
    const { type, max, percent, perRun } = entry.value;
    const complaint = (message: string | false): Complaint[] =>
      message ? [{ problem: problemAt(entry, message), rests: [entry.node.path] }] : [];
    if (type === "inventoryDrop")
      return complaint(
        (percent === undefined || max !== undefined || perRun !== undefined) &&
          "inventoryDrop is raised by percent, and by nothing else",
      );
    const given = (["max", "percent", "perRun"] as const).filter(
      (key) => entry.value[key] !== undefined,
    );
    if (given.length === 0) return complaint("raises nothing: give it max, percent or perRun");
    const limit = { ...DEFAULT_LIMITS[type], ...limits[type]?.value };
    return given
      .filter((key) => limit[key] === undefined)
      .map((key) => {
        const why = `raises ${key}, and limits.${type} has none: a raise widens a limit and adds none. Leave it out, or write ${key} under limits.${type}`;
        const rests = [entry.node.path, ["limits", type]];
        return { problem: problemAt(entry, why, [key]), rests };
      });
  });
}

function windowIsOpen({ windows }: Joined): Complaint[] {
  return Object.values(windows).flatMap((window) => {
    if (!window || window.value.from !== window.value.to) return [];
    return [
      { problem: problemAt(window, "is the same as from: the window is never open", ["to"]) },
    ];
  });
}

function channelNamesOne({ notify }: Joined): Complaint[] {
  return notify.channels.flatMap((entry) => {
    const { slack, webhook, sns } = entry.value;
    const named = [slack, webhook, sns].filter((to) => to !== undefined).length;
    if (named === 1) return [];
    const message = `names ${named === 0 ? "no way to tell anybody" : "several ways"}: give it one of slack, webhook and sns`;
    return [{ problem: problemAt(entry, message), rests: [entry.node.path] }];
  });
}

function channelSecret({ notify }: Joined): Complaint[] {
  return notify.channels.flatMap((entry) => {
    const { webhook, secret } = entry.value;
    if ((webhook === undefined) === (secret === undefined)) return [];
    const problem =
      webhook === undefined
        ? problemAt(entry, "signs what is sent to a webhook, and to nothing else", ["secret"])
        : problemAt(entry, "needs secret beside it: what is sent to a webhook is signed", [
            "webhook",
          ]);
    return [{ problem, rests: [entry.node.path] }];
  });
}

/** Where every session is always about to fall due, everybody would be told again and again. */
function notifyBefore({ notify: { users }, sessions, groups }: Joined): Complaint[] {
  if (!users) return [];
  const { before } = users.value;
  const complaint = (message: string): Complaint[] => [
    { problem: problemAt(users, message, ["before"]) },
  ];
  if (before < HOUR) return complaint("is less than the hour between two runs: write 1h or more");
  const bounds = [sessions, ...groups.map((group) => group.sessions)].flatMap((rules) =>
    [rules.maxAge, rules.maxIdle].flatMap((bound) => bound ?? []),
  );
  const [shortest] = bounds.toSorted((a, b) => a.value - b.value);
  if (!shortest || before < shortest.value) return [];
  return complaint(
    `is not shorter than the ${exactSpan(shortest.value)} at ${placeName(shortest)}: everybody would be told all the time`,
  );
}
