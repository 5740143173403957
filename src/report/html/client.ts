/// <reference lib="dom" />
/**
 * The script of the page: search, filters and pages of the table. It runs in the browser; the page holds the text of
 * `client`, so it uses nothing from outside of it, and writes data as text alone, never as HTML.
 */
import type { Tree } from "./row-tree.ts";
import type { Packed, TableRow } from "./rows.ts";

/** Rows of one page of the table; as many are in the file for who has no script. */
export const PAGE_ROWS = 100;

/** What `client` is given. */
export interface ClientParts {
  pageRows: number;
  /** So many rows are printed. */
  printRows: number;
  unpack(texts: Packed["texts"], packed: Packed["rows"][number]): TableRow;
  tree(row: TableRow): Tree[];
}

/** One table: its rows, its controls, and what of it is shown. */
interface Table {
  section: HTMLElement;
  form: HTMLFormElement;
  texts: Packed["texts"];
  packed: Packed["rows"];
  /** Unpacked when they are first looked at. */
  rows: TableRow[];
  /** All of a row that can be searched for, in small letters. */
  words: string[];
  /** The places of the rows that match. */
  matches: number[];
  page: number;
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: its text is the script of the page, so it can call nothing beside it.
export function client({ pageRows, printRows, unpack, tree }: ClientParts): void {
  const { format } = new Intl.NumberFormat("en-US");

  function draw(of: Tree): HTMLElement {
    const element = document.createElement(of.tag);
    if (of.look) element.className = of.look;
    if (of.column) element.dataset.label = of.column;
    if (of.tag === "td") element.setAttribute("role", "cell");
    if (of.silent) element.setAttribute("aria-hidden", "true");
    if (of.href !== undefined) {
      element.setAttribute("href", of.href);
      element.setAttribute("rel", "noreferrer");
    }
    if (of.text !== undefined) element.textContent = of.text;
    for (const kid of of.kids ?? []) element.append(draw(kid));
    return element;
  }

  function drawRow(row: TableRow): HTMLElement {
    const element = document.createElement("tr");
    element.setAttribute("role", "row");
    element.append(...tree(row).map(draw));
    return element;
  }

  function rowAt({ rows, packed, texts }: Table, i: number): TableRow {
    const row = packed[i];
    if (!row) throw new Error(`there is no row ${i}`);
    rows[i] ??= unpack(texts, row);
    return rows[i];
  }

  function wordsAt(table: Table, i: number): string {
    const { user, name, session, label, note, reasons, status, kind } = rowAt(table, i);
    const why = reasons.flatMap(({ rule, message, source }) => [rule, message, source]);
    const all = [user, name, session, label, note, status, kind, ...why];
    table.words[i] ??= all.join("\n").toLowerCase();
    return table.words[i];
  }

  function chosen({ form }: Table, name: string): string {
    return String(new FormData(form).get(name) ?? "");
  }

  function matching(table: Table): number[] {
    const wanted = chosen(table, "search").toLowerCase().split(/\s+/).filter(Boolean);
    const [type, cause, rule, status] = ["type", "cause", "rule", "status"].map((name) =>
      chosen(table, name),
    );
    const matches = (i: number) => {
      const row = rowAt(table, i);
      if (type && !row.kind.split("-and-").includes(type)) return false;
      if (cause && row.cause !== cause) return false;
      if (rule && !row.reasons.some((reason) => reason.rule === rule)) return false;
      if (status && row.status !== status && !row.status.startsWith(`${status} `)) return false;
      return wanted.every((word) => wordsAt(table, i).includes(word));
    };
    return table.packed.map((_, i) => i).filter(matches);
  }

  /** "101 to 200 of 3,000 actions (of 50,000)". */
  function range(from: number, shown: number, matches: number, all: number): string {
    if (matches === 0) return "No action matches. Change the search or reset the filters.";
    const part = shown < matches ? `${format(from + 1)} to ${format(from + shown)} of ` : "";
    const of = matches < all ? ` (of ${format(all)})` : "";
    return `${part}${format(matches)} ${matches === 1 ? "action" : "actions"}${of}`;
  }

  function show(table: Table, most = pageRows): void {
    const { section, matches, packed } = table;
    const pages = Math.max(1, Math.ceil(matches.length / pageRows));
    table.page = Math.min(Math.max(0, table.page), pages - 1);
    const from = table.page * pageRows;
    const shown = matches.slice(from, from + most).map((i) => drawRow(rowAt(table, i)));
    section.querySelector("tbody")?.replaceChildren(...shown);
    const told = section.querySelector("[role=status]");
    if (told) told.textContent = range(from, shown.length, matches.length, packed.length);
    const pager = section.querySelector("nav");
    const place = pager?.querySelector("span");
    if (!pager || !place) return;
    pager.hidden = pages === 1;
    place.textContent = `Page ${format(table.page + 1)} of ${format(pages)}`;
    for (const button of pager.querySelectorAll("button")) {
      const to = table.page + Number(button.value);
      button.disabled = to < 0 || to >= pages;
    }
  }

  function refresh(table: Table): void {
    table.matches = matching(table);
    table.page = 0;
    show(table);
  }

  function turn(table: Table, button: HTMLButtonElement): void {
    table.page += Number(button.value);
    show(table);
    table.section.querySelector("table")?.scrollIntoView({ block: "start" });
    // A button that is disabled now would lose the keyboard's place.
    if (!button.disabled) return;
    table.section.querySelector<HTMLElement>("nav button:not([disabled])")?.focus();
  }

  function wire(table: Table): void {
    const { form, section } = table;
    let timer = 0;
    form.addEventListener("input", ({ target }) => {
      clearTimeout(timer);
      const wait = target instanceof HTMLInputElement ? 150 : 0;
      timer = window.setTimeout(() => refresh(table), wait);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      refresh(table);
    });
    // The fields are empty only after the event.
    form.addEventListener("reset", () => window.setTimeout(() => refresh(table), 0));
    section.querySelector("nav")?.addEventListener("click", ({ target }) => {
      const button = target instanceof Element ? target.closest("button") : null;
      if (button) turn(table, button);
    });
    const tiles = section.closest("article")?.querySelectorAll<HTMLElement>("a[data-filter]") ?? [];
    for (const tile of tiles) tile.addEventListener("click", () => choose(table, tile));
    window.addEventListener("beforeprint", () => show(table, printRows));
    window.addEventListener("afterprint", () => show(table));
  }

  function choose({ form }: Table, { dataset }: HTMLElement): void {
    const [name = "", value = ""] = (dataset.filter ?? "").split("=");
    form.reset();
    const select = form.elements.namedItem(name);
    if (select instanceof HTMLSelectElement) select.value = value;
  }

  function start(section: HTMLElement): void {
    const form = section.querySelector("form");
    const data = section.querySelector("script")?.textContent;
    if (!form || !data) return;
    const { texts, rows: packed }: Packed = JSON.parse(data);
    const matches = packed.map((_, i) => i);
    const table: Table = { section, form, texts, packed, rows: [], words: [], matches, page: 0 };
    wire(table);
    form.hidden = false;
    show(table);
  }

  /** Paper can't be unfolded. */
  function unfoldForPrint(): void {
    let unfolded: HTMLDetailsElement[] = [];
    window.addEventListener("beforeprint", () => {
      unfolded = [...document.querySelectorAll<HTMLDetailsElement>(".notices details:not([open])")];
      for (const one of unfolded) one.open = true;
    });
    window.addEventListener("afterprint", () => {
      for (const one of unfolded) one.open = false;
    });
  }

  for (const section of document.querySelectorAll<HTMLElement>("section.actions")) start(section);
  unfoldForPrint();
}
