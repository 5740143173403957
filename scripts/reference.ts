/**
 * Writes docs/reference.md, the reference of the policy file, from its JSON Schema (`npm run reference`).
 * What it says of a key stands in src/policy/schema/; a test compares the file with what this makes.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { policyJsonSchema } from "../src/policy/schema/jsonschema.ts";

/** The part of JSON Schema that the policy's schema uses. */
export interface Part {
  type?: string | readonly string[];
  description?: string;
  const?: unknown;
  enum?: readonly unknown[];
  anyOf?: readonly Part[];
  /** One for each provider. */
  oneOf?: readonly Part[];
  items?: Part;
  properties?: Record<string, Part>;
  required?: readonly string[];
  additionalProperties?: Part | false;
  minItems?: number;
  minProperties?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  default?: unknown;
  examples?: readonly unknown[];
  "x-unit"?: string;
}

const HEAD = `# The policy file

Every key of a policy, made from its schema by \`npm run reference\`. [policies/production.yaml](../policies/production.yaml) shows most of them with the reason for each, the [guide](guide.md) where to begin.

Editors know all this too. With the first line

\`\`\`yaml
# yaml-language-server: $schema=../schema/policy.schema.json
\`\`\`

they complete keys, show what each means, and mark what is wrong. \`curfew schema\` prints the schema.

- **Unknown keys are errors**, and so is a key that is given twice.
- **\`null\` is never a value.** A key with nothing behind it is an error. What is not meant is left out.
- **Absent and empty differ.** An absent section manages nothing. An empty list says that there is none: where that would lift all locks, or ban all devices, it needs \`allowEmpty: true\` beside it.
- **Fragments** (\`include\`) hold all sections but \`version\`, \`target\`, \`enforcement\`, \`rollout\`, \`include\` and \`planExpires\`. Their lists are joined; the same entry twice is an error.

| what a value is | how it is written |
| --- | --- |
| duration | whole numbers with \`m\`, \`h\`, \`d\` or \`w\`: \`30d\`, \`1d12h\`; more than none, at most 100 years |
| instant | a date, \`2027-01-31\`, or a date and a time with an offset, \`2027-01-31T17:00:00+02:00\`. A date means its start in UTC, for \`until\` its end |
| time of day | \`"04:00"\`, in quotes, up to \`"23:59"\` |
| IANA time zone | \`Africa/Johannesburg\`; no offset, for it knows nothing of summer time |
| semver range | \`">=20.6.1"\`, in quotes |
| reference | \`env:NAME\` or \`aws-secret:NAME\`: where a secret is, never the secret |
| place | a folder, or \`s3://bucket/prefix\` |
| text | never blank. An id has no spaces around it, and is in quotes where YAML would read it as a number |
`;

/** The whole document. */
export function reference(schema: Part = policyJsonSchema() as Part): string {
  const sections: Section[] = [];
  collect("", schema, sections);
  return [HEAD, ...sections.map((section) => rendered(section, sections))].join("\n");
}

interface Section {
  /** The path of the mapping, `[]` for an entry of a list and `NAME` for a key of one's own; "" at the top. */
  path: string;
  part: Part;
  /** The paths of mappings with the same keys. */
  also: string[];
}

/** All mappings with keys of their own, depth first; those with the same keys once. */
function collect(path: string, part: Part, found: Section[]): void {
  if (part.properties) {
    const same = sameKeys(part, found);
    if (same) {
      same.also.push(path);
      return;
    }
    found.push({ path, part, also: [] });
    for (const [key, child] of Object.entries(part.properties)) {
      collect(path === "" ? key : `${path}.${key}`, child, found);
    }
  }
  for (const alternative of part.anyOf ?? []) collect(path, alternative, found);
  for (const alternative of part.oneOf ?? [])
    collect(pathFor(path, alternative), alternative, found);
  if (part.items) collect(`${path}[]`, part.items, found);
  if (part.additionalProperties) collect(`${path}.NAME`, part.additionalProperties, found);
}

/** The path of the mapping of one provider, e.g. `target (slingr)`. */
function pathFor(path: string, { properties }: Part): string {
  return `${path} (${properties?.provider?.const})`;
}

function sameKeys({ properties }: Part, sections: readonly Section[]): Section | undefined {
  const keys = JSON.stringify(properties);
  return sections.find(({ part }) => JSON.stringify(part.properties) === keys);
}

function rendered({ path, part, also }: Section, sections: readonly Section[]): string {
  const rows = Object.entries(part.properties ?? {}).map(([key, child]) =>
    row(key, child, part, sections),
  );
  const shared = also.map((other) => `\`${other}\``).join(", ");
  const about = shared ? `Also the keys of ${shared}.` : path === "" ? "" : part.description;
  return [
    `## ${path === "" ? "The top level" : `\`${path}\``}`,
    "",
    ...(about ? [about, ""] : []),
    "| key | value | where absent | example | meaning |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function row(key: string, part: Part, parent: Part, sections: readonly Section[]): string {
  const absent = parent.required?.includes(key)
    ? "**required**"
    : part.default === undefined
      ? "–"
      : code(part.default);
  const examples = (part.examples ?? []).map(code).join(", ") || "–";
  const guarded = part.type === "array" && /allowEmpty/.test(part.description ?? "");
  const value = [kind(part, sections), emptiness(part, guarded)].filter(Boolean).join("; ");
  return `| \`${key}\` | ${value} | ${absent} | ${examples} | ${cell(part.description ?? "")} |`;
}

/** What a value is, with its unit and its bounds. */
function kind(part: Part, sections: readonly Section[]): string {
  if (part.const !== undefined) return code(part.const);
  if (part.enum) return part.enum.map(code).join(", ");
  if (part.anyOf) return part.anyOf.map((one) => kind(one, sections)).join(", or ");
  if (part.oneOf) return part.oneOf.map((one) => forProvider(one, sections)).join(", ");
  if (Array.isArray(part.type)) {
    return part.type.map((type) => kind({ ...part, type }, sections)).join(", or ");
  }
  const unit = part["x-unit"];
  switch (part.type) {
    case "array":
      return `list: ${kind(part.items ?? {}, sections)}`;
    case "object":
      return mapping(part, sections);
    case "boolean":
      return "`true`, `false`";
    case "integer":
      return `whole number${unit ? ` of ${unit}` : ""}${bounds(part)}`;
    case "number":
      return `${unit ?? "number"}${bounds(part)}`;
    default:
      return unit ?? "text";
  }
}

function forProvider(part: Part, sections: readonly Section[]): string {
  const own = sameKeys(part, sections);
  return `[for ${part.properties?.provider?.const}](#${slug(own?.path ?? "")})`;
}

function mapping(part: Part, sections: readonly Section[]): string {
  const own = sameKeys(part, sections);
  if (own) return `[keys](#${slug(own.path)})`;
  const values = part.additionalProperties || {};
  const inner = sameKeys(values, sections);
  return inner
    ? `[keys by name](#${slug(inner.path)})`
    : `keys and values: ${kind(values, sections)}`;
}

function bounds({ minimum, maximum, exclusiveMinimum }: Part): string {
  if (minimum !== undefined && maximum !== undefined) return `, ${minimum} to ${maximum}`;
  const least = exclusiveMinimum === undefined ? [] : [`more than ${exclusiveMinimum}`];
  if (minimum !== undefined) least.push(`at least ${minimum}`);
  if (maximum !== undefined) least.push(`at most ${maximum}`);
  return least.map((bound) => `, ${bound}`).join("");
}

/** Whether a list or a mapping may be empty; nothing of other values. */
function emptiness(part: Part, guarded: boolean): string {
  if (part.anyOf) return part.anyOf.map((one) => emptiness(one, false)).find(Boolean) ?? "";
  if (part.type !== "array" && part.type !== "object") return "";
  if (guarded) return "empty with `allowEmpty`";
  const filled = part.minItems || part.minProperties || part.required?.length;
  return filled ? "not empty" : "may be empty";
}

/** A value as YAML in one line. */
function code(value: unknown): string {
  const text = stringify(value, { collectionStyle: "flow", lineWidth: 0 })
    .replace(/^\[ (.*) \]\n$/, "[$1]")
    .trim();
  return `\`${cell(text)}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

/** The anchor that Markdown makes of a heading. */
function slug(path: string): string {
  return path
    .toLowerCase()
    .replace(/[^\w -]/g, "")
    .replaceAll(" ", "-");
}

if (import.meta.main) {
  await writeFile(join(import.meta.dirname, "..", "docs", "reference.md"), reference());
}
