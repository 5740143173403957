/** What src/ can say to a user: the texts of its errors, of the faults of policies and of notices, read from the sources. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript";

export interface Sentence {
  /** `…` stands where the code puts a value. */
  text: string;
  /** file:line */
  place: string;
}

/** Where texts are faults of what a user wrote. */
const IS_CHECKED =
  /^src\/(?:policy\/|checkout\/load\.ts|policy-tests\/(?:load|parse|schema|when)\.ts)/;

/** Calls there whose texts explain the schema, or are patterns. */
const NOT_FAULTS = new Set([
  "describe",
  "meta",
  "regex",
  "RegExp",
  "reason",
  "limit",
  "jsonSchema",
]);

async function sourcesOf(root: string, folder: string): Promise<ts.SourceFile[]> {
  const names = await readdir(join(root, folder), { recursive: true });
  const files = names.filter((name) => name.endsWith(".ts")).sort();
  return Promise.all(
    files.map(async (name) => {
      const text = await readFile(join(root, folder, name), "utf8");
      return ts.createSourceFile(`${folder}/${name}`, text, ts.ScriptTarget.Latest, true);
    }),
  );
}

/** Every text in the sources of the product and of its deployment; `…` stands where the code puts a value. */
export async function literals(root: string): Promise<string[]> {
  const sources = [...(await sourcesOf(root, "src")), ...(await sourcesOf(root, "infra"))];
  const found: string[] = [];
  for (const source of sources) {
    visit(source, (node) => {
      const text = textOf(node);
      if (text !== null) found.push(text);
      return node;
    });
  }
  return found;
}

/** All that may stand in a CurfewError, in a fault of a policy or in a notice. */
export async function sentences(root: string): Promise<Sentence[]> {
  const sources = await sourcesOf(root, "src");
  const errors = errorNames(sources);
  return sources.flatMap((source) => {
    const found = new Map<ts.Node, string>();
    const policy = IS_CHECKED.test(source.fileName);
    visit(source, (node) => {
      if (policy && ts.isCallExpression(node) && NOT_FAULTS.has(nameOf(node.expression))) {
        return node.expression;
      }
      if (ts.isNewExpression(node) && errors.has(nameOf(node.expression))) {
        const [message] = node.arguments ?? [];
        if (message) spoken(message, source, found);
      } else if (isNotice(node)) {
        spoken(node.initializer, source, found);
      } else if (policy && textOf(node) !== null && !isName(node)) {
        spoken(node, source, found);
        return null;
      }
      return node;
    });
    return [...found].map(([node, text]) => {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      return { text, place: `${source.fileName}:${line + 1}` };
    });
  });
}

/** Visits all nodes; `see` says whose children are next, or null for none. */
function visit(node: ts.Node, see: (node: ts.Node) => ts.Node | null): void {
  const next = see(node);
  if (!next) return;
  if (next !== node) visit(next, see);
  else node.forEachChild((child) => visit(child, see));
}

/** The classes that extend CurfewError, over some generations. */
function errorNames(sources: readonly ts.SourceFile[]): Set<string> {
  const names = new Set(["CurfewError"]);
  for (let before = 0; before < names.size; ) {
    before = names.size;
    for (const source of sources) {
      visit(source, (node) => {
        if (ts.isClassDeclaration(node) && node.name) {
          const parents = node.heritageClauses?.flatMap(({ types }) => [...types]) ?? [];
          if (parents.some(({ expression }) => names.has(nameOf(expression)))) {
            names.add(node.name.text);
          }
        }
        return node;
      });
    }
  }
  return names;
}

function nameOf(expression: ts.Expression): string {
  if (ts.isPropertyAccessExpression(expression)) return expression.name.text;
  return ts.isIdentifier(expression) ? expression.text : "";
}

/** A `message` beside a `kind`. */
function isNotice(node: ts.Node): node is ts.PropertyAssignment {
  return (
    ts.isPropertyAssignment(node) &&
    node.name.getText() === "message" &&
    node.parent.properties.some(({ name }) => name?.getText() === "kind")
  );
}

function isName(node: ts.Node): boolean {
  const { parent } = node;
  return (
    ts.isImportDeclaration(parent) ||
    ts.isLiteralTypeNode(parent) ||
    (ts.isPropertyAssignment(parent) && (parent.name === node || parent.name.getText() === "name"))
  );
}

/** The texts that an expression may become, followed through names and functions of its file. */
function spoken(node: ts.Node, source: ts.SourceFile, found: Map<ts.Node, string>): void {
  if (found.has(node)) return;
  const text = textOf(node);
  if (text !== null) {
    if ((text.match(/[A-Za-z']{2,}/g)?.length ?? 0) >= 3 && /\s/.test(text)) found.set(node, text);
  } else if (ts.isConditionalExpression(node)) {
    spoken(node.whenTrue, source, found);
    spoken(node.whenFalse, source, found);
  } else if (ts.isParenthesizedExpression(node)) {
    spoken(node.expression, source, found);
  } else if (ts.isIdentifier(node)) {
    for (const value of declared(node.text, source)) spoken(value, source, found);
  } else if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
    for (const value of returned(node.expression.text, source)) spoken(value, source, found);
  }
}

function declared(name: string, source: ts.SourceFile): ts.Expression[] {
  const values: ts.Expression[] = [];
  visit(source, (node) => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === name && node.initializer) {
      values.push(node.initializer);
    }
    return node;
  });
  return values;
}

function returned(name: string, source: ts.SourceFile): ts.Expression[] {
  const values: ts.Expression[] = [];
  visit(source, (node) => {
    if (!ts.isFunctionDeclaration(node) || node.name?.text !== name || !node.body) return node;
    visit(node.body, (inner) => {
      if (ts.isReturnStatement(inner) && inner.expression) values.push(inner.expression);
      return inner;
    });
    return null;
  });
  return values;
}

/** The text of a literal, a template or a sum of them; null of anything else. */
function textOf(node: ts.Node): string | null {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join("…");
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const sides = [textOf(node.left), textOf(node.right)];
    if (sides.some((side) => side !== null)) return sides.map((side) => side ?? "…").join("");
  }
  return null;
}
