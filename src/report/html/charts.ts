/** The charts of a report: ages of sessions, what falls due, platforms and versions, recent runs. */
import type { EChartsCoreOption } from "echarts/core";
import type { AgeLimit, Ages, EstateFacts } from "../../estate/facts.ts";
import type { RunSummary } from "../../model/run.ts";
import { ACTION_TYPES } from "../../model/vocabulary.ts";
import { printable } from "../../text/safe.ts";
import { DAY, exactSpan, HOUR, MINUTE } from "../../time.ts";
import { count, moment, number, tally } from "../told/words.ts";
import { bars, type Chart, counts, figure, INK, LABEL, names, type Size } from "./chart.ts";
import { devicesChart } from "./devices.ts";
import { type Finder, sourceMarkup } from "./links.ts";
import { html, type Markup } from "./markup.ts";

/** The figures that can be drawn with what is known; `id` begins the ids of all of them. */
export function charts(
  id: string,
  facts: EstateFacts | null,
  runs: readonly RunSummary[],
  find: Finder,
): Markup | null {
  const devices = facts ? devicesChart(id, facts.devices, find) : null;
  const all = [
    ...(facts ? [agesChart(id, facts.ages, find), dueChart(id, facts.due)] : []),
    ...(devices ? [devices] : []),
    ...(runs.length > 0 ? [runsChart(id, runs, devices?.height ?? 230)] : []),
  ];
  if (all.length === 0) return null;
  return html`<section class="charts" aria-labelledby="${id}-estate"><h2 id="${id}-estate">The estate</h2><div class="grid">${all.map(figure)}</div></section>`;
}

// ---------------------------------------------------------------- ages

/** The unit in which ages of this width are best read. */
function unitOf(width: number): [number, string] {
  if (width >= DAY) return [DAY, "day"];
  return width >= HOUR ? [HOUR, "hour"] : [MINUTE, "minute"];
}

function agesChart(id: string, ages: Ages, find: Finder): Chart {
  const { width, within, past, unknown, limits } = ages;
  const [unit, word] = unitOf(width);
  const sum = (of: readonly number[]) => of.reduce((total, n) => total + n, 0);
  const over = sum(past);
  const all = sum(within) + over + unknown;
  const last = within.length - 1;
  const nameOf = (i: number) =>
    i === last
      ? `${number((i * width) / unit)} ${word}s and more`
      : `${number((i * width) / unit)} to ${number(((i + 1) * width) / unit)} ${word}s`;
  const judged =
    limits.length === 0
      ? "The policy sets no limit of age."
      : over === 0
        ? "None is older than its limit."
        : `${count(over, "session is", "sessions are")} older than the limit.`;
  return {
    id: `${id}-ages`,
    title: "Ages of sessions",
    summary: `${count(all, "active session")} by the ${word}s since sign-in. ${judged}${unknown > 0 ? ` Of ${number(unknown)} it can't be told.` : ""}`,
    legend: [
      ["within the limit", INK.good],
      ["past the limit", INK.past],
    ],
    option: (size) => agesOption(ages, unit, size),
    more: limitList(limits, find),
    table: {
      head: ["Since sign-in", "Within the limit", "Past the limit"],
      rows: within.map((n, i) => [nameOf(i), number(n), number(past[i] ?? 0)]),
    },
  };
}

const MARGIN = { left: 8, right: 14 };

function agesOption(ages: Ages, unit: number, size: Size): EChartsCoreOption {
  const { width, within, past, limits } = ages;
  const step = width / unit;
  const end = within.length * step;
  const last = end - step;
  const at = (of: readonly number[]) => of.map((n, i) => [(i + 0.5) * step, n]);
  const room = (size.width - 60) / within.length;
  const bar = { barWidth: Math.max(2, Math.floor(room * 0.86)), barMaxWidth: 60 };
  return {
    grid: { ...MARGIN, top: 26, bottom: 4, outerBoundsMode: "same" },
    xAxis: {
      ...counts({ min: 0, max: end, splitLine: { show: false } }),
      containShape: false,
      interval: interval(end, size.narrow ? 4 : 8),
      axisLabel: {
        ...LABEL,
        showMaxLabel: false,
        formatter: (n: number) => (n === last ? `${n}+` : `${n}`),
      },
      axisLine: { show: true, lineStyle: { color: INK.line } },
    },
    yAxis: counts({ splitNumber: 4 }),
    series: [
      bars("within the limit", INK.good, at(within), bar),
      bars("past the limit", INK.past, at(past), {
        ...bar,
        markLine: limitLines(limits, unit, end),
      }),
    ],
  };
}

/** Round steps of which about `most` fit. */
function interval(end: number, most: number): number {
  const steps = [1, 2, 5, 7, 10, 14, 20, 30, 50, 60, 90, 100, 180, 200, 365, 500, 1000];
  return steps.find((step) => end / step <= most) ?? Math.ceil(end / most);
}

function limitLines(limits: readonly AgeLimit[], unit: number, end: number): object {
  const shown = limits.filter(({ value }) => value / unit <= end).slice(0, 4);
  const line = ({ value, group }: AgeLimit) => ({
    xAxis: value / unit,
    lineStyle: {
      color: group === null ? INK.strong : INK.text,
      ...{ type: group === null ? "solid" : "dashed", width: group === null ? 2 : 1 },
    },
    label: {
      ...{ show: group === null, formatter: `limit ${exactSpan(value)}`, fontWeight: 600 },
      ...{ color: INK.strong, textBorderWidth: 0, fontSize: 12, distance: 6 },
    },
  });
  return { silent: true, symbol: "none", animation: false, data: shown.map(line) };
}

function limitList(limits: readonly AgeLimit[], find: Finder): Markup {
  if (limits.length === 0) return html``;
  const item = ({ value, group, file, line }: AgeLimit) =>
    html`<li><b>${exactSpan(value)}</b> ${group === null ? "for everybody" : `for ${printable(group)}`} ${sourceMarkup(file, line, find)}</li>`;
  return html`<ul class="limits">${limits.map(item)}</ul>`;
}

// ---------------------------------------------------------------- due

/** The types in the order in which they are stacked, with their colours. */
const DUE_COLOURS = [
  ["re-authenticate", INK.past],
  ["lock", INK.lock],
  ["wipe", INK.wipe],
  ["unlock", INK.unlock],
] as const;

function dueChart(id: string, due: EstateFacts["due"]): Chart {
  const { days, now } = due;
  const sum = (type: (typeof ACTION_TYPES)[number]) =>
    days.reduce((n, day) => n + day.due[type], 0);
  const totals = ACTION_TYPES.map((type) => [`to ${type}`, sum(type)] as const).filter(
    ([, n]) => n > 0,
  );
  const shown = DUE_COLOURS.filter(([type]) => type !== "unlock" || sum(type) > 0);
  const drawn = shown.filter(([type]) => sum(type) > 0 || type === "re-authenticate");
  const peak = days.reduce((most, day) => (day.total > most.total ? day : most), {
    total: 0,
    date: "",
  });
  const coming =
    totals.length === 0
      ? "Nothing falls due."
      : `${tally(totals)}; most on ${peak.date} (${number(peak.total)}).`;
  const today =
    now.total > 0
      ? ` ${number(now.total)} ${now.total === 1 ? "is" : "are"} due already and not drawn.`
      : "";
  return {
    id: `${id}-due`,
    title: `Due in the next ${days.length} days`,
    summary: `${coming}${today} Counted as if nobody signed in again.`,
    legend: drawn,
    option: ({ narrow }) => ({
      grid: { ...MARGIN, top: 10, bottom: 4, outerBoundsMode: "same" },
      xAxis: names(
        days.map(({ date }) => date.slice(5)),
        { interval: narrow ? 6 : 3 },
      ),
      yAxis: counts({ splitNumber: 4 }),
      series: drawn.map(([type, colour]) =>
        bars(
          type,
          colour,
          days.map((day) => day.due[type]),
        ),
      ),
    }),
    table: {
      head: ["Day (UTC)", ...shown.map(([type]) => type)],
      rows: days.map((day) => [day.date, ...shown.map(([type]) => number(day.due[type]))]),
    },
  };
}

// ---------------------------------------------------------------- runs

/** So many runs are drawn, and listed. */
const MOST_RUNS = 48;

function runsChart(id: string, all: readonly RunSummary[], height: number): Chart {
  const runs = all.slice(-MOST_RUNS);
  const sum = (of: (run: RunSummary) => number) => runs.reduce((n, run) => n + of(run), 0);
  const failed = sum((run) => run.outcomes.failed);
  const refused = runs.filter((run) => run.refusals > 0).length;
  const iso = (run: RunSummary) => new Date(run.at).toISOString();
  const facts = [
    `${number(sum((run) => run.outcomes.applied))} applied`,
    failed > 0 ? `${number(failed)} failed` : "none failed",
    ...(refused > 0 ? [`${count(refused, "run")} with a refusal`] : []),
  ];
  return {
    id: `${id}-runs`,
    title: "Recent runs",
    summary: `The last ${count(runs.length, "run")}: ${facts.join(", ")}.`,
    legend: [
      ["applied", INK.good],
      ["failed", INK.wipe],
      ["held", INK.held],
    ],
    height,
    option: ({ narrow }) => {
      const drawn = runs.slice(narrow ? -16 : -MOST_RUNS);
      const of = (value: (run: RunSummary) => number) => drawn.map(value);
      const held = {
        ...{ type: "line", name: "held", data: of((run) => run.held), silent: true, symbolSize: 6 },
        ...{ lineStyle: { color: INK.held, width: 2 }, itemStyle: { color: INK.held } },
        ...{ symbol: "circle", showSymbol: drawn.length === 1 },
      };
      return {
        grid: { ...MARGIN, top: 10, bottom: 4, outerBoundsMode: "same" },
        xAxis: names(
          drawn.map((run) => iso(run).slice(5, 16).replace("T", "\n")),
          { interval: Math.floor(drawn.length / (narrow ? 4 : 7)) },
        ),
        yAxis: counts({ splitNumber: 4 }),
        series: [
          bars(
            "applied",
            INK.good,
            of((run) => run.outcomes.applied),
          ),
          bars(
            "failed",
            INK.wipe,
            of((run) => run.outcomes.failed),
          ),
          held,
        ],
      };
    },
    table: {
      head: ["Run", "Applied", "Failed", "Skipped", "Held", "Refusals", "Users"],
      rows: runs.toReversed().map((run) => {
        const { applied, failed: lost, skipped } = run.outcomes;
        const cells = [applied, lost, skipped, run.held, run.refusals, run.inventory.users];
        return [moment(iso(run)), ...cells.map(number)];
      }),
    },
  };
}
