/**
 * How a chart is drawn: scales of d3-scale, and SVG that has attributes only, no style and no script.
 * Places along the axis of columns or rows are counted in slots: slot 2 begins at 2 and has its middle at 2.5.
 */
import { type ScaleLinear, scaleLinear } from "d3-scale";
import { cells } from "../../text/safe.ts";
import { INK, type Size } from "./chart.ts";
import { html, type Markup } from "./markup.ts";

/** Numbers of one colour, one a slot; all of a chart stand on one another. */
interface Series {
  colour: string;
  values: readonly number[];
}

/** A label at a place, of one line or several. */
export interface Label {
  at: number;
  lines: readonly string[];
}

/** Where a place and a number lie in the picture. */
export interface PlotArea {
  size: Size;
  top: number;
  bottom: number;
  place: ScaleLinear<number, number>;
  value: ScaleLinear<number, number>;
}

const LINE = 12;
/** About the width of a cell of text, in a font that is wide. */
const CELL = 7.5;
const GAP = 8;
const RIGHT = 14;

/** A picture with these parts, of which the later ones lie above the earlier. */
function picture({ width, height }: Size, parts: readonly Markup[]): Markup {
  return html`<svg aria-hidden="true" focusable="false" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-size="${LINE}">${parts}</svg>`;
}

export interface Columns {
  series: readonly Series[];
  /** Room above the columns. */
  head: number;
  /** How much of a slot a column fills, and the most pixels. */
  fill: number;
  widest: number;
  labels: readonly Label[];
  /** A number of its own, drawn over the columns as a line. */
  line?: Series;
  /** What is drawn over all. */
  over?: (frame: PlotArea) => readonly Markup[];
}

/** Columns over an axis of counts. */
export function columns(size: Size, of: Columns): Markup {
  const { series, line, labels, head, over } = of;
  const slots = series[0]?.values.length ?? 0;
  // A line along the last tick would be taken for the grid.
  const lined = (line?.values ?? []).map((n) => n * 1.05);
  const counted = counts(Math.max(...sums(series, slots), ...lined), 4);
  const deep = Math.max(1, ...labels.map(({ lines }) => lines.length));
  const left = GAP + widthOf(counted.ticks.map(compact)) + GAP;
  const bottom = size.height - 4 - deep * LINE - GAP;
  const right = size.width - RIGHT;
  const frame: PlotArea = {
    ...{ size, top: head, bottom },
    place: scaleLinear([0, slots], [left, right]),
    value: counted.scale.range([bottom, head]),
  };
  const { place, value } = frame;
  const grid = counted.ticks.map((n) => `M${px(left)} ${edge(value(n))}H${px(right)}`);
  const beside = counted.ticks.map((n) => text(left - GAP, value(n) + 4, compact(n)));
  const below = labels.map(({ at, lines }) =>
    lines.map((line, i) => text(place(at), bottom + GAP + 10 + i * LINE, line)),
  );
  return picture(size, [
    ruled(grid),
    html`<g fill="${INK.text}" text-anchor="end">${beside}</g>`,
    html`<g fill="${INK.text}" text-anchor="middle">${below}</g>`,
    ...stacked(series, (slot, from, to) => {
      const width = Math.min(of.widest, Math.max(2, (place(1) - place(0)) * of.fill));
      return rectangle(place(slot + 0.5) - width / 2, value(to), width, value(from) - value(to));
    }),
    ...(line ? [lineOver(frame, line)] : []),
    ...(over?.(frame) ?? []),
  ]);
}

function lineOver({ place, value }: PlotArea, { colour, values }: Series): Markup {
  const points = values.map((n, slot) => [px(place(slot + 0.5)), px(value(n))] as const);
  const [only] = points;
  if (points.length === 1 && only)
    return html`<circle cx="${only[0]}" cy="${only[1]}" r="3" fill="${colour}"/>`;
  const path = `M${points.map((point) => point.join(" ")).join("L")}`;
  return html`<path d="${path}" fill="none" stroke="${colour}" stroke-width="2" stroke-linejoin="round"/>`;
}

export interface Rows {
  series: readonly Series[];
  names: readonly string[];
  /** What stands behind each row. */
  totals: readonly string[];
  /** About so many steps of the axis. */
  steps: number;
}

/** Rows with a name before and a number behind, over an axis of counts. */
export function rows(size: Size, { series, names, totals, steps }: Rows): Markup {
  const all = sums(series, names.length);
  const counted = counts(Math.max(...all), steps);
  const left = GAP + widthOf(names) + GAP;
  const [top, bottom] = [4, size.height - 4 - LINE - GAP];
  const place = scaleLinear([0, names.length], [top, bottom]);
  const value = counted.scale.range([left, size.width - 40]);
  const thick = Math.min(20, (place(1) - place(0)) * 0.66);
  const middle = (slot: number) => place(slot + 0.5) + 4;
  const grid = counted.ticks.map((n) => `M${edge(value(n))} ${px(top)}V${px(bottom)}`);
  const below = counted.ticks.map((n) => text(value(n), bottom + GAP + 10, compact(n)));
  return picture(size, [
    ruled(grid),
    html`<g fill="${INK.text}" text-anchor="middle">${below}</g>`,
    html`<g fill="${INK.text}" text-anchor="end">${names.map((name, i) => text(left - GAP, middle(i), name))}</g>`,
    ...stacked(series, (slot, from, to) =>
      rectangle(value(from), place(slot + 0.5) - thick / 2, value(to) - value(from), thick),
    ),
    html`<g fill="${INK.text}">${totals.map((total, i) => text(value(all[i] ?? 0) + 5, middle(i), total))}</g>`,
  ]);
}

/** A line across the columns at a place, named above them where it has a name. */
export function upright(
  { size, place, top, bottom }: PlotArea,
  at: number,
  { name, colour, dashed }: { name: string | null; colour: string; dashed: boolean },
): Markup {
  const x = edge(place(at));
  const look = dashed ? html` stroke-dasharray="4 3"` : html` stroke-width="2"`;
  const line = html`<path d="M${x} ${bottom}V${top}" stroke="${colour}"${look}/>`;
  if (name === null) return line;
  const half = (cells(name) * CELL) / 2;
  const middle = Math.min(size.width - half, Math.max(half, place(at)));
  return html`${line}<g fill="${colour}" text-anchor="middle" font-weight="600">${text(middle, top - GAP, name)}</g>`;
}

/** A scale of whole numbers from 0, and where its ticks are. */
function counts(most: number, steps: number) {
  const scale = scaleLinear()
    .domain([0, Math.max(1, most)])
    .nice(steps);
  return { scale, ticks: scale.ticks(steps).filter(Number.isInteger) };
}

function sums(series: readonly Series[], slots: number): number[] {
  return Array.from({ length: slots }, (_, slot) =>
    series.reduce((sum, { values }) => sum + (values[slot] ?? 0), 0),
  );
}

/** One path for each colour; `shape` draws what of a slot lies between two numbers. */
function stacked(
  series: readonly Series[],
  shape: (slot: number, from: number, to: number) => string,
): Markup[] {
  return series.map(({ colour, values }, i) => {
    const base = sums(series.slice(0, i), values.length);
    const shapes = values.map((n, slot) => {
      const from = base[slot] ?? 0;
      return n > 0 ? shape(slot, from, from + n) : "";
    });
    return html`<path d="${shapes.join("")}" fill="${colour}"/>`;
  });
}

function rectangle(x: number, y: number, width: number, height: number): string {
  return `M${px(x)} ${px(y)}h${px(width)}v${px(height)}h${px(-width)}z`;
}

function ruled(lines: readonly string[]): Markup {
  return html`<path d="${lines.join("")}" fill="none" stroke="${INK.line}"/>`;
}

function text(x: number, y: number, said: string): Markup {
  return html`<text x="${px(x)}" y="${px(y)}">${said}</text>`;
}

function widthOf(labels: readonly string[]): number {
  return Math.max(0, ...labels.map(cells)) * CELL;
}

/** To a tenth of a pixel. */
function px(n: number): number {
  return Math.round(n * 10) / 10;
}

/** The middle of a pixel, where a thin line is sharp. */
function edge(n: number): number {
  return Math.round(n) + 0.5;
}

/** 1200 as "1.2K": for axes. */
function compact(n: number): string {
  return new Intl.NumberFormat("en-US", { notation: "compact" }).format(n);
}
