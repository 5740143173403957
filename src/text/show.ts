/** Spaces that are no ordinary ones, and what nobody sees. */
export const INVISIBLE = /(?! )[\p{Zs}\p{Zl}\p{Zp}\p{Cf}]|(?!\t)\p{Cc}/u;

/** A value as an error message shows it: on one line, and short. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a mapping";
  const text = typeof value === "string" ? visible(JSON.stringify(value)) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** What nobody sees by its number: `U+00A0`. */
export function visible(text: string): string {
  return text.replace(new RegExp(INVISIBLE, "gu"), (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
    return `U+${code.padStart(4, "0")}`;
  });
}
