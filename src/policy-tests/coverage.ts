/** What of a policy the tests touch: its rules, groups, exceptions and entries, each at its line. */
import type { Policy, SessionRules } from "../model/policy.ts";
import type { Source } from "../model/vocabulary.ts";
import type { Explanation } from "../plan/explain/explain.ts";
import { deviceMatcher } from "../policy/devices.ts";

/** One line of policy that a test can touch. */
interface Coverable extends Source {
  kind: "rule" | "group" | "exception" | "locked" | "denied" | "allowed" | "protected";
  /** "sessions.maxAge in group contractors". */
  what: string;
}

export interface Coverage {
  target: string;
  all: number;
  /** In the order of the policy. */
  untouched: Coverable[];
}

export interface CoverageMeter {
  /** A user of a test, explained. */
  see(explanation: Explanation): void;
  result(): Coverage;
}

/** A rule is touched when it is broken; an exception, when it holds; a group or an entry, when it is somebody's. */
export function coverageMeter(policy: Policy): CoverageMeter {
  const all = coverables(policy);
  const touched = new Set<string>();
  const touch = (kind: Coverable["kind"], { file, line }: Source, what = "") =>
    touched.add(JSON.stringify([kind, file, line, what]));
  const allowed = (policy.devices.allowed ?? []).map((entry) => ({
    entry,
    matcher: deviceMatcher([entry]),
  }));
  return {
    see({ user, groups, rules, protected: guarded }) {
      for (const group of groups) touch("group", group);
      if (guarded) touch("protected", guarded);
      for (const { rule, outcome, statements } of rules) {
        for (const said of statements.filter(({ wins }) => wins)) {
          touch("exception", said);
          if (rule === "users.locked") touch("locked", said);
          if (rule === "devices.denied") touch("denied", said);
          if (outcome === "broken") touch("rule", said, rule);
        }
        // Also a lock that has ended: it is lifted because of its entry.
        if (rule === "users.locked" && outcome === "broken")
          for (const said of statements) touch("locked", said);
      }
      for (const { entry, matcher } of allowed) {
        if (user.sessions.some((session) => matcher.allows(session)))
          touch("allowed", entry.source);
      }
    },
    result: () => ({
      target: policy.target.name,
      all: all.length,
      untouched: all.filter(
        ({ kind, file, line, what }) =>
          !touched.has(
            JSON.stringify([kind, file, line, kind === "rule" ? what.split(" ")[0] : ""]),
          ),
      ),
    }),
  };
}

function coverables(policy: Policy): Coverable[] {
  const { devices } = policy;
  const at = (kind: Coverable["kind"], { file, line }: Source, what: string): Coverable => ({
    ...{ kind, file, line, what },
  });
  const bounds = (rules: SessionRules, of: string) =>
    (["notBefore", "maxAge", "maxIdle", "maxPerUser"] as const).flatMap((key) => {
      const written = rules[key];
      return written ? [at("rule", written.source, `sessions.${key}${of}`)] : [];
    });
  return [
    ...bounds(policy.sessions, ""),
    ...(devices.allowed && devices.source ? [at("rule", devices.source, "devices.allowed")] : []),
    ...(devices.allowed ?? []).map((entry) => at("allowed", entry.source, "an allowed device")),
    ...devices.denied.map(({ source, id }) => at("denied", source, `the denied device ${id}`)),
    ...(policy.users.locked ?? []).map(({ source, user }) =>
      at("locked", source, `the lock of ${user}`),
    ),
    ...policy.groups.flatMap(({ name, source, sessions }) => [
      at("group", source, `the group ${name}`),
      ...bounds(sessions, ` in group ${name}`),
    ]),
    ...policy.exceptions.map(({ source, user, group, rule }) =>
      at("exception", source, `the exception of ${user ?? `group ${group}`} from ${rule}`),
    ),
    ...policy.protected.map(({ source, value }) =>
      at("protected", source, `the protection of ${value}`),
    ),
  ];
}
