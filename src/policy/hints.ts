/** What a policy may say, and is seldom meant: told by `validate` and `plan`, and no error (docs/decisions/0017-hints.md). */
import type { Policy, SessionRules } from "../model/policy.ts";
import type { Source } from "../model/vocabulary.ts";
import { exactSpan, HOUR } from "../time.ts";

export interface Hint extends Source {
  message: string;
}

export function hintsOf(policy: Policy): Hint[] {
  return [...starter(policy), ...noRule(policy), ...lockedTwice(policy), ...underAnHour(policy)];
}

/** As `curfew init` writes them (templates/policies/). */
const STARTERS = ["your-app-deployment", "your-app.slingrs.io", "academy.your-domain.example"];

function starter({ target }: Policy): Hint[] {
  const starter = STARTERS.find((part) => target.url.includes(part));
  if (starter === undefined) return [];
  const message = `target.url is the starter's, of no deployment: write the address of yours for ${starter} and what follows`;
  return [{ ...target.source, message }];
}

function noRule({ sessions, groups, devices, users, target }: Policy): Hint[] {
  const some =
    [sessions, ...groups.map((group) => group.sessions)].some(
      (rules) => Object.keys(rules).length > 0,
    ) ||
    devices.allowed !== undefined ||
    devices.denied.length > 0 ||
    users.locked !== undefined;
  if (some) return [];
  return [
    { ...target.source, message: "this policy has no rule: it never wants anything of anybody" },
  ];
}

/** Entries for the same user at the same time; for one time after the other they are meant. */
function lockedTwice({ users }: Policy): Hint[] {
  const entries = users.locked ?? [];
  const first = new Map<string, (typeof entries)[number][]>();
  return entries.flatMap((entry) => {
    const before = first.get(entry.user) ?? [];
    first.set(entry.user, [...before, entry]);
    const starts = ({ from = Number.NEGATIVE_INFINITY }: typeof entry) => from;
    const ends = ({ until = Number.POSITIVE_INFINITY }: typeof entry) => until;
    const other = before.find(
      (one) =>
        one.reason !== entry.reason && starts(one) < ends(entry) && starts(entry) < ends(one),
    );
    if (!other) return [];
    const message = `${entry.user} is locked for another reason, too, at ${other.source.file}:${other.source.line}: whoever removes one of them does not unlock`;
    return [{ ...entry.source, message }];
  });
}

/** `3m` is three minutes, and may have been meant as months. */
function underAnHour({ sessions, groups, exceptions }: Policy): Hint[] {
  const written = (rules: SessionRules) =>
    (["maxAge", "maxIdle"] as const).flatMap((key) => {
      const rule = rules[key];
      return rule ? [{ what: `sessions.${key}`, value: rule.value, source: rule.source }] : [];
    });
  const allowed = exceptions.flatMap(({ rule, allow, source }) =>
    allow !== undefined && (rule === "sessions.maxAge" || rule === "sessions.maxIdle")
      ? [{ what: `the exception from ${rule}`, value: allow, source }]
      : [],
  );
  return [sessions, ...groups.map((group) => group.sessions)]
    .flatMap(written)
    .concat(allowed)
    .filter(({ value }) => value < HOUR)
    .map(({ what, value, source }) => ({
      ...source,
      message: `${what} is ${exactSpan(value)}, less than the hour between two runs: m is minutes; months are written in days, such as 90d`,
    }));
}
