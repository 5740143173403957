/** The parts that the text reports share: the header, lists of actions with their reasons, refusals, notices. */
import {
  CAUSES,
  type Cause,
  type HeldBy,
  type Notice,
  type Plan,
  type Refusal,
} from "../../model/plan.ts";
import { type Cell, columnWidths, labelled, paragraph, row, wrap } from "../../text/layout.ts";
import { cells, clip, pad, printable } from "../../text/safe.ts";
import type { Paint } from "../../text/style.ts";
import { date, number, sourceOf, tally } from "../../text/words.ts";
import { byKind, byNotice, causeCounts, isLoud, rulesBroken, SYMBOLS } from "../told/groups.ts";
import { type Fact, factsOf, type Headed, leftLines, withoutLedger } from "../told/head.ts";
import { waiting } from "../told/held.ts";
import { type Missing, missingLine, missingTitle } from "../told/missing.ts";
import { type Kind, listed, type Row, total } from "../told/rows.ts";
import { kindTitle, NOTICE_TITLES, refusalTitle } from "../told/words.ts";
import type { Pen } from "./pen.ts";

/** Longer lists of one kind fold. */
export const FOLD = 10;
/** The room of a name or of a device's label. */
export const NAME = 40;
/** The room of the labels of a report's facts. */
const LABEL_COLUMN = 12;
const CAUSE_COLUMN = Math.max(...CAUSES.map((cause) => cause.length)) + 2;
const NARROWEST_MESSAGE = 28;

/** Whose report it is, where, when, and by which policy. `more` goes below the moment. */
export function header(
  title: string,
  of: Headed & Partial<Pick<Plan, "ledger">>,
  p: Pen,
  more: Fact[] = [],
): string[] {
  const { ledger } = of;
  const without = ledger === undefined ? null : withoutLedger({ ledger });
  const first = [
    ...(without === null ? [] : [without]),
    ...(ledger === undefined ? [] : leftLines({ ledger })),
  ];
  return [
    ...first.flatMap((line) => [...paragraph(line, p.width, 0, p.style.warn), ""]),
    p.style.title(`${title} ${printable(of.target)}`),
    ...factLines(factsOf(of, p.info, more), p),
  ];
}

/** Facts beside their labels; what says nothing is left out. */
export function factLines(facts: readonly Fact[], p: Pen, column = LABEL_COLUMN): string[] {
  return facts
    .filter(([, value]) => value !== "")
    .flatMap(([label, value]) => labelled(label, value, column, p.width));
}

/** The first of a list, or with `--all` every one, and how many more there are. */
export function folded<T>(
  all: readonly T[],
  most: number,
  p: Pen,
  draw: (shown: readonly T[]) => string[],
  { indent = 2, more = "more" } = {},
): string[] {
  const shown = p.all ? all : all.slice(0, most);
  const rest = all.length - shown.length;
  const line = `${" ".repeat(indent)}… and ${number(rest)} ${more} (--all shows them)`;
  return [...draw(shown), ...(rest > 0 ? [line] : [])];
}

/** How a list of actions is told. */
export interface ListStyle {
  /** The cause as a column before the reasons; where the cause is the section, what holds an action is told instead. */
  causes?: boolean;
  /** Whether the head line says since when the action is wanted. */
  since?: boolean;
  /** Actions of one kind beyond this fold, unless their kind never does. */
  fold: number;
  /** `several`: sections carry a title only where there is more than one kind. */
  titles?: "always" | "several";
}

/** The actions in sections, one a kind, the most destructive first. An empty line comes before each that has a title. */
export function actionSections(counted: readonly Row[], list: ListStyle, p: Pen): string[] {
  const rows = listed(counted);
  const twice = repeatedLabels(rows);
  const kinds = byKind(counted);
  const titled = list.titles !== "several" || kinds.length > 1;
  return kinds.flatMap(([kind, counts]) => {
    const all = listed(counts);
    // What is loud comes first.
    const most = Math.max(list.fold, all.filter(isLoud).length);
    const folds = !p.all && all.length > most;
    const shown = folds ? all.slice(0, most) : all;
    const title = `  ${p.style.kind[kind](kindTitle(kind, total(counts)))}`;
    return [
      ...(titled ? ["", title] : []),
      ...entryLines(shown, list, twice, p),
      ...(folds || all.length < counts.length
        ? foldLines(kind, counts, shown.length, list, p)
        : []),
    ];
  });
}

function entryLines(shown: readonly Row[], list: ListStyle, twice: Set<string>, p: Pen): string[] {
  const named = shown.some(({ name }) => name !== null);
  const heads = shown.map((one) => headCells(one, named, list, twice, p));
  const widths = columnWidths(heads);
  const grid = reasonGrid(shown, list, p);
  return shown.flatMap((one, i) => [
    ...marked(one.kind, row(heads[i] ?? [], widths, p.width - 4), p),
    ...(one.note === null ? [] : paragraph(printable(one.note), p.width, 4)),
    ...reasonLines(one, grid, p),
  ]);
}

/** Lines behind the symbol of their kind. */
export function marked(kind: Kind, lines: readonly string[], p: Pen): string[] {
  const mark = p.style.kind[kind](SYMBOLS[kind]);
  return lines.map((line, i) => (i === 0 ? `  ${mark} ${line}` : `    ${line}`));
}

/** Who and which device. Ids are never shortened; a device goes by its label where that tells it apart. */
function headCells(
  { name, user, label, session: id, since, urgent, by }: Row,
  names: boolean,
  list: ListStyle,
  twice: ReadonlySet<string>,
  p: Pen,
): Cell[] {
  const held = by !== null && !list.causes ? `held by ${by}` : "";
  const apart = label !== null && !twice.has(deviceKey({ user, label }));
  const session = id === null || apart ? "" : printable(id);
  const named = name === null ? { text: "(no name)", paint: p.style.dim } : nameCell(name, p);
  return [
    names ? named : { text: "" },
    { text: printable(user), ...(name === null ? {} : { paint: p.style.dim }) },
    { text: label === null ? session : clip(label, NAME) },
    { text: label === null ? "" : session, paint: p.style.dim },
    { text: list.since && since !== null ? `since ${date(since)}` : "", paint: p.style.dim },
    { text: [urgent ? "urgent" : "", held].filter(Boolean).join(", "), paint: p.style.warn },
  ];
}

export function nameCell(name: string, p: Pen): Cell {
  return { text: clip(name, NAME), paint: p.style.title };
}

/** The devices whose label does not tell them apart from another of the same user. */
function repeatedLabels(rows: readonly Row[]): Set<string> {
  const once = new Map<string, string | null>();
  const twice = new Set<string>();
  for (const of of rows) {
    if (of.label === null) continue;
    const key = deviceKey(of);
    const before = once.get(key);
    if (before === undefined) once.set(key, of.session);
    else if (before !== of.session) twice.add(key);
  }
  return twice;
}

function deviceKey({ user, label }: Pick<Row, "user" | "label">): string {
  return JSON.stringify([user, label]);
}

/** Column widths of reasons: what leads, what happened, where the rule is written. */
interface Grid {
  lead: number;
  message: number;
  /** Whether the source stands beside the message; else below it. */
  beside: boolean;
}

function reasonGrid(shown: readonly Row[], list: ListStyle, p: Pen): Grid {
  const lead = list.causes ? CAUSE_COLUMN : 0;
  let message = 0;
  let source = 0;
  for (const reason of shown.flatMap(({ reasons }) => reasons)) {
    message = Math.max(message, cells(printable(reason.message)));
    source = Math.max(source, cells(sourceOf(reason)));
  }
  const room = p.width - 4 - lead;
  const beside = room - source - 2 >= Math.min(NARROWEST_MESSAGE, message);
  return { lead, message: Math.min(message, beside ? room - source - 2 : room), beside };
}

function reasonLines({ cause, reasons }: Row, grid: Grid, p: Pen): string[] {
  const margin = " ".repeat(4);
  const gap = " ".repeat(grid.lead);
  const first = grid.lead > 0 && cause !== null ? causeColumn(cause, p) : gap;
  return reasons.flatMap((reason, n) => {
    const source = p.style.dim(sourceOf(reason));
    const message = wrap(printable(reason.message), Math.max(20, grid.message));
    const lines = message.map((line, i) => {
      const start = margin + (n === 0 && i === 0 ? first : gap);
      return start + (grid.beside && i === 0 ? `${pad(line, grid.message)}  ${source}` : line);
    });
    return grid.beside
      ? lines
      : [...lines, ...paragraph(sourceOf(reason), p.width, 4 + grid.lead, p.style.dim)];
  });
}

/** The cause, filled to its column; drift and retry stand out. */
function causeColumn(cause: Cause, p: Pen): string {
  const paints: Partial<Record<Cause, Paint>> = { drift: p.style.drift, retry: p.style.warn };
  return (paints[cause] ?? p.style.dim)(pad(cause, CAUSE_COLUMN));
}

function foldLines(
  kind: Kind,
  all: readonly Row[],
  shown: number,
  list: ListStyle,
  p: Pen,
): string[] {
  const where = listed(all).length > shown ? " (--all shows them)" : ", counted only";
  const more = `… and ${number(total(all) - shown)} more to ${kind}${where}`;
  const breakdown = [
    `of all ${number(total(all))}, by broken rule: ${tally(rulesBroken(all))}`,
    ...(list.causes ? [`by cause: ${tally(causeCounts(all))}`] : []),
  ];
  return [
    ...paragraph(more, p.width, 2),
    ...breakdown.flatMap((line) => paragraph(line, p.width, 4, p.style.dim)),
  ];
}

/** What waits, and what lets it go. */
export function waitingLines(
  held: readonly Row[],
  foldOf: (by: HeldBy) => number,
  p: Pen,
): string[][] {
  return waiting(held).map(({ by, rows, what, release }) => [
    ...paragraph(`By ${by}: ${what}. ${release}`, p.width, 2),
    ...actionSections(rows, { causes: true, fold: foldOf(by), titles: "several" }, p),
  ]);
}

/** The targets of which nothing is told, and why; ends with a newline. `told`: how many others there are. */
export function missingLines(missing: readonly Missing[], told: number, p: Pen): string {
  const lines = [
    ...paragraph(missingTitle(missing, told), p.width, 0, p.style.alarm),
    ...missing.flatMap((one) => paragraph(missingLine(one), p.width, 2)),
  ];
  return `${lines.join("\n")}\n`;
}

/** Every refusal with its whole message. */
export function refusalLines(refusals: readonly Refusal[], p: Pen): string[] {
  return refusals.flatMap((refusal) => [
    "",
    ...paragraph(`Refused: ${refusalTitle(refusal)}`, p.width, 0, p.style.alarm),
    ...paragraph(printable(refusal.message), p.width, 2),
  ]);
}

/** Notices by kind; the same message about several users is told once. The protected never fold: the policy lists them one by one. */
export function noticeLines(title: string, notices: readonly Notice[], p: Pen): string[] {
  if (notices.length === 0) return [];
  const kinds = byNotice(notices).flatMap(([kind, all]) => {
    const most = kind === "protected" ? Number.POSITIVE_INFINITY : FOLD;
    const grouped = (shown: readonly Notice[]) =>
      [...Map.groupBy(shown, noticeText)].flatMap(([text, same]) => noticeGroup(text, same, p));
    return [
      `  ${p.style.warn(`${NOTICE_TITLES[kind]} (${number(all.length)})`)}`,
      ...folded(all, most, p, grouped, { indent: 4 }),
    ];
  });
  return ["", p.style.title(`${title}: ${number(notices.length)}`), ...kinds];
}

function noticeText({ message, file, line = 1 }: Notice): string {
  return printable(message) + (file === undefined ? "" : ` (${sourceOf({ file, line })})`);
}

/** Whether a text names a user, not just something whose name contains the user's. */
function names(text: string, user: string): boolean {
  return ` ${text.replace(/[^\p{L}\p{N}@._-]+/gu, " ")} `.includes(` ${user} `);
}

function noticeGroup(text: string, same: readonly Notice[], p: Pen): string[] {
  const users = same.map((n) => n.user).filter((user) => user !== null);
  const unnamed = users.map(printable).filter((user) => !names(text, user));
  return [
    ...unnamed.flatMap((user) => paragraph(user, p.width, 4)),
    ...paragraph(text, p.width, unnamed.length > 0 ? 6 : 4, p.style.dim),
  ];
}
