/** What the YAML library says of a text that is no YAML → what to write instead, and where. */
import { type ErrorCode, Lexer } from "yaml";
import { INVISIBLE, visible } from "../../text/show.ts";

export interface SyntaxFault {
  offset: number;
  message: string;
}

/** A fault as the library tells it: its sentence may quote the text, which may be no policy, and hold a secret. */
interface Told {
  code: ErrorCode;
  pos: readonly [number, number];
  message: string;
}

/** The faults in order; of several in a line the first, from which the others follow. */
export function explained(text: string, told: readonly Told[]): SyntaxFault[] {
  const faults = told.slice(0, MOST).map((fault) => explain(text, fault));
  const lines = new Set<number>();
  return faults
    .sort((a, b) => a.offset - b.offset)
    .filter(({ offset }) => {
      const { start } = lineAt(text, offset);
      return !lines.has(start) && lines.add(start);
    });
}

/** Each costs a look at the text before it. */
const MOST = 100;

function explain(text: string, told: Told): SyntaxFault {
  const { code, pos, message } = told;
  const at = Math.min(pos[0], text.length);
  return (
    invisible(text, at) ??
    BY_CODE[code]?.(text, at, message) ?? {
      offset: at,
      message: OTHER,
    }
  );
}

const OTHER = "is not YAML here: look at the quotes, colons and spaces of this line";

type Explain = (text: string, at: number, message: string) => SyntaxFault | null;

const BY_CODE: { [K in ErrorCode]?: Explain } = {
  BAD_SCALAR_START: (text, at) => ({ offset: at, message: begins(text[at] ?? "") }),
  BAD_ALIAS: (text, at) => ({ offset: at, message: begins(text[at] ?? "") }),
  TAG_RESOLVE_FAILED: (_text, at) => ({
    offset: at,
    message:
      "! begins a tag, and policies are plain data: put a text that begins with ! in quotes, else remove the tag",
  }),
  BAD_DIRECTIVE: (_text, at) => ({ offset: at, message: begins("%") }),
  BLOCK_AS_IMPLICIT_KEY: colonWithin,
  BLOCK_IN_FLOW: colonWithin,
  TAB_AS_INDENT: (_text, at) => ({ offset: at, message: "is indented with a tab: write spaces" }),
  MULTILINE_IMPLICIT_KEY: (text, at) => noColon(text, at),
  BAD_INDENT: (text, at, message) =>
    unclosedBracket(text, at, message) ?? {
      offset: at,
      message:
        "begins at another column than the lines that it belongs to: indent it by as many spaces as they are",
    },
  BAD_DQ_ESCAPE: (_text, at) => ({
    offset: at,
    message:
      "a backslash within double quotes begins an escape, and this is none: write single quotes around the text",
  }),
  MISSING_CHAR: (text, at, message) => {
    const [, quote] = /^Missing closing (["'])/.exec(message) ?? [];
    if (quote !== undefined) return unclosedQuote(text, at, quote);
    if (lineAt(text, at).text.startsWith("%")) return { offset: at, message: begins("%") };
    return unclosedBracket(text, at, message) ?? noColon(text, at);
  },
  UNEXPECTED_TOKEN: (text, at, message) =>
    blockHeader(text, at, message) ?? behindTheEnd(text, at) ?? startOfLine(text, at, message),
};

function begins(character: string): string {
  return `a text that begins with ${character} must be in quotes: write "${character}…"`;
}

function colonWithin(text: string, at: number): SyntaxFault {
  if (/^[?-]\s/.test(text.slice(at, at + 2)))
    return { offset: at, message: begins(text[at] ?? "") };
  return {
    offset: at,
    message:
      "a colon with a space behind it makes a key of what stands before it: put a text that holds one in quotes, or begin a key in a line of its own",
  };
}

function noColon(text: string, at: number): SyntaxFault {
  const { text: line } = lineAt(text, at);
  const message = /^[\s-]*[^\s:]+:\S/.test(line)
    ? 'a key needs a space behind its colon, as in "key: value"'
    : 'neither a key nor an entry of a list: write "key: value", or "- " before it';
  return { offset: at, message };
}

/** `>=20` and `||`: the library takes the first character for that of a text of several lines. */
function blockHeader(text: string, at: number, message: string): SyntaxFault | null {
  if (!/^(?:Block scalar header|Not a YAML token)/.test(message)) return null;
  const before = text.slice(lineAt(text, at).start, at);
  const offset = Math.max(before.lastIndexOf(">"), before.lastIndexOf("|"));
  if (offset < 0) return null;
  return { offset: at - before.length + offset, message: begins(before[offset] ?? "") };
}

/** `[A-Z]*`, `'it's'`: the value was at its end. Tells where it began, which is where the quotes go. */
function behindTheEnd(text: string, at: number): SyntaxFault | null {
  const { start } = lineAt(text, at);
  const before = text.slice(start, at).trimEnd();
  const last = before.at(-1) ?? "";
  if (last === "]" || last === "}") {
    const opening = openingOf(before);
    if (opening === null) return null;
    const bracket = before[opening] ?? "";
    return {
      offset: start + opening,
      message: `${begins(bracket)}, or write nothing behind its ${last}`,
    };
  }
  if (last !== '"' && last !== "'") return null;
  const opening = Math.max(0, before.slice(0, -1).search(new RegExp(`(?<![^\\s[{,])${last}`)));
  const other = last === "'" ? "''" : String.raw`\"`;
  return {
    offset: start + opening,
    message: `the text in ${last} ends before its line does: write ${other} for a ${last} within it`,
  };
}

function startOfLine(text: string, at: number, message: string): SyntaxFault | null {
  if (/on same line with key/.test(message))
    return {
      offset: at,
      message:
        'a list begins in the line below its key: write it there, or put a text that begins with "- " in quotes',
    };
  const character = text[at] ?? "";
  if (/[\]},]/.test(character)) return { offset: at, message: begins(character) };
  if (text.slice(lineAt(text, at).start, at).trim() !== "") return null;
  return {
    offset: at,
    message:
      'does not go on with what stands above it: a list has "- " before each entry, keys have none',
  };
}

/** The place of the bracket that the last one of a line closes. */
function openingOf(line: string): number | null {
  let open = 0;
  for (let i = line.length - 1; i >= 0; i--) {
    if (/[\]}]/.test(line[i] ?? "")) open += 1;
    else if (/[[{]/.test(line[i] ?? "")) open -= 1;
    if (open === 0) return i;
  }
  return null;
}

function unclosedBracket(text: string, at: number, message: string): SyntaxFault | null {
  const [, closing] = /^Flow .* end with (?:an? )?([\]}])/.exec(message) ?? [];
  if (closing === undefined) return null;
  const opening = closing === "]" ? "[" : "{";
  let open = 0;
  for (let i = at - 1; i >= 0; i--) {
    if (text[i] === closing) open += 1;
    else if (text[i] === opening) open -= 1;
    if (open >= 0) continue;
    const what = `no ${closing} closes the ${opening} that stands here`;
    return {
      offset: i,
      message: `${what}: write it, or put a text that begins with ${opening} in quotes`,
    };
  }
  return null;
}

/** What the lexer says between the pieces of the text: a document begins, a bracket ends in error, a text follows. */
const MARKS = new Set(["\u0002", "\u0018", "\u001f"]);

/** Where the text began whose end is missing; the library says where it gave up. */
function unclosedQuote(text: string, at: number, quote: string): SyntaxFault {
  let offset = 0;
  let opening = at;
  for (const lexeme of new Lexer().lex(text)) {
    if (MARKS.has(lexeme)) continue;
    if (offset >= at) break;
    if (lexeme.startsWith(quote)) opening = offset;
    offset += lexeme.length;
  }
  return {
    offset: opening,
    message: `no ${quote} closes the text that begins here: write it at its end`,
  };
}

/** A space that is none, or what nobody sees, in a line that the library does not understand. */
function invisible(text: string, at: number): SyntaxFault | null {
  const line = lineAt(text, at);
  // A mark of the byte order at the very beginning is none of the text.
  const shown = line.text.replace(/\r$/, "").replace(/^\ufeff/, line.start === 0 ? " " : "$&");
  const found = shown.search(INVISIBLE);
  if (found < 0) return null;
  const character = String.fromCodePoint(line.text.codePointAt(found) ?? 0);
  return {
    offset: line.start + found,
    message: `here stands ${visible(character)}, which looks like a space or like nothing: write an ordinary space, or remove it`,
  };
}

function lineAt(text: string, at: number): { start: number; text: string } {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const end = text.indexOf("\n", start);
  return { start, text: text.slice(start, end < 0 ? text.length : end) };
}
