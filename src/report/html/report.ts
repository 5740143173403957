/** One target's report as an article of the page: the verdict first, then what matters, then everything. */
import { heldCount } from "../../exit.ts";
import type { Notice, Plan } from "../../model/plan.ts";
import type { Outcome } from "../../model/run.ts";
import { printable } from "../../text/safe.ts";
import { count, moment, number, tally } from "../../text/words.ts";
import type { Applied, Checked, Reported } from "../renderer.ts";
import { driftOf, lastRun, pendingLine, verdict } from "../told/drift.ts";
import { besides, isQuiet, nothingToDo } from "../told/ending.ts";
import { byNotice } from "../told/groups.ts";
import { type Fact, factsOf, leftLines, withoutLedger } from "../told/head.ts";
import { heldLine, waiting } from "../told/held.ts";
import { type Finder, finder, type LinkBase } from "../told/links.ts";
import { type Missing, missingLine, missingTitle } from "../told/missing.ts";
import { aftermath, failureCauses, headWords } from "../told/outcomes.ts";
import { partsOf } from "../told/parts.ts";
import { heldRows, total } from "../told/rows.ts";
import { shareLines } from "../told/share.ts";
import { ledgerLine, NOTICE_TITLES, typesTally } from "../told/words.ts";
import { charts } from "./charts.ts";
import { first } from "./first.ts";
import { html, type Markup, prose, sourceMarkup } from "./markup.ts";
import { applyRows, driftRows, planRows, type TableRow } from "./rows.ts";
import { actionTable } from "./table.ts";
import { tiles } from "./tiles.ts";

/** How a verdict is meant. */
type Tone = "good" | "alarm" | "drift" | "plain";

interface ReportHead {
  tone: Tone;
  verdict: string;
  /** Sentences below it. */
  lines: (string | null)[];
  /** Rows of the facts at the foot. */
  more: Fact[];
}

/** The article of a plan. */
export function planArticle(id: string, told: Reported, place: LinkBase): Markup {
  const { plan } = told;
  const find = finder(plan, place);
  const wanted = plan.actions.length + heldCount(plan) + plan.refusals.length > 0;
  const now = plan.actions.length > 0 ? `${typesTally(plan.actions)}.` : "Nothing is done now.";
  const [change] = plan.base ? partsOf(plan) : [];
  const head: ReportHead = {
    tone: plan.refusals.length > 0 ? "alarm" : wanted ? "plain" : "good",
    verdict: change
      ? `${change.title}: ${change.tally}.`
      : isQuiet(plan, told)
        ? nothingToDo(plan, told)
        : now,
    lines: [
      change ? `In all: ${now}` : null,
      ...shareLines(plan),
      heldLine(plan),
      ledgerLine(plan),
      ...besides(plan, told),
    ],
    more: [["good until", moment(plan.expiresAt)]],
  };
  return article(id, told, head, planRows(plan, find), find, null);
}

/** The article of a drift report. */
export function driftArticle(id: string, told: Checked, place: LinkBase): Markup {
  const { plan } = told;
  const find = finder(plan, place);
  const report = driftOf(plan, told);
  const drifted = report.summary.drift > 0 || report.elsewhere !== undefined;
  const head: ReportHead = {
    tone: drifted ? "drift" : plan.refusals.length > 0 ? "alarm" : "good",
    verdict: verdict(report),
    lines: [pendingLine(report), heldLine(plan), ...besides(plan, told)],
    more: [["last run", lastRun(report)]],
  };
  return article(id, told, head, driftRows(plan, told, find), find, null);
}

/** The article of an apply. */
export function applyArticle(id: string, told: Applied, place: LinkBase): Markup {
  const { plan, outcomes, audit } = told;
  const find = finder(plan, place);
  const became = aftermath(plan, outcomes, told);
  const head: ReportHead = {
    tone: became.good && plan.refusals.length === 0 ? "good" : "alarm",
    verdict: became.verdict,
    lines: [became.warning, proof(outcomes), ...became.facts, ledgerLine(plan)],
    more: [["audit log", audit ? headWords(audit) : ""]],
  };
  return article(id, told, head, applyRows(plan, outcomes, find), find, outcomes);
}

/** What a read after the writes has shown of what was applied. */
function proof(outcomes: readonly Outcome[]): string | null {
  const applied = outcomes.filter(({ status }) => status === "applied");
  if (applied.length === 0) return null;
  const shown = applied.filter(({ confirmed }) => confirmed === true).length;
  const open = applied.length - shown;
  const read = `Read back: ${number(shown)} of ${number(applied.length)} confirmed`;
  return open === 0 ? `${read}.` : `${read}, ${number(open)} not confirmed.`;
}

function article(
  id: string,
  told: Reported,
  head: ReportHead,
  rows: readonly TableRow[],
  find: Finder,
  outcomes: readonly Outcome[] | null,
): Markup {
  const { plan, facts = null, runs = [], lifted = [] } = told;
  const lines = head.lines.filter((line) => line !== null);
  const without = withoutLedger(plan);
  const left = leftLines(plan);
  return html`<article id="${id}">
${without === null ? null : html`<div class="callout alarm"><p>${prose(without)}</p></div>`}${left.map((line) => html`<div class="callout unknown"><p>${prose(line)}</p></div>`)}<header class="hero ${head.tone}"><p class="verdict">${prose(head.verdict)}</p>${lines.map((line) => html`<p>${prose(line)}</p>`)}<p class="when">${plan.target} · ${moment(plan.evaluatedAt)} · ${count(plan.inventory.users, "user")}, ${number(plan.inventory.active)} sessions active</p></header>
${first(id, plan, lifted, find, outcomes)}
${tiles(id, plan, outcomes)}
${actionTable(id, rows)}
${changeSection(id, plan)}
${failedSection(id, plan, outcomes)}
${heldSection(id, plan)}
${notices(id, plan.notices, find)}
${charts(id, facts, runs, find)}
${foot(told, head.more)}
</article>`;
}

/** Failures by their cause: the error once, with a count and the first users. */
function failedSection(id: string, plan: Plan, outcomes: readonly Outcome[] | null): Markup | null {
  const causes = outcomes === null ? [] : failureCauses(aftermath(plan, outcomes).rows);
  if (causes.length === 0) return null;
  const items = causes.map(({ message, rows }) => {
    const users = [...new Set(rows.map(({ user, name }) => printable(name ?? user)))];
    const rest = users.length - 3;
    const more = rest > 0 ? ` and ${number(rest)} more` : "";
    return html`<li><b>${number(rows.length)} failed</b><span>${prose(printable(message))} (${users.slice(0, 3).join(", ")}${more})</span></li>`;
  });
  return html`<section class="failed" aria-labelledby="${id}-failed-title"><h2 id="${id}-failed-title">Failed</h2><ul class="card list">${items}</ul></section>`;
}

/** With `--base`: what this change causes, what was pending anyway, what falls due, and what is wanted no longer. */
function changeSection(id: string, plan: Plan): Markup | null {
  if (!plan.base) return null;
  const { averted = [], base } = plan;
  const parts = partsOf(plan).map(({ title, tally: what }) => [title, what]);
  const gone = averted.length > 0 ? [["No longer, by this change", typesTally(averted)]] : [];
  const from = base.commit === null ? "another folder" : `commit ${base.commit.slice(0, 12)}`;
  const lines = [...parts, ...gone, ["Compared with", from]];
  return html`<section aria-labelledby="${id}-change-title"><h2 id="${id}-change-title">What this change does</h2><ul class="card list">${lines.map(([name = "", what = ""]) => html`<li><b>${name}</b><span>${prose(what)}</span></li>`)}</ul></section>`;
}

function heldSection(id: string, plan: Plan): Markup | null {
  if (plan.held.length === 0) return null;
  const items = waiting(heldRows(plan)).map(
    ({ by, rows, what, release }) =>
      html`<li><b>${number(total(rows))} held by ${by}</b><span>${what}. ${prose(release)}</span></li>`,
  );
  return html`<section class="held" id="${id}-held" aria-labelledby="${id}-held-title"><h2 id="${id}-held-title">Held</h2><ul class="card list">${items}</ul></section>`;
}

/** So many notices of one kind are listed. */
const MOST_NOTICES = 200;

function notices(id: string, all: readonly Notice[], find: Finder): Markup | null {
  if (all.length === 0) return null;
  const line = ({ user, message, file, line: at }: Notice) =>
    html`<li>${user === null ? null : html`<code>${user}</code>`}<span>${prose(message)}${file === undefined ? null : html` ${sourceMarkup(file, at ?? 1, find)}`}</span></li>`;
  const kinds = byNotice(all).map(([kind, some]) => {
    const more = some.length - MOST_NOTICES;
    return html`<details class="card"${more > 0 || some.length > 5 ? null : html` open`}><summary><span>${NOTICE_TITLES[kind]}</span> <b class="n">${number(some.length)}</b></summary><ul class="list">${some.slice(0, MOST_NOTICES).map(line)}${more > 0 ? html`<li>and ${number(more)} more: --format json has all</li>` : null}</ul></details>`;
  });
  return html`<section class="notices" id="${id}-notices" aria-labelledby="${id}-notices-title"><h2 id="${id}-notices-title">Notices</h2>${kinds}</section>`;
}

function foot({ plan, info }: Reported, more: readonly Fact[]): Markup {
  const { policy, digest, version } = plan;
  const facts = factsOf(plan, info, more).flatMap(([label, value]): Fact[] => {
    const name = label.charAt(0).toUpperCase() + label.slice(1);
    const whole: Fact[] = [
      ["Commit", policy.commit ?? "none"],
      ["Policy digest", policy.digest],
    ];
    return label === "version" ? whole : [[name, value]];
  });
  facts.push(["Plan digest", plan.reviewed ?? digest], ["Curfew", version]);
  return html`<footer><dl>${facts.filter(([, value]) => value !== "").map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></footer>`;
}

/** Before all articles: the targets of which nothing is told. `told`: how many others there are. */
export function missingCallout(missing: readonly Missing[], told: number): Markup {
  const items = missing.map((one) => html`<li>${prose(missingLine(one))}</li>`);
  return html`<section class="missing" aria-label="Missing targets"><div class="callout alarm"><h2>${missingTitle(missing, told)}</h2><ul>${items}</ul></div></section>
`;
}

/** A target in the list of several: its name and its counts. */
export function targetLine({ plan }: Reported): Markup {
  const counts = tally([
    ["wanted", plan.actions.length],
    ["held", heldCount(plan)],
  ]);
  return html`<b>${plan.target}</b> ${counts}`;
}
