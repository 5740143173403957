/** Makes a folder and those above it. */
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * The first folder that was made, if any. One after the other: Node's own loop does not end where a folder that is
 * there takes none in it and says that it is absent, as /proc does. Throws what the file system says.
 */
export function makeFolderSync(path: string, mode?: number): string | undefined {
  if (isFolder(path)) return undefined;
  const above = dirname(path) === path ? undefined : makeFolderSync(dirname(path), mode);
  try {
    mkdirSync(path, mode);
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!isFolder(path)) throw error;
  }
  return above ?? path;
}

/** As makeFolderSync, for who handles rejections. */
export async function makeFolder(path: string, mode?: number): Promise<string | undefined> {
  return makeFolderSync(path, mode);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
