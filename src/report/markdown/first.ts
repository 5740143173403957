/** What stops a reviewer comes first: what turns the check red, wipes, locks, how much of the estate, the lifted brakes. */
import type { Notice, Plan } from "../../model/plan.ts";
import { count, number } from "../../text/words.ts";
import { byKind, neverFolds } from "../told/groups.ts";
import type { Lifted } from "../told/lifted.ts";
import type { Finder } from "../told/links.ts";
import { addedErrors } from "../told/parts.ts";
import { heldRows, listed, type Row, rowOf, total } from "../told/rows.ts";
import { lineCounts, shareLines } from "../told/share.ts";
import { kindTitle } from "../told/words.ts";
import {
  type Column,
  code,
  details,
  md,
  opened,
  type Piece,
  table,
  tableHead,
  tableRow,
} from "./md.ts";
import { COLUMN, linked, NOTICE, refusal, sourceLink } from "./parts.ts";

/** The rank of what is given room before everything else. */
const FIRST = { errors: -3, wipes: -2, locks: -1 };

/** So many locks are open: more would push down how much of the estate it is, and which brakes are lifted. */
const OPEN = 20;

/** So many lines of policy are counted by name, and so many brakes are told. */
const MOST = 20;

/** Errors, refusals, wipes and locks, held ones too; `terse`: without reasons and links, where the rows have no room. */
export function stopPieces(plan: Plan, find: Finder, terse = false): Piece[] {
  const unclear = plan.notices.filter(({ kind }) => kind === "unclear");
  return [
    ...errors(addedErrors(plan), "Errors: {} that this change names and the target lacks"),
    ...errors(unclear, "Unclear, so that nothing is done about them: {}"),
    ...plan.refusals.map(refusal),
    ...destructive(plan, find, terse),
  ];
}

function errors(all: readonly Notice[], title: string): Piece[] {
  if (all.length === 0) return [];
  const named = `**${title.replace("{}", count(all.length, "user"))}**`;
  return [table(opened(named), NOTICE, all, FIRST.errors)];
}

function destructive(plan: Plan, find: Finder, terse: boolean): Piece[] {
  const columns: Column<Row>[] = terse
    ? [
        ["User", ({ user, session }) => [user, session ?? ""].filter(Boolean).map(code).join(" ")],
        STATE,
      ]
    : [COLUMN.user, COLUMN.device, COLUMN.told, COLUMN.cause, STATE, linked("Policy", find)];
  return byKind([...plan.actions.map(rowOf), ...heldRows(plan)])
    .filter(([kind]) => neverFolds(kind))
    .map(([kind, rows]) => {
      const rank = kind === "lock" ? FIRST.locks : FIRST.wipes;
      const title = kindTitle(kind, total(rows));
      const folds = kind === "lock" && rows.length > OPEN;
      return table(folds ? details(title) : opened(`**${title}**`), columns, listed(rows), rank);
    });
}

const STATE: Column<Row> = ["", ({ by }) => (by === null ? "now" : `held by ${by}`)];

/** How much of the estate, which brakes are lifted, and how many actions rest on which line. */
export function weightPieces(plan: Plan, lifted: readonly Lifted[], find: Finder): Piece[] {
  return [
    ...shareLines(plan).map((line) => `${md(line)}\n\n`),
    ...brakes(lifted, find),
    ...counts(plan, find),
  ];
}

function brakes(lifted: readonly Lifted[], find: Finder): Piece[] {
  if (lifted.length === 0) return [];
  const items = lifted.slice(0, MOST).map(({ what, source }) => {
    const at = source === null ? "" : ` ${sourceLink(source, find)}`;
    return `> - ${md(what)}${at}\n`;
  });
  const more = lifted.length - items.length;
  const rest = more > 0 ? `> - and ${number(more)} more\n` : "";
  return [`> [!WARNING]\n> **Brakes that are lifted or changed:**\n${items.join("")}${rest}\n`];
}

function counts(plan: Plan, find: Finder): Piece[] {
  const all = lineCounts(plan);
  if (all.length === 0) return [];
  const rows = all
    .slice(0, MOST)
    .map((one) =>
      tableRow([code(one.rule), number(one.taken), number(one.held), sourceLink(one, find)]),
    );
  const more = all.length - rows.length;
  const rest = more > 0 ? `\n_and ${count(more, "line")} more_\n` : "";
  const head = tableHead(["Rule", "Now", "Held", "Policy"]);
  return [`${head}${rows.join("")}${rest}\n`];
}
