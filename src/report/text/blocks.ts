/** The parts that the text reports share: the header, lists of actions with their reasons, refusals, notices. */
import type { Action, Cause, Notice, Plan, Refusal } from "../../model/plan.ts";
import { CAUSES } from "../../model/plan.ts";
import type { TargetInfo } from "../../model/run.ts";
import type { Cell } from "../../text/layout.ts";
import { columnWidths, labelled, paragraph, row, wrap } from "../../text/layout.ts";
import { cells, clip, pad, printable } from "../../text/safe.ts";
import type { Paint } from "../../text/style.ts";
import { count, date, moment, number, sourceOf, tally } from "../../text/words.ts";
import type { Kind, Wanted } from "../told/groups.ts";
import {
  byCause,
  byKind,
  byNotice,
  kindOf,
  neverFolds,
  rulesBroken,
  SYMBOLS,
} from "../told/groups.ts";
import { kindTitle, NOTICE_TITLES, refusalTitle, shortDigest } from "../told/words.ts";
import type { Pen } from "./pen.ts";

/** Longer lists of one kind fold. */
export const FOLD = 10;
const NAME = 40;
const LABEL = 40;
const LABEL_COLUMN = 12;
const CAUSE_COLUMN = Math.max(...CAUSES.map((cause) => cause.length)) + 2;
const NARROWEST_MESSAGE = 28;

/** Whose plan it is, where, when, and by which policy. `extra` goes below the moment. */
export function header(
  title: string,
  plan: Pick<Plan, "target" | "url" | "evaluatedAt" | "policy" | "inventory">,
  p: Pen,
  extra: [string, string][] = [],
): string[] {
  const { policy, inventory } = plan;
  const commit =
    policy.commit === null ? "no commit" : `commit ${printable(policy.commit.slice(0, 12))}`;
  const facts: [string, string][] = [
    ["deployment", infoLine(p.info ?? null)],
    ["address", printable(plan.url)],
    ["evaluated", moment(plan.evaluatedAt)],
    ...extra,
    ["policy", policy.files.map(printable).join(", ")],
    ["version", `${commit}, ${shortDigest(policy.digest)}`],
    [
      "inventory",
      `${count(inventory.users, "user")}, ${count(inventory.sessions, "session")}, ${number(inventory.active)} active`,
    ],
  ];
  const lines = facts
    .filter(([, value]) => value !== "")
    .flatMap(([label, value]) => labelled(label, value, LABEL_COLUMN, p.width));
  return [p.style.title(`${title} ${printable(plan.target)}`), ...lines];
}

function infoLine(info: TargetInfo | null): string {
  const parts = [info?.label, info?.environment, info?.region];
  return parts
    .filter((part) => part !== null && part !== undefined && part !== "")
    .map((part) => clip(part ?? "", LABEL))
    .join(" · ");
}

/** How a list of actions is told. */
export interface ListStyle {
  /** The cause as a column before the reasons; where the cause is the section, what holds an action is told instead. */
  causes: boolean;
  /** A sentence above the reasons, e.g. what somebody changed. */
  sentence?: (action: Wanted) => string;
  /** Whether the head line says since when the action is wanted. */
  since?: boolean;
  /** Actions of one kind beyond this fold, unless their kind never does. */
  fold: number;
  /** `several`: sections carry a title only where there is more than one kind. */
  titles?: "always" | "several";
}

/** The actions in sections, one a kind, the most destructive first. An empty line comes before each that has a title. */
export function actionSections(actions: readonly Wanted[], list: ListStyle, p: Pen): string[] {
  const twice = repeatedLabels(actions);
  const kinds = byKind(actions);
  const titled = list.titles !== "several" || kinds.length > 1;
  return kinds.flatMap(([kind, all]) => {
    const folds = !p.all && !neverFolds(kind) && all.length > list.fold;
    const shown = folds ? all.slice(0, list.fold) : all;
    const title = `  ${p.style.kind[kind](kindTitle(kind, all.length))}`;
    return [
      ...(titled ? ["", title] : []),
      ...entryLines(shown, list, twice, p),
      ...(folds ? foldLines(kind, all, shown.length, list, p) : []),
    ];
  });
}

function entryLines(
  shown: readonly Wanted[],
  list: ListStyle,
  twice: ReadonlySet<string>,
  p: Pen,
): string[] {
  const named = shown.some(isNamed);
  const heads = shown.map((action) => headCells(action, named, list, twice, p));
  const widths = columnWidths(heads);
  const grid = reasonGrid(shown, list, p);
  return shown.flatMap((action, i) => {
    const kind = kindOf(action);
    const head = row(heads[i] ?? [], widths, p.width - 4);
    const mark = p.style.kind[kind](SYMBOLS[kind]);
    const sentence = list.sentence?.(action);
    return [
      ...head.map((line, n) => (n === 0 ? `  ${mark} ${line}` : `    ${line}`)),
      ...(sentence === undefined ? [] : paragraph(sentence, p.width, 4)),
      ...reasonLines(action, grid, p),
    ];
  });
}

/** Who and which device. Ids are never shortened; a device goes by its label where that tells it apart. */
function headCells(
  action: Wanted,
  names: boolean,
  list: ListStyle,
  twice: ReadonlySet<string>,
  p: Pen,
): Cell[] {
  const named = isNamed(action);
  const held = "by" in action && !list.causes ? `held by ${action.by}` : "";
  const label = action.label ?? "";
  const session =
    action.session !== null && (label === "" || twice.has(deviceKey(action)))
      ? printable(action.session)
      : "";
  return [
    nameCell(action, names, p),
    { text: printable(action.user), ...(named ? { paint: p.style.dim } : {}) },
    { text: label === "" ? session : clip(label, LABEL) },
    { text: label === "" ? "" : session, paint: p.style.dim },
    { text: list.since && action.since ? `since ${date(action.since)}` : "", paint: p.style.dim },
    { text: [action.urgent ? "urgent" : "", held].filter(Boolean).join(", "), paint: p.style.warn },
  ];
}

const isNamed = (action: Action) => action.name !== undefined && action.name !== action.user;

function nameCell(action: Action, names: boolean, p: Pen): Cell {
  if (!names) return { text: "" };
  if (!isNamed(action)) return { text: "(no name)", paint: p.style.dim };
  return { text: clip(action.name ?? "", NAME), paint: p.style.title };
}

/** The devices whose label does not tell them apart from another of the same user. */
function repeatedLabels(actions: readonly Action[]): Set<string> {
  const once = new Map<string, string | null>();
  const twice = new Set<string>();
  for (const action of actions) {
    if (!action.label) continue;
    const key = deviceKey(action);
    const before = once.get(key);
    if (before === undefined) once.set(key, action.session);
    else if (before !== action.session) twice.add(key);
  }
  return twice;
}

const deviceKey = (action: Action) => JSON.stringify([action.user, action.label]);

/** Column widths of reasons: what leads, what happened, where the rule is written. */
interface Grid {
  lead: number;
  message: number;
  /** Whether the source stands beside the message; else below it. */
  beside: boolean;
}

function reasonGrid(shown: readonly Wanted[], list: ListStyle, p: Pen): Grid {
  const lead = list.causes ? CAUSE_COLUMN : 0;
  let message = 0;
  let source = 0;
  for (const action of shown) {
    for (const reason of action.reasons) {
      message = Math.max(message, cells(printable(reason.message)));
      source = Math.max(source, cells(sourceOf(reason)));
    }
  }
  const room = p.width - 4 - lead;
  const beside = room - source - 2 >= Math.min(NARROWEST_MESSAGE, message);
  return { lead, message: Math.min(message, beside ? room - source - 2 : room), beside };
}

function reasonLines(action: Wanted, grid: Grid, p: Pen): string[] {
  const margin = " ".repeat(4);
  const gap = " ".repeat(grid.lead);
  const first = grid.lead > 0 ? causeColumn(action.cause, p) : "";
  return action.reasons.flatMap((reason, n) => {
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
  all: readonly Wanted[],
  shown: number,
  list: ListStyle,
  p: Pen,
): string[] {
  const causes = byCause(all).map(([cause, some]) => [cause, some.length] as const);
  const more = `… and ${number(all.length - shown)} more to ${kind} (--all shows them)`;
  const breakdown = [
    `of all ${number(all.length)}, by broken rule: ${tally(rulesBroken(all))}`,
    ...(list.causes ? [`by cause: ${tally(causes)}`] : []),
  ];
  return [
    ...paragraph(more, p.width, 2),
    ...breakdown.flatMap((line) => paragraph(line, p.width, 4, p.style.dim)),
  ];
}

/** Every refusal with its whole message. */
export function refusalLines(refusals: readonly Refusal[], p: Pen): string[] {
  if (refusals.length === 0) return [];
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
    const shown = p.all || kind === "protected" ? all : all.slice(0, FOLD);
    const more = all.length - shown.length;
    return [
      `  ${p.style.warn(`${NOTICE_TITLES[kind]} (${number(all.length)})`)}`,
      ...[...Map.groupBy(shown, noticeText)].flatMap(([text, same]) => noticeGroup(text, same, p)),
      ...(more > 0 ? [`    … and ${number(more)} more (--all shows them)`] : []),
    ];
  });
  return ["", p.style.title(`${title}: ${number(notices.length)}`), ...kinds];
}

function noticeText(notice: Notice): string {
  const where =
    notice.file === undefined
      ? ""
      : ` (${sourceOf({ file: notice.file, line: notice.line ?? 1 })})`;
  return printable(notice.message) + where;
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
