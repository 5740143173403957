/** Works on many at once, bounded. */

/**
 * Calls `work` on each item, at most `atOnce` of them at a time, begun in order; the results are in the order of the
 * items. Throws what `work` throws first; what has begun then goes on unwatched.
 */
export async function inPool<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
