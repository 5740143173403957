/** Faults of policy files as SARIF 2.1.0, for code scanning (OASIS, "Static Analysis Results Interchange Format"). */
import type { Problem } from "../../errors.ts";
import { jsonReport } from "../../text/escape.ts";
import { clip, printable } from "../../text/safe.ts";
import { number } from "../../text/words.ts";
import { inRepository } from "./annotations.ts";

const SCHEMA =
  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/** A section of the policy file is a rule; what belongs to none is the file's own. */
const RULES = {
  file: "The file can't be read as a policy, or holds what no policy holds.",
  version: "The version of the policy format.",
  target: "Which deployment the policy is for, and how it is reached.",
  enforcement: "Which rules are enforced and which are only reported.",
  rollout: "The share of users that session rules reach.",
  include: "Fragments that belong to the policy.",
  sessions: "How long a session may live, and how many a user may have.",
  devices: "Which devices may hold a session.",
  users: "Who is locked out.",
  groups: "Session rules for some users.",
  exceptions: "Laxer values for a user or a group, with an end.",
  protected: "Who is never touched.",
  limits: "How many actions a run may take.",
  windows: "When actions may be taken.",
  freeze: "Until when nothing but what it allows is done.",
  notify: "Who is told of what.",
  planExpires: "How long a saved plan is good.",
} as const;

const IDS = Object.keys(RULES) as (keyof typeof RULES)[];
/** Longer messages are cut; GitHub shows the first lines only. */
const LONGEST = 4_000;
/** More results in one run are refused by GitHub, and then none is shown. */
export const MOST_RESULTS = 25_000;

/**
 * One run with the problems, all of which are errors; a run without any closes earlier alerts. Where there are more than
 * MOST_RESULTS, the last result says how many are left out, at the place of the first of these. File names become URIs seen from the top of the
 * repository; `folder` leads from there to where they start from.
 */
export function problemsSarif(
  problems: readonly Problem[],
  version: string,
  folder: string,
  remarks: readonly Problem[] = [],
): string {
  return jsonReport({
    $schema: SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "Curfew", semanticVersion: version, rules: IDS.map(rule) } },
        columnKind: "utf16CodeUnits",
        results: [
          ...bounded(problems).map((problem) => result(problem, "error", folder)),
          ...remarks
            .slice(0, Math.max(0, MOST_RESULTS - problems.length))
            .map((remark) => result(remark, "note", folder)),
        ],
      },
    ],
  });
}

function bounded(problems: readonly Problem[]): readonly Problem[] {
  const shown = problems.slice(0, MOST_RESULTS - 1);
  const [next] = problems.slice(shown.length);
  if (problems.length <= MOST_RESULTS || !next) return problems;
  const message = `${number(problems.length - shown.length)} more errors are left out, this one among them: code scanning takes ${number(MOST_RESULTS)} results. curfew validate lists all.`;
  return [...shown, { ...next, message }];
}

function rule(id: keyof typeof RULES) {
  return {
    id: `policy/${id}`,
    shortDescription: { text: RULES[id] },
    defaultConfiguration: { level: "error" },
  };
}

function result({ file, line, column, message }: Problem, level: "error" | "note", folder: string) {
  const id = sectionOf(message);
  return {
    ruleId: `policy/${id}`,
    ruleIndex: IDS.indexOf(id),
    level,
    message: { text: textOf(message) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(file, folder), uriBaseId: "%SRCROOT%" },
          region: { startLine: line, startColumn: column },
        },
      },
    ],
  };
}

/** On one line; `[…](…)` would be a link, and braces would be placeholders (SARIF 2.1.0, 3.11.5 and 3.11.6). */
function textOf(message: string): string {
  const safe = message.length > LONGEST ? clip(message, LONGEST) : printable(message);
  return safe.replaceAll("](", "] (").replace(/[{}]/g, "$&$&");
}

/** A problem's message begins with the path of the value: `users.locked[0].user: …`. */
function sectionOf(message: string): keyof typeof RULES {
  const [, section] = /^([A-Za-z]+)(?:[.[][^\n]*?)?: /.exec(message) ?? [];
  return IDS.find((id) => id === section) ?? "file";
}

function uriOf(file: string, folder: string): string {
  return inRepository(file, folder)
    .split("/")
    .map((part) => encodeURIComponent(part.toWellFormed()))
    .join("/");
}
