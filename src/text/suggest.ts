/** "Did you mean …?" */
import { closestMatch } from "leven";

/** `: did you mean "maxAge"?`, or nothing where no known name is close. Case does not count as a difference. */
export function didYouMean(name: string, known: readonly string[]): string {
  const found = nearest(name, known);
  return found === undefined ? "" : `: did you mean ${JSON.stringify(found)}?`;
}

/** The known name that is closest, where one is close. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const folded = new Map(known.map((candidate) => [candidate.toLowerCase(), candidate]));
  const maxDistance = Math.floor((name.length + 1) / 3);
  // A name far longer than any known one is not compared: leven takes the product of the lengths.
  const close =
    name.length <= 100
      ? closestMatch(name.toLowerCase(), [...folded.keys()], { maxDistance })
      : undefined;
  return close === undefined ? undefined : folded.get(close);
}
