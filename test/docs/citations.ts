/** What a text of this repository cites, and whether it is there: files, headings and items of pages, links. */
import path from "node:path";

/** The repository as the finder sees it. */
export interface Repository {
  /** Relative to its top, with slashes. */
  files: readonly string[];
  read(file: string): string;
}

/** Citations of what is not there, as `file:line: what`. */
export function faultsOf(file: string, text: string, repository: Repository): string[] {
  const found = FINDERS.flatMap((find) => find(file, text, repository));
  const lineOf = (index: number) => text.slice(0, index).split("\n").length;
  return found
    .sort((a, b) => a.index - b.index)
    .map(({ index, what }) => `${file}:${lineOf(index)}: ${what}`);
}

interface Fault {
  index: number;
  what: string;
}
type Finder = (file: string, text: string, repository: Repository) => Fault[];

const PLACES = "docs|src|test|scripts|infra|templates|schema|bench";

/** `docs/x.md`, `src/plan/`, `test/**` and the like; a pattern must match something. */
const paths: Finder = (_, text, { files }) =>
  each(text, new RegExp(`(?<![\\w./@$~*-])(?:${PLACES})/[\\w.*/-]*[\\w*]`, "g"), ([cited]) => {
    if (cited.includes("*")) {
      const there = files.some((name) => path.matchesGlob(name, cited));
      return there ? null : `${cited} matches no file`;
    }
    const there = files.some((name) => name === cited || name.startsWith(`${cited}/`));
    return there ? null : `${cited} does not exist`;
  });

/** A file of code by the end of its path: `decide.ts`, `inventory/read.ts`. */
const code: Finder = (_, text, { files }) =>
  each(
    text,
    /(?<![\w./@$~*[\]-])(?:\.{0,2}\/)*((?:[\w-]+\/)*[\w-][\w.-]*\.ts)\b/g,
    ([, name = ""]) => {
      if (name.endsWith(".d.ts") || new RegExp(`^(?:${PLACES})/`).test(name)) return null;
      return files.some((file) => `/${file}`.endsWith(`/${name}`)) ? null : `there is no ${name}`;
    },
  );

/** Between the words of a citation, also where a comment goes on in the next line. */
const GAP = String.raw`(?:[ \t]|\n[ \t]*(?:\*|//|#)?)+`;
const QUOTED = String.raw`\\?"[^"\\]+\\?"`;
const HEADED = new RegExp(
  String.raw`([\w/.-]+\.md),${GAP}(?:(${QUOTED}(?:${GAP}and${GAP}${QUOTED})*)(?:${GAP}(\d+)\b)?|(?=\d))`,
  "g",
);

/** `docs/x.md, "Heading"`, `"Heading" and "Another"`, and `"Heading" 3` for an item or a row under it. */
const headings: Finder = (_, text, { files, read }) =>
  each(text, HEADED, ([, page = "", names, item]) => {
    if (!files.includes(page)) return null; // One of docs/ is told by `paths`.
    if (names === undefined) return `${page} is cited by a number: name the heading, too`;
    const cited = [...names.matchAll(/"([^"\\]+)\\?"/g)].map(([, name = ""]) =>
      name.replace(new RegExp(GAP, "g"), " "),
    );
    const sections = sectionsOf(read(page));
    const missing = cited.find((name) => !sections.has(name));
    if (missing !== undefined) return `${page} has no heading "${missing}"`;
    const under = sections.get(cited.at(-1) ?? "") ?? "";
    if (item === undefined || new RegExp(`^(?:${item}\\. |\\| ${item} \\|)`, "m").test(under))
      return null;
    return `${page}, "${cited.at(-1)}" has no ${item}`;
  });

/** Documents that are no part of the repository. */
const strangers: Finder = (_, text) =>
  each(
    text,
    /(?<![\w/.-])(?:(?:SPEC|DESIGN)\b(?:\.md)?|(?:backends|port|found|anchors)\.md\b)/g,
    ([cited]) => `${cited} is no document of this repository`,
  );

/** `docs/x.md#anchor`, and in a page every link that leads into the repository. */
const links: Finder = (file, text, repository) => {
  const anchored = each(
    text,
    /(?<![\w./(-])(docs\/[\w/.-]+\.md)#([\w-]*\w)\b(?!-)/g,
    ([, page = "", anchor]) => linkFault("", `${page}#${anchor}`, repository),
  );
  if (!file.endsWith(".md")) return anchored;
  const shown = prose(text).matchAll(/\]\(([^()\s]+)\)/g);
  const followed = [...shown].flatMap(({ 1: target = "" }) => {
    const what = linkFault(file, target, repository);
    return what === null ? [] : [{ index: text.indexOf(`](${target})`), what }];
  });
  return [...anchored, ...followed];
};

function linkFault(from: string, target: string, { files, read }: Repository): string | null {
  if (/^[a-z]+:/.test(target)) return null;
  const [way = "", anchor] = target.split("#");
  const to = (way === "" ? from : path.posix.join(path.posix.dirname(from), way)).replace(
    /\/$/,
    "",
  );
  if (to.startsWith("..")) return `${target} leads out of the repository`;
  if (!files.some((name) => name === to || name.startsWith(`${to}/`)))
    return `${target} does not exist`;
  if (anchor === undefined || !to.endsWith(".md")) return null;
  return anchorsOf(read(to)).has(anchor) ? null : `${target}: no heading makes this anchor`;
}

const FINDERS: readonly Finder[] = [paths, code, headings, strangers, links];

function each(
  text: string,
  pattern: RegExp,
  judge: (match: RegExpExecArray) => string | null,
): Fault[] {
  return [...text.matchAll(pattern)].flatMap((match) => {
    const what = judge(match);
    return what === null ? [] : [{ index: match.index, what }];
  });
}

/** A page without its fenced blocks. */
function unfenced(text: string): string {
  return text.replace(/^ *```[\s\S]*?^ *```/gm, "");
}

/** The page without its fenced blocks and code spans. */
function prose(text: string): string {
  return unfenced(text).replace(/(`+)[^\n]*?\1/g, "``");
}

/** What stands under each heading, up to the next of its level or above. */
function sectionsOf(text: string): Map<string, string> {
  const found = new Map<string, string>();
  const open: { level: number; name: string }[] = [];
  for (const line of unfenced(text).split("\n")) {
    const [, marks, name] = /^(#+) (.+)$/.exec(line) ?? [];
    if (marks !== undefined && name !== undefined) {
      while ((open.at(-1)?.level ?? 0) >= marks.length) open.pop();
      open.push({ level: marks.length, name });
    }
    for (const one of open) found.set(one.name, `${found.get(one.name) ?? ""}${line}\n`);
  }
  return found;
}

/** The anchors that GitHub makes of headings. */
function anchorsOf(text: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = [...unfenced(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-");
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    return before === 0 ? slug : `${slug}-${before}`;
  });
  return new Set(anchors);
}
