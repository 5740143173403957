/** Lines of a YAML file that people read: values quoted by the library, comments that hostile text can't leave. */
import { Document, Scalar, visit } from "yaml";
import { wrap } from "../text/layout.ts";
import { printable } from "../text/safe.ts";

const WIDTH = 100;

/** Text that needs no thought: whether it must be quoted all the same (numbers, `true`) the library knows. */
const HARMLESS = /^[A-Za-z0-9][\w.@:/+>=<~^* -]*$/;

/** Characters that a reviewer would not see, or that would turn a line around. Only quoted text has them. */
const HIDDEN = /[^\n\P{C}]|[\p{Zl}\p{Zp}]/gu;

/** A value as block YAML. Whatever is not plain to see is in double quotes, with escapes. */
export function yamlLines(value: unknown, indent = 0): string[] {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value === "string" && !HARMLESS.test(node.value)) {
        node.type = Scalar.QUOTE_DOUBLE;
      }
    },
  });
  const text = document.toString({ lineWidth: 0, blockQuote: false });
  return text
    .replace(HIDDEN, escaped)
    .trimEnd()
    .split("\n")
    .map((line) => " ".repeat(indent) + line);
}

function escaped(char: string): string {
  const hex = (char.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
}

/** Sentences as comment lines; an empty one is an empty comment line. */
export function notes(sentences: readonly string[], indent = 0): string[] {
  const before = `${" ".repeat(indent)}#`;
  return sentences.flatMap((sentence) =>
    sentence === ""
      ? [before]
      : wrap(printable(sentence), WIDTH - before.length - 1).map((line) => `${before} ${line}`),
  );
}

/** Lines turned into comments, at the column where they would begin. */
export function off(lines: readonly string[], indent: number): string[] {
  return lines.map((line) => `${line.slice(0, indent)}# ${line.slice(indent)}`);
}
