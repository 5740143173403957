/** How a row of the table looks: one description, from which the file is made and its script draws the other rows. */
import type { TableRow } from "./rows.ts";

/** An element: its name and class, and its text or its children. */
export interface Tree {
  tag: "td" | "b" | "code" | "span" | "i" | "p" | "small" | "a";
  /** Of a cell: the title of its column, for narrow pages. */
  column?: string;
  look?: string;
  text?: string;
  href?: string;
  /** Not told to a screen reader. */
  silent?: true;
  kids?: Tree[];
}

/** The cells of a row. The page's script holds this function's text: it uses nothing from outside. */
export function rowTree(row: TableRow): Tree[] {
  const when = (value: unknown, tree: Tree): Tree[] => (value ? [tree] : []);
  const cell = (column: string, look: string, kids: Tree[]): Tree => ({
    tag: "td",
    column,
    look,
    kids,
  });
  const symbol: Tree = { tag: "i", text: row.symbol, silent: true };
  const words: Tree = { tag: "span", text: row.kind.replaceAll("-and-", " and ") };
  const why = row.reasons.map((reason): Tree => {
    const source: Tree = { tag: "span", look: "source", text: reason.source };
    const link: Tree = { ...source, tag: "a", href: reason.href ?? "" };
    const foot: Tree[] = [
      { tag: "span", look: "rule", text: reason.rule },
      { tag: "span", text: " " },
      reason.href === null ? source : link,
    ];
    const message: Tree = { tag: "span", look: "message", text: reason.message };
    return { tag: "p", kids: [message, { tag: "small", kids: foot }] };
  });
  return [
    cell("Action", "action", [
      { tag: "span", look: `kind ${row.kind}`, kids: [symbol, words] },
      ...when(row.urgent, { tag: "span", look: "badge", text: "urgent" }),
    ]),
    cell("User", "who", [
      ...when(row.name, { tag: "b", text: row.name ?? "" }),
      { tag: "code", text: row.user },
    ]),
    cell("Device", "device", [
      ...when(row.label, { tag: "span", text: row.label ?? "" }),
      ...when(row.session, { tag: "code", text: row.session ?? "" }),
    ]),
    cell("Why", "why", [
      ...when(row.note, { tag: "p", look: "note", text: row.note ?? "" }),
      ...why,
    ]),
    cell("Cause", "because", [
      ...when(row.cause, { tag: "span", look: `cause ${row.cause}`, text: row.cause ?? "" }),
      ...when(row.since, { tag: "small", text: `since ${row.since}` }),
    ]),
    cell("Status", "became", [
      {
        tag: "span",
        look: `status ${row.status.endsWith("not confirmed") ? "unseen" : row.status.split(/[ ,]/)[0]}`,
        text: row.status,
      },
    ]),
  ];
}
