/** Sessions whose moments lie in the future, and whether this machine's clock is why. */

import type { Session, User } from "../model/inventory.ts";
import type { Notice } from "../model/plan.ts";
import type { Duration, Instant } from "../model/vocabulary.ts";
import { iso, MINUTE, span } from "../time.ts";
import type { Caused } from "./decide/want.ts";
import { inBrackets } from "./decide/want.ts";

/** More than so many sessions, and more than this share of the active ones, are no fault of single devices. */
const FEW = 3;
const SHARE = 0.01;

export interface ClockMeter {
  /** Counts a user's active sessions. `told`: one of them that lies in the future is told by itself. */
  see(user: User, told: boolean): void;
  /** `skew`: how far the backend's clock is ahead, where its answers said so. */
  judge(skew: Duration | null): {
    notices: Notice[];
    /** Holds back what rests on this machine's clock, where that can't be trusted. */
    hold(wants: readonly Caused[]): Caused[];
  };
}

export function clockMeter(): ClockMeter {
  let active = 0;
  let ahead = 0;
  const single: Notice[] = [];
  return {
    see(user, told) {
      for (const session of user.sessions) {
        if (session.state !== "active") continue;
        active++;
        if (session.knownUntil === undefined) continue;
        ahead++;
        if (told) single.push(inTheFuture(user, session, session.knownUntil));
      }
    },
    judge(skew) {
      if (ahead <= FEW || ahead <= active * SHARE) {
        return { notices: single, hold: (wants) => [...wants] };
      }
      return { notices: [clockInDoubt(ahead, active, skew)], hold: (wants) => wants.map(held) };
    },
  };
}

/** Also what would be done in its place while it waits. */
function held(want: Caused): Caused {
  const otherwise = want.otherwise.map(held);
  return { ...want, otherwise, hold: want.hold ?? (want.timed ? "clock" : null) };
}

function inTheFuture(user: User, session: Session, until: Instant): Notice {
  const { signedInAt, createdAt, lastConnectedAt } = session;
  const signedIn = signedInAt ?? createdAt;
  const what = [
    ...(signedIn !== null && signedIn > until ? [`signed in ${iso(signedIn)}`] : []),
    ...(lastConnectedAt !== null && lastConnectedAt > until
      ? [`last connected ${iso(lastConnectedAt)}`]
      : []),
  ].join(", and ");
  const label = inBrackets(session);
  return {
    kind: "clock",
    user: user.id,
    message: `session ${session.id}${label} ${what}, which is in the future: taken as unknown`,
  };
}

/** `skew`: how far the backend's clock is ahead; null where its answers did not say. */
function clockInDoubt(ahead: number, active: number, skew: Duration | null): Notice {
  const far = Math.abs(skew ?? 0) > MINUTE;
  const compared =
    skew === null
      ? "what the backend's clock says is not known"
      : far
        ? `the backend's clock is ${span(Math.abs(skew))} ${skew > 0 ? "ahead of" : "behind"} it`
        : "though the backend's clock says the same";
  const remedy =
    skew === null || far
      ? "set this machine's clock right"
      : "find out what writes such times, and whether it is right";
  return {
    kind: "clock",
    user: null,
    message: `${ahead} of ${active} active sessions signed in or connected in the future, so this machine's clock is in doubt (${compared}): what rests on an age or an idleness is held; ${remedy}`,
  };
}
