/** What one decides by, above all else of a target: what is refused, wrong or unknown, wipes, how much of the estate, the brakes. */
import type { Action, Notice, Plan } from "../../model/plan.ts";
import type { Outcome } from "../../model/run.ts";
import { count, number, tally } from "../../text/words.ts";
import type { Lifted } from "../told/lifted.ts";
import type { Finder } from "../told/links.ts";
import { addedErrors } from "../told/parts.ts";
import { identity } from "../told/rows.ts";
import { wipeCount } from "../told/share.ts";
import { refusalTitle } from "../told/words.ts";
import { html, type Markup, prose, sourceMarkup } from "./markup.ts";

/** So many users are named, and so many brakes told; all stand below. */
const MOST = 5;

export function first(
  id: string,
  plan: Plan,
  lifted: readonly Lifted[],
  find: Finder,
  outcomes: readonly Outcome[] | null,
): Markup | null {
  const { notices } = plan;
  const added = addedErrors(plan);
  const unclear = notices.filter(({ kind }) => kind === "unclear");
  const unknown = notices.filter((one) => one.kind === "unknown-user" && !one.added);
  const all = [
    refusals(id, plan),
    named(added, "alarm", "that this change names and the target lacks", find),
    named(unclear, "alarm", "unclear, so that nothing is done about them", find),
    wipes(id, plan, outcomes),
    named(unknown, "unknown", "named by the policy and unknown to the target", find),
    brakes(lifted, find),
  ].filter((one) => one !== null);
  return all.length === 0 ? null : html`<div class="first">${all}</div>`;
}

function refusals(id: string, { refusals: all }: Plan): Markup | null {
  if (all.length === 0) return null;
  return html`<section class="refusals" id="${id}-refusals" aria-label="Refusals">${all.map(
    (one) =>
      html`<div class="callout alarm"><h2>Refused: ${refusalTitle(one)}</h2><p>${prose(one.message)}</p></div>`,
  )}</section>`;
}

function named(all: readonly Notice[], look: string, what: string, find: Finder): Markup | null {
  if (all.length === 0) return null;
  const items = all.slice(0, MOST).map(({ user, message, file, line }) => {
    const at = file === undefined ? null : html` ${sourceMarkup(file, line ?? 1, find)}`;
    return html`<li>${user === null ? null : html`<code>${user}</code> `}${prose(message)}${at}</li>`;
  });
  const more = all.length - items.length;
  return html`<div class="callout ${look}"><h2>${count(all.length, "user")} ${what}</h2><ul>${items}${more > 0 ? html`<li>and ${number(more)} more, below</li>` : null}</ul></div>`;
}

/** A wipe can't be taken back, so it is no number among others. */
function wipes(
  id: string,
  { actions, held, heldRest = [] }: Plan,
  outcomes: readonly Outcome[] | null,
): Markup | null {
  const [now, later] = [wipeCount(actions), wipeCount([...held, ...heldRest])];
  if (now + later === 0) return null;
  const waits = later > 0 ? `${number(later)} held` : "";
  const became = outcomes === null ? `${number(now)} to wipe` : wiped(actions, outcomes);
  const title = [now > 0 ? became : "", waits].filter(Boolean).join(", ");
  return html`<div class="callout wipes"><h2>Wipes: ${title}</h2><p>They erase what is on the device, and can't be undone. <a href="#${id}-actions" data-filter="type=wipe">Show them</a></p></div>`;
}

/** "1 applied, 1 failed": of the wipes of a plan that was carried out. */
function wiped(actions: readonly Action[], outcomes: readonly Outcome[]): string {
  const status = new Map(outcomes.map((one) => [identity(one), one.status]));
  const became = actions
    .filter((action) => wipeCount([action]) > 0)
    .map((action) => status.get(identity(action)) ?? "without an outcome");
  return tally([...Map.groupBy(became, (one) => one)].map(([one, all]) => [one, all.length]));
}

function brakes(lifted: readonly Lifted[], find: Finder): Markup | null {
  if (lifted.length === 0) return null;
  const items = lifted.slice(0, MOST).map(({ what, source }) => {
    const at = source === null ? null : html` ${sourceMarkup(source.file, source.line, find)}`;
    return html`<li>${prose(what)}${at}</li>`;
  });
  const more = lifted.length - items.length;
  return html`<div class="callout brakes"><h2>Brakes that are lifted or changed</h2><ul>${items}${more > 0 ? html`<li>and ${number(more)} more</li>` : null}</ul></div>`;
}
