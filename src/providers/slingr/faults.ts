/** What the API's errors mean (docs/backends/slingr.md, "Errors"). */
import { type Meaning, quote, type RefusedAnswer } from "../http/faults.ts";

/** The path of a login, relative to the API. */
export const LOGIN = "auth/login";

/** What a refusal means in this API; nothing where its status says all. `script`: the path of the script, relative as well. */
export function meaningOf(refusal: RefusedAnswer, script: string | null): Meaning {
  const { status, type, call } = refusal;
  const login = call === `POST ${LOGIN}`;
  if (status === 401) {
    const remedy = login
      ? "Check the e-mail address and the password that target.credentials points to before the next run: too many wrong ones in a row block the account."
      : "Check the secret that target.credentials points to, and that target.auth is its kind.";
    return { remedy };
  }
  if (status === 403 && login) {
    const what = `lets the account of target.credentials not log in (${quote(refusal)})`;
    return { what, remedy: "See in the app that the account is ACTIVE, and may log in." };
  }
  if (status === 403) {
    const remedy =
      "Let the account of target.credentials manage users, of all groups; only a developer may change a developer.";
    return { remedy };
  }
  if (status !== 404) return {};
  if (type === "notFound" && /^(?:GET|PUT) users\/./.test(call)) {
    const what = `no longer has what ${call} names (${quote(refusal)})`;
    return { kind: "absent", what, remedy: "It may have been deleted since." };
  }
  const what = `has no such app or call at this address (${quote(refusal)})`;
  if (script !== null && call === `POST ${script}`) {
    const remedy =
      "Check that the app exposes the script that `curfew init --provider slingr` writes at the path target.script.";
    return { kind: "route", what, remedy };
  }
  const remedy = "Check target.url: it ends in the environment and /runtime/api.";
  return { kind: "lasting", what, remedy };
}
