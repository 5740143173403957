/** The charts of a report: ages of sessions, what falls due, platforms and versions, recent runs. */
import type { AgeBuckets, AgeLimit, EstateFacts } from "../../estate/facts.ts";
import type { RunSummary } from "../../model/run.ts";
import { ACTION_TYPES } from "../../model/vocabulary.ts";
import { printable } from "../../text/safe.ts";
import { count, moment, number, tally } from "../../text/words.ts";
import { DAY, exactSpan, HOUR, MINUTE } from "../../time.ts";
import type { Finder } from "../told/links.ts";
import { type Chart, figure, INK, type Size } from "./chart.ts";
import { devicesChart } from "./devices.ts";
import { html, type Markup, sourceMarkup } from "./markup.ts";
import { columns, type Label, type PlotArea, upright } from "./plot.ts";

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

function agesChart(id: string, ages: AgeBuckets, find: Finder): Chart {
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
    draw: (size) => drawAges(ages, unit, size),
    more: limitList(limits, find),
    table: {
      head: ["Since sign-in", "Within the limit", "Past the limit"],
      rows: within.map((n, i) => [nameOf(i), number(n), number(past[i] ?? 0)]),
    },
  };
}

function drawAges({ width, within, past, limits }: AgeBuckets, unit: number, size: Size): Markup {
  const step = width / unit;
  const end = within.length * step;
  const every = interval(end, size.narrow ? 4 : 8);
  const labels = Array.from({ length: Math.ceil(end / every) }, (_, i) => i * every);
  return columns(size, {
    ...{ head: 26, fill: 0.86, widest: 60 },
    series: [
      { colour: INK.good, values: within },
      { colour: INK.past, values: past },
    ],
    labels: labels.map((n) => ({
      at: n / step,
      lines: [n === end - step ? `${number(n)}+` : number(n)],
    })),
    over: (frame) => limitLines(frame, limits, width),
  });
}

/** Round steps of which about `most` fit. */
function interval(end: number, most: number): number {
  const steps = [1, 2, 5, 7, 10, 14, 20, 30, 50, 60, 90, 100, 180, 200, 365, 500, 1000];
  return steps.find((step) => end / step <= most) ?? Math.ceil(end / most);
}

function limitLines(frame: PlotArea, limits: readonly AgeLimit[], width: number): Markup[] {
  const [, slots = 0] = frame.place.domain();
  const shown = limits.filter(({ value }) => value / width <= slots).slice(0, 4);
  return shown.map(({ value, group }) =>
    upright(
      frame,
      value / width,
      group === null
        ? { name: `limit ${exactSpan(value)}`, colour: INK.strong, dashed: false }
        : { name: null, colour: INK.text, dashed: true },
    ),
  );
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
  const silent = days.map(({ idle }) => idle.total);
  const idle = silent.reduce((n, of) => n + of, 0);
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
    summary: `${coming}${idle > 0 ? ` ${number(idle)} more if they stay idle as they have been for half of the limit: drawn lighter.` : ""}${today} Counted as if nobody signed in again.`,
    legend: [...drawn, ...(idle > 0 ? [["if idle", INK.idle] as const] : [])],
    draw: (size) =>
      columns(size, {
        ...{ head: 10, fill: 0.7, widest: 28 },
        series: [
          ...drawn.map(([type, colour]) => ({ colour, values: days.map((day) => day.due[type]) })),
          { colour: INK.idle, values: silent },
        ],
        labels: everyNth(
          days.map(({ date }) => [date.slice(5)]),
          size.narrow ? 7 : 4,
        ),
      }),
    table: {
      head: ["Day (UTC)", ...shown.map(([type]) => type), "if idle"],
      rows: days.map((day) => [
        day.date,
        ...shown.map(([type]) => number(day.due[type])),
        number(day.idle.total),
      ]),
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
    draw: (size) => drawRuns(runs.slice(size.narrow ? -16 : -MOST_RUNS), size),
    table: {
      head: ["Run", "Applied", "Failed", "Skipped", "Held", "Refusals", "Users"],
      rows: runs.toReversed().map((run) => {
        const { applied, failed: lost, skipped } = run.outcomes;
        const cells = [applied, lost, skipped, run.held, run.refusals, run.inventory.users];
        return [moment(isoOf(run)), ...cells.map(number)];
      }),
    },
  };
}

function drawRuns(runs: readonly RunSummary[], size: Size): Markup {
  const values = (of: (run: RunSummary) => number) => runs.map(of);
  return columns(size, {
    ...{ head: 10, fill: 0.7, widest: 28 },
    series: [
      { colour: INK.good, values: values((run) => run.outcomes.applied) },
      { colour: INK.wipe, values: values((run) => run.outcomes.failed) },
    ],
    line: { colour: INK.held, values: values((run) => run.held) },
    labels: everyNth(
      runs.map((run) => isoOf(run).slice(5, 16).split("T")),
      Math.floor(runs.length / (size.narrow ? 4 : 7)) + 1,
    ),
  });
}

const isoOf = (run: RunSummary) => new Date(run.at).toISOString();

/** A label in the middle of every so-manieth slot. */
function everyNth(slots: readonly (readonly string[])[], n: number): Label[] {
  return slots.map((lines, i) => ({ at: i + 0.5, lines })).filter((_, i) => i % n === 0);
}
