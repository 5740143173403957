import type { Page } from "../../model/inventory.ts";

/** Which page: from the object number `skip` on, `limit` at most. */
export interface Span {
  skip: number;
  limit: number;
  signal?: AbortSignal;
}

/**
 * Pages from the first to the last, one fetched ahead while the consumer works on the one before. Steps by what
 * came, not by what was asked for. What the pages claim is for the reader to prove, so the stream only makes sure
 * that it ends: after a page that says so, one that is empty, and one past the `total` that it claims.
 */
export async function* pages<T>(
  limit: number,
  fetch: (span: Span) => Promise<Page<T>>,
): AsyncGenerator<Page<T>, void, void> {
  const stop = new AbortController();
  let skip = 0;
  const ahead = () => {
    const page = fetch({ skip, limit, signal: stop.signal });
    page.catch(() => {}); // It is awaited, and thrown, below; unless the consumer has gone.
    return page;
  };
  let next: Promise<Page<T>> | null = ahead();
  try {
    while (next !== null) {
      const page: Page<T> = await next;
      skip += page.objects.length;
      next = page.more && page.objects.length > 0 && skip <= page.total ? ahead() : null;
      yield page;
    }
  } finally {
    stop.abort();
  }
}
