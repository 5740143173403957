/** The tiles: how many of each, and a way to those rows of the table. */
import { heldCount } from "../../exit.ts";
import type { Plan } from "../../model/plan.ts";
import type { Outcome } from "../../model/run.ts";
import type { ActionType } from "../../model/vocabulary.ts";
import { count, number } from "../../text/words.ts";
import { byNotice } from "../told/groups.ts";
import { holders } from "../told/held.ts";
import { heldRows, total } from "../told/rows.ts";
import { wipeCount } from "../told/share.ts";
import { html, type Markup } from "./markup.ts";

interface Tile {
  look: string;
  title: string;
  n: number;
  detail: string;
  /** Where it leads; null where there is nothing to see. */
  to: string | null;
  /** `name=value` of a filter of the table. */
  filter?: string;
}

/** The tiles of one target; with outcomes after an apply. */
export function tiles(id: string, plan: Plan, outcomes: readonly Outcome[] | null): Markup {
  const all = [
    ...typeTiles(id, plan, outcomes),
    heldTile(id, plan),
    driftTile(id, plan),
    noticeTile(id, plan),
  ];
  return html`<ul class="tiles" aria-label="What matters">${all.map(tile)}</ul>`;
}

function tile({ look, title, n, detail, to, filter }: Tile): Markup {
  const inside = html`<span class="title">${title}</span><span class="count">${number(n)}</span><span class="detail">${detail}</span>`;
  const quiet = n === 0 ? " zero" : "";
  if (to === null) return html`<li class="tile ${look}${quiet}"><div>${inside}</div></li>`;
  return html`<li class="tile ${look}${quiet}"><a href="#${to}"${filter ? html` data-filter="${filter}"` : null}>${inside}</a></li>`;
}

const TYPES: [ActionType, string][] = [
  ["wipe", "Wipes"],
  ["lock", "Locks"],
  ["re-authenticate", "Re-authentications"],
  ["unlock", "Unlocks"],
];

function typeTiles(id: string, plan: Plan, outcomes: readonly Outcome[] | null): Tile[] {
  const wiping = plan.actions.filter((action) => action.type === "lock" && action.wipe).length;
  // A plan's wipes stand above in a band of their own (first.ts); here they are told only where there are none, or as done.
  const told = TYPES.filter(
    ([type]) =>
      type !== "wipe" ||
      outcomes !== null ||
      wipeCount([...plan.actions, ...plan.held, ...(plan.heldRest ?? [])]) === 0,
  );
  return told.map(([type, title]) => {
    const n = plan.summary[type] + (type === "wipe" ? wiping : 0);
    const held = total(heldRows(plan).filter((row) => row.type === type));
    const became = outcomes?.filter((outcome) => outcome.type === type) ?? [];
    const of = (status: Outcome["status"]) => became.filter((o) => o.status === status).length;
    const parts = [
      ...(outcomes === null ? [] : [of("applied") > 0 ? `${number(of("applied"))} applied` : ""]),
      ...(of("failed") > 0 ? [`${number(of("failed"))} failed`] : []),
      ...(type === "wipe" && wiping > 0 ? [`${number(wiping)} with a lock`] : []),
      ...(held > 0 ? [`${number(held)} held`] : []),
    ].filter(Boolean);
    const to = n + held + became.length > 0 ? `${id}-actions` : null;
    return { look: type, title, n, detail: parts.join(", "), to, filter: `type=${type}` };
  });
}

function heldTile(id: string, plan: Plan): Tile {
  const { held } = plan;
  const to = held.length > 0 ? `${id}-held` : null;
  return { look: "held", title: "Held", n: heldCount(plan), detail: holders(heldRows(plan)), to };
}

function driftTile(id: string, { actions, heldCauses }: Plan): Tile {
  const taken = actions.filter(({ cause }) => cause === "drift").length;
  const n = taken + (heldCauses.drift ?? 0);
  const detail = n > 0 ? "somebody changed the backend" : "";
  const to = n > 0 ? `${id}-actions` : null;
  return { look: "drifted", title: "Drift", n, detail, to, filter: "cause=drift" };
}

function noticeTile(id: string, { notices }: Plan): Tile {
  const kinds = byNotice(notices).length;
  const detail = kinds > 0 ? `of ${count(kinds, "kind")}` : "";
  const to = notices.length > 0 ? `${id}-notices` : null;
  return { look: "notices", title: "Notices", n: notices.length, detail, to };
}
