/** The look: each user of a batch is read just before it is sent, and what is no longer as its action expects is not sent. */
import { UnreadableTargetError } from "../errors.ts";
import type { Account, AccountRecord } from "../model/inventory.ts";
import type { Action } from "../model/plan.ts";
import type { Clock, Provider } from "../model/ports.ts";
import type { Outcome } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import { unsynced } from "../plan/decide/session.ts";
import type { Step } from "../plan/steps.ts";
import { inPool } from "../pool.ts";
import { iso } from "../time.ts";

/** A look is at most this old when its write is sent. */
export const LOOK_HOLDS = 30_000;
/** A batch is cut when so long has passed since its first look: what is left is for its intents. */
const CUT = 25_000;
/** Users read at once. */
const AT_ONCE = 8;

/** What looks rest on besides the backend. */
export interface Looking {
  provider: Pick<Provider, "user" | "writeSize">;
  clock: Pick<Clock, "elapsed">;
  /** Users whose lock the audit log says is ours. */
  owned: ReadonlySet<string>;
  /** Whether the line that wants an action still means this user: null, or why not. */
  stillMeant?: ((step: Step, user: Account) => Promise<string | null>) | undefined;
  /** Whether looking goes on; what was not looked at then is for a later batch. */
  goesOn: () => boolean;
}

/** An action after its look. `outcome` is null where it is to be sent. */
export interface Looked {
  step: Step;
  outcome: Outcome | null;
  /** When its look began; null where none was needed. */
  at: number | null;
  /** Whatever lock the user has, now or later, is not ours. */
  foreign: boolean;
}

/** Looks at the first of `steps`, in their order, until the batch is cut. At least one, where looking goes on. */
export async function lookAt(steps: readonly Step[], looking: Looking): Promise<Looked[]> {
  const { provider, clock, goesOn } = looking;
  const began = clock.elapsed();
  const users = new Map<string, { at: number; record: Promise<AccountRecord | null> }>();
  const read = (id: string) => {
    const known = users.get(id);
    if (known) return known;
    const look = { at: clock.elapsed(), record: provider.user(id) };
    users.set(id, look);
    return look;
  };
  let cut = steps.length;
  const looked = await inPool(steps, AT_ONCE, async (step, i): Promise<Looked | null> => {
    if (i > 0 && (clock.elapsed() - began >= CUT || !goesOn())) cut = Math.min(cut, i);
    if (i >= cut) return null;
    if (!needsLook(step.action, provider)) return { step, outcome: null, at: null, foreign: false };
    const { at, record } = read(step.action.user);
    return { step, at, ...(await weighed(step, record, looking)) };
  });
  return looked.slice(0, cut).filter((one) => one !== null);
}

/** Sign-outs are harmless to repeat, and many go in one request; where each is a request of its own it is looked at. */
function needsLook({ type }: Action, { writeSize }: Pick<Provider, "writeSize">): boolean {
  return type !== "re-authenticate" || writeSize === 1;
}

async function weighed(
  step: Step,
  read: Promise<AccountRecord | null>,
  looking: Looking,
): Promise<Pick<Looked, "outcome" | "foreign">> {
  const { type, user, session } = step.action;
  const settled = (status: Outcome["status"], error: string, foreign = false) => ({
    outcome: { status, type, user, session, error },
    foreign,
  });
  // That nobody could be read says nothing of this user.
  const unread = (error: string) => {
    const { outcome, foreign } = settled("failed", error);
    return { outcome: { ...outcome, passing: true as const }, foreign };
  };
  try {
    const record = await read;
    if (record === null) return settled("skipped", "the user is gone");
    if ("unreadable" in record)
      return settled("failed", `not sent: its look can't be read: ${record.unreadable.message}`);
    const changed = changedSince(step, record.user, looking.owned);
    const foreign = type === "lock" || type === "unlock";
    if (changed !== null) return settled("skipped", changed, foreign);
    const other = (await looking.stillMeant?.(step, record.user)) ?? null;
    if (other !== null) return settled("skipped", other);
    return { outcome: null, foreign: false };
  } catch (error) {
    if (!(error instanceof UnreadableTargetError)) throw error;
    return unread(`not sent: its look can't be read: ${error.message}`);
  }
}

/** What is not as the action expects, as a sentence; null where all is. */
function changedSince(
  { action, waits }: Step,
  user: Account,
  owned: ReadonlySet<string>,
): string | null {
  if (action.type === "lock")
    return user.locked ? "somebody else locked the user meanwhile: the lock is theirs" : null;
  if (action.type === "unlock") {
    if (!user.locked) return "somebody lifted the lock meanwhile";
    return owned.has(user.id)
      ? null
      : "the audit log does not say that the lock is ours: it counts as somebody else's";
  }
  const session = user.sessions.find(({ id }) => id === action.session);
  if (session === undefined) return "the session is gone";
  const { state, signedInAt } = action.expects;
  if (signedInAt !== undefined && isoOf(session.signedInAt) !== signedInAt)
    return `somebody signed in anew, ${session.signedInAt === null ? "at an unknown time" : `at ${iso(session.signedInAt)}`}`;
  if (state !== undefined && session.state !== state)
    return `the session was ${state} when it was read, and is ${session.state} now`;
  return waits && unsynced(session)
    ? "the device connected meanwhile, and may hold data that is not uploaded: the wipe waits for it"
    : null;
}

function isoOf(at: Instant | null): string | null {
  return at === null ? null : iso(at);
}
