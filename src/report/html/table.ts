/** The table of actions: the first rows for everybody, all of them for the page's script. */
import { CAUSES } from "../../model/plan.ts";
import { ACTION_TYPES, RULES } from "../../model/vocabulary.ts";
import { number } from "../../text/words.ts";
import { groupBy } from "../told/groups.ts";
import { PAGE_ROWS } from "./client.ts";
import { html, json, type Markup, raw } from "./markup.ts";
import { rowTree, type Tree } from "./row-tree.ts";
import { pack, type TableRow } from "./rows.ts";

const COLUMNS = ["Action", "User", "Device", "Why", "Cause", "Status"];

/** The section with search, filters and pages; `id` begins its ids. */
export function actionTable(id: string, rows: readonly TableRow[]): Markup {
  if (rows.length === 0) return html``;
  const more = rows.length - PAGE_ROWS;
  const status =
    more > 0
      ? `The first ${number(PAGE_ROWS)} of ${number(rows.length)} actions; search, filters and the others need JavaScript.`
      : `${number(rows.length)} ${rows.length === 1 ? "action" : "actions"}`;
  return html`<section class="actions" id="${id}-actions" aria-labelledby="${id}-actions-title" tabindex="-1">
<h2 id="${id}-actions-title">Actions</h2>
${controls(id, rows)}
<p class="told" role="status">${status}</p>
<table role="table" aria-labelledby="${id}-actions-title"><thead role="rowgroup"><tr role="row">${COLUMNS.map((name) => html`<th scope="col" role="columnheader">${name}</th>`)}</tr></thead>
<tbody role="rowgroup">${rows.slice(0, PAGE_ROWS).map(rowMarkup)}</tbody></table>
<nav class="pager" aria-label="Pages of the table" hidden><button type="button" value="-1">Previous</button><span></span><button type="button" value="1">Next</button></nav>
<script type="application/json">${json(pack(rows))}</script>
</section>`;
}

/** A row as the page's script draws it, too. */
function rowMarkup(row: TableRow): Markup {
  return html`<tr role="row">${rowTree(row).map(treeMarkup)}</tr>`;
}

function treeMarkup({ tag, column, look, text, href, silent, kids = [] }: Tree): Markup {
  const attributes = [
    look ? html` class="${look}"` : null,
    column ? html` data-label="${column}"` : null,
    tag === "td" ? html` role="cell"` : null,
    silent ? html` aria-hidden="true"` : null,
    href === undefined ? null : html` href="${href}" rel="noreferrer"`,
  ];
  const name = raw(tag);
  return html`<${name}${attributes}>${text ?? ""}${kids.map(treeMarkup)}</${name}>`;
}

type Choice = [value: string, label: string, n: number];

function controls(id: string, rows: readonly TableRow[]): Markup {
  const types = rows.flatMap((row) =>
    ACTION_TYPES.filter((type) => row.kind.split("-and-").includes(type)),
  );
  const causes = rows.flatMap((row) => row.cause ?? []);
  const rules = rows.flatMap((row) => [...new Set(row.reasons.map(({ rule }) => rule))]);
  const counted = <T extends string>(keys: readonly T[], found: readonly T[]) =>
    groupBy(keys, found, (key) => key).map(([key, all]): Choice => [key, key, all.length]);
  return html`<form class="filters" role="search" aria-label="Actions" hidden>
<div class="field wide"><label for="${id}-search">Search</label><input id="${id}-search" name="search" type="search" placeholder="User, device, reason, file" autocomplete="off" spellcheck="false"></div>
${select(id, "type", "Type", counted(ACTION_TYPES, types))}
${select(id, "cause", "Cause", counted(CAUSES, causes))}
${select(id, "rule", "Rule", counted(RULES, rules))}
${select(id, "status", "Status", statuses(rows))}
<button type="reset">Reset</button>
</form>`;
}

function statuses(rows: readonly TableRow[]): Choice[] {
  const found = [...Map.groupBy(rows, (row) => row.status)].map(
    ([status, all]): Choice => [status, status, all.length],
  );
  const held = found.filter(([status]) => status.startsWith("held "));
  const sum = held.reduce((n, [, , some]) => n + some, 0);
  return held.length > 1 ? [...found, ["held", "held, by whatever", sum]] : found;
}

function select(id: string, name: string, label: string, choices: readonly Choice[]): Markup {
  const option = ([value, text, n]: Choice) =>
    html`<option value="${value}">${text} (${number(n)})</option>`;
  return html`<div class="field"><label for="${id}-${name}">${label}</label><select id="${id}-${name}" name="${name}"><option value="">All</option>${choices.map(option)}</select></div>`;
}
