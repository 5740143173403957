/** What the policy says that wants an action, as a fingerprint: another one means that the line was changed, not moved. */
import { hash } from "node:crypto";
import { canonical } from "../../canonical.ts";

/** Equal where the contents are equal, wherever they are written. */
export function lineOf(content: unknown): string {
  return hash("sha256", canonical(content)).slice(0, 32);
}

/** Entries of a list without the places where they stand. */
export function unplaced(entries: readonly { source?: unknown }[]): object[] {
  return entries.map(({ source: _, ...content }) => content);
}
