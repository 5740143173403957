/**
 * Tells whoever the policy names of what a run has done. First what is to be told is remembered, then it is sent, then
 * what arrived is remembered: so what fails, or dies in between, is sent by the next run, and nothing twice for nothing.
 */
import { SYSTEM_CLOCK } from "../clock.ts";
import { CurfewError } from "../errors.ts";
import type { DueUser } from "../estate/due.ts";
import type { Policy } from "../model/policy.ts";
import type { Message, Told, ToldBook } from "../model/told.ts";
import type { Instant } from "../model/vocabulary.ts";
import { DAY } from "../time.ts";
import { channelName, type Secrets } from "./address.ts";
import { deliver } from "./deliver.ts";
import { sendHeadsUps } from "./heads-up.ts";
import { type Happened, judge } from "./judge.ts";
import type { Timer } from "./post.ts";

/** What telling needs of a door. */
export interface Teller extends Secrets {
  /** Takes the secrets of the run out of a text. */
  clean(text: string): string;
  /** Told in a sentence what could not be delivered. */
  onWarning?: ((message: string) => void) | undefined;
  /** Told how often that was in this run, where it was. */
  onUntold?: ((failures: number) => void) | undefined;
  /** Whether there is time for more heads-ups; always, where absent. */
  enough?: (() => boolean) | undefined;
  /** The machine's own where absent. */
  clock?: Timer | undefined;
}

/** Messages that wait, of all channels together: the newest stay. */
const MOST_PENDING = 200;
/** A message older than that is no news any more. */
const STALE = 7 * DAY;

/** `due`: users of whom a session falls due soon. What can't be delivered is a warning, and changes no run. */
export async function notify(
  policy: Policy,
  book: ToldBook,
  happened: Happened,
  due: readonly DueUser[],
  teller: Teller,
): Promise<void> {
  const { onWarning, onUntold, clock = SYSTEM_CLOCK, enough = () => true } = teller;
  if (policy.notify === undefined) return;
  const warnings: string[] = [];
  try {
    const told = await book.update((before) => remembered(policy, happened, before, teller.clean));
    const { settled, warnings: failed } = await deliver(policy, told.pending, teller, clock);
    warnings.push(...failed);
    const { users } = policy.notify;
    const fresh = unwarned(due, told);
    const of = { due: fresh, at: happened.at };
    const headsUps = users && (await sendHeadsUps(policy, users, of, teller, clock, enough));
    if (headsUps?.warning) warnings.push(headsUps.warning);
    await book.update((before) => delivered(before, settled, headsUps?.told ?? [], happened.at));
  } catch (error) {
    if (!(error instanceof CurfewError)) throw error;
    warnings.push(`What was told could not be remembered, so it may come again: ${error.message}`);
  }
  for (const warning of warnings) onWarning?.(warning);
  if (warnings.length > 0) onUntold?.(warnings.length);
}

/** With the news of a run, for each channel that is to be told of it. */
function remembered(
  policy: Policy,
  happened: Happened,
  before: Told,
  clean: (text: string) => string,
): Told {
  const { messages, conditions } = judge(policy, happened, before.conditions);
  const channels = policy.notify?.channels ?? [];
  const names = new Set(channels.map(channelName));
  const waiting = before.pending.filter(
    ({ channel, message }) => names.has(channel) && happened.at - Date.parse(message.time) <= STALE,
  );
  const news = messages.flatMap((message) =>
    channels
      .filter(({ on }) => on.includes(message.event))
      .map((channel) => ({ channel: channelName(channel), message: cleaned(message, clean) })),
  );
  return { ...before, conditions, pending: [...waiting, ...news].slice(-MOST_PENDING) };
}

/** Without any secret, whatever a backend has said. */
function cleaned(message: Message, clean: (text: string) => string): Message {
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return clean(value);
    if (Array.isArray(value)) return value.map(walk);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, walk(part)]));
  };
  return walk(message) as Message;
}

/** Of whom the moment is news. */
function unwarned(due: readonly DueUser[], { users }: Told): DueUser[] {
  const known = new Map(Object.entries(users));
  return due.filter(({ user, at }) => known.get(user) !== at);
}

function delivered(
  before: Told,
  settled: Told["pending"],
  warned: readonly DueUser[],
  at: Instant,
): Told {
  const keyOf = ({ channel, message }: Told["pending"][number]) => `${message.id} ${channel}`;
  const gone = new Set(settled.map(keyOf));
  const coming = Object.entries(before.users).filter(([, due]) => due >= at);
  return {
    ...before,
    pending: before.pending.filter((one) => !gone.has(keyOf(one))),
    users: Object.fromEntries([...coming, ...warned.map((one) => [one.user, one.at] as const)]),
  };
}
