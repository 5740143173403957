/**
 * What is done to a user who stands on lines by several names, because an earlier apply met it on some: docs/contract.md,
 * "Names". What all names ask is done. Where they differ, the stricter holds about locks and the laxer about sign-outs
 * and wipes: a change of the user model alone neither opens a door nor closes one.
 */
import type { User } from "../../model/inventory.ts";
import { actionKey } from "../key.ts";
import * as notice from "./notices.ts";
import type { Decision, Want } from "./want.ts";

/** `all`: by all lines at once. `each`: by the lines of each name. */
export function agreed(user: User, all: Decision, each: readonly Decision[]): Decision {
  const wanted = each.map(({ wants }) => new Set(wants.map(actionKey)));
  const byAll = (want: Want) => wanted.every((keys) => keys.has(actionKey(want)));
  const some = each.flatMap(({ wants }) => wants);
  const same = each.every(({ adopt, forget }) => adopt === all.adopt && forget === all.forget);
  if (same && some.every(byAll) && all.wants.every(byAll)) return all;
  const guarded = each.some(({ isProtected }) => isProtected);
  const kept = some.filter((want) => byAll(want) || (want.type === "lock" && !guarded));
  const wants = new Map(kept.map((want) => [actionKey(want), laxer(want, byAll, each)]));
  const notices = new Map(
    each
      .flatMap((claim) => claim.notices)
      .filter(({ kind }) => kind !== "adopted-lock")
      .map((notice) => [`${notice.kind} ${notice.message}`, notice]),
  );
  const dropped = some.some((want) => !wants.has(actionKey(want)));
  return {
    ...all,
    wants: [...wants.values()],
    notices: [...notices.values(), ...(dropped ? [notice.namesDisagree(user)] : [])],
    adopt: false,
    forget: each.every(({ forget }) => forget),
    lifted: all.lifted,
    owing: null,
  };
}

/** A lock that only some names ask for wipes nothing, and while it waits nothing is ended that not all ask for. */
function laxer(want: Want, byAll: (want: Want) => boolean, each: readonly Decision[]): Want {
  if (want.type !== "lock" || byAll(want)) return want;
  const ends = each.map(({ wants }) => wants.flatMap((w) => [w, ...w.otherwise]).map(actionKey));
  const otherwise = want.otherwise.filter((w) => ends.every((keys) => keys.includes(actionKey(w))));
  return { ...want, wipes: null, otherwise };
}
