/**
 * The schedule expressions that EventBridge Scheduler takes: `rate(1 hour)` and `cron(0 6 * * ? *)`. They are checked
 * here, since Pulumi passes any text on and AWS refuses it only half-way through an update.
 * The forms: AWS's "Schedule types in EventBridge Scheduler".
 */

const MINUTES = { minute: 1, hour: 60, day: 24 * 60 } as const;

/** How late a run may start after its moment: the flexible window, in minutes. */
export const WINDOW_MINUTES = 15;
/** How long a run may take, in minutes: Lambda allows no more. */
export const RUN_MINUTES = 15;
/** A shorter interval would start a run while the last one may still be at work. */
const SHORTEST_MINUTES = WINDOW_MINUTES + RUN_MINUTES;

/** What is wrong with an expression, as the end of a sentence, or null. */
export function scheduleFault(expression: string): string | null {
  const cron = /^cron\((.*)\)$/.exec(expression);
  if (cron) return cronFault((cron[1] ?? "").split(" "));
  const minutes = rateMinutes(expression);
  if (minutes === null) {
    return "is no schedule: write one such as rate(1 hour) or cron(0 6 * * ? *)";
  }
  return minutes < SHORTEST_MINUTES
    ? `is too often: a run starts up to ${WINDOW_MINUTES} minutes late and may take ${RUN_MINUTES}, so at least rate(${SHORTEST_MINUTES} minutes)`
    : null;
}

/** The interval of `rate(…)` in minutes; null where it is none. */
export function rateMinutes(expression: string): number | null {
  const match = /^rate\(([1-9]\d{0,4}) (minute|hour|day)(s?)\)$/.exec(expression);
  if (!match) return null;
  const value = Number(match[1]);
  if ((value === 1) !== (match[3] === "")) return null;
  return value * MINUTES[match[2] as keyof typeof MINUTES];
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/** A field of `cron(…)`: its numbers, the words for them, and the texts that stand for what no number says. */
interface Field {
  name: string;
  from: number;
  to: number;
  words?: readonly string[];
  special?: RegExp;
}

const FIELDS: readonly Field[] = [
  { name: "minutes", from: 0, to: 59 },
  { name: "hours", from: 0, to: 23 },
  { name: "day of month", from: 1, to: 31, special: /^(?:\?|LW?|(?:[1-9]|[12]\d|3[01])W)$/ },
  { name: "month", from: 1, to: 12, words: MONTHS },
  { name: "day of week", from: 1, to: 7, words: DAYS, special: /^(?:\?|L|[1-7]L|[1-7]#[1-5])$/ },
  { name: "year", from: 1970, to: 2199 },
];

function cronFault(parts: readonly string[]): string | null {
  if (parts.length !== FIELDS.length) {
    return `is no cron schedule: it has ${parts.length} fields, and takes 6 (minutes hours day-of-month month day-of-week year), as in cron(0 6 * * ? *)`;
  }
  for (const [index, field] of FIELDS.entries()) {
    const part = parts[index] ?? "";
    if (!part.split(",").every((entry) => isEntry(entry, field))) {
      return `has "${part}" for the ${field.name}: numbers from ${field.from} to ${field.to}, lists, ranges and steps are understood`;
    }
  }
  if ((parts[2] === "?") === (parts[4] === "?")) {
    return 'needs "?" for either the day of the month or the day of the week, and not for both';
  }
  return gapFault(parts[0] ?? "", parts[1] ?? "");
}

/** The shortest time between two starts, by minutes and hours alone: a day may follow the last one at once. */
function gapFault(minutes: string, hours: string): string | null {
  const [minuteField, hourField] = FIELDS;
  if (!minuteField || !hourField) return null;
  const starts = numbersOf(hours, hourField).flatMap((hour) =>
    numbersOf(minutes, minuteField).map((minute) => hour * 60 + minute),
  );
  const [first = 0] = starts;
  const shortest = Math.min(
    ...starts.map((start, i) => (starts[i + 1] ?? first + MINUTES.day) - start),
  );
  return shortest < SHORTEST_MINUTES
    ? `is too often: a run starts up to ${WINDOW_MINUTES} minutes late and may take ${RUN_MINUTES}, so at least ${SHORTEST_MINUTES} minutes between two`
    : null;
}

/** The numbers that a part stands for, in order. */
function numbersOf(part: string, field: Field): number[] {
  const numbers = part.split(",").flatMap((entry) => {
    const [range = "", step] = entry.split("/");
    const [from = "", to] = range === "*" ? [`${field.from}`, `${field.to}`] : range.split("-");
    const first = Number(from);
    const last = to === undefined ? (step === undefined ? first : field.to) : Number(to);
    const count = Math.floor((last - first) / Number(step ?? 1)) + 1;
    return Array.from({ length: count }, (_, i) => first + i * Number(step ?? 1));
  });
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function isEntry(entry: string, field: Field): boolean {
  if (field.special?.test(entry)) return true;
  const [range = "", step, ...rest] = entry.split("/");
  if (rest.length > 0 || (step !== undefined && !/^[1-9]\d{0,3}$/.test(step))) return false;
  // AWS takes no step that leads out of the field at once.
  if (step !== undefined && Number(step) > field.to - (field.from === 0 ? 0 : field.from - 1)) {
    return false;
  }
  if (range === "*") return true;
  const ends = range.split("-").map((end) => numberOf(end, field));
  const [first = null, last = first] = ends;
  return ends.length <= 2 && first !== null && last !== null && first <= last;
}

function numberOf(text: string, { from, to, words }: Field): number | null {
  const word = words?.indexOf(text) ?? -1;
  if (word >= 0) return word + from;
  if (!/^\d{1,4}$/.test(text)) return null;
  const value = Number(text);
  return value >= from && value <= to ? value : null;
}
