/** Values of policy files that know where they are written. */
import type { Problem } from "../../errors.ts";
import type { Source, Written } from "../../model/vocabulary.ts";

/** A place in a file; both count from 1. */
export interface Spot {
  line: number;
  column: number;
}

/** The keys and list indices that lead from the top of a file to a value. */
export type Path = readonly (string | number)[];

/** A value of a file, as YAML has it, and all below it. */
export interface Node {
  path: Path;
  /** Where its key stands; null for an entry of a list and for the whole file. */
  key: Spot | null;
  at: Spot;
  /** How a scalar is written, e.g. `0012` for the number 12; null for lists and mappings. */
  text: string | null;
  content: Map<string, Node> | Node[] | string | number | boolean | null;
}

/** A checked value together with the place it was written. */
export interface Placed<T> {
  value: T;
  file: string;
  node: Node;
}

/** The node at a path below another, or undefined. */
export function nodeAt(root: Node, path: Path): Node | undefined {
  let node: Node | undefined = root;
  for (const step of path) {
    const content: Node["content"] | undefined = node?.content;
    if (content instanceof Map) node = content.get(String(step));
    else if (Array.isArray(content)) node = content[Number(step)];
    else return undefined;
  }
  return node;
}

/**
 * A node as plain JavaScript data. A `length` that is no plain value becomes null: zod compares the length of
 * whatever has one, and fails on an object. No policy means such a key, and null is refused everywhere.
 */
export function plain(node: Node): unknown {
  const { content } = node;
  if (Array.isArray(content)) return content.map(plain);
  if (!(content instanceof Map)) return content;
  const entries = [...content].map(([key, child]) => {
    const value = plain(child);
    return [key, key === "length" && typeof value === "object" ? null : value];
  });
  return Object.fromEntries(entries);
}

/** What stands under `key` in each of several mappings; those without it are passed over. */
export function below<T extends object, K extends keyof T & string>(
  from: readonly Placed<T>[],
  key: K,
): Placed<Exclude<T[K], undefined>>[] {
  return from.flatMap(({ value, file, node }) => {
    const child = nodeAt(node, [key]);
    const part = value[key];
    if (part === undefined || !child) return [];
    return [{ value: part as Exclude<T[K], undefined>, file, node: child }];
  });
}

/** The entries of several lists as one list. */
export function entries<T>(lists: readonly Placed<readonly T[]>[]): Placed<T>[] {
  return lists.flatMap(({ value, file, node }) =>
    value.flatMap((entry, index) => {
      const child = nodeAt(node, [index]);
      return child ? [{ value: entry, file, node: child }] : [];
    }),
  );
}

/** Where a value is written: the line of its key, or of the entry. */
export function sourceOf({ file, node }: Placed<unknown>): Source {
  return { file, line: (node.key ?? node.at).line };
}

/** A value in the form in which a Policy holds it. */
export function written<T>(placed: Placed<T>): Written<T> {
  return { value: placed.value, source: sourceOf(placed) };
}

/** `policies/production.yaml:18`, for messages that name a second place. */
export function placeName(placed: Placed<unknown>): string {
  const { file, line } = sourceOf(placed);
  return `${file}:${line}`;
}

/** A problem with a value, or with what stands at `path` below it where there is such a thing. */
export function problemAt(placed: Placed<unknown>, message: string, path: Path = []): Problem {
  const node = nodeAt(placed.node, path) ?? placed.node;
  return { file: placed.file, ...spotOf(node), message: named(node.path, message) };
}

/** Where to point at: a scalar itself, but the key of a list or mapping. */
export function spotOf(node: Node): Spot {
  return node.text === null ? (node.key ?? node.at) : node.at;
}

/** `users.locked[0].user: message`; the message alone for the whole file. */
export function named(path: Path, message: string): string {
  return path.length === 0 ? message : `${pathName(path)}: ${message}`;
}

/** A path as people write it; keys that are not plain words are quoted. */
function pathName(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      if (!/^[\w-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join("");
}
