/** What a rule was compared with, for one user: the record of the user and of each session, and whether it breaks the rule. */
import { labelOf, type Session, type User } from "../../model/inventory.ts";
import type { Instant, Rule } from "../../model/vocabulary.ts";
import { deviceMatcher } from "../../policy/devices.ts";
import type { Bound } from "../../policy/effective.ts";
import { exactSpan, iso, span } from "../../time.ts";
import { decide } from "../decide/decide.ts";
import * as say from "../decide/reasons.ts";
import { connectedAt, knownSignIn } from "../decide/session.ts";
import { type Finding, type Scene, sessionFindings } from "../decide/sessions.ts";
import { turns } from "../decide/turns.ts";
import { type Decision, isOurs } from "../decide/want.ts";

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
    const { id } = session;
    const reason = findings.get(session)?.want?.reasons.find((r) => r.rule === rule);
    const found = reason?.message ?? kept(rule, session, evidence);
    return found === null
      ? []
      : [{ session: id, label: labelOf(session), broken: reason !== undefined, found }];
  });
}

function lockComparison({ scene, decision }: Evidence): Comparison {
  const { user, book, policy, owned } = scene;
  const since = isOurs(user, owned) ? owned.ownLocks[user.id] : undefined;
  const whose = since === undefined ? ", not managed by Curfew" : ` by Curfew, since ${iso(since)}`;
  const is = user.locked ? `locked${whose}` : "not locked";
  const wanted = policy.locked.length > 0 ? "to be locked" : "not to be locked";
  const about = (of: Decision["wants"]) =>
    of.some((want) => want.reasons.some((r) => r.rule === "users.locked"));
  const broken = about(decision.wants);
  const due = broken
    ? ""
    : dueText(firstTurn(scene, user, (at) => about(decide(user, book, at, owned).wants)));
  return { session: null, label: null, broken, found: `${wanted}, and is ${is}${due}` };
}

/** Why a session does not break a rule, and when it will; null where the rule asks nothing of it. */
function kept(rule: Rule, session: Session, evidence: Evidence): string | null {
  const { policy, book, at } = evidence.scene;
  if (rule === "devices.denied") {
    if (book.denied.size === 0) return null;
    const { id } = session.attributes;
    if (!id) return "the device is unknown";
    return book.denied.has(id)
      ? `device ${id} is denied, and the session is ${session.state} already`
      : `device ${id} is not denied`;
  }
  // There is nothing to end.
  if (session.state !== "active") return null;
  const due = dueOf(rule, session, evidence.scene);
  const found = () => {
    switch (rule) {
      case "devices.allowed":
        return device(session, evidence.scene);
      case "sessions.maxAge":
        return time(policy.maxAge, "signed in", knownSignIn(session), at, due);
      case "sessions.maxIdle":
        return time(policy.maxIdle, "last connected", connectedAt(session), at, due);
      case "sessions.notBefore": {
        const signedIn = knownSignIn(session);
        if (!policy.notBefore && due === null) return null;
        return signedIn === null ? "unknown when it signed in" : `signed in at ${iso(signedIn)}`;
      }
      case "sessions.maxPerUser":
        return place(session, evidence, due);
      default:
        return null;
    }
  };
  const said = found();
  return said === null ? null : `${said}${dueText(due)}`;
}

function place(session: Session, { scene, findings }: Evidence, due: Instant | null) {
  const { maxPerUser } = scene.policy;
  if (!maxPerUser) return due === null ? null : "waived";
  return findings.get(session)?.want
    ? "another rule ends it, so that it does not count"
    : `stays: the most recently connected do, ${maxPerUser.value} at most`;
}

function device(session: Session, { book, policy }: Scene): string | null {
  const { allowed } = book.policy.devices;
  if (!allowed) return null;
  const entry = allowed.find((one) => deviceMatcher([one]).allows(session));
  const what = say.describe(session);
  if (entry) return `${what}: allowed by ${entry.source.file}:${entry.source.line}`;
  return policy.anyDevice ? `${what}: not among the allowed devices, which is waived` : null;
}

/** "signed in 12 days ago, 30 days allowed"; null where no rule limits it, now or later. */
function time(
  bound: Bound | null,
  what: string,
  since: Instant | null,
  at: Instant,
  due: Instant | null,
): string | null {
  if (!bound && due === null) return null;
  const when = since === null ? `unknown when it ${what}` : `${what} ${span(at - since)} ago`;
  return `${when}, ${bound ? `${exactSpan(bound.value)} allowed` : "waived"}`;
}

// ---------------------------------------------------------------- when

/** The first moment at which the rule will be broken, if nobody does anything; null where none will be. */
function dueOf(rule: Rule, session: Session, scene: Scene): Instant | null {
  const { user, book, owned } = scene;
  // Only sessions.maxPerUser counts the others, and no age makes a session one too many.
  const counts = rule === "sessions.maxPerUser";
  const alone = { ...user, sessions: [session] };
  const judged = counts ? user : alone;
  return firstTurn(scene, counts ? { ...user, sessions: [] } : alone, (at) => {
    const policy = book.forUser(user, at, owned.met);
    const found = sessionFindings({ user: judged, book, policy, at, owned }).get(session);
    return found?.want.reasons.some((r) => r.rule === rule) ?? false;
  });
}

function firstTurn(
  { book, at, owned }: Scene,
  user: User,
  isDue: (at: Instant) => boolean,
): Instant | null {
  return turns(book, owned)(user, at, Number.POSITIVE_INFINITY).find(isDue) ?? null;
}

const dueText = (due: Instant | null) => (due === null ? "" : `: due ${iso(due)}`);
