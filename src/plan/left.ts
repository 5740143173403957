/** What earlier runs left: actions without an outcome, and what an inventory shows of them; and runs that did not end. */
import type { User } from "../model/inventory.ts";
import type { Left } from "../model/plan.ts";
import type { Attempt, Found, Memory } from "../model/run.ts";
import { compareText } from "../text/order.ts";
import { iso } from "../time.ts";
import { known } from "./decide/session.ts";
import { signInKey } from "./key.ts";

export interface LeftMeter {
  see(user: User): void;
  /** What was seen, in an order that the pages of the inventory do not change. */
  found(): Found[];
  /** Runs that did not end, and those of which something was seen; oldest first. */
  left(): Left[];
}

/** `inFlight`: users with a lock that may still take effect, so that an unlocked one shows nothing. */
export function leftMeter(
  { attempts, open = [], runs }: Pick<Memory, "attempts" | "open" | "runs">,
  inFlight: ReadonlySet<string>,
): LeftMeter {
  // What a later run tried again is that one's to tell.
  const last = new Map(attempts.map((attempt) => [signInKey(attempt), attempt]));
  const asked = [...last.values()].filter(isOpen);
  const byUser = Map.groupBy(asked, ({ user }) => user);
  const shown = new Map<Attempt, boolean>();
  return {
    see(user) {
      for (const attempt of byUser.get(user.id) ?? []) {
        const done = isDone(attempt, user);
        const mayCome = done === false && attempt.type === "lock" && inFlight.has(user.id);
        if (done !== null && !mayCome) shown.set(attempt, done);
      }
    },
    found: () =>
      [...shown]
        .map(([{ run, type, user, session }, done]) => ({ run, type, user, session, done }))
        .sort((a, b) => compareText(JSON.stringify(a), JSON.stringify(b))),
    left() {
      const ended = new Map(runs.map(({ id, at }) => [id, { id, at, end: "ended" as const }]));
      const unended = open.map(({ id, at, died }) => {
        return { id, at, end: died ? ("died" as const) : ("open" as const) };
      });
      const some = new Set([...shown.keys()].map(({ run }) => run));
      return [...[...ended.values()].filter(({ id }) => some.has(id)), ...unended]
        .sort((a, b) => a.at - b.at || compareText(a.id, b.id))
        .map(({ id, at, end }) => {
          const mine = asked.filter(({ run }) => run === id).map((one) => shown.get(one));
          const of = (done: boolean | undefined) => mine.filter((one) => one === done).length;
          const counts = { done: of(true), undone: of(false), unknown: of(undefined) };
          return { run: id, began: iso(at), end, ...counts };
        });
    },
  };
}

function isOpen({ status, undone, found }: Attempt): boolean {
  return status === "intent" && !undone && found === undefined;
}

/** Whether the user's own record shows it done; null where it does not tell. */
function isDone({ type, session: id, signedInAt }: Attempt, user: User): boolean | null {
  if (type === "lock") return user.locked;
  if (type === "unlock") return !user.locked;
  const session = user.sessions.find((one) => one.id === id);
  if (session === undefined) return null;
  // Its creation, or a moment in the future, does not tell whether it signed in anew.
  const signedIn = known(session.signedInAt, session);
  const isAnew = signedIn !== null && signedInAt !== null ? signedIn !== signedInAt : null;
  // Who signed in anew since was signed out first.
  if (session.state === "active" || isAnew) return isAnew;
  return type === "re-authenticate" || session.state === "wiping" ? true : null;
}
