/** The text of one file → its checked content and all its faults. */
import type * as z from "zod";
import type { Problem } from "../../errors.ts";
import { type Fragment, fragmentSchema, type PolicyFile, policySchema } from "../schema/policy.ts";
import { readDocument } from "./document.ts";
import { type ContentFault, faultsOf, noMessage } from "./issues.ts";
import { type Node, nodeAt, type Path, type Placed, plain } from "./positions.ts";

/** A file as far as it can be understood. */
export interface Parsed {
  /** The sections; faulty values are left out, so that the rest is still checked. */
  sections: Placed<Fragment> | null;
  /** What was left out: nothing may be concluded from its absence. */
  damaged: Path[];
  problems: Problem[];
  /** The paths of `include`, with their places. */
  includes: Placed<string>[];
}

/** A policy file; `policy` is null where it has any fault. */
export interface ParsedPolicy extends Parsed {
  policy: Placed<PolicyFile> | null;
}

/** Parses a policy file. Throws nothing. */
export function parsePolicy(file: string, text: string): ParsedPolicy {
  const { root, problems } = readDocument(file, text);
  if (!root) return { ...UNREADABLE, policy: null, problems };
  if (root.content instanceof Map && !root.content.has("version") && !root.content.has("target")) {
    const message =
      "is not a policy: it has neither version nor target (keep fragments in a sub-folder, and include them)";
    return { ...UNREADABLE, policy: null, problems: [...problems, { file, ...root.at, message }] };
  }
  const result = policySchema.safeParse(plain(root), noMessage);
  const includes = includesOf(root, file);
  if (result.success) {
    const policy = { value: result.data, file, node: root };
    return { policy, sections: policy, damaged: [], problems, includes };
  }
  const faults = faultsOf(result.error.issues, root, policySchema, file, {});
  return { ...salvage(root, file, faults, problems), policy: null, includes };
}

const ELSEWHERE: Record<string, string> = {
  ...Object.fromEntries(
    Object.keys(policySchema.shape).map((key) => [
      key,
      `"${key}" belongs in the policy file itself, not in an included fragment`,
    ]),
  ),
  include: '"include" does not nest: include the file from the policy itself',
};

/** Parses a fragment that a policy includes. Throws nothing. */
export function parseFragment(file: string, text: string): Parsed {
  const { root, problems } = readDocument(file, text);
  if (!root) return { ...UNREADABLE, problems };
  const result = fragmentSchema.safeParse(plain(root), noMessage);
  if (result.success) {
    const sections = { value: result.data, file, node: root };
    return { sections, damaged: [], problems, includes: [] };
  }
  const faults = faultsOf(result.error.issues, root, fragmentSchema, file, ELSEWHERE);
  return { ...salvage(root, file, faults, problems), includes: [] };
}

const UNREADABLE: Omit<Parsed, "problems"> = {
  sections: null,
  // The empty path stands for everything.
  damaged: [[]],
  includes: [],
};

/** Cuts out what is faulty until the schema takes the sections that remain. */
function salvage(
  root: Node,
  file: string,
  faults: readonly ContentFault[],
  before: readonly Problem[],
) {
  // What the reader refused has no value, and need not be called empty as well.
  const place = ({ line, column }: Problem) => `${line}:${column}`;
  const refused = new Set(before.map(place));
  const news = faults.map(({ problem }) => problem).filter((p) => !refused.has(place(p)));
  const problems = [...before, ...news];
  const damaged: Path[] = [];
  let rest: Node | null = onlySections(root);
  // A key that the top level lacks (version, target) says nothing against the sections.
  let cut = faults.map(({ path }) => path).filter((path) => path.length > 0);
  while (rest) {
    damaged.push(...cut);
    rest = without(rest, cut);
    if (!rest) break;
    const result: z.ZodSafeParseResult<Fragment> = fragmentSchema.safeParse(plain(rest), noMessage);
    if (result.success) {
      return { sections: { value: result.data, file, node: rest }, damaged, problems };
    }
    // Required keys that were cut take their entry with them; their paths are those of the tree as it is now.
    cut = faultsOf(result.error.issues, rest, fragmentSchema, file, {}).map(({ path }) =>
      original(rest, path),
    );
  }
  return { sections: null, damaged: [...damaged, []], problems };
}

function onlySections(root: Node): Node | null {
  if (!(root.content instanceof Map)) return null;
  const kept = [...root.content].filter(([key]) => Object.hasOwn(fragmentSchema.shape, key));
  return { ...root, content: new Map(kept) };
}

/** Lists close up when an entry is cut; every node still knows the path at which it was read. */
function original(root: Node | null, path: Path): Path {
  return (root && nodeAt(root, path)?.path) ?? path;
}

/** The tree without the nodes that were read at these paths; null where that is all of it. */
function without(node: Node, paths: readonly Path[]): Node | null {
  const gone = new Set(paths.map((path) => JSON.stringify(path)));
  const keep = (child: Node): Node | null => {
    if (gone.has(JSON.stringify(child.path))) return null;
    const { content } = child;
    if (Array.isArray(content)) {
      return { ...child, content: content.map(keep).filter((c) => c !== null) };
    }
    if (!(content instanceof Map)) return child;
    const kept = [...content].flatMap(([key, c]): [string, Node][] => {
      const left = keep(c);
      return left ? [[key, left]] : [];
    });
    return { ...child, content: new Map(kept) };
  };
  return keep(node);
}

function includesOf(root: Node, file: string): Placed<string>[] {
  const list = nodeAt(root, ["include"])?.content;
  if (!Array.isArray(list)) return [];
  return list.flatMap((node) =>
    typeof node.content === "string" ? [{ value: node.content, file, node }] : [],
  );
}
