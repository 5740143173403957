/**
 * Who falls due when, day by day: what a plan will want as time goes by, if nobody signs in again. It counts what is
 * wanted; limits, windows and a freeze may hold it back then.
 */
import type { UserRecord } from "../../model/inventory.ts";
import type { Reason } from "../../model/plan.ts";
import type { Known } from "../../model/run.ts";
import { ACTION_TYPES, type ActionType } from "../../model/vocabulary.ts";
import { rulebook } from "../../policy/effective.ts";
import { compareText } from "../../text/order.ts";
import { DAY, iso } from "../../time.ts";
import { namesMeter } from "../names.ts";
import { oneUser } from "../one-user.ts";
import { perhapsLost } from "../remembered.ts";
import { type Fall, foreseer } from "./foresee.ts";

/** A forecast, as `--format json` prints it: plain data. Days are those of UTC. */
export interface Forecast {
  /** The moment from which it looks ahead, ISO 8601. */
  from: string;
  /** The start of the first day that is not in it, ISO 8601. */
  end: string;
  /** What is wanted at `from` already. */
  now: Tally;
  /** Every day, also those on which nothing falls due; the first is what is left of the day of `from`. */
  days: ForecastDay[];
  /** Users whose record can't be read, so that nothing is known of them. */
  unreadable: number;
}

export interface ForecastDay extends Tally {
  /** Such as 2026-11-23. */
  date: string;
}

/** What falls due at one time. */
export interface Tally {
  /** How many actions of each type. */
  due: Record<ActionType, number>;
  /** The sum of `due`. */
  total: number;
  /** What breaks only rules under `report`, or of users whom the rollout has not reached; not in `due`. */
  held: number;
  /** The lines of policy that cause `due`, the most frequent first; one action may break several. */
  rules: RuleCount[];
  /** The first of `due`, in the order of time. */
  first: Due[];
}

interface RuleCount extends Pick<Reason, "rule" | "file" | "line"> {
  count: number;
}

/** One action that falls due. */
export interface Due {
  /** ISO 8601. */
  at: string;
  type: ActionType;
  user: string;
  /** What the policy calls the user, where that is not the id. */
  name?: string;
  session: string | null;
  label?: string;
  reasons: Reason[];
}

export interface ForecastMeter {
  add(record: UserRecord): void;
  /** Throws UsageError where `only` is nobody who was added. */
  result(): Forecast;
}

/** How many of a day are named. */
const FIRST = 5;

/**
 * Forecasts from users that stream by; holds counts, not users. `days` of UTC, the day of `at` included, from 1.
 * `only`: the id or name of one user; null: everybody.
 */
export function forecastMeter(
  { policy, at, memory }: Known,
  days: number,
  only: string | null = null,
): ForecastMeter {
  const book = rulebook(policy);
  const foresee = foreseer(book, memory);
  const names = namesMeter(book, memory.met);
  const asked = only === null ? null : oneUser(only, policy);
  const midnight = at - (at % DAY);
  const end = midnight + days * DAY;
  const now = counter();
  const counters = Array.from({ length: days }, counter);
  /** Unlocks of users who may have been renamed: plan/remembered.ts. No more than the ledger has locks. */
  const doubtful: Fall[] = [];
  const count = (fall: Fall) => {
    const of = fall.at === at ? now : counters[Math.floor((fall.at - midnight) / DAY)];
    of?.add(fall);
  };
  const inDoubt = (fall: Fall) => perhapsLost(fall, book, memory);
  let unreadable = 0;
  return {
    add(record) {
      const isAsked = asked?.is(record) ?? true;
      if ("unreadable" in record) {
        unreadable++;
        return;
      }
      names.see(record.user);
      if (!isAsked) return;
      for (const fall of foresee(record.user, at, end)) {
        if (inDoubt(fall)) doubtful.push(fall);
        else count(fall);
      }
    },
    result() {
      asked?.found();
      if (names.lostLock(at) === null) doubtful.splice(0).forEach(count);
      return {
        from: iso(at),
        end: iso(end),
        now: now.tally(),
        days: counters.map((of, i) => ({
          date: iso(midnight + i * DAY).slice(0, 10),
          ...of.tally(),
        })),
        unreadable,
      };
    },
  };
}

/** Counts what falls due at one time; remembers the first few. */
function counter() {
  const due: Tally["due"] = { lock: 0, wipe: 0, "re-authenticate": 0, unlock: 0 };
  const rules = new Map<string, RuleCount>();
  let first: Fall[] = [];
  let held = 0;
  return {
    add(fall: Fall): void {
      if (fall.hold !== null) {
        held++;
        return;
      }
      due[fall.type]++;
      for (const { rule, file, line } of fall.reasons) {
        const key = `${rule} ${line} ${file}`;
        const known = rules.get(key) ?? { rule, file, line, count: 0 };
        rules.set(key, { ...known, count: known.count + 1 });
      }
      const last = first.at(-1);
      if (first.length < FIRST || (last && byTime(fall, last) < 0)) {
        first = [...first, fall].sort(byTime).slice(0, FIRST);
      }
    },
    tally: (): Tally => ({
      due: { ...due },
      total: ACTION_TYPES.reduce((sum, type) => sum + due[type], 0),
      held,
      rules: [...rules.values()].sort(byCount),
      first: first.map(told),
    }),
  };
}

function told({ at, type, user, name, session, label, reasons }: Fall): Due {
  return {
    at: iso(at),
    type,
    user,
    ...(name !== null && name !== user ? { name } : {}),
    session,
    ...(label === null ? {} : { label }),
    reasons,
  };
}

/** So that the order in which users come changes nothing. */
function byTime(a: Fall, b: Fall): number {
  return (
    a.at - b.at ||
    compareText(a.user, b.user) ||
    compareText(a.session ?? "", b.session ?? "") ||
    compareText(a.type, b.type)
  );
}

function byCount(a: RuleCount, b: RuleCount): number {
  return (
    b.count - a.count ||
    compareText(a.file, b.file) ||
    a.line - b.line ||
    compareText(a.rule, b.rule)
  );
}
