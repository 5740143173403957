/** Charts: drawn as SVG while the page is made, each with its name and its numbers as a table. */
import { html, type Markup } from "./markup.ts";

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
  draw(size: Size): Markup;
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
    const svg = chart.draw({ width, height, narrow: width === NARROW });
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

/** Colours are the page's variables, so that light, dark and print are drawn by the same picture. */
export const INK = {
  text: "var(--ink-2)",
  strong: "var(--ink)",
  line: "var(--line)",
  good: "var(--chart)",
  past: "var(--chart-past)",
  /** Of what may come: lighter than what will. */
  idle: "var(--chart-idle)",
  lock: "var(--lock)",
  wipe: "var(--wipe)",
  unlock: "var(--unlock)",
  drift: "var(--drift)",
  held: "var(--held)",
} as const;
