/**
 * How the page looks. Colours mean the same as on a terminal (text/pen.ts): red erases, magenta takes access away,
 * amber asks for a new sign-in, green gives back; violet is drift. Print is always light.
 */
const COLOURS = `
:root {
  --bg: #f5f6f8; --card: #ffffff; --ink: #12161f; --ink-2: #4d5666; --line: #dfe3ea; --link: #1a5fb4;
  --wipe: #b3261e; --lock: #97168f; --re-authenticate: #a84a00; --unlock: #0b6b3d; --drift: #5a2fc9;
  --held: #46557c; --chart: #4a7fd4; --chart-past: #d9730d; --chart-idle: #f2c79e; --tint: 9%;
  color-scheme: light;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --bg: #0d1017; --card: #161a23; --ink: #f1f3f7; --ink-2: #a9b1c1; --line: #2a303d; --link: #8db8ff;
    --wipe: #ff8278; --lock: #f08ae6; --re-authenticate: #ffb055; --unlock: #5fd394; --drift: #b49cff;
    --held: #a9b7dc; --chart: #5b8fe6; --chart-past: #f0a24a; --chart-idle: #7a5a33; --tint: 16%;
    color-scheme: dark;
  }
}
.wipe, .lock-and-wipe, .failed, .refused, .alarm { --c: var(--wipe); }
.lock { --c: var(--lock); }
.re-authenticate, .retry, .no, .skipped { --c: var(--re-authenticate); }
.unlock, .applied, .good { --c: var(--unlock); }
.drift, .drifted { --c: var(--drift); }
.held { --c: var(--held); }
.plain { --c: var(--chart); }
.notices { --c: var(--ink); }
`;

const BASE = `
*, *::before, *::after { box-sizing: border-box; }
html { scroll-padding-top: 16px; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--bg); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}
h1, h2, h3, p, ul, dl, dd, figure { margin: 0; padding: 0; }
ul { list-style: none; }
h1 { font-size: 14px; font-weight: 600; }
h2 { font-size: 18px; line-height: 1.3; font-weight: 650; letter-spacing: -0.01em; margin-bottom: 12px; }
h3 { font-size: 15px; font-weight: 650; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 2px; }
code, .source, .rule { font: 12px/1.45 ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code, .source, dd, .message, .note { overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 4px; }
section:focus { outline: none; }
.top, main, .targets { max-width: 1336px; margin: 0 auto; padding: 0 24px; }
.top { padding-top: 24px; }
.top h1 { display: flex; align-items: center; gap: 10px; overflow-wrap: anywhere; }
.top h1::before {
  content: ""; flex: none; width: 16px; height: 16px; border-radius: 50%;
  box-shadow: inset 5px -2px 0 1px var(--ink);
}
article > * { margin-bottom: 40px; }
article > .tiles, article > .hero, article > .first { margin-bottom: 24px; }
article + article { border-top: 1px solid var(--line); padding-top: 24px; }
.whole { white-space: nowrap; }
.hero code, .callout code, .list code { font-size: 0.88em; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.targets ul { display: flex; flex-wrap: wrap; gap: 8px 24px; padding-top: 12px; }
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
`;

const HERO = `
.hero { padding: 20px 0 4px; }
.hero p { color: var(--ink-2); max-width: 72ch; overflow-wrap: anywhere; }
.hero .verdict {
  color: var(--ink); font-size: clamp(22px, 3vw, 30px); line-height: 1.18; font-weight: 680;
  letter-spacing: -0.022em; max-width: 60ch; margin-bottom: 8px; text-wrap: balance;
}
.hero .verdict::before {
  content: ""; display: block; width: 44px; height: 5px; border-radius: 3px; background: var(--c); margin-bottom: 16px;
}
.hero .when { font-size: 13px; margin-top: 10px; }
.callout { border: 1px solid color-mix(in srgb, var(--c) 45%, var(--line)); border-left: 5px solid var(--c); border-radius: 12px; background: color-mix(in srgb, var(--c) 6%, var(--card)); padding: 16px 20px; }
.callout + .callout { margin-top: 12px; }
.first { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 12px; align-items: stretch; }
.first .callout { padding: 12px 18px; }
.first > .callout { margin-top: 0; }
.callout.wipes { --c: var(--wipe); background: var(--c); }
.callout.wipes, .callout.wipes h2, .callout.wipes a { color: var(--card); }
.callout.unknown, .callout.brakes { --c: var(--re-authenticate); }
.callout li { padding-top: 2px; overflow-wrap: anywhere; }
.callout h2 { font-size: 16px; margin-bottom: 4px; color: var(--c); }
.callout p { max-width: 80ch; overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(136px, 1fr)); gap: 12px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
.tile > * { display: flex; flex-direction: column; height: 100%; padding: 14px 16px 12px; color: inherit; text-decoration: none; border-radius: 11px; }
.tile > a:hover { background: color-mix(in srgb, var(--c) var(--tint), transparent); }
.tile > a:focus-visible { outline-offset: -2px; }
.tile .title { display: flex; align-items: center; gap: 8px; font-size: 13px; font-weight: 600; color: var(--ink-2); }
.tile .title::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: var(--c); flex: none; }
.tile .count { font-size: 26px; line-height: 1.2; font-weight: 680; letter-spacing: -0.02em; color: var(--c); }
.tile .detail { font-size: 13px; line-height: 1.4; color: var(--ink-2); }
.tile .detail:empty { display: none; }
.tile.zero .count { color: var(--ink-2); font-weight: 500; }
.tile.zero .title::before { background: var(--line); }
.list > li { display: flex; flex-wrap: wrap; gap: 2px 16px; padding: 10px 16px; }
.list > li + li { border-top: 1px solid var(--line); }
.list > li > b { flex: 0 0 220px; }
.list > li > span { flex: 1 1 320px; color: var(--ink-2); overflow-wrap: anywhere; }
.list > li > code { flex: 0 0 auto; max-width: 100%; padding-top: 3px; }
`;

const TABLE = `
.filters { display: flex; flex-wrap: wrap; gap: 12px; align-items: end; margin-bottom: 12px; }
.filters[hidden], .pager[hidden] { display: none; }
.field { display: flex; flex-direction: column; gap: 4px; flex: 1 1 140px; min-width: 0; }
.field.wide { flex: 3 1 240px; }
label { font-size: 13px; font-weight: 600; color: var(--ink-2); }
input, select, button {
  font: inherit; color: var(--ink); background: var(--card); border: 1px solid color-mix(in srgb, var(--ink-2) 55%, var(--card));
  border-radius: 8px; padding: 0 12px; height: 40px; min-width: 0; width: 100%;
}
input::placeholder { color: var(--ink-2); opacity: 1; }
button { width: auto; font-weight: 600; cursor: pointer; }
button:hover:not(:disabled) { border-color: var(--ink); }
button:disabled { opacity: 0.45; cursor: default; }
.told { font-size: 13px; color: var(--ink-2); margin-bottom: 8px; }
.actions > table { width: 100%; table-layout: fixed; border-collapse: separate; border-spacing: 0; background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
.actions th { text-align: left; font-size: 13px; font-weight: 600; color: var(--ink-2); padding: 10px; border-bottom: 1px solid var(--line); }
.actions td { vertical-align: top; padding: 10px; border-bottom: 1px solid var(--line); font-size: 14px; overflow-wrap: anywhere; }
.actions tbody tr:last-child td { border-bottom: 0; }
.actions th:nth-child(1) { width: 158px; }
.actions th:nth-child(2), .actions th:nth-child(3) { width: 20%; }
.actions th:nth-child(5) { width: 108px; }
.actions th:nth-child(6) { width: 92px; }
@media screen and (min-width: 1240px) { .actions th:nth-child(2), .actions th:nth-child(3) { width: 272px; } }
td b, td code, td small, td.device > span { display: block; }
td b { font-weight: 600; }
td code, td small { color: var(--ink-2); font-size: 11.5px; }
td > code:first-child { padding-top: 3px; }
.why small, .why small > * { font-size: 11.5px; }
.because small { white-space: nowrap; }
.why small > * { margin-right: 4px; }
td p + p { margin-top: 6px; }
td p > .message { display: block; }
td .note { font-weight: 600; }
.kind { display: inline-flex; white-space: nowrap; font-size: 13px; align-items: baseline; gap: 7px; color: var(--c); font-weight: 600; background: color-mix(in srgb, var(--c) var(--tint), transparent); border-radius: 6px; padding: 1px 8px 1px 7px; }
.kind i { font: 700 13px/1 ui-monospace, Menlo, Consolas, monospace; }
.badge { display: inline-block; margin: 4px 0 0; font-size: 12px; font-weight: 600; color: var(--wipe); border: 1px solid currentColor; border-radius: 6px; padding: 0 6px; }
.cause.drift, .cause.retry { color: var(--c); font-weight: 600; }
.status { --c: var(--ink); color: var(--c); font-size: 13px; }
.status.failed { --c: var(--wipe); font-weight: 650; }
.status.skipped, .status.no { --c: var(--re-authenticate); font-weight: 600; }
.status.applied { --c: var(--unlock); font-weight: 600; }
.status.held { --c: var(--held); }
.status.unseen { --c: var(--re-authenticate); font-weight: 600; }
.pager { display: flex; align-items: center; gap: 12px; margin-top: 12px; }
.pager span { font-size: 14px; color: var(--ink-2); }
@media screen and (max-width: 859px) {
  .actions > table { display: block; background: none; border: 0; overflow: visible; }
  .actions thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .actions tbody { display: grid; gap: 10px; }
  .actions tr { display: grid; grid-template: "action became" "who who" "device device" "why why" "because because" / minmax(0, 1fr) auto; gap: 8px 12px; padding: 14px 16px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
  .actions td { padding: 0; border: 0; }
  td.action { grid-area: action; } td.who { grid-area: who; } td.device { grid-area: device; }
  td.why { grid-area: why; } td.because { grid-area: because; } td.became { grid-area: became; text-align: right; }
  td.who::before, td.device::before, td.because::before { content: attr(data-label); display: block; font-size: 12px; color: var(--ink-2); }
  td:empty { display: none; }
  .badge { margin: 0 0 0 6px; }
}
@media screen and (min-width: 560px) and (max-width: 859px) {
  .actions tr { grid-template: "action became" "who device" "why because" / minmax(0, 1fr) minmax(0, 1fr); }
}
`;

const CHARTS = `
.grid { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 16px; }
.chart { display: flex; flex-direction: column; padding: 18px 20px 14px; container-type: inline-size; }
.chart figcaption p { color: var(--ink-2); font-size: 14px; margin: 2px 0 10px; max-width: 64ch; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 13px; color: var(--ink-2); margin-bottom: 8px; }
.legend li { display: flex; align-items: center; gap: 7px; }
.legend li::before { content: ""; width: 10px; height: 10px; border-radius: 3px; background: var(--c); }
.picture svg { display: block; width: 100%; height: auto; font-family: inherit; }
.picture.wide { max-width: 720px; }
.picture.narrow { display: none; max-width: 400px; }
@container (max-width: 440px) { .picture.narrow { display: block; } .picture.wide { display: none; } }
.limits { display: grid; gap: 2px; font-size: 13px; color: var(--ink-2); margin-top: 8px; }
.limits b { color: var(--ink); font-weight: 600; }
.limits li { min-width: 0; overflow-wrap: anywhere; }
summary { cursor: pointer; }
.numbers { margin-top: auto; padding-top: 10px; font-size: 13px; }
.numbers summary { color: var(--ink-2); }
.scroll { overflow: auto; max-height: 320px; margin-top: 8px; }
.scroll table { border-collapse: collapse; width: 100%; }
.scroll th, .scroll td { padding: 4px 12px 4px 0; text-align: right; border-bottom: 1px solid var(--line); font-weight: 400; white-space: nowrap; }
.scroll th:first-child { text-align: left; }
.scroll thead th { color: var(--ink-2); font-weight: 600; }
.notices > details { margin-bottom: 10px; overflow: hidden; }
.notices summary { padding: 12px 16px; font-weight: 600; }
.notices summary .n { color: var(--ink-2); font-weight: 600; margin-left: 6px; }
.notices .list { border-top: 1px solid var(--line); font-size: 14px; }
footer { border-top: 1px solid var(--line); padding-top: 20px; font-size: 13px; }
footer dl { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px 32px; }
footer dl div { display: flex; gap: 12px; }
footer dt { flex: 0 0 104px; color: var(--ink-2); }
footer dd { min-width: 0; }
@media (max-width: 959px) { .grid { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 859px) {
  footer dl { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 559px) {
  .top, main, .targets { padding-left: 16px; padding-right: 16px; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px; }
  .tile > * { padding: 12px 12px 10px; }
  .tile .count { font-size: 28px; }
  .chart { padding: 16px 14px 12px; }
  .field.wide { flex-basis: 100%; }
  .list > li > b { flex-basis: 100%; }
  footer dl div { flex-direction: column; gap: 0; }
  footer dt { flex-basis: auto; }
}
`;

const PRINT = `
@media print {
  @page { margin: 14mm; }
  body { background: #fff; font-size: 10.5pt; }
  .top, main, .targets { max-width: none; padding: 0; }
  .filters, .pager, .numbers, .targets { display: none; }
  article > * { margin-bottom: 20px; }
  .hero .verdict { font-size: 22pt; }
  .tile, .card, .callout, .actions > table { break-inside: avoid; border-radius: 6px; }
  .grid { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .chart { padding: 10px 12px; }
  .actions > table { break-inside: auto; }
  .actions th:nth-child(n) { width: auto; }
  .actions th:nth-child(1) { width: 20%; }
  .actions th:nth-child(4) { width: 26%; }
  .actions th:nth-child(5), .actions th:nth-child(6) { width: 10%; }
  .badge { padding: 0 4px; font-size: 8pt; }
  .because small { white-space: normal; }
  .kind { font-size: 8.5pt; padding: 0 4px; }
  .actions tr, .list > li { break-inside: avoid; }
  .tile > * { padding: 8px 10px; }
  .tile .count { font-size: 20pt; }
  .actions td, .actions th { padding: 6px 8px; font-size: 9pt; }
  td code, td small, .source, .why small > * { font-size: 7.5pt; }
  .legend { display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 13px; color: var(--ink-2); margin-bottom: 8px; }
.legend li { display: flex; align-items: center; gap: 7px; }
.legend li::before { content: ""; width: 10px; height: 10px; border-radius: 3px; background: var(--c); }
.picture svg { max-height: 90mm; }
  a { color: inherit; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;

/** The style sheet of the page. */
export const STYLE = COLOURS + BASE + HERO + TABLE + CHARTS + PRINT;
