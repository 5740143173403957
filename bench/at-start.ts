import path from "node:path";

/** The files of a package that are read as soon as one of them is: by static imports. `read` gives a file's text by its path in the package. */
export function atStart(
  read: (file: string) => string,
  entry: string,
  seen = new Set<string>(),
): string[] {
  if (seen.has(entry)) return [];
  seen.add(entry);
  for (const [, found = ""] of read(entry).matchAll(/(?:from|import)"(\.[^"]+)"/g)) {
    atStart(read, path.posix.join(path.posix.dirname(entry), found), seen);
  }
  return [...seen];
}
