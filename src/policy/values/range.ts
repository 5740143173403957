/** What is wrong with a version range that semver understands: docs/contract.md, "Versions". */
import { minVersion, Range, SemVer, validRange } from "semver";
import { show } from "../../text/show.ts";

/** Why a text is no version range that a policy may hold and what to write instead, or null. */
export function rangeFault(text: string): string | null {
  const said = show(text);
  if (validRange(text) === null)
    return `${said} is not a semver range: write one such as ">=20.6.1"`;
  if (text.trim() === "*") return null;
  const sides = text.split("||").map((side) => side.trim());
  if (sides.includes("")) {
    return `${said} has nothing on one side of ||, which allows every version: write a range there or remove the ||`;
  }
  for (const side of sides) {
    const hyphen = joinedVersions(side);
    if (hyphen !== null) {
      return `${said} means the pre-release ${hyphen[0]}-${hyphen[1]}: write spaces around the hyphen, "${hyphen[0]} - ${hyphen[1]}", for all from the one to the other`;
    }
    if (allowsNone(side)) {
      const which =
        sides.length > 1
          ? `${said} has a side that no version fits, ${show(side)}`
          : `${said} allows no version`;
      return `${which}: write a lower bound below an upper one, such as ">=20.1.0 <20.6.1"`;
    }
  }
  return allowsEvery(text)
    ? `${said} allows every version: write "*" if that is meant, else a bound such as ">=20.6.1"`
    : null;
}

/**
 * The two versions of a range such as `20.6.1-20.9.0`, which semver takes for one pre-release; null where there is none.
 * `=20.6.1-1234` and `>=20.6.1-1234` are taken as they are written.
 */
function joinedVersions(side: string): [string, string] | null {
  const found = /(?:^|\s)([^\s\d]*)(\d+\.\d+\.\d+)-v?(\d+(?:\.\d+)*)(?=\s|$)/.exec(side);
  if (!found) return null;
  const [, operator = "", first = "", second = ""] = found;
  return /^v?$/.test(operator) || second.includes(".") ? [first, second] : null;
}

function allowsNone(side: string): boolean {
  try {
    // Typed as never null, which it is for such a range.
    return (minVersion(side) as SemVer | null) === null;
  } catch {
    return true;
  }
}

/**
 * Whether each released version is in the range, by one alternative or another. What is allowed changes only at the
 * versions that the range names: so the first release from each of them on, and the first after it, stand for all.
 */
function allowsEvery(text: string): boolean {
  const range = new Range(text, { includePrerelease: true });
  const named = range.set.flat().flatMap(({ semver }) => (semver instanceof SemVer ? semver : []));
  const releases = named.flatMap(({ major, minor, patch }) => [
    `${major}.${minor}.${patch}`,
    `${major}.${minor}.${patch + 1}`,
  ]);
  return ["0.0.0", ...releases].every((release) => range.test(release));
}
