import { Incomplete } from "../../errors.ts";
import type { Page } from "../../model/inventory.ts";
import type { RawPage } from "./wire.ts";

/** Which page: the one that an offset of the answer before leads to; null: the first. */
export interface Place {
  offset: string | null;
  signal?: AbortSignal;
}

/**
 * Pages from the first to the last, one fetched ahead while the consumer works on the one before. The last is the one
 * with which as many came as it says that there are, an empty one, and one without an offset
 * (docs/backends/slingr.md, "Pages"). What pages claim is for the reader to prove. Throws Incomplete for an offset that
 * comes twice, which would lead around.
 */
export async function* pages<T>(
  fetch: (place: Place) => Promise<RawPage>,
  read: (raw: unknown, index: number) => T,
): AsyncGenerator<Page<T>, void, void> {
  const stop = new AbortController();
  const seen = new Set<string>();
  const from = (offset: string | null) => {
    const page = fetch({ offset, signal: stop.signal });
    page.catch(() => {}); // It is awaited, and thrown, below; unless the consumer has gone.
    return page;
  };
  let came = 0;
  let next: Promise<RawPage> | null = from(null);
  try {
    while (next !== null) {
      const page: RawPage = await next;
      came += page.items.length;
      const more: boolean = page.next !== null && page.items.length > 0 && came < page.total;
      if (more && page.next !== null) {
        if (seen.has(page.next)) throw new Incomplete("an offset came twice");
        seen.add(page.next);
      }
      next = more ? from(page.next) : null;
      const objects = page.items.map(read);
      yield { total: page.total, count: page.items.length, more, objects };
    }
  } finally {
    stop.abort();
  }
}
