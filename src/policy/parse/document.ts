/** YAML text → a tree of values with positions. Strict: docs/contract.md, "The policy file". */
import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  type Scalar,
} from "yaml";
import type { Problem } from "../../errors.ts";
import { show } from "../../text/show.ts";
import { type Node, named, type Path, type Spot } from "./positions.ts";
import { explained, type SyntaxFault } from "./syntax.ts";

/** Deeper than any policy; keeps every later walk off the end of the stack. */
const MAX_DEPTH = 50;
/** Values that aliases may add to a file: more is an attack ("billion laughs") or a mistake. */
const MAX_ALIASED = 10_000;
/** Constructs open at once: the library composes by recursion, and takes gigabytes before it gives up. */
const MAX_STACK = 2 * MAX_DEPTH;
/** Far more than a policy of 100,000 lines. */
const MAX_LEXEMES = 2_000_000;
/** Mistakes in the syntax follow from one another; more of them help nobody. */
const MAX_SYNTAX_FAULTS = 20;

/** What a file holds. `root` is null where the text is not YAML or is empty; `problems` then says so. */
export interface Read {
  root: Node | null;
  problems: Problem[];
}

/** Parses one YAML 1.2 document. Throws nothing: whatever is wrong is a problem. */
export function readDocument(file: string, text: string): Read {
  const lines = new LineCounter();
  const spot = (offset: number): Spot => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const { document, faults } = compose(text, lines);
  const problems = faults.map(({ offset, message }) => ({ file, ...spot(offset), message }));
  if (!document) return { root: null, problems };
  const walk = new Walk(file, spot, problems);
  const root = walk.visit(document.contents, [], null, { line: 1, column: 1 });
  if (root.content !== null) return { root, problems };
  return { root: null, problems: [...problems, { file, line: 1, column: 1, message: "is empty" }] };
}

/** The library's document; null where the syntax is wrong. Warnings (unknown tags) are faults of a good one. */
function compose(
  text: string,
  lines: LineCounter,
): { document: Document.Parsed | null; faults: SyntaxFault[] } {
  const excess: SyntaxFault[] = [];
  const composer = new Composer({
    version: "1.2",
    merge: false,
    resolveKnownTags: false,
    // Own check below: the library's compares all pairs, and does not say where the first one is.
    uniqueKeys: false,
  });
  const documents = [...composer.compose(boundedTokens(text, lines, excess), true, text.length)];
  const [document, second] = documents;
  if (excess.length > 0 || !document) return { document: null, faults: excess };
  const { explicit, version } = document.directives.yaml;
  if (explicit && version !== "1.2") {
    const message = `policies are YAML 1.2: remove the line "%YAML ${version}"`;
    return { document: null, faults: [{ offset: 0, message }] };
  }
  const faults = explained(text, [...document.errors, ...document.warnings]);
  if (second) {
    const message = "a second document begins here (---): one file holds one";
    faults.push({ offset: second.range[0], message });
  }
  const broken = second !== undefined || document.errors.length > 0;
  return { document: broken ? null : document, faults: faults.slice(0, MAX_SYNTAX_FAULTS) };
}

/** The library's tokens, until the text is nested too deeply or too large to be composed safely. */
function* boundedTokens(text: string, lines: LineCounter, excess: SyntaxFault[]) {
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    lexemes += 1;
    const message =
      parser.stack.length > MAX_STACK
        ? "is nested too deeply"
        : lexemes > MAX_LEXEMES && "holds too much: split it";
    if (message) {
      excess.push({ offset: parser.offset, message });
      return;
    }
  }
  yield* parser.end();
}

/** Turns the library's nodes into ours, unfolding aliases and checking keys on the way. */
class Walk {
  readonly #file: string;
  readonly #spot: (offset: number) => Spot;
  readonly #problems: Problem[];
  /** Anchors so far; null while the value that carries one is still being read. */
  readonly #anchors = new Map<string, Node | null>();
  #aliased = 0;

  constructor(file: string, spot: (offset: number) => Spot, problems: Problem[]) {
    this.#file = file;
    this.#spot = spot;
    this.#problems = problems;
  }

  /** `fallback` is where to point at for a value that takes no room in the file. */
  visit(item: unknown, path: Path, key: Spot | null, fallback: Spot): Node {
    const range = (item as { range?: [number, number, number] | null } | null)?.range;
    const node: Node = {
      path,
      key,
      at: range ? this.#spot(range[0]) : fallback,
      text: null,
      content: null,
    };
    if (path.length > MAX_DEPTH) return this.#refuse(node, "is nested too deeply");
    if (isAlias(item)) return this.#unfold(item.source, node);
    const anchor = (item as { anchor?: string } | null)?.anchor;
    if (anchor) this.#anchors.set(anchor, null);
    if (isMap(item)) node.content = this.#mapping(item.items, path);
    else if (isSeq(item)) {
      node.content = item.items.map((entry, i) => this.visit(entry, [...path, i], null, node.at));
    } else if (isScalar(item)) {
      node.content = item.value as string | number | boolean | null;
      node.text = item.source ?? "";
      const fault = emptyFault(item, node);
      if (fault !== null) {
        if (range && anchor) node.at = this.#spot(range[0] - anchor.length - 1);
        return this.#refuse(node, fault);
      }
      if (node.text === "" && node.content === null) node.at = fallback;
    }
    if (anchor) this.#anchors.set(anchor, node);
    return node;
  }

  #mapping(pairs: readonly { key: unknown; value: unknown }[], path: Path): Map<string, Node> {
    const children = new Map<string, Node>();
    for (const pair of pairs) {
      const range = (pair.key as { range?: [number, number, number] | null } | null)?.range;
      const at = this.#spot(range?.[0] ?? 0);
      const key = isScalar(pair.key) ? pair.key.value : undefined;
      const fault = keyFault(key, children);
      if (fault !== null || typeof key !== "string") this.#problem(at, path, fault ?? "");
      else children.set(key, this.visit(pair.value, [...path, key], at, at));
    }
    return children;
  }

  #unfold(anchor: string, node: Node): Node {
    const target = this.#anchors.get(anchor);
    if (target === undefined) {
      return this.#refuse(
        node,
        `*${anchor} is an alias of nothing: no &${anchor} stands before it, and a text that begins with * must be in quotes`,
      );
    }
    if (target === null) return this.#refuse(node, `*${anchor} is an alias of what it is part of`);
    const unfolded = this.#copy(target, node.path, node.key);
    return unfolded ? { ...unfolded, at: node.at } : this.#refuse(node, TOO_MANY_ALIASES);
  }

  /** The same value at another path; null where aliases have added too much already. */
  #copy(node: Node, path: Path, key: Spot | null): Node | null {
    this.#aliased += 1;
    if (this.#aliased > MAX_ALIASED || path.length > MAX_DEPTH) return null;
    const { content } = node;
    const copyOf = { ...node, path, key };
    if (Array.isArray(content)) {
      const copies = content.map((child, i) => this.#copy(child, [...path, i], child.key));
      return copies.every((c) => c !== null) ? { ...copyOf, content: copies } : null;
    }
    if (!(content instanceof Map)) return copyOf;
    const copies = new Map<string, Node>();
    for (const [name, child] of content) {
      const copy = this.#copy(child, [...path, name], child.key);
      if (!copy) return null;
      copies.set(name, copy);
    }
    return { ...copyOf, content: copies };
  }

  #refuse(node: Node, message: string): Node {
    this.#problem(node.at, node.path, message);
    // As a scalar, so that whatever else is wrong with it is found at the same place, and left unsaid.
    return { ...node, text: "" };
  }

  #problem(at: Spot, path: Path, message: string): void {
    // A flood of aliases is one mistake.
    if (message === TOO_MANY_ALIASES && this.#problems.some((p) => p.message.endsWith(message))) {
      return;
    }
    this.#problems.push({ file: this.#file, ...at, message: named(path, message) });
  }
}

const TOO_MANY_ALIASES = `aliases unfold to more than ${MAX_ALIASED} values`;

/** `&x` and `>20` are a name and the beginning of a text of several lines, with nothing in either. */
function emptyFault(item: Scalar, { content, text }: Node): string | null {
  const nothing = content === null && text === "";
  if (nothing && item.anchor !== undefined) {
    return "& begins the name of a value, and there is none: put a text that begins with & in quotes";
  }
  const folded = item.type === "BLOCK_FOLDED" || item.type === "BLOCK_LITERAL";
  if (!folded || content !== "") return null;
  return `${item.type === "BLOCK_FOLDED" ? ">" : "|"} begins a text of several lines, and there is none: put a text that begins with it in quotes`;
}

function keyFault(key: unknown, siblings: ReadonlyMap<string, Node>): string | null {
  if (typeof key === "number" || typeof key === "boolean") {
    return `the key ${show(key)} is read as a ${typeof key}: put it in quotes`;
  }
  if (typeof key !== "string") return "a key must be text";
  if (key === "<<") return "merge keys (<<) are not YAML 1.2: write the keys out";
  // Plain objects can't hold it as data.
  if (key === "__proto__") return 'unknown key "__proto__"';
  const first = siblings.get(key);
  return first ? `${show(key)} is given twice: it is already in line ${first.key?.line}` : null;
}
