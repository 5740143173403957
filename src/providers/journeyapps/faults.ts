/** What the API's errors mean; only the status and `type` are relied on (docs/backends/journeyapps.md, "Errors"). */
import { type Meaning, quote, type RefusedAnswer } from "../http/faults.ts";

/** What a refusal means in this API; nothing where its status says all. */
export function meaningOf(refusal: RefusedAnswer): Meaning {
  const { status, type, call } = refusal;
  if (status === 401) {
    const remedy =
      "Check the secret that target.credentials points to, and that target.auth is its kind.";
    return { remedy };
  }
  if (status !== 404) return {};
  if (type === "OBJECT_NOT_FOUND") {
    const what = `no longer has what ${call} names (${quote(refusal)})`;
    return { kind: "absent", what, remedy: "It may have been deleted since." };
  }
  return {
    kind: type === "ROUTE_ERROR" ? "route" : "lasting",
    what: `has no such deployment or call at this address (${quote(refusal)})`,
    remedy: "Check target.url: it ends in /api/v4/ and the id of the backend deployment.",
  };
}
