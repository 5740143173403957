/** Counts, moments and places as people read them. */
import { span } from "../time.ts";
import { printable } from "./safe.ts";

const NUMBER = new Intl.NumberFormat("en-US");

/** `1234` as "1,234". */
export function number(n: number): string {
  return NUMBER.format(n);
}

/** "1 user", "1,234 users"; `many` where the plural is not the word with an s. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${number(n)} ${n === 1 ? one : many}`;
}

/** "1,200 due, 34 policy". */
export function tally(counts: readonly (readonly [string, number])[]): string {
  return counts.map(([word, n]) => `${number(n)} ${word}`).join(", ");
}

/** An ISO 8601 instant as "2026-11-22 10:00:00 UTC". What is no instant is shown as it is. */
export function moment(iso: string): string {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return printable(iso);
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** The date of an ISO 8601 instant, in UTC: "2026-11-22". */
export function date(iso: string): string {
  return moment(iso).slice(0, 10);
}

/** How long after `from` the moment `to` is: "41 days". Both ISO 8601. */
export function between(from: string, to: string): string {
  return span(Date.parse(to) - Date.parse(from));
}

/** "policies/production.yaml:18". */
export function sourceOf({ file, line }: { file: string; line: number }): string {
  return `${printable(file)}:${line}`;
}
