/**
 * A plan with `--base` as the one comment of a pull request, in three parts: what this change causes, what was pending
 * anyway, and what falls due. Wipes, locks and the change come first and open; the rest folds; what has no room is counted.
 */
import type { Action, Notice, Plan } from "../../model/plan.ts";
import { printable } from "../../text/safe.ts";
import { count, number, tally } from "../../text/words.ts";
import type { Wanted } from "../told/groups.ts";
import { byHolder, byKind, neverFolds, rulesBroken } from "../told/groups.ts";
import { addedErrors, type Part, partsOf, partTally } from "../told/parts.ts";
import { kindTitle, ledgerLine, RELEASE, typesTally } from "../told/words.ts";
import type { Listing, Piece } from "./md.ts";
import { code, details, MAX_CHARS, md, mdClip, page, sizeOf, tableHead, tableRow } from "./md.ts";
import type { MarkdownOptions } from "./plan.ts";
import { actionCells, breakdown, foot, lazily, noticePieces, refusal } from "./plan.ts";

/** Who is given room first: docs/contract.md's "never cut in silence" begins with what a reviewer must see whole. */
const RANK = { change: 0, destructive: 1, rest: 2, pending: 3, due: 4, held: 5, notices: 6 };

/** Where all of it is. */
const WHERE = "the full plan, which the workflow attaches,";

/** The first line of a target's comment, by which a workflow finds it again. Nothing in a name can end the HTML comment. */
export function commentMarker(target: string): string {
  const name = encodeURIComponent(target.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `<!-- curfew:plan:${name} -->`;
}

/** The comment; always of at most `maxChars` characters. `plan` was made with a base. */
export function pullRequestMarkdown(plan: Plan, options: MarkdownOptions = {}): string {
  const { maxChars = MAX_CHARS, info = null } = options;
  const parts = partsOf(plan);
  const ledger = ledgerLine(plan);
  const others = plan.notices.filter((notice) => !notice.added);
  const head = `${commentMarker(plan.target)}\n### Curfew plan for ${mdClip(plan.target)}\n\n${headline(plan, parts)}\n\n`;
  const whole = page(
    [
      head,
      ...plan.refusals.map(refusal),
      ...parts.flatMap((part) => partPieces(part, plan)),
      ...noticePieces("Notices", others).map(lastOfAll),
      ...(ledger === null ? [] : [`${md(ledger)}\n\n`]),
      `${comparedWith(plan)}\n\n`,
      foot(plan, info),
    ],
    maxChars,
    WHERE,
  );
  return sizeOf(whole) <= maxChars ? whole : bare(head, plan, maxChars);
}

/** What is left where names of files or messages alone would fill the comment: the counts, and where the rest is. */
function bare(head: string, plan: Plan, maxChars: number): string {
  const n = plan.actions.length + plan.held.length + plan.notices.length + plan.refusals.length;
  const text = `${head}_${number(n)} actions, notices and refusals are not shown for lack of room; ${WHERE} has them all._\n\n<sub>Plan ${code(plan.digest)}</sub>\n`;
  return sizeOf(text) <= maxChars
    ? text
    : `${commentMarker("")}\n_No room for a report; ${WHERE} has it._\n`;
}

function headline(plan: Plan, parts: readonly Part[]): string {
  const [change, ...rest] = parts.map((part) => `${part.title}: ${partTally(part)}`);
  const averted = plan.averted ?? [];
  const errors = addedErrors(plan).length;
  const more = [
    ...(averted.length > 0 ? [`no longer ${typesTally(averted)}`] : []),
    ...(errors > 0 ? [count(errors, "unknown user is an error", "unknown users are errors")] : []),
    ...(plan.refusals.length > 0 ? [count(plan.refusals.length, "refusal")] : []),
  ];
  return `**${md([change, ...more].join("; "))}.**<br>${rest.map((line) => md(line)).join(". ")}.`;
}

function partPieces(part: Part, plan: Plan): Piece[] {
  const isChange = part.name === "change";
  const more = isChange ? changePieces(plan) : [];
  const empty = part.actions.length + part.held.length + more.length === 0;
  return [
    `#### ${part.title}\n\n${empty ? "Nothing.\n\n" : ""}`,
    ...byKind(part.actions).map(([kind, all]) =>
      listing(kindTitle(kind, all.length), all, part, neverFolds(kind)),
    ),
    ...heldPieces(part),
    ...more,
  ];
}

function heldPieces(part: Part): Piece[] {
  return byHolder(part.held).flatMap(([by, all]) => [
    `**Held by ${by}: ${typesTally(all)}.** ${RELEASE[by]}\n\n`,
    ...byKind(all).map(([kind, some]) =>
      listing(`Held: ${kindTitle(kind, some.length)}`, some, part, neverFolds(kind)),
    ),
  ]);
}

/** What this change causes is open; of the rest only what is destructive. */
function listing(title: string, all: readonly Wanted[], part: Part, loud: boolean): Listing {
  const isChange = part.name === "change";
  const causes = part.name === "pending";
  const held = all.some((action) => "by" in action);
  const counts = causes ? breakdown(all) : tally(rulesBroken(all));
  const frame = isChange || loud ? opened(title) : details(`${title} (${counts})`);
  const quiet = held ? RANK.held : RANK[part.name === "due" ? "due" : "pending"];
  return {
    open: frame.open + tableHead(["User", "Device", "Why", ...(causes ? ["Cause"] : []), "Policy"]),
    close: frame.close,
    rows: lazily(all, (action) => tableRow(cells(action, causes))),
    total: all.length,
    rank: loud ? (isChange ? RANK.change : RANK.destructive) : isChange ? RANK.rest : quiet,
  };
}

function cells(action: Wanted, causes: boolean): string[] {
  const [user = "", device = "", why = "", cause = "", policy = ""] = actionCells(action);
  const urgent = action.urgent && !causes ? `**urgent**<br>${why}` : why;
  return [user, device, urgent, ...(causes ? [cause] : []), policy];
}

function opened(title: string) {
  return { open: `**${title}**\n\n`, close: "\n" };
}

/** Unknown users, which are errors here, and what only the base wants. */
function changePieces(plan: Plan): Piece[] {
  const errors = addedErrors(plan);
  const averted = plan.averted ?? [];
  return [
    ...(errors.length > 0 ? [errorListing(errors)] : []),
    ...byKind(averted).map(([kind, all]) => avertedListing(kindTitle(kind, all.length), all)),
  ];
}

function errorListing(errors: readonly Notice[]): Listing {
  const { open, close } = opened(
    `Errors: ${count(errors.length, "user")} that this change names and the target lacks`,
  );
  const rows = lazily(errors, ({ user, message, file, line }) =>
    tableRow([
      user === null ? "" : code(user),
      md(message),
      file === undefined ? "" : code(`${printable(file)}:${line ?? 1}`),
    ]),
  );
  return {
    open: open + tableHead(["User", "What", "Policy"]),
    close,
    rows,
    total: errors.length,
    rank: RANK.change,
  };
}

function avertedListing(title: string, all: readonly Action[]): Listing {
  const { open, close } = opened(`No longer: ${title}`);
  return {
    open: open + tableHead(["User", "Device", "Why it was wanted", "Policy before"]),
    close,
    rows: lazily(all, (action) => tableRow(cells(action, false))),
    total: all.length,
    rank: RANK.rest,
  };
}

function lastOfAll(piece: Piece): Piece {
  return typeof piece === "string" ? piece : { ...piece, rank: RANK.notices };
}

function comparedWith({ base }: Plan): string {
  const commit = base?.commit ?? null;
  return commit === null
    ? "<sub>Compared with the policies of the base.</sub>"
    : `<sub>Compared with the policies of the base, commit ${code(commit.slice(0, 12))}.</sub>`;
}
