/** The page: one file that loads nothing. Its policy (CSP) allows its own script by hash, and no address at all. */
import { hash } from "node:crypto";
import { client, PAGE_ROWS } from "./client.ts";
import { html, type Markup, raw } from "./markup.ts";
import { rowTree } from "./row-tree.ts";
import { unpack } from "./rows.ts";
import { STYLE } from "./style.ts";

/** Rows that are printed at most: more are no document any more. */
const PRINT_ROWS = 1000;

/** The text of functions that use nothing from outside; TypeScript's types are gone from it when it runs. */
const SCRIPT = `(${client})({ pageRows: ${PAGE_ROWS}, printRows: ${PRINT_ROWS}, unpack: ${unpack}, tree: ${rowTree} });`;

const CSP = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  `script-src 'sha256-${hash("sha256", SCRIPT, "base64")}'`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** A page of articles, one a target; `first` stands before them. Ends with a newline. */
export function page(
  title: string,
  first: Markup | null,
  targets: readonly { line: Markup; article: Markup }[],
): string {
  const several = targets.length > 1;
  const list = targets.map(({ line }, i) => html`<li><a href="#t${i}">${line}</a></li>`);
  const body = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${raw(CSP)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<header class="top"><h1>${title}</h1></header>
${first}${several ? html`<nav class="targets" aria-label="Targets"><ul>${list}</ul></nav>` : null}
<main>${targets.map(({ article }) => article)}</main>
<script>${raw(SCRIPT)}</script>
</body>
</html>
`;
  return body.text;
}
