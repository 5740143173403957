/** Colours and symbols of the terminal. Whether there is colour is the caller's to decide; nothing here asks the environment. */
import colors from "picocolors";
import type { Kind } from "../told/groups.ts";

/** Paints printable text. */
export type Paint = (text: string) => string;

/** What is painted, by meaning; each is the identity where colour is off. */
export interface Style {
  title: Paint;
  /** What is secondary: ids beside names, sources, hints. */
  dim: Paint;
  alarm: Paint;
  good: Paint;
  warn: Paint;
  drift: Paint;
  kind: Record<Kind, Paint>;
}

/** One character an action, so that the plan can be read without colour: `!` erases, `-` takes access away, `~` asks for a new sign-in, `+` gives access back. */
export const SYMBOLS: Record<Kind, string> = {
  "lock-and-wipe": "!",
  wipe: "!",
  lock: "-",
  "re-authenticate": "~",
  unlock: "+",
};

/** The styles, in colour or plain. */
export function style(colour: boolean): Style {
  const c = colors.createColors(colour);
  return {
    title: c.bold,
    dim: c.dim,
    alarm: (text) => c.bold(c.red(text)),
    good: c.green,
    warn: c.yellow,
    drift: (text) => c.bold(c.magenta(text)),
    kind: {
      "lock-and-wipe": (text) => c.bold(c.red(text)),
      wipe: (text) => c.bold(c.red(text)),
      lock: c.magenta,
      "re-authenticate": c.yellow,
      unlock: c.green,
    },
  };
}
