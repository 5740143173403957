/** The parts that the Markdown reports share: tables of actions and of notices, refusals, the foot. */
import type { Notice, Plan, Reason, Refusal } from "../../model/plan.ts";
import type { TargetInfo } from "../../model/run.ts";
import { moment, number, sourceOf, tally } from "../../text/words.ts";
import type { Occasion } from "../told/ending.ts";
import { byKind, byNotice, causeCounts, isLoud, neverFolds, rulesBroken } from "../told/groups.ts";
import { deployment, inventoryWords, leftLines, versionOf, withoutLedger } from "../told/head.ts";
import { waiting } from "../told/held.ts";
import type { Lifted } from "../told/lifted.ts";
import type { Finder, LinkBase } from "../told/links.ts";
import { type Missing, missingLine, missingTitle } from "../told/missing.ts";
import { type Row, total } from "../told/rows.ts";
import { kindTitle, ledgerLine, NOTICE_TITLES, refusalTitle } from "../told/words.ts";
import { type Column, code, details, type Listing, md, mdClip, type Piece, table } from "./md.ts";

/** How a Markdown report is made. */
export interface MarkdownOptions extends LinkBase, Occasion {
  /** Characters at most; 64,000 where absent, a comment's limit less room for a title. At least some 8,000 are needed. */
  maxChars?: number;
  /** What the target says of itself, where it was asked. */
  info?: TargetInfo | null;
  /** Raises in force, and what a change does to the brakes. */
  lifted?: readonly Lifted[];
}

// ---------------------------------------------------------------- columns

/** The columns of tables of actions. */
export const COLUMN = {
  user: [
    "User",
    ({ user, name }) => (name === null ? code(user) : `${mdClip(name)}<br>${code(user)}`),
  ],
  device: [
    "Device",
    ({ label, session }) =>
      [label === null ? "" : mdClip(label), session === null ? "" : code(session)]
        .filter(Boolean)
        .join("<br>"),
  ],
  why: ["Why", ({ reasons }) => reasons.map(({ message }) => md(message)).join("<br>")],
  /** As `why`, after what else is to be said of the action. */
  told: [
    "Why",
    ({ note, reasons }) =>
      [...(note === null ? [] : [md(note)]), ...reasons.map(({ message }) => md(message))].join(
        "<br>",
      ),
  ],
  cause: ["Cause", ({ cause, urgent }) => [cause, ...(urgent ? ["**urgent**"] : [])].join(", ")],
  policy: ["Policy", ({ reasons }) => reasons.map((r) => code(sourceOf(r))).join("<br>")],
} satisfies Record<string, Column<Row>>;

/** "policies/production.yaml:18", linked where its address is known. */
export function sourceLink({ file, line }: Pick<Reason, "file" | "line">, find: Finder): string {
  const [text, address] = [code(sourceOf({ file, line })), find(file, line)];
  // An address that could end the link is left out.
  return address === null || /[\s()<>|]/.test(address) ? text : `[${text}](${address})`;
}

/** The column of lines of policy, with their links. */
export function linked(title: string, find: Finder): Column<Row> {
  return [title, ({ reasons }) => reasons.map((reason) => sourceLink(reason, find)).join("<br>")];
}

export const NOTICE: readonly Column<Notice>[] = [
  ["User", ({ user }) => (user === null ? "" : code(user))],
  ["What", ({ message }) => md(message)],
  ["Policy", ({ file, line = 1 }) => (file === undefined ? "" : code(sourceOf({ file, line })))],
];

// ---------------------------------------------------------------- lists

/** Draws rows of one kind; `loud`: who reads must see every one. */
type Draw = (title: string, rows: readonly Row[], loud: boolean) => Listing;

/** A list a kind, the most destructive first; `before` begins their titles. Rows that are only counted count in these. */
export function kindPieces(rows: readonly Row[], draw: Draw, before = ""): Piece[] {
  return byKind(rows).flatMap(([kind, all]) => {
    const title = (some: readonly Row[]) => before + kindTitle(kind, total(some));
    if (neverFolds(kind)) return [draw(title(all), all, true)];
    const [loud, quiet] = [all.filter(isLoud), all.filter((row) => !isLoud(row))];
    return [
      ...(loud.length > 0 ? [draw(`${title(loud)}, denied or urgent`, loud, true)] : []),
      ...(quiet.length > 0 ? [draw(title(quiet), quiet, false)] : []),
    ];
  });
}

/** What there is to list below, once wipes and locks stand above. */
export function rest(rows: readonly Row[]): Row[] {
  return rows.filter(({ kind }) => !neverFolds(kind));
}

/** What waits and what lets it go, and a list of each kind that does not stand above. */
export function heldPieces(held: readonly Row[], draw: Draw): Piece[] {
  return waiting(held).flatMap(({ by, rows, what, release }) => [
    `**Held by ${by}: ${what}.** ${release}\n\n`,
    ...kindPieces(rest(rows), draw, "Held: "),
  ]);
}

/** "30 policy; 30 sessions.maxAge". */
export function breakdown(all: readonly Row[]): string {
  return `${tally(causeCounts(all))}; ${tally(rulesBroken(all))}`;
}

/** Notices, folded, one list a kind. */
export function noticePieces(title: string, notices: readonly Notice[], rank: number): Piece[] {
  return byNotice(notices).map(([kind, all]) => {
    const frame = details(`${title}: ${NOTICE_TITLES[kind]} (${number(all.length)})`);
    return table(frame, NOTICE, all, rank);
  });
}

/** Before all else: what can't be told for want of a ledger, and what earlier runs left in it. */
export function ledgerPiece(plan: Plan): string {
  const without = withoutLedger(plan);
  const first = [...(without === null ? [] : [without]), ...leftLines(plan)];
  return first.map((line) => `> [!WARNING]\n> ${md(line)}\n\n`).join("");
}

/** Before all else: the targets of which nothing is told. `told`: how many others there are. */
export function missingAlert(missing: readonly Missing[], told: number): string {
  const lines = missing.map((one) => `> - ${md(missingLine(one))}\n`);
  return `> [!CAUTION]\n> **${md(missingTitle(missing, told))}**\n>\n${lines.join("")}`;
}

/** A refusal, as an alert that GitHub paints. */
export function refusal(of: Refusal): string {
  return `> [!CAUTION]\n> **Refused: ${md(refusalTitle(of))}.** ${md(of.message)}\n\n`;
}

export function ledgerPieces(plan: Plan): Piece[] {
  const line = ledgerLine(plan);
  return line === null ? [] : [`${md(line)}\n\n`];
}

/** Where, when, by which policy and on which inventory a plan was made, and its digest. */
export function foot(plan: Plan, info: TargetInfo | null): string {
  const { commit, digest } = versionOf(plan);
  const where = [...deployment(info).map((part) => mdClip(part)), code(plan.url)];
  const files = plan.policy.files.slice(0, 5).map((file) => code(file));
  const more = plan.policy.files.length - files.length;
  const lines = [
    where.join(" · "),
    `Evaluated ${moment(plan.evaluatedAt)}, good until ${moment(plan.expiresAt)}`,
    `Policy ${files.join(", ")}${more > 0 ? ` and ${number(more)} more` : ""}, ${commitOf(commit)}, ${code(digest)}`,
    `Inventory: ${inventoryWords(plan)}`,
    `Plan ${code(plan.reviewed ?? plan.digest)}`,
  ];
  return `<sub>${lines.join("<br>")}</sub>\n`;
}

/** "commit `68d79a1b0c3d`". */
export function commitOf(commit: string | null): string {
  return commit === null ? "no commit" : `commit ${code(commit)}`;
}
