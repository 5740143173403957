/** A register in a file of lines, read as a stream. */
import { open } from "node:fs/promises";
import { type RegisterEntry, readLine, type Source, type UnclearLine } from "./entry.ts";
import { refuseShared, type Sharing, unreadableRegister } from "./shared.ts";

/** Bytes read at once, and letters that a line may have. */
const CHUNK = 65_536;

/** `file` is absolute. Each read looks first whether others may read it. */
export function fileRegister(file: string, sharing: Sharing): Source {
  return {
    async *entries() {
      await refuseShared(file, sharing);
      let number = 0;
      for await (const line of linesOf(file, sharing.shown)) {
        const place = `line ${++number}`;
        // Some editors begin a file with a mark of its encoding.
        const text = number === 1 ? (line?.replace(/^\uFEFF/, "") ?? null) : line;
        const read: RegisterEntry | UnclearLine | null =
          text === null ? { user: null, place, fault: "is too long" } : readLine(text, place);
        if (read !== null) yield read;
      }
    },
    close: () => {},
  };
}

/** The lines of a file; null for one that is too long. */
async function* linesOf(file: string, shown: string): AsyncGenerator<string | null> {
  let rest = "";
  let tooLong = false;
  for await (const chunk of chunksOf(file, shown)) {
    const [first = "", ...more] = chunk.split("\n");
    rest += first;
    for (const next of more) {
      yield tooLong || rest.length > CHUNK ? null : rest;
      tooLong = false;
      rest = next;
    }
    if (rest.length <= CHUNK) continue;
    tooLong = true;
    rest = "";
  }
  if (rest !== "" || tooLong) yield tooLong ? null : rest;
}

async function* chunksOf(file: string, shown: string): AsyncGenerator<string> {
  try {
    await using handle = await open(file);
    const stream = handle.createReadStream({
      encoding: "utf8",
      highWaterMark: CHUNK,
      autoClose: false,
    });
    for await (const chunk of stream) yield String(chunk);
  } catch (error) {
    throw unreadableRegister(shown, error);
  }
}
