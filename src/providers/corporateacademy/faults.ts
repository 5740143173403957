/** What a refusal says here. No document tells its body, so its form stands for a name (docs/backends/corporateacademy.md, "Errors"). */
import { type Meaning, quote, type RefusedAnswer } from "../http/faults.ts";

/** The form of an error's body as its name, e.g. `{error: string}`. What it says is not repeated: it may be a token. */
export function readError(body: unknown): { type: string } {
  return { type: formOf(body) };
}

/** The names and kinds of what an answer holds, without its values. */
function formOf(body: unknown): string {
  if (!isRecord(body)) return kindOf(body);
  const fields = Object.entries(body).map(
    ([name, value]) => `${/^[a-z_]{1,24}$/i.test(name) ? name : "…"}: ${kindOf(value)}`,
  );
  return `{${fields.sort().join(", ")}}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return kindOf(value) === "object";
}

/** What a refusal means in this API; nothing where its status says all. */
export function meaningOf(refusal: RefusedAnswer): Meaning {
  const { status, call } = refusal;
  if (status !== 401 && status !== 403) return {};
  return {
    what: `refuses ${call} (${quote(refusal)})`,
    remedy: "Check the token that this call acts for, and that target.url is the service's.",
  };
}
