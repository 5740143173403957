/** Zip files, as Lambda takes and gives them: without compression, which a test does not need. */
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { crc32 } from "node:zlib";

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
/** 1980-01-01, the first day that a zip file can tell. */
const DATE = 0x0021;

/** A zip file with all that is in a folder: the same bytes for the same files. */
export async function zipFolder(folder: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const file = path.join(folder, name);
    if (!(await stat(file)).isFile()) continue;
    const content = await readFile(file);
    const label = Buffer.from(name.split(path.sep).join("/"));
    const facts = factsOf(content, label);
    const local = Buffer.concat([u32(LOCAL), facts, label, content]);
    parts.push(local);
    // Made by version 2.0 of anything; comment, disk and attributes are none.
    directory.push(u32(CENTRAL), u16(20), facts, Buffer.alloc(10), u32(offset), label);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const files = u16(parts.length);
  const end = [u32(END), Buffer.alloc(4), files, files, u32(central.length), u32(offset), u16(0)];
  return Buffer.concat([...parts, central, ...end]);
}

/** What the local and the central header of a file share: from the needed version to the lengths of name and extra. */
function factsOf(content: Buffer, label: Buffer): Buffer {
  const size = u32(content.length);
  const stored = [u16(20), u16(0), u16(0), u16(0), u16(DATE)];
  return Buffer.concat([...stored, u32(crc32(content)), size, size, u16(label.length), u16(0)]);
}

/** Unpacks a file of `zipFolder`. Throws where it is damaged, compressed, or leaves the folder. */
export async function unzip(zip: Buffer, folder: string): Promise<string[]> {
  const names: string[] = [];
  let at = 0;
  while (zip.readUInt32LE(at) === LOCAL) {
    if (zip.readUInt16LE(at + 8) !== 0) throw new Error("The zip file is compressed.");
    const size = zip.readUInt32LE(at + 18);
    const begins = at + 30 + zip.readUInt16LE(at + 26);
    const name = zip.toString("utf8", at + 30, begins);
    const content = zip.subarray(begins, begins + size);
    if (crc32(content) !== zip.readUInt32LE(at + 14)) throw new Error(`${name} is damaged.`);
    const file = path.join(folder, name);
    if (!file.startsWith(folder + path.sep)) throw new Error(`${name} leaves the folder.`);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
    names.push(name);
    at = begins + size;
  }
  return names;
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
