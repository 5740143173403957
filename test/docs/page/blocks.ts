/** The fenced blocks of a page, with what the page says of each of them. */

export interface Block {
  language: string;
  /** Without the indentation that a list gives it. */
  text: string;
  /** Of its opening fence, from 1. */
  line: number;
  /** What a comment right above it says, which no reader sees. */
  mark: string | null;
  /** How many headings stand above it. */
  section: number;
  /** The paragraph below it; empty where another block or a heading follows. */
  after: string;
}

/** The fenced blocks of a page, from top to bottom. */
export function blocksOf(text: string): Block[] {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  let open: { block: Block; indent: number } | null = null;
  let section = 0;
  for (const [index, line] of lines.entries()) {
    const fence = /^( *)```(\w*)/.exec(line);
    if (fence && open) {
      open.block.after = paragraph(lines.slice(index + 1));
      blocks.push(open.block);
      open = null;
    } else if (fence) {
      const [, indent = "", language = ""] = fence;
      const mark = /^ *<!-- (.*) -->$/.exec(lines[index - 1] ?? "")?.[1] ?? null;
      const block = { language, text: "", line: index + 1, mark, section, after: "" };
      open = { block, indent: indent.length };
    } else if (open) {
      open.block.text += `${line.slice(open.indent)}\n`;
    } else if (line.startsWith("#")) section++;
  }
  return blocks;
}

function paragraph(lines: readonly string[]): string {
  const from = lines.findIndex((line) => line.trim() !== "");
  const rest = lines.slice(Math.max(from, 0));
  const to = rest.findIndex((line) => line.trim() === "" || /^ *(?:```|#|<!--)/.test(line));
  return rest
    .slice(0, to < 0 ? rest.length : to)
    .join(" ")
    .trim();
}

/** A command that a page shows, and what it prints there; null where the page shows only the command. */
export interface Step {
  command: string;
  printed: string[] | null;
  /** Of the command, from 1. */
  line: number;
}

/** The commands of a block; null where it is not of a shell. */
export function stepsOf({ language, text, line }: Block): Step[] | null {
  const lines = text.trimEnd().split("\n");
  if (language === "sh") return [{ command: text.trimEnd(), printed: null, line: line + 1 }];
  if (language !== "" || !lines[0]?.startsWith("$ ")) return null;
  const steps: Step[] = [];
  for (const [index, shown] of lines.entries()) {
    const last = steps.at(-1);
    if (shown.startsWith("$ "))
      steps.push({ command: shown.slice(2), printed: [], line: line + 1 + index });
    else if (last?.printed?.length === 0 && last.command.endsWith("\\"))
      last.command += `\n${shown}`;
    else last?.printed?.push(shown);
  }
  // An empty line may stand between one command and the next.
  for (const { printed } of steps) while (printed?.at(-1) === "") printed.pop();
  return steps;
}
