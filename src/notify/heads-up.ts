/** Tells a service of the customer's of each user of whom a session falls due: some at once, bounded in time. */
import type { DueUser } from "../estate/due.ts";
import type { HeadsUp, Policy } from "../model/policy.ts";
import type { Duration, Instant } from "../model/vocabulary.ts";
import { inPool } from "../pool.ts";
import { iso, MINUTE } from "../time.ts";
import { type Secrets, signedAddress } from "./address.ts";
import { eventId } from "./judge.ts";
import { post, type Timer } from "./post.ts";
import { type CloudEvent, signedLetter } from "./webhook.ts";

/** Requests under way at once. */
const AT_ONCE = 8;
/** For all users of a run together. */
const WITHIN: Duration = 60_000;
/** Failures after each other, of any request, after which a service is left alone for this run. */
const GIVE_UP = 5;

/** Who is settled, told or given up, and what went wrong, as a sentence. */
export interface HeadsUps {
  told: DueUser[];
  warning: string | null;
}

/** Sends one event a user. `enough`: whether the door has time for more. */
export async function sendHeadsUps(
  policy: Policy,
  headsUp: HeadsUp,
  { due, at }: { due: readonly DueUser[]; at: Instant },
  secrets: Secrets,
  clock: Timer,
  enough: () => boolean,
): Promise<HeadsUps> {
  const told: DueUser[] = [];
  if (due.length === 0) return { told, warning: null };
  const warn = (why: string): HeadsUps => {
    const { file, line } = headsUp.source;
    const users = due.length - told.length === 1 ? "1 user" : `${due.length - told.length} users`;
    const warning = `${file}:${line}: notify.users: ${users} not told that a session falls due: ${why}. The next run tries again.`;
    return { told, warning };
  };
  const found = await signedAddress(headsUp, secrets);
  if ("why" in found) return warn(found.why);
  const until = clock.now() + WITHIN;
  let inRow = 0;
  let refused = 0;
  let why = "there was no time left";
  await inPool(inTurn(due, at), AT_ONCE, async (one) => {
    if (inRow >= GIVE_UP || clock.now() >= until || !enough()) return;
    const letter = signedLetter(eventOf(policy, one, at), found.url, found.key);
    const failure = await post(letter, clock, until);
    // What the service will never take of one user says nothing of the next.
    inRow = failure === null || failure.refused ? 0 : inRow + 1;
    if (failure !== null) why = `the service ${failure.why}`;
    if (failure?.refused) refused++;
    if (failure === null || failure.refused) told.push(one);
  });
  if (told.length < due.length) return warn(why);
  return { told, warning: refused === 0 ? null : givenUp(headsUp, refused, why) };
}

function givenUp({ source: { file, line } }: HeadsUp, users: number, why: string): string {
  return `${file}:${line}: notify.users: ${users === 1 ? "1 user" : `${users} users`} not told that a session falls due: ${why}, and will never take it. It is given up.`;
}

/** Each run begins elsewhere, so that those whom a service fails at do not keep it from the others for ever. */
function inTurn(due: readonly DueUser[], at: Instant): DueUser[] {
  const from = (Math.floor(at / MINUTE) * 7919) % due.length;
  return [...due.slice(from), ...due.slice(0, from)];
}

/** No more about the user than who, when and by which rule. */
function eventOf(
  { target }: Policy,
  { user, name, at: due, rule }: DueUser,
  at: Instant,
): CloudEvent {
  const type = "curfew.session.due-soon";
  return {
    id: eventId(target.url, type, [user], due),
    type,
    source: target.url,
    time: new Date(at).toISOString(),
    subject: user,
    data: {
      target: target.name,
      user: { id: user, ...(name !== null && { name }) },
      due: iso(due),
      rule,
    },
  };
}
