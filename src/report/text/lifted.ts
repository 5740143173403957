/** The brakes that are lifted, on a terminal. */
import { paragraph } from "../../text/layout.ts";
import { printable } from "../../text/safe.ts";
import { sourceOf } from "../../text/words.ts";
import { LIFTED_TITLE } from "../told/lifted.ts";
import type { Pen } from "./pen.ts";

/** The brakes that do not hold as usual, each at its line. */
export function liftedLines({ lifted = [], ...p }: Pen): string[] {
  if (lifted.length === 0) return [];
  const items = lifted.flatMap(({ what, source }) => {
    const at = source === null ? "" : ` (${sourceOf(source)})`;
    return paragraph(printable(`${what}${at}`), p.width, 2);
  });
  return ["", ...paragraph(LIFTED_TITLE, p.width, 0, p.style.warn), ...items];
}
