/** Bars of Unicode blocks, to an eighth of a cell. */

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A bar of at most `width` cells for `value` of `most`; what is not nothing shows. */
export function bar(value: number, most: number, width: number): string {
  if (value <= 0 || most <= 0) return "";
  const eighths = Math.max(1, Math.round((Math.min(value, most) / most) * width * 8));
  return "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
}

/** Cells of what may come, lighter than a bar and darker than what is held. */
export const MAYBE = "▒";

/** As `bar`, of whole light cells: what comes on top and does not count. */
export function shade(value: number, most: number, width: number, cell = "░"): string {
  if (value <= 0 || most <= 0) return "";
  return cell.repeat(Math.max(1, Math.round((Math.min(value, most) / most) * width)));
}
