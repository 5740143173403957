/** HTML that can't be broken out of: every value of a template is escaped, but for what is markup already. */
import { jsonLine } from "../../text/escape.ts";
import { printable, withoutOrders } from "../../text/safe.ts";
import type { Finder } from "../told/links.ts";

/** A piece of HTML. Only `html`, `raw` and `json` make it. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Value = Markup | string | number | null | false | readonly Value[];

/** A template of HTML: strings and numbers are escaped, lists joined; null and false are nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(String.raw({ raw: parts }, ...values.map(textOf)));
}

/** HTML of our own, or of a library that has escaped it. */
export function raw(text: string): Markup {
  return new Markup(text);
}

function textOf(value: Value): string {
  if (value === null || value === false) return "";
  if (value instanceof Markup) return value.text;
  return typeof value === "object" ? value.map(textOf).join("") : escaped(String(value));
}

/** `[` and `::` begin what a CI runner would obey in a log (safe.ts). */
const SPECIAL = /[&<>"'[]|:(?=:)/g;

/** Text for the inside of an element or of an attribute in double quotes; control characters become visible. */
function escaped(text: string): string {
  return printable(text).replace(SPECIAL, (char) => `&#${char.charCodeAt(0)};`);
}

/** A sentence: what stands in backticks is code, and the name of an action is not broken at its hyphen. */
export function prose(text: string): Markup[] {
  return text.split(/(`[^`]+`|re-authenticate)/).map((part, i) => {
    if (i % 2 === 0) return html`${part}`;
    return part.startsWith("`")
      ? html`<code>${part.slice(1, -1)}</code>`
      : html`<span class="whole">${part}</span>`;
  });
}

/** A value as JSON for a script element: no character in it ends the element, begins a comment or is an order. */
export function json(value: unknown): Markup {
  const line = jsonLine(value).replace(
    /[<>&]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return raw(withoutOrders(line));
}

/** "policies/production.yaml:18", linked where its address is known. */
export function sourceMarkup(file: string, line: number, find: Finder): Markup {
  const address = find(file, line);
  const text = `${printable(file)}:${line}`;
  if (address === null) return html`<span class="source">${text}</span>`;
  return html`<a class="source" href="${address}" rel="noreferrer">${text}</a>`;
}
