/** Reports for a pull request's comment or a job's summary. What is destructive comes first and open, the rest folds. */
import type { Plan } from "../../model/plan.ts";
import type { Outcome } from "../../model/run.ts";
import { date, number, tally } from "../../text/words.ts";
import {
  type DriftFacts,
  driftedRows,
  driftOf,
  lastRun,
  PENDING,
  PENDING_TITLES,
  pendingLine,
  pendingRows,
  verdict,
} from "../told/drift.ts";
import { besides, joined, planEnding } from "../told/ending.ts";
import { byKind, rulesBroken } from "../told/groups.ts";
import { finder } from "../told/links.ts";
import { aftermath, failureCauses } from "../told/outcomes.ts";
import { heldRows, listed, type Row, rowOf } from "../told/rows.ts";
import { typeCounts } from "../told/words.ts";
import { brakes, stopPieces, weightPieces } from "./first.ts";
import {
  type Column,
  details,
  type Listing,
  MAX_CHARS,
  md,
  mdClip,
  opened,
  type Piece,
  page,
  table,
} from "./md.ts";
import {
  breakdown,
  COLUMN,
  foot,
  heldPieces,
  kindPieces,
  ledgerPiece,
  ledgerPieces,
  type MarkdownOptions,
  noticePieces,
  refusal,
  rest,
} from "./parts.ts";

/** The rank of lists in a page: who reads must see the first kinds whole. */
const RANK = { destructive: 0, failed: 0, drift: 0, notices: 1, actions: 2, held: 3 };

/**
 * The plan as Markdown, in the order of the comment on a pull request: what stops a reviewer first and open (first.ts),
 * the rest folded; bounded by `maxChars`, and nothing is cut in silence.
 */
export function planMarkdown(plan: Plan, options: MarkdownOptions = {}): string {
  const find = finder(plan, options);
  const others = plan.notices.filter(({ added, kind }) => !added && kind !== "unclear");
  const pieces: Piece[] = [
    `${ledgerPiece(plan)}### Curfew plan for ${mdClip(plan.target)}\n\n**${md(planEnding(plan, options))}**\n\n`,
    ...stopPieces(plan, find),
    ...weightPieces(plan, options.lifted ?? [], find),
    ...kindPieces(rest(plan.actions.map(rowOf)), actionListing),
    ...heldPieces(heldRows(plan), actionListing),
    ...noticePieces("Notices", others, RANK.notices),
    ...ledgerPieces(plan),
    foot(plan, options.info ?? null),
  ];
  return page(pieces, options.maxChars ?? MAX_CHARS, "`curfew plan --all`");
}

/** The drift report as Markdown: what somebody changed open and first. */
export function driftMarkdown(plan: Plan, options: MarkdownOptions & DriftFacts): string {
  const report = driftOf(plan, options);
  const pending = pendingLine(report);
  const drift = byKind(driftedRows(report)).flatMap(([, all]) => all);
  const behind = opened("#### Changed behind the policy's back");
  const pieces: Piece[] = [
    `${ledgerPiece(plan)}### Curfew drift report for ${mdClip(plan.target)}\n\n**${md(joined(verdict(report), ...besides(plan, options)))}**${pending === null ? "" : ` ${md(pending)}`}\n\n`,
    `Last run: ${lastRun(report)}.\n\n`,
    ...plan.refusals.map(refusal),
    ...(drift.length > 0 ? [table(behind, DRIFT, listed(drift), RANK.drift)] : []),
    ...PENDING.flatMap((cause) =>
      kindPieces(pendingRows(report, cause), pendingListing, `${PENDING_TITLES[cause]}: `),
    ),
    ...noticePieces("Not held by Curfew", report.elsewhere ?? [], RANK.notices),
    ...noticePieces("Managed by nobody", report.unmanaged, RANK.notices),
    foot(plan, options.info ?? null),
  ];
  return page(pieces, options.maxChars ?? MAX_CHARS, "`curfew drift --all`");
}

/** What became of a plan, as Markdown: failures open and first. */
export function outcomesMarkdown(
  plan: Plan,
  outcomes: readonly Outcome[],
  options: MarkdownOptions = {},
): string {
  const { rows, verdict: became, warning, facts } = aftermath(plan, outcomes, options);
  const pieces: Piece[] = [
    `${ledgerPiece(plan)}### Curfew apply to ${mdClip(plan.target)}\n\n**${md(became)}**\n\n`,
    ...plan.refusals.map(refusal),
    ...brakes(options.lifted ?? [], finder(plan, options)),
    ...(warning === null ? [] : [`> [!WARNING]\n> ${warning}\n\n`]),
    ...failedPieces(rows),
    ...outcomePieces("skipped", "Skipped", "Why", rows),
    ...outcomePieces("applied", "Applied", "", rows),
    ...facts.map((fact) => `${md(fact)}\n\n`),
    ...noticePieces("Notices", plan.notices, RANK.notices),
    foot(plan, options.info ?? null),
  ];
  return page(pieces, options.maxChars ?? MAX_CHARS, "`curfew history`");
}

const ACTION = [COLUMN.user, COLUMN.device, COLUMN.told, COLUMN.cause, COLUMN.policy];

/** A section of actions, with a breakdown: folded, but for denied devices. */
function actionListing(title: string, rows: readonly Row[], loud: boolean): Listing {
  const held = rows.some(({ by }) => by !== null);
  const rank = loud ? RANK.destructive : held ? RANK.held : RANK.actions;
  const frame = loud ? opened(`**${title}**`) : details(`${title} (${breakdown(rows)})`);
  return table(frame, ACTION, listed(rows), rank);
}

const NOTE: Column<Row>[1] = ({ note }) => md(note ?? "");

const DRIFT: readonly Column<Row>[] = [
  ["Action", ({ type, by }) => `${type}${by === null ? "" : `, held by ${by}`}`],
  COLUMN.user,
  COLUMN.device,
  ["What differs", NOTE],
  COLUMN.why,
  COLUMN.policy,
];

const PENDING_COLUMNS: readonly Column<Row>[] = [
  COLUMN.user,
  COLUMN.device,
  COLUMN.told,
  ["Since", ({ since }) => (since === null ? "" : date(since))],
  ["Held", ({ by }) => (by === null ? "" : `held by ${by}`)],
  COLUMN.policy,
];

function pendingListing(title: string, rows: readonly Row[], loud: boolean): Listing {
  const frame = details(`${title} (${tally(rulesBroken(rows))})`);
  return table(frame, PENDING_COLUMNS, listed(rows), loud ? RANK.destructive : RANK.actions);
}

/** What failed, by its cause: the error once and open, and below it whom it met, folded where they are many. */
function failedPieces(all: readonly Row[]): Piece[] {
  const failed = all.filter(({ status }) => status === "failed");
  if (failed.length === 0) return [];
  const causes = failureCauses(all).map(({ message, rows }) => {
    const error = `**${number(rows.length)}: ${md(message)}**`;
    const whom = `Whom it met, ${tally(typeCounts(rows))}`;
    const many = details(whom);
    const frame = rows.length > FEW ? { ...many, open: `${error}\n\n${many.open}` } : opened(error);
    return table(frame, OUTCOME, rows, RANK.failed);
  });
  return [`#### Failed: ${tally(typeCounts(failed))}\n\n`, ...causes];
}

/** Failures of one cause that are listed open. */
const FEW = 10;

const OUTCOME: readonly Column<Row>[] = [
  ["Action", ({ type }) => type],
  COLUMN.user,
  COLUMN.device,
];

/** A list that folds; `why` is the title of the column that says why. */
function outcomePieces(
  status: Outcome["status"],
  title: string,
  why: string,
  all: readonly Row[],
): Piece[] {
  const rows = all.filter((row) => row.status === status);
  if (rows.length === 0) return [];
  const frame = details(`${title}: ${tally(typeCounts(rows))}`);
  const columns = why === "" ? OUTCOME : [...OUTCOME, [why, NOTE] as const];
  return [table(frame, columns, rows, RANK.held)];
}
