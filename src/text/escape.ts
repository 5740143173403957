/** JSON of which a terminal acts on no character. */

/** What JSON.stringify leaves raw although a terminal may act on it: C1 controls, bidi and other format characters. */
const RAW = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/** One line, without a newline at its end. */
export function jsonLine(value: unknown): string {
  return escaped(JSON.stringify(value));
}

/** Indented by two spaces, with a newline at its end. */
export function jsonReport(value: unknown): string {
  return `${escaped(JSON.stringify(value, null, 2))}\n`;
}

function escaped(json: string): string {
  return json.replace(RAW, (char) =>
    char
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}
