import type { Instant } from "../../model/vocabulary.ts";
import { DAY, HOUR, MINUTE } from "../../time.ts";

const DIGIT_0 = 48;
const DAYS_BEFORE = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** Days from 0000-01-01 to 1970-01-01. */
const EPOCH_DAYS = 719_528;
/** What may follow the seconds: a fraction, then `Z` or an offset. */
const REST = /^(?:\.(\d{1,9}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

/**
 * An ISO 8601 date and time with `Z` or an offset, e.g. `2017-08-18T13:33:23Z`, in milliseconds since the
 * epoch (finer fractions are cut off); NaN for anything else, also for a day that no calendar has. Written
 * by hand because an inventory holds millions of dates, and `Date.parse` takes far more than ISO 8601.
 */
export function parseInstant(text: string): Instant {
  const clock = wholeSeconds(text);
  if (text.length === 20 && text.charCodeAt(19) === 0x5a) return clock;
  const rest = REST.exec(text.slice(19));
  if (!rest) return Number.NaN;
  const [, fraction = "", sign, hours = "0", minutes = "0"] = rest;
  const offset = Number(hours) * HOUR + Number(minutes) * MINUTE;
  const milliseconds = Number(fraction.slice(0, 3).padEnd(3, "0"));
  return clock + milliseconds - (sign === "-" ? -offset : offset);
}

/** The first 19 characters, read as UTC. */
function wholeSeconds(text: string): number {
  const year = two(text, 0) * 100 + two(text, 2);
  const month = two(text, 5);
  const day = two(text, 8);
  const hour = two(text, 11);
  const minute = two(text, 14);
  const second = two(text, 17);
  const punctuated =
    text[4] === "-" && text[7] === "-" && text[10] === "T" && text[13] === ":" && text[16] === ":";
  const onClock = hour < 24 && minute < 60 && second < 60;
  if (!punctuated || !onClock || !onCalendar(year, month, day)) return Number.NaN;
  return daysSinceEpoch(year, month, day) * DAY + hour * HOUR + minute * MINUTE + second * 1000;
}

function onCalendar(year: number, month: number, day: number): boolean {
  if (!(day >= 1 && day <= (DAYS_IN[month] ?? 0))) return false;
  return day < 29 || month !== 2 || isLeap(year);
}

function daysSinceEpoch(year: number, month: number, day: number): number {
  const before = year - 1;
  const leaps = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) + 1;
  const inYear = (DAYS_BEFORE[month] ?? 0) + (month > 2 && isLeap(year) ? 1 : 0) + day - 1;
  return year * 365 + leaps + inYear - EPOCH_DAYS;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Two decimal digits at `index`; NaN where they are not. */
function two(text: string, index: number): number {
  const tens = text.charCodeAt(index) - DIGIT_0;
  const ones = text.charCodeAt(index + 1) - DIGIT_0;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}
