/** Reports for a pull request's comment or a job's summary. What is destructive comes first and open, the rest folds. */
import type { Held, Notice, Plan, Refusal } from "../../model/plan.ts";
import type { Outcome, TargetInfo } from "../../model/run.ts";
import { count, date, moment, number, sourceOf, tally } from "../../text/words.ts";
import { applyVerdict, openLine, reportedLine, unfinished } from "../text/apply.ts";
import type { Drifted, DriftFacts, DriftReport } from "../text/drift.ts";
import {
  driftOf,
  driftSentence,
  lastRun,
  PENDING,
  PENDING_TITLES,
  pendingLine,
  verdict,
} from "../text/drift.ts";
import type { Kind, Wanted } from "../told/groups.ts";
import {
  actionFinder,
  byCause,
  byHolder,
  byKind,
  byNotice,
  neverFolds,
  rulesBroken,
} from "../told/groups.ts";
import {
  heldLine,
  kindTitle,
  ledgerLine,
  NOTICE_TITLES,
  RELEASE,
  refusalTitle,
  shortDigest,
  summaryLine,
  typeCounts,
  typesTally,
} from "../told/words.ts";
import type { Listing, Piece } from "./md.ts";
import { code, details, MAX_CHARS, md, mdClip, page, tableHead, tableRow } from "./md.ts";

/** How a Markdown report is made. */
export interface MarkdownOptions {
  /** Characters at most; 64,000 where absent, a comment's limit less room for a title. At least some 8,000 are needed. */
  maxChars?: number;
  /** What the target says of itself, where it was asked. */
  info?: TargetInfo | null;
}

/** The rank of lists in a page: who reads must see the first kinds whole. */
const RANK = { destructive: 0, failed: 0, drift: 0, notices: 1, actions: 2, held: 3 };

/** The plan as Markdown: wipes and locks open and first, the rest folded; bounded by `maxChars`, and nothing is cut in silence. */
export function planMarkdown(plan: Plan, options: MarkdownOptions = {}): string {
  const ledger = ledgerLine(plan);
  const pieces: Piece[] = [
    `### Curfew plan for ${mdClip(plan.target)}\n\n**${md(summaryLine(plan))}**\n\n`,
    ...plan.refusals.map(refusal),
    ...byKind(plan.actions).map(([kind, all]) => actionListing(kind, all, RANK.actions)),
    ...heldPieces(plan.held),
    ...noticePieces("Notices", plan.notices),
    ...(ledger === null ? [] : [`${md(ledger)}\n\n`]),
    foot(plan, options.info ?? null),
  ];
  return page(pieces, options.maxChars ?? MAX_CHARS, "`curfew plan --all`");
}

/** The drift report as Markdown: what somebody changed open and first. */
export function driftMarkdown(plan: Plan, options: MarkdownOptions & DriftFacts): string {
  const report = driftOf(plan, options);
  const pending = pendingLine(report);
  const pieces: Piece[] = [
    `### Curfew drift report for ${mdClip(plan.target)}\n\n**${md(verdict(report))}**${pending === null ? "" : ` ${md(pending)}`}\n\n`,
    `Last run: ${lastRun(report)}.\n\n`,
    ...plan.refusals.map(refusal),
    ...(report.drift.length > 0 ? [driftListing(report)] : []),
    ...PENDING.flatMap((cause) => pendingPieces(PENDING_TITLES[cause], report.pending[cause])),
    ...noticePieces("Managed by nobody", report.unmanaged),
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
  const open = unfinished(plan, outcomes);
  const facts = [heldLine(plan), reportedLine(plan)].filter((line) => line !== null);
  const of = (status: Outcome["status"]) => outcomes.filter((o) => o.status === status);
  const pieces: Piece[] = [
    `### Curfew apply to ${mdClip(plan.target)}\n\n**${md(applyVerdict(plan, outcomes))}**\n\n`,
    ...plan.refusals.map(refusal),
    ...(open.length > 0 ? [`> [!WARNING]\n> ${openLine(open.length)}\n\n`] : []),
    ...outcomeListing("Failed", "Error", plan, of("failed"), false),
    ...outcomeListing("Skipped", "Why", plan, of("skipped"), true),
    ...outcomeListing("Applied", "", plan, of("applied"), true),
    ...facts.map((fact) => `${md(fact)}\n\n`),
    foot(plan, options.info ?? null),
  ];
  return page(pieces, options.maxChars ?? MAX_CHARS, "`curfew history`");
}

/** A refusal, as an alert that GitHub paints. */
export function refusal(of: Refusal): string {
  return `> [!CAUTION]\n> **Refused: ${md(refusalTitle(of))}.** ${md(of.message)}\n\n`;
}

/** Where, when, by which policy and on which inventory a plan was made, and its digest. */
export function foot(plan: Plan, info: TargetInfo | null): string {
  const { policy, inventory } = plan;
  const who = [info?.label, info?.environment, info?.region].filter((part) => !!part);
  const files = policy.files.slice(0, 5).map((file) => code(file));
  const more = policy.files.length - files.length;
  const commit =
    policy.commit === null ? "no commit" : `commit ${code(policy.commit.slice(0, 12))}`;
  const lines = [
    `${who.map((part) => mdClip(part ?? "")).join(" · ")}${who.length > 0 ? " · " : ""}${code(plan.url)}`,
    `Evaluated ${moment(plan.evaluatedAt)}, good until ${moment(plan.expiresAt)}`,
    `Policy ${files.join(", ")}${more > 0 ? ` and ${number(more)} more` : ""}, ${commit}, ${code(shortDigest(policy.digest))}`,
    `Inventory: ${count(inventory.users, "user")}, ${count(inventory.sessions, "session")}, ${number(inventory.active)} active`,
    `Plan ${code(plan.digest)}`,
  ];
  return `<sub>${lines.join("<br>")}</sub>\n`;
}

const ACTION_HEAD = ["User", "Device", "Why", "Cause", "Policy"];

/** A section of actions: locks and wipes open, other kinds folded with a breakdown. */
function actionListing(kind: Kind, all: readonly Wanted[], rank: number): Listing {
  const frame = neverFolds(kind)
    ? { open: `#### ${kindTitle(kind, all.length)}\n\n`, close: "\n" }
    : details(`${kindTitle(kind, all.length)} (${breakdown(all)})`);
  return {
    open: frame.open + tableHead(ACTION_HEAD),
    close: frame.close,
    rows: lazily(all, (action) => tableRow(actionCells(action))),
    total: all.length,
    rank: neverFolds(kind) ? Math.min(rank, RANK.destructive) : rank,
  };
}

/** "30 policy; 30 sessions.maxAge". */
export function breakdown(all: readonly Wanted[]): string {
  const causes = byCause(all).map(([cause, some]) => [cause, some.length] as const);
  return `${tally(causes)}; ${tally(rulesBroken(all))}`;
}

/** Rows that are made one at a time. */
export function* lazily<T>(items: Iterable<T>, tell: (item: T) => string): Generator<string> {
  for (const item of items) yield tell(item);
}

/** User, device, reasons, cause and where the rules are written, as cells of a table. */
export function actionCells(action: Wanted): string[] {
  return [
    userCell(action.user, action.name),
    deviceCell(action.label, action.session),
    action.reasons.map((r) => md(r.message)).join("<br>"),
    [action.cause, ...(action.urgent ? ["**urgent**"] : [])].join(", "),
    action.reasons.map((r) => code(sourceOf(r))).join("<br>"),
  ];
}

function userCell(user: string, name: string | undefined): string {
  return name === undefined || name === user ? code(user) : `${mdClip(name)}<br>${code(user)}`;
}

function deviceCell(label: string | undefined, session: string | null): string {
  const parts = [label ? mdClip(label) : "", session === null ? "" : code(session)];
  return parts.filter((part) => part !== "").join("<br>");
}

function heldPieces(held: readonly Held[]): Piece[] {
  return byHolder(held).flatMap(([by, all]) => [
    `**Held by ${by}: ${typesTally(all)}.** ${RELEASE[by]}\n\n`,
    ...byKind(all).map(([kind, some]) => {
      const frame = details(`Held: ${kindTitle(kind, some.length)} (${breakdown(some)})`);
      const listing = actionListing(kind, some, RANK.held);
      return { ...listing, open: frame.open + tableHead(ACTION_HEAD), close: frame.close };
    }),
  ]);
}

/** Notices, folded, one list a kind. */
export function noticePieces(title: string, notices: readonly Notice[]): Piece[] {
  return byNotice(notices).map(([kind, all]) => {
    const frame = details(`${title}: ${NOTICE_TITLES[kind]} (${number(all.length)})`);
    return {
      open: frame.open + tableHead(["User", "What", "Policy"]),
      close: frame.close,
      rows: lazily(all, (n) =>
        tableRow([
          n.user === null ? "" : code(n.user),
          md(n.message),
          n.file === undefined ? "" : code(sourceOf({ file: n.file, line: n.line ?? 1 })),
        ]),
      ),
      total: all.length,
      rank: RANK.notices,
    };
  });
}

function driftListing(report: DriftReport): Listing {
  const ordered = byKind(report.drift).flatMap(([, all]) => all);
  const cells = (action: Drifted) => {
    const [user = "", device = "", why = "", , policy = ""] = actionCells(action);
    const held = "by" in action ? `, held by ${action.by}` : "";
    const what = md(driftSentence(action, report.evaluatedAt));
    return [`${action.type}${held}`, user, device, what, why, policy];
  };
  return {
    open: `#### Changed behind the policy's back\n\n${tableHead(["Action", "User", "Device", "What differs", "Why", "Policy"])}`,
    close: "\n",
    rows: lazily(ordered, (action) => tableRow(cells(action))),
    total: ordered.length,
    rank: RANK.drift,
  };
}

function pendingPieces(title: string, all: readonly Wanted[]): Piece[] {
  return byKind(all).map(([kind, some]) => {
    const frame = details(
      `${title}: ${kindTitle(kind, some.length)} (${tally(rulesBroken(some))})`,
    );
    const cells = (action: Wanted) => {
      const [user = "", device = "", why = "", , policy = ""] = actionCells(action);
      const held = "by" in action ? `held by ${action.by}` : "";
      return [user, device, why, action.since ? date(action.since) : "", held, policy];
    };
    return {
      open: frame.open + tableHead(["User", "Device", "Why", "Since", "Held", "Policy"]),
      close: frame.close,
      rows: lazily(some, (action) => tableRow(cells(action))),
      total: some.length,
      rank: neverFolds(kind) ? RANK.destructive : RANK.actions,
    };
  });
}

function outcomeListing(
  title: string,
  why: string,
  plan: Plan,
  outcomes: readonly Outcome[],
  folded: boolean,
): Piece[] {
  if (outcomes.length === 0) return [];
  const find = actionFinder(plan.actions);
  const heading = `${title}: ${tally(typeCounts(outcomes))}`;
  const frame = folded ? details(heading) : { open: `#### ${heading}\n\n`, close: "\n" };
  const head = ["Action", "User", "Device", ...(why === "" ? [] : [why])];
  const cells = (o: Outcome) => [
    o.type,
    userCell(o.user, find(o)?.name),
    deviceCell(find(o)?.label, o.session),
    ...(why === "" ? [] : [md(o.error ?? "no reason given")]),
  ];
  return [
    {
      open: frame.open + tableHead(head),
      close: frame.close,
      rows: lazily(outcomes, (o) => tableRow(cells(o))),
      total: outcomes.length,
      rank: folded ? RANK.held : RANK.failed,
    },
  ];
}
