/** docs/contract.md, "Versions", and which devices a policy allows. */
import { coerce, satisfies } from "semver";
import type { Allowed, Session } from "./types.ts";

/** A session complies when one entry matches it in all that the entry names. */
export function isAllowed(session: Session, allowed: readonly Allowed[]): boolean {
  return allowed.some((entry) => complies(session, entry));
}

function complies(session: Session, entry: Allowed): boolean {
  const same = (wanted: string | undefined, is: string | null) =>
    wanted === undefined || wanted === is;
  const { platform, container, runtime, bundleId, id, label } = entry;
  if (platform !== undefined && platform.toLowerCase() !== session.platform?.toLowerCase())
    return false;
  // Without a runtime, what the container says may be the runtime's version.
  if (container !== undefined && (session.runtime === null || !fits(session.container, container)))
    return false;
  if (runtime !== undefined && !fits(session.runtime, runtime)) return false;
  if (label !== undefined && (session.label === null || !glob(label, session.label))) return false;
  return same(bundleId, session.bundleId) && same(id, session.device);
}

/** Leniently: `20.6` is `20.6.0`. What can't be read matches no range. */
function fits(version: string | null, range: string): boolean {
  if (version === null || !/^v?\d+(\.\d+)*$/.test(version.trim())) return false;
  const read = coerce(version);
  return read !== null && satisfies(read, range);
}

/** `*`, `?`, `[…]` with `!` or `^`, and `\` before any of them, over whole characters; case is ignored. */
export function glob(pattern: string, text: string): boolean {
  return match([...pattern.toLowerCase()], [...text.toLowerCase()]);
}

function match(pattern: readonly string[], text: readonly string[]): boolean {
  const [sign, ...rest] = pattern;
  if (sign === undefined) return text.length === 0;
  if (sign === "*") {
    return match(rest, text) || (text.length > 0 && match(pattern, text.slice(1)));
  }
  const [letter, ...more] = text;
  if (letter === undefined) return false;
  if (sign === "?") return match(rest, more);
  if (sign === "\\") return rest[0] === letter && match(rest.slice(1), more);
  if (sign !== "[") return sign === letter && match(rest, more);
  const negates = rest[0] === "!" || rest[0] === "^";
  const inside = negates ? rest.slice(1) : rest;
  const end = inside.indexOf("]", 1);
  return isOneOf(inside.slice(0, end), letter) !== negates && match(inside.slice(end + 1), more);
}

function isOneOf(choices: readonly string[], letter: string): boolean {
  for (let i = 0; i < choices.length; i++) {
    const [from = "", dash, to] = choices.slice(i, i + 3);
    if (dash === "-" && to !== undefined) {
      if (from <= letter && letter <= to) return true;
      i += 2;
    } else if (from === letter) return true;
  }
  return false;
}
