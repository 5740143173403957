/** What a refusal says here. No document tells its body, so its form stands for a name (docs/backends/corporateacademy.md, "Errors"). */
import { type Meaning, quote, type RefusedAnswer } from "../http/faults.ts";

/** The form of an error's body as its name, e.g. `{error: string}`, and the text that it holds. */
export function readError(body: unknown): { type: string; title: string | null } {
  const texts = isRecord(body) ? [body.error, body.message] : [body];
  const title = texts.find((text) => typeof text === "string");
  return { type: formOf(body), title: typeof title === "string" ? title : null };
}

/** The names and kinds of what an answer holds, without its values. */
function formOf(body: unknown): string {
  if (!isRecord(body)) return kindOf(body);
  const fields = Object.entries(body).map(([name, value]) => `${name}: ${kindOf(value)}`);
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
