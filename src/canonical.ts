/**
 * JSON with the keys of every object sorted, so that equal data is equal text: what digests are made over.
 * Lists keep their order; keys whose value is undefined are left out, as JSON does.
 */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
