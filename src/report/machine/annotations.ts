/**
 * GitHub's workflow commands: lines of a log that become annotations on lines of files. The form and the escapes are
 * those of GitHub's "Workflow commands for GitHub Actions". Nothing in a message or a name can begin a line of its own.
 */
import { clip, printable, withoutOrders } from "../../text/safe.ts";
import { number } from "../../text/words.ts";

const LEVELS = ["error", "warning", "notice"] as const;
export type Level = (typeof LEVELS)[number];

/** One remark about a line of a file, or about the whole. */
export interface Annotation {
  level: Level;
  title: string;
  message: string;
  file?: string;
  line?: number;
  column?: number;
}

/** GitHub shows so many of each level a step. */
const SHOWN = 10;
const LONGEST_TITLE = 120;
const LONGEST_MESSAGE = 2_000;

/**
 * The annotations as orders to the runner, errors first, the order within a level as it comes: the most important first.
 * Of a level with more than GitHub shows, the last one counts the rest and says that `where` has them.
 * `folder` leads from the repository's top to where file names start from: "", or with a slash at its end.
 */
export function orders(all: readonly Annotation[], where: string, folder: string): string {
  return LEVELS.flatMap((level) => {
    const some = all.filter((one) => one.level === level);
    if (some.length <= SHOWN) return some;
    const rest = some.length - SHOWN + 1;
    const message = `${number(rest)} more are not shown here; ${where} has them all.`;
    return [...some.slice(0, SHOWN - 1), { level, title: "And more", message }];
  })
    .map((one) => order(one, folder))
    .join("");
}

function order({ level, title, message, file, line, column }: Annotation, folder: string): string {
  const place =
    file === undefined
      ? []
      : [["file", inRepository(file, folder)] as const, ["line", line ?? 1] as const];
  const properties = [
    ...place,
    ...(column === undefined ? [] : [["col", column] as const]),
    ["title", clip(title, LONGEST_TITLE)] as const,
  ].map(([key, value]) => `${key}=${escapeProperty(data(String(value)))}`);
  return `::${level} ${properties.join(",")}::${escapeData(data(message))}\n`;
}

function data(text: string): string {
  const safe = printable(text);
  return withoutOrders(safe.length > LONGEST_MESSAGE ? `${clip(safe, LONGEST_MESSAGE)}` : safe);
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** A file's name seen from the top of its repository: `folder` before it, without `.` and `..` where they can go. */
export function inRepository(file: string, folder: string): string {
  const parts: string[] = [];
  for (const part of `${folder}${file}`.replaceAll("\\", "/").split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}
