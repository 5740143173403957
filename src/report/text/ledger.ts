/** What `curfew ledger` prints for people. */
import { type Cell, columnWidths, paragraph, row } from "../../text/layout.ts";
import { printable } from "../../text/safe.ts";
import { count, moment, number } from "../../text/words.ts";
import type { LedgerReport } from "../told/ledger.ts";
import { factLines, nameCell } from "./blocks.ts";
import { type Pen, pen, type TextOptions } from "./pen.ts";

/** Ends with a newline. */
export function ledgerText(report: LedgerReport, options: TextOptions): string {
  const p = pen(options);
  const { target, user, place, lastRunAt } = report;
  const about = user === null ? "" : `, user ${printable(user)}`;
  const facts = factLines(
    [
      ["place", printable(place)],
      ["last run", lastRunAt === null ? "none on the whole target" : moment(lastRunAt)],
    ],
    p,
  );
  const lists = [
    ...list("Own locks, which the policy lifts when it no longer wants them", locks(report, p), p),
    ...list("Remembered names", names(report, p), p),
    ...list("Failed, and waits to be tried again", failures(report, p), p),
    ...list("Wipes that are owed: signed out, and wiped when that is allowed", owed(report, p), p),
  ];
  const nothing = user === null ? "It remembers nothing." : "It remembers nothing of this user.";
  return `${[
    ...paragraph(`Ledger of ${printable(target)}${about}`, p.width, 0, p.style.title),
    ...facts,
    ...(lists.length > 0 ? lists : ["", ...paragraph(nothing, p.width)]),
  ].join("\n")}\n`;
}

function list(title: string, rows: readonly Cell[][], p: Pen): string[] {
  if (rows.length === 0) return [];
  const widths = columnWidths(rows);
  return [
    "",
    ...paragraph(`${title}: ${number(rows.length)}`, p.width, 0, p.style.title),
    ...rows.flatMap((cells) => row(cells, widths, p.width - 2).map((line) => `  ${line}`)),
  ];
}

function who({ user, name }: { user: string | null; name: string | null }, p: Pen): Cell {
  return nameCell(name ?? user ?? "of a user whom the log does not tell", p);
}

function locks({ ownLocks }: LedgerReport, p: Pen): Cell[][] {
  return ownLocks.map((lock) => [
    who(lock, p),
    ...id(lock, p),
    { text: `since ${moment(lock.since)}` },
    { text: `line ${number(lock.line)} of the log`, paint: p.style.dim },
  ]);
}

/** The id beside a name, and nothing beside an id. */
function id({ user, name }: { user: string | null; name: string | null }, p: Pen): Cell[] {
  const text = name === null || name === user || user === null ? "" : printable(user);
  return [{ text, paint: p.style.dim }];
}

function names({ names: all }: LedgerReport, p: Pen): Cell[][] {
  return all.map(({ name, list: of, user }) => [
    nameCell(name, p),
    { text: `is ${printable(user)}` },
    { text: `on a line of ${printable(of)}`, paint: p.style.dim },
  ]);
}

function failures({ failures: all }: LedgerReport, p: Pen): Cell[][] {
  return all.map((failed) => [
    { text: failed.type },
    who(failed, p),
    { text: failed.session === null ? "" : printable(failed.session) },
    { text: `${count(failed.times, "time")}, last on ${moment(failed.last)}` },
    { text: `next from ${moment(failed.next)} on` },
  ]);
}

function owed({ owedWipes }: LedgerReport, p: Pen): Cell[][] {
  return owedWipes.map((wipe) => [
    who(wipe, p),
    { text: printable(wipe.session) },
    {
      text: wipe.signedIn === null ? "sign-in unknown" : `signed in ${moment(wipe.signedIn)}`,
      paint: p.style.dim,
    },
  ]);
}
