/**
 * A plan with `--base` as the one comment of a pull request. What stops a reviewer comes first and open: errors, wipes,
 * locks, how much of the estate, the lifted brakes; then, folded, what this change causes, what was pending anyway and
 * what falls due. What has no room is counted.
 */
import type { Plan } from "../../model/plan.ts";
import { count, number, tally } from "../../text/words.ts";
import { rulesBroken } from "../told/groups.ts";
import { finder } from "../told/links.ts";
import { addedErrors, type Part, partsOf } from "../told/parts.ts";
import { heldRows, listed, type Row, rowOf, total } from "../told/rows.ts";
import { typesTally } from "../told/words.ts";
import { stopPieces, weightPieces } from "./first.ts";
import {
  type Column,
  code,
  details,
  type Listing,
  MAX_CHARS,
  md,
  mdClip,
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
  ledgerPiece,
  ledgerPieces,
  linked,
  type MarkdownOptions,
  noticePieces,
  rest,
} from "./parts.ts";

/** Who is given room first, after what stops a reviewer (first.ts). Nothing is cut in silence. */
const RANK = { averted: 0, change: 1, pending: 3, due: 4, held: 5, notices: 6 };

/** Where all of it is. */
const WHERE = "`curfew plan --base … --all`";

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
  const { maxChars = MAX_CHARS } = options;
  const head = `${commentMarker(plan.target)}\n${ledgerPiece(plan)}### Curfew plan for ${mdClip(plan.target)}\n\n${headline(plan, partsOf(plan))}\n\n`;
  const full = whole(plan, head, options, false);
  if (full.fits) return full.text;
  // Who is locked or wiped is never left out for want of room, while shorter rows name them.
  const terse = whole(plan, head, options, true);
  return sizeOf(terse.text) <= maxChars ? terse.text : bare(head, plan, maxChars);
}

/** The comment, and whether it has all that stops a reviewer. */
function whole(plan: Plan, head: string, options: MarkdownOptions, terse: boolean) {
  const { maxChars = MAX_CHARS, info = null, lifted = [] } = options;
  const find = finder(plan, options);
  const others = plan.notices.filter(({ added, kind }) => !added && kind !== "unclear");
  const stops = [head, ...stopPieces(plan, find, terse)];
  const after = [...weightPieces(plan, lifted, find)];
  const below: Piece[] = [
    ...partsOf(plan).flatMap((part) => partPieces(part, plan, options)),
    ...noticePieces("Notices", others, RANK.notices),
    ...ledgerPieces(plan),
    `${comparedWith(plan)}\n\n`,
    foot(plan, info),
  ];
  const text = page([...stops, ...after, ...below], maxChars, WHERE);
  // Rows of the first lists that were cut are told in a line of their own, before what weighs.
  const fits = sizeOf(text) <= maxChars && !text.slice(0, text.indexOf("\n#### ")).includes(CUT);
  return { text, fits };
}

/** What a list says that has not all of its rows. */
const CUT = "not shown for lack of room";

/** What is left where names of files or messages alone would fill the comment: the counts, and where the rest is. */
function bare(head: string, plan: Plan, maxChars: number): string {
  const n =
    plan.actions.length + total(heldRows(plan)) + plan.notices.length + plan.refusals.length;
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

function partPieces(part: Part, plan: Plan, options: MarkdownOptions): Piece[] {
  const more = part.name === "change" ? avertedPieces(plan, options) : [];
  const draw = (title: string, rows: readonly Row[]) => listing(title, rows, part);
  const lists = [
    ...kindPieces(rest(part.actions), draw),
    ...heldPieces(rest(part.held), draw),
    ...more,
  ];
  const all = part.actions.length + part.held.length;
  const none = all > 0 ? "All of it stands above.\n\n" : "Nothing.\n\n";
  return [`#### ${part.title}\n\n${lists.length === 0 ? none : ""}`, ...lists];
}

/** Why, and first that it is urgent: where no cause is told. */
const why: Column<Row>[1] = (row) => `${row.urgent ? "**urgent**<br>" : ""}${COLUMN.why[1](row)}`;

/** Rows of one kind and part, folded. */
function listing(title: string, rows: readonly Row[], part: Part): Listing {
  const causes = part.name === "pending";
  const held = rows.some(({ by }) => by !== null);
  const counts = causes ? breakdown(rows) : tally(rulesBroken(rows));
  const rank = held && part.name !== "change" ? RANK.held : RANK[part.name];
  const told: Column<Row>[] = causes ? [COLUMN.why, COLUMN.cause] : [["Why", why]];
  // Links of all these rows would take the room of half of them; the lines are linked where they are counted.
  const columns = [COLUMN.user, COLUMN.device, ...told, COLUMN.policy];
  return table(details(`${title} (${counts})`), columns, listed(rows), rank);
}

/** What only the base wants; its lines are those of the base. */
function avertedPieces(plan: Plan, options: MarkdownOptions): Piece[] {
  const { averted = [], base, policy } = plan;
  const find = finder({ policy: { ...policy, commit: base?.commit ?? null } }, options);
  const columns: Column<Row>[] = [
    COLUMN.user,
    COLUMN.device,
    ["Why it was wanted", why],
    linked("Policy before", find),
  ];
  return kindPieces(
    averted.map(rowOf),
    (title, rows) => table(details(title), columns, rows, RANK.averted),
    "No longer: ",
  );
}

function comparedWith({ base }: Plan): string {
  const commit = base?.commit?.slice(0, 12) ?? null;
  const at = commit === null ? "" : `, ${commitOf(commit)}`;
  return `<sub>Compared with the policies of the base${at}.</sub>`;
}
