/** A text after a reader changed it as a diff says, which takes lines away and puts others there. */
export function changed(text: string, diff: string): string {
  const lines = diff.trimEnd().split("\n");
  const said = (sign: string) =>
    lines.flatMap((line) => (line.startsWith(sign) ? `${line.slice(1)}\n` : [])).join("");
  if (!text.includes(said("-"))) throw new Error(`no such lines:\n${said("-")}in\n${text}`);
  return text.replace(said("-"), () => said("+"));
}

/** A policy after a reader put sections of a page in place of its own. */
export function inPlace(policy: string, sections: string): string {
  const named = sectionsOf(sections).filter(([first = ""]) => /^\w/.test(first));
  return named.reduce((now, section) => {
    const key = section[0]?.replace(/:.*$/, ":") ?? "";
    const parts = sectionsOf(now);
    const at = parts.findIndex(([first]) => first?.startsWith(key));
    const changed = at < 0 ? [...parts, section] : parts.with(at, section);
    return `${changed.flat().join("\n").trimEnd()}\n`;
  }, policy);
}

/** The lines of a text, in parts: one for each section, and those around them. */
function sectionsOf(text: string): string[][] {
  const parts: string[][] = [[]];
  for (const line of text.trimEnd().split("\n")) {
    const inside = /^\s+\S/.test(line) && /^\w/.test(parts.at(-1)?.[0] ?? "");
    if (/^\w/.test(line) || !inside) parts.push([line]);
    else parts.at(-1)?.push(line);
  }
  return parts.filter((part) => part.length > 0);
}
