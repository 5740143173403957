import { Incomplete } from "../../errors.ts";
import type { Page } from "../../model/inventory.ts";

/** Which page: from the object number `skip` on, `limit` at most. */
export interface Span {
  skip: number;
  limit: number;
  signal?: AbortSignal;
}

/** A page that is on its way. */
interface Asked<T> {
  skip: number;
  page: Promise<Page<T>>;
}

/** How many pages in a row may bring nothing new, while the place is looked for where the read left off. */
const BACK = 3;
/** How many of the last objects are remembered, in pages: no shift that is looked for is wider. */
const REMEMBERED = BACK + 2;

/**
 * Pages from the first to the last, one fetched ahead while the consumer works on the one before. Steps by what
 * came, not by what was asked for. Each page begins with the last object of the page before, which shows that nobody
 * moved between the two; it is left out of what is given (docs/decisions/0015-overlapping-pages.md). Where a page does
 * not hold what came before it, the read goes back by a page, three times at most. Throws Incomplete where the place
 * is not found again, and where the order is another one than before. What the pages claim is for the reader to prove;
 * the stream ends after a page that says so, one that is empty, and one past the `total` that it claims.
 */
export async function* pages<T>(
  limit: number,
  idOf: (object: T) => string | null,
  fetch: (span: Span) => Promise<Page<T>>,
): AsyncGenerator<Page<T>, void, void> {
  const stop = new AbortController();
  const size = Math.max(2, limit);
  const from = (skip: number): Asked<T> => {
    const page = fetch({ skip, limit: size, signal: stop.signal });
    page.catch(() => {}); // It is awaited, and thrown, below; unless the consumer has gone.
    return { skip, page };
  };
  const seam = seamOf(idOf);
  let next: Asked<T> | null = from(0);
  try {
    while (next !== null) {
      const skip: number = next.skip;
      const page: Page<T> = await next.page;
      const joined = seam.join(page, skip);
      if ("back" in joined) {
        next = from(joined.back);
        continue;
      }
      const past: boolean = skip + page.objects.length > page.total;
      next = page.more && joined.last !== null && !past ? from(skip + joined.last) : null;
      if (joined.fresh.length === 0 && next !== null) continue;
      yield { ...page, count: page.count - joined.dropped, objects: joined.fresh };
    }
  } finally {
    stop.abort();
  }
}

/** What of a page is new; or from where on to read instead, since the page does not meet what came before. */
type Joined<T> =
  | { back: number }
  | {
      fresh: T[];
      /** How many were left out. */
      dropped: number;
      /** The place in the page with which the next begins; null where nothing may follow. */
      last: number | null;
    };

/** Remembers the ids of the last pages, in the order in which they came. */
function seamOf<T>(idOf: (object: T) => string | null) {
  const order = new Map<string, number>();
  let number = 0;
  let largest = 0;
  let idle = 0;
  const remember = (ids: readonly (string | null)[]) => {
    for (const id of ids) if (id !== null && !order.has(id)) order.set(id, number++);
    for (const id of order.keys()) {
      if (order.size <= REMEMBERED * largest) break;
      order.delete(id);
    }
  };
  return {
    join({ objects, more }: Page<T>, skip: number): Joined<T> {
      const ids = objects.map(idOf);
      largest = Math.max(largest, objects.length);
      const begins = number === 0;
      const known = ids.map((id) => (id === null ? undefined : order.get(id)));
      const lastKnown = known.findLastIndex((place) => place !== undefined);
      if (!begins && lastKnown < 0) {
        if (skip === 0 || ++idle > BACK)
          throw new Incomplete(
            "so many came or went meanwhile that the place where the last page ended could not be found again",
          );
        return { back: Math.max(0, skip - Math.max(1, largest - 1)) };
      }
      inOrder(known);
      // What has no id can't be told from what came: before what is known it did, and at the end it comes once more.
      const last = ids.findLastIndex((id) => id !== null);
      const end = more && last >= 0 ? last + 1 : objects.length;
      const fresh = objects.filter(
        (_, i) => i < end && known[i] === undefined && (ids[i] !== null || i > lastKnown),
      );
      if (more && objects.length > 0) {
        if (last < 1)
          throw new Incomplete(
            "a page that promises more holds too little to join the next one to it",
          );
        idle = fresh.length > 0 ? 0 : idle + 1;
        if (idle > 2 * BACK) throw new Incomplete("page after page brought nothing new");
      }
      remember(ids);
      return { fresh, dropped: objects.length - fresh.length, last: last < 0 ? null : last };
    },
  };
}

/** Those that are known must come in the order in which they came before. */
function inOrder(known: readonly (number | undefined)[]): void {
  let before = -1;
  for (const place of known) {
    if (place === undefined) continue;
    if (place < before) throw new Incomplete("they are listed in an order that differs each time");
    before = place;
  }
}
