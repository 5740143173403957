/** What pacing takes first: docs/contract.md, "Nobody is starved". */
import { compareText } from "../../text/order.ts";
import type { Caused } from "../decide/want.ts";

/** notBefore first, then the oldest sign-in (unknown is the oldest), then ids. */
export function byPace(x: Caused, y: Caused): number {
  return Number(y.notBefore) - Number(x.notBefore) || byAge(x, y) || byIds(x, y);
}

/** The latest sign-in first: a stolen device that was in use just now is worse than one long silent. */
export function byLatest(x: Caused, y: Caused): number {
  return byAge(y, x) || byIds(x, y);
}

function byIds(x: Caused, y: Caused): number {
  return compareText(x.user, y.user) || compareText(x.session ?? "", y.session ?? "");
}

/** As bySignIn; one in the future is unknown. */
function byAge(a: Caused, b: Caused): number {
  return bySignIn({ signedInAt: a.knownSignIn }, { signedInAt: b.knownSignIn });
}

/** Oldest sign-in first; unknown is the oldest. */
export function bySignIn(a: Pick<Caused, "signedInAt">, b: Pick<Caused, "signedInAt">): number {
  if (a.signedInAt === b.signedInAt) return 0;
  return (a.signedInAt ?? Number.NEGATIVE_INFINITY) - (b.signedInAt ?? Number.NEGATIVE_INFINITY);
}
