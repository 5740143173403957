/** What text reports are drawn with. */
import type { TargetInfo } from "../../model/run.ts";
import { type Paint, type Style, style } from "../../text/style.ts";
import type { Occasion } from "../told/ending.ts";
import type { Lifted } from "../told/lifted.ts";
import type { Kind } from "../told/rows.ts";

/** How a report looks on a terminal. */
export interface TextOptions extends Occasion {
  colour: boolean;
  /** Columns of the terminal; below 48 is taken as 48, so that ids keep to one line. */
  width: number;
  /** Lists every action instead of folding long lists. */
  all: boolean;
  /** What the target says of itself, where it was asked. */
  info?: TargetInfo | null;
  /** Raises in force, and what a change does to the brakes; none where absent. */
  lifted?: readonly Lifted[];
}

/** Options, settled. */
export interface Pen extends TextOptions {
  style: Style & { drift: Paint; kind: Record<Kind, Paint> };
}

export function pen(options: TextOptions): Pen {
  const plain = style(options.colour);
  const { alarm, good, warn, loss } = plain;
  const kind = { "lock-and-wipe": alarm, wipe: alarm, lock: loss };
  return {
    ...options,
    width: Math.max(48, options.width),
    style: {
      ...plain,
      drift: (text) => plain.title(loss(text)),
      kind: { ...kind, "re-authenticate": warn, unlock: good },
    },
  };
}
