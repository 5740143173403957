/** zod's issues → problems with a place in the file and a sentence for people. */
import * as z from "zod";
import type { Problem } from "../../errors.ts";
import { show } from "../../text/show.ts";
import { didYouMean, nearest } from "../../text/suggest.ts";
import { type Node, named, nodeAt, type Path, plain, spotOf } from "./positions.ts";

/** One fault of a file's content and the value that has to go for the rest to be judged. */
export interface ContentFault {
  problem: Problem;
  path: Path;
}

type Issue = z.core.$ZodIssue;

/** What zod is to say where a schema has no message of its own: nothing, so that `describe` below does. */
export const noMessage = { error: () => "" };

/** All faults that zod found in a file. `elsewhere` explains keys that are known, but belong to another kind of file. */
export function faultsOf(
  issues: readonly Issue[],
  root: Node,
  schema: z.ZodType,
  file: string,
  elsewhere: Readonly<Record<string, string>>,
): ContentFault[] {
  const all = issues.flatMap((issue) => [issue, ...hiddenBehind(issue, schema, root)]);
  return all.flatMap(inner).flatMap((issue): ContentFault[] => {
    const path = issue.path as Path;
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => {
        const at = [...path, key];
        const spot = nodeAt(root, at)?.key ?? spotOf(root);
        const hint = path.length === 0 ? elsewhere[key] : undefined;
        const message = hint ?? unknownKey(key, schema, path, root);
        return { problem: { file, ...spot, message: named(path, message) }, path: at };
      });
    }
    const node = nodeAt(root, path);
    if (node) {
      const problem = { file, ...spotOf(node), message: named(path, describe(issue, node)) };
      return [{ problem, path }];
    }
    const parent = path.slice(0, -1);
    const message = named(parent, `${show(path.at(-1))} is missing`);
    return [{ problem: { file, ...spotOf(nodeAt(root, parent) ?? root), message }, path: parent }];
  });
}

/**
 * What an unknown provider hides: the faults of the other keys, as the nearest provider would have them; where none is
 * near, as the first would, of the keys that are there.
 */
function hiddenBehind(issue: Issue, schema: z.ZodType, root: Node): Issue[] {
  const path = issue.path.slice(0, -1) as Path;
  const union = schemaAt(schema, path);
  const raw = nodeAt(root, path);
  if (issue.code !== "invalid_union" || !(union instanceof z.ZodDiscriminatedUnion) || !raw)
    return [];
  const { discriminator } = union.def;
  const value = plain(raw) as Record<string, unknown>;
  const options = new Map(
    union.options.flatMap((option) =>
      option instanceof z.ZodObject
        ? kindsOf(option, discriminator).map((kind) => [String(kind), option] as const)
        : [],
    ),
  );
  const near = nearest(String(value[discriminator] ?? ""), [...options.keys()]);
  const [first] = options.keys();
  const meant = near ?? first ?? "";
  const read = options.get(meant)?.safeParse({ ...value, [discriminator]: meant }, noMessage);
  const found = read?.error?.issues ?? [];
  const known = ({ code, path: [key] }: Issue) =>
    code !== "unrecognized_keys" && typeof key === "string" && Object.hasOwn(value, key);
  return found
    .filter((one) => near !== undefined || known(one))
    .map((one) => ({ ...one, path: [...path, ...one.path] }));
}

/** The schema at a path of keys. */
function schemaAt(schema: z.core.$ZodType, path: Path): z.core.$ZodType | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return schema;
  const below = schema instanceof z.ZodObject ? schema.shape[step] : undefined;
  return below && schemaAt(below, rest);
}

/** Of the alternatives of a union the issues of the one that was meant, judging by the kind of value. */
function inner(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union") return [issue];
  const isRoot = ({ path, code }: Issue) => path.length === 0 && code !== "unrecognized_keys";
  const meant =
    issue.errors.find((alternative) => !alternative.some(isRoot)) ??
    issue.errors.find(
      (alternative) => !alternative.some((i) => isRoot(i) && i.code === "invalid_type"),
    );
  if (!meant) return [issue];
  return meant.flatMap((part) => inner({ ...part, path: [...issue.path, ...part.path] }));
}

function unknownKey(key: string, schema: z.ZodType, path: Path, root: Node): string {
  const known = knownKeys(schema, path, root);
  const kinds = known.filter((one) => one.keys.includes(key)).map(({ kind }) => kind);
  const chosen = known.filter((one) => one.meant);
  // Of an unknown provider all keys may be meant.
  const meant = chosen.length > 0 ? chosen : known;
  if (kinds.length > 0 && chosen.length > 0) {
    const own = meant.map(({ kind }) => kind).join(" or ");
    return `${show(key)} is a key of ${kinds.join(" and ")}, not of ${own}`;
  }
  return `unknown key ${show(key)}${didYouMean(
    key,
    meant.flatMap(({ keys }) => keys),
  )}`;
}

function describe(issue: Issue, node: Node): string {
  if (node.content === null) return "is empty: give it a value or remove the line";
  if (issue.message !== "") return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return wrongType(issue.expected, node);
    case "invalid_value":
      return notOneOf(issue.values.map(String), node);
    case "too_small":
      if (issue.origin !== "number" && issue.origin !== "int") return "must not be empty";
      return `${show(node.content)} is too small: ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`;
    case "too_big":
      return `${show(node.content)} is too large: at most ${issue.maximum}`;
    case "invalid_union":
      return "options" in issue && Array.isArray(issue.options)
        ? notOneOf(issue.options.map(String), node)
        : "is not valid here";
    case "invalid_key":
      return issue.issues[0]?.message || "is not a name";
    default:
      return "is not valid here";
  }
}

function wrongType(expected: string, { content, text }: Node): string {
  const found =
    content instanceof Map ? "keys and values" : Array.isArray(content) ? "a list" : show(content);
  switch (expected) {
    case "string":
      return content instanceof Map || Array.isArray(content)
        ? `expects text, not ${found}`
        : `${text} is read as a ${typeof content}: put it in quotes, "${text}"`;
    case "boolean":
      return `expects true or false, not ${found}`;
    case "array":
      return `expects a list, not ${found}`;
    case "object":
    case "record":
      return `expects keys and values, not ${found}`;
    case "int":
      return `expects a whole number, not ${found}`;
    default:
      return `expects a ${expected}, not ${found}`;
  }
}

function notOneOf(values: readonly string[], { content }: Node): string {
  const name = typeof content === "string" ? content : "";
  // A long value where a word is meant may be a secret in the wrong place: it is not repeated.
  const long = name.length > 24 ? `a text of ${name.length} characters` : null;
  const found = long ?? (content instanceof Map ? "a mapping" : show(content));
  // "1" for 1 is a matter of quotes, not of spelling.
  const close = values.includes(name) ? "" : didYouMean(name, values);
  return values.length === 1
    ? `must be ${values[0]}, not ${found}${close}`
    : `${found} is not one of ${values.join(", ")}${close}`;
}

/** The keys of one alternative of a schema: which it is, such as `slingr`, and whether the file means that one. */
interface Keys {
  keys: string[];
  kind: string;
  meant: boolean;
}

/** The keys that the schema knows at a path, for each alternative of a union; none where it takes any. */
function knownKeys(schema: z.core.$ZodType, path: Path, at: Node | undefined): Keys[] {
  if (schema instanceof z.ZodExactOptional) return knownKeys(schema.unwrap(), path, at);
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const { discriminator } = schema.def;
    const own = at && nodeAt(at, [discriminator])?.content;
    return schema.options.flatMap((option) => {
      const [kind] = option instanceof z.ZodObject ? kindsOf(option, discriminator) : [];
      const meant = kind === own;
      return knownKeys(option, path, at).map((one) => ({ ...one, kind: String(kind), meant }));
    });
  }
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((o) => knownKeys(o, path, at));
  const [step, ...rest] = path;
  const next = step === undefined ? undefined : at && nodeAt(at, [step]);
  if (schema instanceof z.ZodArray) return knownKeys(schema.element, rest, next);
  if (schema instanceof z.ZodRecord) return knownKeys(schema.valueType, rest, next);
  if (!(schema instanceof z.ZodObject)) return [];
  if (step === undefined) return [{ keys: Object.keys(schema.shape), kind: "", meant: true }];
  const below: z.core.$ZodType | undefined = schema.shape[step];
  return below ? knownKeys(below, rest, next) : [];
}

/** The values that tell an alternative of a union from the others. */
function kindsOf({ shape }: z.ZodObject, discriminator: string): unknown[] {
  const told: unknown = shape[discriminator];
  return told instanceof z.ZodLiteral ? [...told.values] : [];
}
