/** The targets of which a report says nothing, because they could not be read: what stands first in every format. */
import { printable } from "../../text/safe.ts";
import { count, number } from "../../text/words.ts";

/** A target that was asked for and of which there is no report. */
export interface Missing {
  target: string;
  /** The error, printable; it never holds a secret. */
  message: string;
  /** The exit code of the error. */
  code: number;
}

/** "Not whole: 1 of 3 targets is missing." `told`: how many there are. */
export function missingTitle(missing: readonly Missing[], told: number): string {
  const all = missing.length + told;
  const be = missing.length === 1 ? "is" : "are";
  return `Not whole: ${number(missing.length)} of ${count(all, "target")} ${be} missing.`;
}

/** "lost: HOST does not accept the credential …" */
export function missingLine({ target, message }: Missing): string {
  const name = printable(target);
  const text = printable(message);
  return text.startsWith(`${name}: `) ? text : `${name}: ${text}`;
}
