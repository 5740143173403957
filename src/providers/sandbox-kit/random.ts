/** A source of numbers from 0 (included) to 1 (excluded). */
export type Random = () => number;

/**
 * The small fast counter generator (sfc32): the same `seed` and `stream` always give the same numbers,
 * and streams do not overlap, so that every user can have one of its own.
 */
export function random(seed: number, stream: number): Random {
  let a = seed | 0;
  let b = stream | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  const next: Random = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 12; round++) next();
  return next;
}

/** A whole number from `low` to `high`, both included. */
export function between(next: Random, low: number, high: number): number {
  return low + Math.floor(next() * (high - low + 1));
}

/** One of the items. Throws on an empty list. */
export function pick<T>(next: Random, items: readonly T[]): T {
  const item = items[Math.floor(next() * items.length)];
  if (item === undefined) throw new Error("pick: the list is empty");
  return item;
}

/** One of the items, each `[weight, item]`; the weights are percentages. */
export function weigh<T>(next: Random, items: readonly (readonly [number, T])[]): T {
  let left = next() * 100;
  for (const [weight, item] of items) {
    left -= weight;
    if (left < 0) return item;
  }
  throw new Error("weigh: the weights are less than 100");
}

const hex = (next: Random) =>
  Math.floor(2 ** 32 * (1 + next()))
    .toString(16)
    .slice(1);

/** An identifier in the form of a UUID, version 4. */
export function uuid(next: Random): string {
  const [a, b, c, d] = [hex(next), hex(next), hex(next), hex(next)];
  const variant = "89ab".charAt(Math.floor(next() * 4));
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-${variant}${c.slice(1, 4)}-${c.slice(4)}${d}`;
}

/** Four groups of four digits, as the documentation's device ids are written. */
export function digits(next: Random): string {
  const text = `${between(next, 1e7, 1e8 - 1)}${between(next, 1e7, 1e8 - 1)}`;
  return `${text.slice(0, 4)}-${text.slice(4, 8)}-${text.slice(8, 12)}-${text.slice(12)}`;
}
