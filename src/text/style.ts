/** Colours of the terminal. Whether there is colour is the caller's to decide; nothing here asks the environment. */
import colors from "picocolors";

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
  /** What takes something away. */
  loss: Paint;
}

/** The styles, in colour or plain. */
export function style(colour: boolean): Style {
  const c = colors.createColors(colour);
  return {
    title: c.bold,
    dim: c.dim,
    alarm: (text) => c.bold(c.red(text)),
    good: c.green,
    warn: c.yellow,
    loss: c.magenta,
  };
}
