/** What a rule was compared with, for one user: the record of the user and of each session, and whether it breaks the rule. */
import type { Session } from "../../model/inventory.ts";
import type { Instant, Rule } from "../../model/vocabulary.ts";
import { deviceMatcher } from "../../policy/devices.ts";
import type { Bound } from "../../policy/effective.ts";
import { exactSpan, iso, span } from "../../time.ts";
import * as say from "../decide/reasons.ts";
import { connectedAt, knownSignIn } from "../decide/session.ts";
import type { Finding, Scene } from "../decide/sessions.ts";
import type { Decision } from "../decide/want.ts";

/** One comparison. */
export interface Comparison {
  /** null where the user itself was compared. */
  session: string | null;
  /** What the device calls itself. */
  label: string | null;
  broken: boolean;
  /** What was found: the reason of the plan where the rule is broken. */
  found: string;
}

/** What a decision about the user of the scene rests on. */
export interface Evidence {
  scene: Scene;
  findings: ReadonlyMap<Session, Finding>;
  decision: Decision;
}

/** Every comparison of a rule, in the order of the user's sessions. */
export function comparisons(rule: Rule, evidence: Evidence): Comparison[] {
  const { scene, findings } = evidence;
  if (rule === "users.locked") return [lockComparison(evidence)];
  return scene.user.sessions.flatMap((session): Comparison[] => {
    const { id, label } = session;
    const reason = findings.get(session)?.want?.reasons.find((r) => r.rule === rule);
    const found = reason?.message ?? kept(rule, session, evidence);
    return found === null ? [] : [{ session: id, label, broken: reason !== undefined, found }];
  });
}

function lockComparison({ scene, decision }: Evidence): Comparison {
  const { user, policy, owned } = scene;
  const since = Object.hasOwn(owned.ownLocks, user.id) ? owned.ownLocks[user.id] : undefined;
  const whose = since === undefined ? ", not managed by Curfew" : ` by Curfew, since ${iso(since)}`;
  const is = user.locked ? `locked${whose}` : "not locked";
  const wanted = policy.locked.length > 0 ? "to be locked" : "not to be locked";
  const about = (of: Decision["wants"]) =>
    of.some((want) => want.reasons.some((r) => r.rule === "users.locked"));
  return {
    session: null,
    label: null,
    broken: about(decision.wants),
    found: `${wanted}, and is ${is}`,
  };
}

/** Why a session does not break a rule; null where the rule asks nothing of it. */
function kept(rule: Rule, session: Session, { scene, findings }: Evidence): string | null {
  const { policy, book, at } = scene;
  if (rule === "devices.denied") {
    if (book.denied.size === 0) return null;
    if (session.device === null) return "the device is unknown";
    return book.denied.has(session.device)
      ? `device ${session.device} is denied, and the session is ${session.state} already`
      : `device ${session.device} is not denied`;
  }
  // There is nothing to end.
  if (session.state !== "active") return null;
  switch (rule) {
    case "devices.allowed":
      return device(session, scene);
    case "sessions.maxAge":
      return policy.maxAge && left(policy.maxAge, "signed in", knownSignIn(session), at);
    case "sessions.maxIdle":
      return policy.maxIdle && left(policy.maxIdle, "last connected", connectedAt(session), at);
    case "sessions.notBefore": {
      const signedIn = knownSignIn(session);
      return policy.notBefore && signedIn !== null ? `signed in at ${iso(signedIn)}` : null;
    }
    case "sessions.maxPerUser":
      if (!policy.maxPerUser) return null;
      return findings.get(session)?.want
        ? "another rule ends it, so that it does not count"
        : `stays: the most recently connected do, ${policy.maxPerUser.value} at most`;
    default:
      return null;
  }
}

function device(session: Session, { book, policy }: Scene): string | null {
  const { allowed } = book.policy.devices;
  if (!allowed) return null;
  const entry = allowed.find((one) => deviceMatcher([one]).allows(session));
  const what = say.describe(session);
  if (entry) return `${what}: allowed by ${entry.source.file}:${entry.source.line}`;
  return policy.anyDevice ? `${what}: not among the allowed devices, which is waived` : null;
}

/** "signed in 12 days ago, 30 days allowed: 18 days left". */
function left(bound: Bound, what: string, since: Instant | null, at: Instant): string | null {
  if (since === null) return null;
  const due = since + bound.value;
  return `${what} ${span(at - since)} ago, ${exactSpan(bound.value)} allowed: due ${iso(due)}`;
}
