/** Whether a session's device is among those that a policy allows. Versions and patterns: docs/contract.md, "Versions". */
import { Range, SemVer } from "semver";
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
      session.runtime === null && entries.some((matches) => matches(session, true)),
  };
}

type Matches = (session: Session, trustContainer: boolean) => boolean;

function compile(entry: AllowedDevice): Matches {
  const container =
    entry.container === undefined ? null : new Range(entry.container, { includePrerelease: true });
  const runtime =
    entry.runtime === undefined ? null : new Range(entry.runtime, { includePrerelease: true });
  const label = entry.label === undefined ? null : glob(entry.label);
  return (session, trustContainer) => {
    if (entry.platform !== undefined && !sameWord(entry.platform, session.platform)) return false;
    if (entry.bundleId !== undefined && entry.bundleId !== session.bundleId) return false;
    if (entry.id !== undefined && entry.id !== session.device) return false;
    if (label && (session.label === null || !label(session.label))) return false;
    if (runtime && !inRange(session.runtime, runtime)) return false;
    if (!container) return true;
    // Before 4.82 clients reported the runtime's version as the container's (docs/backends/journeyapps.md).
    if (session.runtime === null && !trustContainer) return false;
    return inRange(session.container, container);
  };
}

/** A pattern that is none fits nothing: no policy that was checked holds one. */
function glob(pattern: string): (label: string) => boolean {
  const compiled = compilePattern(pattern);
  return "fits" in compiled ? compiled.fits : () => false;
}

/** Platforms are constants, so case does not tell two of them apart; a policy with `ios` must not ban every iPhone. */
function sameWord(wanted: string, actual: string | null): boolean {
  return actual !== null && wanted.toUpperCase() === actual.toUpperCase();
}

function inRange(version: string | null, range: Range): boolean {
  const read = version === null ? null : readVersion(version);
  return read !== null && range.test(read);
}

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
