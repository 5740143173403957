/** Charts: drawn by ECharts into SVG while the page is made, each with its name and its numbers as a table. */
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, MarkLineComponent } from "echarts/components";
import { type EChartsCoreOption, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { html, type Markup, raw } from "./markup.ts";

use([BarChart, LineChart, GridComponent, MarkLineComponent, SVGRenderer]);

/** What a chart is drawn for: a column of the page, or a phone. Pixels. */
export interface Size {
  width: number;
  height: number;
  narrow: boolean;
}

export interface Chart {
  /** Unique in the page. */
  id: string;
  title: string;
  /** What the picture shows, as sentences: its name for who can't see it, and its caption. */
  summary: string;
  /** What a colour means. */
  legend: readonly (readonly [name: string, colour: string])[];
  option(size: Size): EChartsCoreOption;
  /** Of the wide and of the narrow picture; 230 where absent. */
  height?: number;
  /** Its numbers; the first cell of a row is its name. */
  table: { head: readonly string[]; rows: readonly (readonly (string | number | Markup)[])[] };
  /** Below the picture. */
  more?: Markup;
}

const WIDE = 600;
const NARROW = 330;

/** A figure with the chart in two widths, of which the page shows the one that fits. */
export function figure(chart: Chart): Markup {
  const { id, title, summary, legend, more, table, height = 230 } = chart;
  const picture = (width: number, name: string) => {
    const narrow = width === NARROW;
    const svg = draw(`${id}-${name}`, { width, height, narrow }, chart);
    return html`<div class="picture ${name}">${svg}</div>`;
  };
  return html`<figure class="card chart" id="${id}">
<figcaption><h3>${title}</h3><p>${summary}</p></figcaption>
<ul class="legend" aria-hidden="true">${legend.map(([name, colour]) => html`<li style="--c: ${colour}">${name}</li>`)}</ul>
<div class="pictures" role="img" aria-label="${`${title}. ${summary}`}">${picture(WIDE, "wide")}${picture(NARROW, "narrow")}</div>
${more ?? null}
<details class="numbers"><summary>The numbers</summary><div class="scroll" tabindex="0" role="region" aria-label="${`The numbers: ${title}`}">${tableOf(table)}</div></details>
</figure>`;
}

function tableOf({ head, rows }: Chart["table"]): Markup {
  const [first, ...rest] = head;
  const line = ([name, ...cells]: Chart["table"]["rows"][number]) =>
    html`<tr><th scope="row">${name ?? ""}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`;
  return html`<table><thead><tr><th scope="col">${first ?? ""}</th>${rest.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead><tbody>${rows.map(line)}</tbody></table>`;
}

function draw(id: string, size: Size, chart: Chart): Markup {
  const { width, height } = size;
  const instance = init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    instance.setOption({ animation: false, ...chart.option(size) });
    return raw(tidy(instance.renderToSVGString({ useViewBox: true }), id));
  } finally {
    // An open instance keeps the process alive.
    instance.dispose();
  }
}

/** Without what only an interactive chart needs; its ids are the chart's own, so that a page is the same each time. */
function tidy(svg: string, id: string): string {
  return (
    svg
      .replace(/<style\s*>[\s\S]*?<\/style>/g, "")
      .replace(/ (?:class|pointer-events|ecmeta_[a-z_]+|font-family)="[^"]*"/g, "")
      .replace(/font-family:[^;"]*;?/g, "")
      .replace(/\bzr\d+-/g, `${id}-`)
      // As in markup.ts: it begins what a CI runner would obey.
      .replaceAll("[", "&#91;")
      .replace("<svg ", '<svg aria-hidden="true" focusable="false" ')
  );
}

// ---------------------------------------------------------------- what the charts share

/** Colours are the page's variables, so that light, dark and print are drawn by the same picture. */
export const INK = {
  text: "var(--ink-2)",
  strong: "var(--ink)",
  line: "var(--line)",
  good: "var(--chart)",
  past: "var(--chart-past)",
  lock: "var(--lock)",
  wipe: "var(--wipe)",
  unlock: "var(--unlock)",
  drift: "var(--drift)",
  held: "var(--held)",
} as const;

const TEXT = { color: INK.text, fontSize: 12 };

/** An axis of counts. */
export function counts(more: object = {}): object {
  return {
    type: "value",
    minInterval: 1,
    axisLabel: { ...TEXT, formatter: compact },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: INK.line } },
    ...more,
  };
}

/** An axis of names or moments. */
export function names(data: readonly string[], label: object = {}, more: object = {}): object {
  return {
    type: "category",
    data,
    axisLabel: { ...TEXT, hideOverlap: true, ...label },
    axisLine: { lineStyle: { color: INK.line } },
    axisTick: { show: false },
    ...more,
  };
}

/** Bars of one colour; all bars of a chart stand on one another. */
export function bars(name: string, colour: string, data: readonly unknown[], more = {}): object {
  return {
    ...{ type: "bar", name, data, stack: "all", silent: true, barMaxWidth: 28 },
    itemStyle: { color: colour },
    ...more,
  };
}

export const LABEL = TEXT;

/** 1200 as "1.2K": for axes. */
function compact(n: number): string {
  return new Intl.NumberFormat("en-US", { notation: "compact" }).format(n);
}
