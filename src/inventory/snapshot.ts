/**
 * Saved inventories: a file of JSON lines, a header and then one user a line, with what the ledger knew.
 * A plan on one needs no credentials, so pull requests from forks can be planned (docs/design.md, "What must hold" 11).
 */

import { createHash, hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { canonical } from "../canonical.ts";
import { UnreadableTargetError, UsageError } from "../errors.ts";
import type { Capabilities } from "../model/capabilities.ts";
import type { InventoryFacts, Page, Profile, UserRecord } from "../model/inventory.ts";
import type { InventorySource } from "../model/ports.ts";
import type { Known, Memory } from "../model/run.ts";
import { neededFields } from "../policy/effective.ts";
import { addressOf } from "../policy/target.ts";
import { capabilitiesOf } from "../providers/catalog.ts";
import { iso } from "../time.ts";
import type { Sink } from "./read.ts";
import { headerShape, lastShape, outdatedShape, recordShape } from "./shape.ts";

const PAGE = 1000;

/** The first line of a saved inventory. */
export interface SnapshotHeader {
  format: "curfew/inventory/2";
  target: string;
  url: string;
  /** When the read began, ISO 8601. */
  readAt: string;
  /** The fields of the user model that are saved with each user. */
  fields: string[];
  inventory: InventoryFacts;
  /** How many of the users have a record of an unknown shape. */
  unreadable: number;
  /** What the backend could do; absent in one that an earlier version saved. */
  capabilities?: Capabilities;
  /** sha256 of the lines that follow. */
  records: string;
  ledger: Memory;
  /** sha256 of this line without it. */
  seal: string;
}

/** Writes the records of a read to a file beside `file`, until `save` puts the whole in its place. */
export interface SnapshotWriter extends Sink, AsyncDisposable {
  save(inventory: InventoryFacts): Promise<void>;
}

/**
 * `file` appears only when the inventory is whole. A read that starts again takes the place of what the one before wrote;
 * all are to be disposed of at the end, also after `save`, so that nothing stays beside `file`.
 */
export function snapshotWriter(file: string, { policy, at, memory, can }: Known): SnapshotWriter {
  const records = `${file}.records`;
  const digest = createHash("sha256");
  let handle: FileHandle | null = null;
  let unreadable = 0;
  let lines: string[] = [];
  const flush = async () => {
    const text = lines.join("");
    lines = [];
    digest.update(text);
    // What a run that was stopped left there is removed; a link is never followed.
    if (!handle) await rm(records, { force: true });
    handle ??= await open(records, "wx", 0o600);
    await handle.appendFile(text);
  };
  const close = async () => {
    await handle?.close();
    handle = null;
  };
  return {
    add(record) {
      if ("unreadable" in record) unreadable++;
      lines.push(`${JSON.stringify(record)}\n`);
      return lines.length < PAGE ? undefined : explained(file, flush());
    },
    save: (inventory) =>
      explained(
        file,
        (async () => {
          await flush();
          await close();
          const header: Omit<SnapshotHeader, "seal"> = {
            format: "curfew/inventory/2",
            target: policy.target.name,
            url: addressOf(policy.target),
            readAt: iso(at),
            fields: neededFields(policy),
            inventory,
            unreadable,
            capabilities: can ?? capabilitiesOf(policy.target),
            records: digest.digest("hex"),
            ledger: memory,
          };
          const first = JSON.stringify({ ...header, seal: sealOf(header) });
          await putTogether(file, first, records);
        })(),
      ),
    async [Symbol.asyncDispose]() {
      await close();
      await rm(records, { force: true });
    },
  };
}

/**
 * The same for a run that it must not stop, since a saved inventory is a convenience: the first failure is told as a
 * warning, and nothing is saved. `save` says whether there is a file.
 */
export function bySpareHand(
  writer: SnapshotWriter,
  warn: (message: string) => void,
): Sink & AsyncDisposable & { save(inventory: InventoryFacts): Promise<boolean> } {
  let failed = false;
  const attempt = (work: Promise<void>) =>
    work.catch((error: unknown) => {
      if (!(error instanceof UsageError)) throw error;
      if (!failed) warn(error.message);
      failed = true;
    });
  return {
    add(record) {
      if (failed) return;
      const flushed = writer.add(record);
      return flushed && attempt(flushed);
    },
    async save(inventory) {
      if (!failed) await attempt(writer.save(inventory));
      return !failed;
    },
    [Symbol.asyncDispose]: async () => {
      // What stays beside the file then is no fault of the run.
      await Promise.resolve(writer[Symbol.asyncDispose]()).catch(() => {});
    },
  };
}

/** The first line and the records, in one file of a new name that then takes the place of `file`, also of a link. */
async function putTogether(file: string, first: string, records: string): Promise<void> {
  const whole = `${file}.partial`;
  await rm(whole, { force: true });
  const handle = await open(whole, "wx", 0o600);
  try {
    await handle.writeFile(`${first}\n`);
    await pipeline(createReadStream(records), handle.createWriteStream());
    await rename(whole, file);
  } catch (error) {
    await rm(whole, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

async function explained<T>(file: string, work: Promise<T>): Promise<T> {
  return work.catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`the inventory can't be saved to ${file}: ${error.code ?? error.message}`);
  });
}

function sealOf(header: Omit<SnapshotHeader, "seal">): string {
  return hash("sha256", canonical(header));
}

function changed(file: string): UnreadableTargetError {
  return new UnreadableTargetError(
    `${file} was changed or cut after it was saved: take the inventory again`,
  );
}

/** Opens a saved inventory. Throws UsageError where it is not one, UnreadableTargetError where it was changed. */
export async function openSnapshot(
  file: string,
): Promise<{ header: SnapshotHeader; source: InventorySource }> {
  const first = await firstLine(file);
  if (outdatedShape.safeParse(first).success) {
    throw new UsageError(
      `${file} is a saved inventory of version 1, and this version of Curfew reads version 2: take it again with \`curfew inventory --out ${file}\``,
    );
  }
  if (!headerShape.safeParse(first).success) {
    throw new UsageError(
      `${file} is not a saved inventory of this version of Curfew: make one with \`curfew inventory --out inventory.jsonl\``,
    );
  }
  const found = first as SnapshotHeader;
  const { seal, ...sealed } = found;
  if (seal !== soundly(() => sealOf(sealed))) throw changed(file);
  const last = lastShape.safeParse(found.ledger.last).success ? found.ledger.last : null;
  return {
    header: { ...found, ledger: { ...found.ledger, met: found.ledger.met ?? {}, last } },
    source: {
      saved: true,
      ...(found.capabilities && { capabilities: found.capabilities }),
      users: () => pages(file, found),
      profiles: (f) => profiles(file, found, f),
    },
  };
}

async function firstLine(file: string): Promise<unknown> {
  try {
    let text = "";
    for await (const chunk of createReadStream(file, { encoding: "utf8" })) {
      text += chunk;
      const end = text.indexOf("\n");
      if (end >= 0) return JSON.parse(text.slice(0, end));
    }
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`the saved inventory ${file} can't be read: ${code ?? message}`);
  }
  return null;
}

async function* pages(
  file: string,
  { inventory, records }: SnapshotHeader,
): AsyncGenerator<Page<UserRecord>> {
  const digest = createHash("sha256");
  let objects: UserRecord[] = [];
  const page = (more: boolean) => ({
    total: inventory.users,
    count: objects.length,
    more,
    objects,
  });
  let number = 1;
  for await (const line of recordLines(file)) {
    number++;
    if (objects.length === PAGE) {
      yield page(true);
      objects = [];
    }
    digest.update(`${line}\n`);
    objects.push(parseRecord(file, number, line));
  }
  if (digest.digest("hex") !== records) {
    throw changed(file);
  }
  yield page(false);
}

async function* profiles(
  file: string,
  header: SnapshotHeader,
  wanted: readonly string[],
): AsyncGenerator<Page<Profile>> {
  const lacking = wanted.filter((field) => !header.fields.includes(field));
  if (lacking.length > 0) {
    throw new UnreadableTargetError(
      `${file} was saved without the field ${lacking.join(", ")} of the user model, which the policy compares: take the inventory again with this policy`,
    );
  }
  for await (const page of pages(file, header)) {
    const objects = page.objects.flatMap((r) =>
      "user" in r ? [{ id: r.user.id, fields: r.user.fields }] : [],
    );
    // A page of nothing but unreadable users has no profiles, and would look like a gap.
    if (objects.length === 0 && page.more) continue;
    yield {
      total: header.inventory.users - header.unreadable,
      count: objects.length,
      more: page.more,
      objects,
    };
  }
}

/** The lines after the header. Only a line feed ends one: JSON leaves U+2028 as it is, and readline would not. */
async function* recordLines(file: string): AsyncGenerator<string> {
  let rest = "";
  let first = true;
  for await (const chunk of createReadStream(file, { encoding: "utf8" })) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!first) yield line;
      first = false;
    }
  }
  if (rest !== "") yield rest;
}

/** `number` is the line's, from 1. Throws UnreadableTargetError. */
function parseRecord(file: string, number: number, line: string): UserRecord {
  const record = soundly(() => JSON.parse(line) as unknown);
  if (record === undefined) throw changed(file);
  if (recordShape.safeParse(record).success) return record as UserRecord;
  throw new UnreadableTargetError(
    `${file}:${number}: this is no user as this version of Curfew saves it: take the inventory again`,
  );
}

/** undefined where the text is no JSON, or is nested too deeply to work on. */
function soundly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}
