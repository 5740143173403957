/** What the suite says of each kind, as Markdown: a table of providers and groups, and what was not asked and why. */
import { GROUPS } from "./checks.ts";
import type { Kind } from "./kind.ts";

/** A check that did not pass. */
export interface Failed {
  kind: Kind;
  check: string;
  error: unknown;
}

const HEAD = `# Conformance of the providers

What \`test/providers/conformance.ts\` has tried of each provider: the capabilities that it claims
(\`src/providers/catalog.ts\`), each with a world of its own on this machine. JourneyApps, Slingr and corporateacademy-auth are tried against their sandboxes.
better-auth is a real server with its admin plugin, and memory a backend of a few lines: no policy can name these two,
they show that the suite holds whatever a backend does.

A cell says how many checks passed, and how many were not asked; why not stands below. Made by
\`npm run conformance\`, and compared with the checks by every run of the tests.
`;

/** The page. Without `failed` it is what the tests, all of which must pass, make it. */
export function conformanceDocument(
  kinds: readonly Kind[],
  failed: readonly Failed[] = [],
): string {
  const rows = kinds.map((kind) => [
    kind.name,
    ...GROUPS.map((group) => cell(kind, group, failed)),
  ]);
  const titles = GROUPS.map(({ title }) => title);
  const table = [["provider", ...titles], ["---", ...titles.map(() => "---")], ...rows];
  const sections = kinds.map((kind) => section(kind));
  return [HEAD, `${table.map(row).join("\n")}\n`, ...sections].join("\n");
}

const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

function cell(kind: Kind, group: (typeof GROUPS)[number], failed: readonly Failed[]): string {
  const checks = group.checks(kind);
  const asked = checks.filter(({ skip }) => skip === null);
  const bad = failed.filter((one) => one.kind === kind && asked.some((c) => c.name === one.check));
  const parts = [
    `${asked.length - bad.length} pass`,
    ...(bad.length > 0 ? [`**${bad.length} fail**`] : []),
    ...(asked.length < checks.length ? [`${checks.length - asked.length} not asked`] : []),
  ];
  return asked.length === 0 ? "not asked" : parts.join(", ");
}

/** What was not asked of a kind, by the reason. */
function section(kind: Kind): string {
  const reasons = new Map<string, string[]>();
  for (const { title, checks } of GROUPS) {
    const all = checks(kind);
    const skipped = all.flatMap(({ name, skip }) => (skip === null ? [] : [{ name, skip }]));
    const whole = skipped.length === all.length && new Set(skipped.map((s) => s.skip)).size === 1;
    if (whole) note(reasons, skipped[0]?.skip ?? "", `all of “${title}”`);
    else for (const { name, skip } of skipped) note(reasons, skip, name);
  }
  const lines = [...reasons].map(([reason, names]) => `- ${reason}: ${names.join("; ")}`);
  const text = lines.length > 0 ? lines.join("\n") : "Everything was asked.";
  return `## ${kind.name}\n\n${text}\n`;
}

function note(reasons: Map<string, string[]>, reason: string, name: string): void {
  reasons.set(reason, [...(reasons.get(reason) ?? []), name]);
}
