/** Whether a session's device is among those that a policy allows. Versions and patterns: docs/contract.md, "Versions". */
import { Range, SemVer } from "semver";
import { ATTRIBUTE_NAMES, ATTRIBUTES, type Compare } from "../model/capabilities.ts";
import type { Session } from "../model/inventory.ts";
import type { AllowedDevice } from "../model/policy.ts";
import { compilePattern } from "./values/pattern.ts";

export interface DeviceMatcher {
  allows(session: Session): boolean;
  /** True where only the missing runtime keeps the session from matching: its container version may be the runtime's. */
  runtimeInDoubt(session: Session): boolean;
}

/** Compiles a list of allowed devices; a session complies when one entry matches it in all that the entry names. */
export function deviceMatcher(allowed: readonly AllowedDevice[]): DeviceMatcher {
  const entries = allowed.map(compile);
  return {
    allows: (session) => entries.some((matches) => matches(session, false)),
    runtimeInDoubt: (session) =>
      session.attributes.runtime === null && entries.some((matches) => matches(session, true)),
  };
}

type Matches = (session: Session, trustContainer: boolean) => boolean;

function compile(entry: AllowedDevice): Matches {
  const terms = ATTRIBUTE_NAMES.flatMap((name) => {
    const wanted = entry[name];
    return wanted === undefined ? [] : [{ name, fits: COMPARE[ATTRIBUTES[name]](wanted) }];
  });
  return ({ attributes }, trustContainer) =>
    terms.every(({ name, fits }) => {
      // Before 4.82 clients reported the runtime's version as the container's (docs/backends/journeyapps.md).
      if (name === "container" && attributes.runtime === null && !trustContainer) return false;
      const told = attributes[name];
      return typeof told === "string" && fits(told);
    });
}

/** What an entry wants → whether what a session tells fits it. */
const COMPARE: Record<Compare, (wanted: string) => (told: string) => boolean> = {
  exact: (wanted) => (told) => told === wanted,
  // Platforms are constants, so case does not tell two of them apart; a policy with `ios` must not ban every iPhone.
  word: (wanted) => (told) => told.toUpperCase() === wanted.toUpperCase(),
  // A pattern that is none fits nothing: no policy that was checked holds one.
  glob: (wanted) => {
    const compiled = compilePattern(wanted);
    return "fits" in compiled ? compiled.fits : () => false;
  },
  semver: (wanted) => {
    const range = new Range(wanted, { includePrerelease: true });
    return (told) => {
      const version = readVersion(told);
      return version !== null && range.test(version);
    };
  },
};

const VERSION =
  /^v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:\.\d+)*(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

/** Reads a version leniently (`20.6` is `20.6.0`, a fourth number is passed over); null where it can't be read. */
export function readVersion(text: string): SemVer | null {
  const found = VERSION.exec(text.trim());
  if (!found) return null;
  const [, major, minor = "0", patch = "0", pre = ""] = found;
  try {
    return new SemVer(`${Number(major)}.${Number(minor)}.${Number(patch)}${pre}`);
  } catch {
    // A pre-release part that semver does not accept, such as `-01`: it can't be read.
    return null;
  }
}
