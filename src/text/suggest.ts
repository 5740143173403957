/** "Did you mean …?" */
import { closestMatch } from "leven";

/** `: did you mean "maxAge"?`, or nothing where no known name is close. Case does not count as a difference. */
export function didYouMean(name: string, known: readonly string[]): string {
  const folded = new Map(known.map((candidate) => [candidate.toLowerCase(), candidate]));
  const maxDistance = Math.floor((name.length + 1) / 3);
  // A name far longer than any known one is not compared: leven takes the product of the lengths.
  const close =
    name.length <= 100
      ? closestMatch(name.toLowerCase(), [...folded.keys()], { maxDistance })
      : undefined;
  const found = close === undefined ? undefined : folded.get(close);
  return found === undefined ? "" : `: did you mean ${JSON.stringify(found)}?`;
}
