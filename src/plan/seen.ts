/** What a plan makes of the users as they stream by: what is wanted of each, and what there is to say. */
import { markAhead } from "../ahead.ts";
import type { User, UserRecord } from "../model/inventory.ts";
import type { Notice } from "../model/plan.ts";
import type { Instant } from "../model/vocabulary.ts";
import { type Rulebook, rulebook } from "../policy/effective.ts";
import { isCalled, rememberedAs } from "../policy/names.ts";
import { type UsageMeter, usageMeter } from "./brakes/usage.ts";
import { causeFinder } from "./cause.ts";
import { type ClockMeter, clockMeter } from "./clock.ts";
import { decide } from "./decide/decide.ts";
import * as notice from "./decide/notices.ts";
import { type Decision, isOurs } from "./decide/want.ts";
import { type DevicesMeter, devicesMeter } from "./devices-met.ts";
import { locksInFlight } from "./in-flight.ts";
import { type Keeper, keeper } from "./keep.ts";
import { type LeftMeter, leftMeter } from "./left.ts";
import { type NamesMeter, namesMeter } from "./names.ts";
import { observer } from "./observe.ts";
import { movedLines, remembered } from "./remembered.ts";
import type { PlannerOptions } from "./scope.ts";
import { type WipesMeter, wipesMeter } from "./wipes.ts";

/** Of all users so far. */
export interface Seen {
  wants: Keeper;
  notices: Notice[];
  /** Told at the end, when it is known who has the name now. */
  moved: (() => Notice)[];
  /** Ids of users whose lock becomes ours, and of those whose lock is ours no more. */
  adopt: string[];
  forget: string[];
  lifted: string[];
  /** Session id → its sign-in: wipes that were turned into sign-outs, and are still owed. */
  owedWipes: Map<string, Instant | null>;
  wipes: WipesMeter;
  usage: UsageMeter;
  left: LeftMeter;
  names: NamesMeter;
  clock: ClockMeter;
  devices: DevicesMeter;
  /** Ids of those who are asked for and were there, where one user is; null where all are. */
  asked: Set<string> | null;
}

/** Watches users stream by; `seen` grows with what is wanted and to be said, not with the estate. */
export function watcher(options: PlannerOptions): { add(record: UserRecord): void; seen: Seen } {
  const { policy, at, memory } = options;
  const { only, base } = options.scope;
  const book = rulebook(policy, options.can);
  const causes = causeFinder(at, memory, base ?? null);
  const inFlight = locksInFlight(memory, at);
  const observe = observer(memory, at);
  const usage = usageMeter(memory.attempts, at, inFlight);
  const seen: Seen = {
    ...{ notices: [], moved: [], adopt: [], forget: [], lifted: [] },
    owedWipes: new Map(Object.entries(memory.owedWipes)),
    wipes: wipesMeter(memory),
    names: namesMeter(book, memory.met),
    usage,
    left: leftMeter(memory, inFlight),
    wants: keeper(memory, at, usage.recent),
    clock: clockMeter(),
    devices: devicesMeter(policy),
    asked: only === null ? null : new Set(),
  };
  const tellMoved = (user: User, { moved }: Decision) => {
    const { byName, byId } = book.lines.present(user);
    const own = book.forUser(user, at, memory.met);
    const mine = isOurs(user, memory);
    for (const line of movedLines(moved, user.ambiguous ? byId : [...byName, ...byId], own)) {
      seen.moved.push(() => remembered(user, line, seen.names.holder(line.name), policy, mine));
    }
  };
  const known = only === null ? null : rememberedAs(only, memory.met, policy.target.identify);
  const isAsked = (user: User) =>
    only === null || isCalled(only, user) || known?.has(user.id) === true;
  const note = (user: User, decision: Decision) => {
    owe(seen.owedWipes, user, decision);
    seen.notices.push(...decision.notices, ...observe(user, decision));
    if (decision.adopt) seen.adopt.push(user.id);
    // A lock that may still take effect stays ours, without a word.
    const forget = decision.forget && !inFlight.has(user.id);
    if (forget) seen.forget.push(user.id);
    if (decision.lifted && !inFlight.has(user.id)) seen.lifted.push(user.id);
    if (decision.moved.length > 0) tellMoved(user, decision);
    if (decision.wants.length > 0) seen.wants.add(causes(user, decision.wants));
  };
  const add = (raw: UserRecord) => {
    const record = options.readAt === undefined ? markAhead(raw, at) : raw;
    seen.wipes.see(record);
    if ("unreadable" in record) return unreadable(record, book, seen);
    const { user } = record;
    seen.usage.see(user);
    seen.left.see(user);
    seen.names.see(user);
    seen.clock.see(user, isAsked(user));
    seen.devices.see(user);
    if (!isAsked(user)) return;
    seen.asked?.add(user.id);
    note(user, decide(user, book, at, memory));
  };
  return { add, seen };
}

/** Where a decision says what is owed of a user's sessions, that stands in place of what was owed before. */
function owe(owed: Seen["owedWipes"], user: User, { owing }: Decision): void {
  if (!owing) return;
  if (owed.size > 0) for (const session of user.sessions) owed.delete(session.id);
  for (const [session, signedIn] of owing) owed.set(session, signedIn);
}

function unreadable(
  { unreadable: record }: Extract<UserRecord, { unreadable: unknown }>,
  book: Rulebook,
  seen: Seen,
): void {
  // With `identify` the name of a record that can't be read is unknown.
  const name = book.policy.target.identify === null ? record.id : null;
  const locked = name !== null && book.lockedEntries(name).length > 0;
  seen.notices.push(notice.unreadable(record, locked));
  seen.names.see({ id: record.id, name });
}
