/** Reads the affected users again after a run: whether the backend did what it accepted. */
import { Incomplete, UnreadableTargetError } from "../errors.ts";
import type { Account, Session } from "../model/inventory.ts";
import type { Provider } from "../model/ports.ts";
import type { Outcome } from "../model/run.ts";
import { signInOf } from "../plan/decide/session.ts";
import type { Step } from "../plan/steps.ts";
import { inPool } from "../pool.ts";

/** Users of one page of a list: reading a page costs what reading one user costs. */
const PAGE = 1000;
/** Requests for single users under way at once. */
const AT_ONCE = 8;

/** What was written and what came back. `steps` and `outcomes` are in the same order. */
export interface Sent {
  steps: readonly Step[];
  outcomes: readonly Outcome[];
  /** The outcomes whose answer was lost: they may have taken effect. */
  unknown: ReadonlySet<Outcome>;
  provider: Provider;
  /** Users of the target, to choose between reading them singly and reading pages. */
  estate: number;
  /** Whether reading goes on; what was not read by then is not confirmed. Always, where absent. */
  goesOn?: () => boolean;
}

/**
 * Checks outcomes against a fresh read; one outcome for each, in the same order. An action that was accepted and
 * not done becomes `failed`; one whose answer was lost and that shows in the backend becomes `applied`. What could
 * not be read again stays as it is, without `confirmed`. Throws nothing for what a read met.
 */
export async function readBack(written: Sent): Promise<Outcome[]> {
  const { steps, outcomes, unknown, provider, estate, goesOn = () => true } = written;
  // What the backend refused stays refused, also where somebody else did it meanwhile.
  const open = (o: Outcome) => o.status === "applied" || unknown.has(o);
  const affected = new Set(outcomes.filter(open).map((outcome) => outcome.user));
  if (affected.size === 0 || !goesOn()) return [...outcomes];
  const users = await readAgain(affected, provider, estate, goesOn);
  return outcomes.map((outcome, i) => {
    const user = users.get(outcome.user);
    const step = steps[i];
    if (!user || !step || !open(outcome)) return outcome;
    return judged({ ...outcome, ...unwiped(step, user) }, contradiction(step, user));
  });
}

/** The sessions that a lock should have wiped and did not, as the record shows; none where the lock is not there. */
function unwiped({ action, attempt }: Step, user: Account): { unwiped?: string[] } {
  if (action.type !== "lock" || !user.locked) return {};
  const left = user.sessions.filter(({ id }) => Object.hasOwn(attempt.wipes, id));
  const ids = left.filter((s) => !isWiped(s, attempt.wipes[s.id] ?? null)).map(({ id }) => id);
  return ids.length > 0 ? { unwiped: ids } : {};
}

/** A session that signed in anew since was wiped or ended first. */
function isWiped(session: Session, signedIn: number | null): boolean {
  return session.state === "wiping" || signInOf(session) !== signedIn;
}

function judged(outcome: Outcome, contradiction: string | null): Outcome {
  const { error, ...rest } = outcome;
  if (contradiction === null) return { ...rest, status: "applied", confirmed: true };
  if (outcome.status === "failed") return { ...outcome, confirmed: false };
  const told = `the backend accepted it and did not do it: ${contradiction}`;
  return { ...rest, status: "failed", confirmed: false, error: told };
}

/** What in the user's record shows that the action was not done; null where nothing does. */
function contradiction({ action, attempt }: Step, user: Account): string | null {
  if (action.type === "lock" && !user.locked) return "the user is unlocked";
  if (action.type === "unlock" && user.locked) return "the user is locked";
  const session = user.sessions.find(({ id }) => id === action.session);
  if (!session) return null;
  if (action.type === "wipe" && !isWiped(session, attempt.signedInAt)) {
    return `session ${session.id} is ${session.state}, and not wiped`;
  }
  return still(session, attempt.signedInAt) ? `session ${session.id} is still active` : null;
}

/** A session that signed in anew since was ended first. */
function still(session: Session, signedIn: number | null): boolean {
  return session.state === "active" && signInOf(session) === signedIn;
}

async function readAgain(
  ids: ReadonlySet<string>,
  provider: Provider,
  estate: number,
  goesOn: () => boolean,
): Promise<Map<string, Account>> {
  const users = new Map<string, Account>();
  const pages = Math.ceil(estate / PAGE);
  try {
    if (ids.size > pages) await readPages(ids, provider, users, goesOn);
    else await readSingly(ids, provider, users, goesOn);
  } catch (error) {
    // What was written is written: an unconfirmed outcome says no more than that.
    if (!(error instanceof UnreadableTargetError || error instanceof Incomplete)) throw error;
  }
  return users;
}

async function readPages(
  ids: ReadonlySet<string>,
  provider: Provider,
  into: Map<string, Account>,
  goesOn: () => boolean,
) {
  for await (const page of provider.users()) {
    for (const record of page.objects) {
      if ("user" in record && ids.has(record.user.id)) into.set(record.user.id, record.user);
    }
    if (into.size === ids.size || !goesOn()) return;
  }
}

async function readSingly(
  ids: ReadonlySet<string>,
  provider: Provider,
  into: Map<string, Account>,
  goesOn: () => boolean,
) {
  await inPool([...ids], AT_ONCE, async (id) => {
    if (!goesOn()) return;
    const record = await provider.user(id);
    if (record && "user" in record) into.set(id, record.user);
  });
}
