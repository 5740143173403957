/**
 * A plan with `--base` as the one comment of a pull request, in three parts: what this change causes, what was pending
 * anyway, and what falls due. Wipes, locks and the change come first and open; the rest folds; what has no room is counted.
 */
import type { Plan } from "../../model/plan.ts";
import { count, number, tally } from "../../text/words.ts";
import { rulesBroken } from "../told/groups.ts";
import { addedErrors, type Part, partsOf } from "../told/parts.ts";
import { type Row, rowOf } from "../told/rows.ts";
import { typesTally } from "../told/words.ts";
import {
  type Column,
  code,
  details,
  type Listing,
  MAX_CHARS,
  md,
  mdClip,
  opened,
  type Piece,
  page,
  sizeOf,
  table,
} from "./md.ts";
import {
  breakdown,
  COLUMN,
  commitOf,
  foot,
  heldPieces,
  kindPieces,
  ledgerPieces,
  type MarkdownOptions,
  NOTICE,
  noticePieces,
  refusal,
  withoutLedgerPiece,
} from "./parts.ts";

/** Who is given room first: what a reviewer must see whole comes first. Nothing is cut in silence. */
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
  const others = plan.notices.filter((notice) => !notice.added);
  const head = `${commentMarker(plan.target)}\n${withoutLedgerPiece(plan)}### Curfew plan for ${mdClip(plan.target)}\n\n${headline(plan, parts)}\n\n`;
  const whole = page(
    [
      head,
      ...plan.refusals.map(refusal),
      ...parts.flatMap((part) => partPieces(part, plan)),
      ...noticePieces("Notices", others, RANK.notices),
      ...ledgerPieces(plan),
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
  const [change, ...rest] = parts.map((part) => `${part.title}: ${part.tally}`);
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
  const more = part.name === "change" ? changePieces(plan) : [];
  const empty = part.actions.length + part.held.length + more.length === 0;
  const draw = (title: string, rows: readonly Row[], loud: boolean) =>
    listing(title, rows, part, loud);
  return [
    `#### ${part.title}\n\n${empty ? "Nothing.\n\n" : ""}`,
    ...kindPieces(part.actions, draw),
    ...heldPieces(part.held, draw),
    ...more,
  ];
}

/** Why, and first that it is urgent: where no cause is told. */
const why: Column<Row>[1] = (row) => `${row.urgent ? "**urgent**<br>" : ""}${COLUMN.why[1](row)}`;

/** What this change causes is open; of the rest only what is destructive. */
function listing(title: string, rows: readonly Row[], part: Part, loud: boolean): Listing {
  const isChange = part.name === "change";
  const causes = part.name === "pending";
  const held = rows.some(({ by }) => by !== null);
  const counts = causes ? breakdown(rows) : tally(rulesBroken(rows));
  const frame = isChange || loud ? opened(`**${title}**`) : details(`${title} (${counts})`);
  const quiet = held ? RANK.held : RANK[part.name === "due" ? "due" : "pending"];
  const rank = loud ? (isChange ? RANK.change : RANK.destructive) : isChange ? RANK.rest : quiet;
  const told: Column<Row>[] = causes ? [COLUMN.why, COLUMN.cause] : [["Why", why]];
  return table(frame, [COLUMN.user, COLUMN.device, ...told, COLUMN.policy], rows, rank);
}

/** Unknown users, which are errors here, and what only the base wants. */
function changePieces(plan: Plan): Piece[] {
  const errors = addedErrors(plan);
  const named = `**Errors: ${count(errors.length, "user")} that this change names and the target lacks**`;
  const averted = (plan.averted ?? []).map(rowOf);
  return [
    ...(errors.length > 0 ? [table(opened(named), NOTICE, errors, RANK.change)] : []),
    ...kindPieces(
      averted,
      (title, rows) => table(opened(`**${title}**`), AVERTED, rows, RANK.rest),
      "No longer: ",
    ),
  ];
}

const AVERTED: readonly Column<Row>[] = [
  COLUMN.user,
  COLUMN.device,
  ["Why it was wanted", why],
  ["Policy before", COLUMN.policy[1]],
];

function comparedWith({ base }: Plan): string {
  const commit = base?.commit?.slice(0, 12) ?? null;
  const at = commit === null ? "" : `, ${commitOf(commit)}`;
  return `<sub>Compared with the policies of the base${at}.</sub>`;
}
