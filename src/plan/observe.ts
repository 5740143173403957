/** What a plan tells of sessions that it does nothing to, or nothing new: pending wipes, and users who flap. */
import type { User } from "../model/inventory.ts";
import type { Notice } from "../model/plan.ts";
import type { Attempt, Memory } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import { DAY } from "../time.ts";
import * as notice from "./decide/notices.ts";
import { wipedSince } from "./decide/session.ts";
import type { Decision } from "./decide/want.ts";

/** How often in 24 hours a session is signed out before its user is said to flap. */
const FLAPS = 3;

/** Notices about one user after a decision. */
export type Observer = (user: User, decision: Decision) => Notice[];

export function observer(memory: Memory, at: Instant): Observer {
  const signOuts = countSignOuts(memory.attempts, at);
  return (user, decision) => {
    const notices: Notice[] = [];
    for (const session of user.sessions) {
      if (session.state === "wiping" && wipedSince(session, memory.wiped)) {
        notices.push(notice.wipePending(user, session, at));
      }
      const times = signOuts.get(session.id) ?? 0;
      if (times >= FLAPS && session.state === "active" && forbidden(decision, session.id)) {
        notices.push(notice.flapping(user, session, times));
      }
    }
    return notices;
  };
}

function countSignOuts(attempts: readonly Attempt[], at: Instant): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { session, type, status, at: then } of attempts) {
    if (session === null || status !== "applied" || then <= at - DAY) continue;
    if (type === "re-authenticate" || type === "wipe") {
      counts.set(session, (counts.get(session) ?? 0) + 1);
    }
  }
  return counts;
}

function forbidden(decision: Decision, session: string): boolean {
  return decision.wants.some(
    (want) =>
      want.session === session && want.reasons.some(({ rule }) => rule.startsWith("devices.")),
  );
}
