/** Reads a target whole, or not at all, and streams its users through sinks. Memory does not grow with the estate. */
import { markAhead } from "../ahead.ts";
import { SYSTEM_CLOCK } from "../clock.ts";
import { Incomplete, UnreadableTargetError } from "../errors.ts";
import type { AccountRecord, InventoryFacts, Profile, UserRecord } from "../model/inventory.ts";
import type { Policy } from "../model/policy.ts";
import type { InventorySource } from "../model/ports.ts";
import type { Asked, Known } from "../model/run.ts";
import type { Duration } from "../model/vocabulary.ts";
import { neededFields } from "../policy/effective.ts";
import { allowedDrop, raiseLine } from "../policy/raises.ts";
import { capabilitiesOf } from "../providers/catalog.ts";
import { type Acts, asker } from "./asked.ts";
import { inventoryMeter } from "./meter.ts";
import { type MissingWatch, missingUsers } from "./missing.ts";
import { proofOfCompleteness } from "./proof.ts";
import { type GrowingNaming, growingNaming } from "./user.ts";

/** Takes the users of one read, one by one. */
export interface Sink {
  add(record: UserRecord): void | Promise<void>;
}

/** Everybody who sees the users of one read stream by, by name. */
export type Sinks = Record<string, Sink | undefined>;

/** Makes the sinks of one read, once it is known what the ledger remembers. A read that starts again gets new ones. */
export type SinksOf<S extends Sinks> = (known: Known) => S;

export interface ReadOptions {
  /** Fields of the user model that are needed beside the policy's. */
  fields?: readonly string[];
  /** Whether something is to be done to a user by its name: then the backend is asked who else has it. */
  acts?: Acts | undefined;
  /** Milliseconds since any moment. @default the machine's own */
  elapsed?: () => Duration;
  /** Called after each page. */
  onPage?: ((read: number, total: number) => void) | undefined;
}

type Complete = ReturnType<typeof asker>;

/** A read starts again at most this often: docs/contract.md, "An inventory is trusted only when it is whole". */
const AGAIN = 3;

/**
 * Reads every user into the sinks and proves that they are all there; the sinks that come back saw the whole.
 * Throws UnreadableTargetError where the target can't be read, or not in full, or lost too many users.
 */
export async function readInventory<S extends Sinks>(
  source: InventorySource,
  known: Known,
  sinksOf: SinksOf<S>,
  { fields: more = [], onPage, acts, elapsed = SYSTEM_CLOCK.elapsed }: ReadOptions = {},
): Promise<{ sinks: S; facts: InventoryFacts; asked: Asked }> {
  const { policy } = known;
  const fields = [...new Set([...neededFields(policy), ...more])];
  const naming = await whole("objects of the user model", policy, (salt) =>
    readProfiles(source, policy, fields, salt),
  );
  const missing = missingUsers(source, known);
  const ask = asker(source, known, fields, naming, { acts, sought: missing.sought });
  const began = elapsed();
  const mark = (record: UserRecord) =>
    source.saved ? record : markAhead(record, (known.readAt ?? known.at) + elapsed() - began);
  const complete: Complete = (raw) => {
    const record = ask(raw);
    return record instanceof Promise ? record.then(mark) : mark(record);
  };
  const read = await whole("users", policy, async (salt) => {
    const sinks = sinksOf(known);
    const watch = missing.watch(salt);
    return { sinks, facts: await readUsers(source, complete, sinks, salt, watch, onPage) };
  });
  refuseDrop(read.facts, known);
  return { ...read, asked: missing.asked() };
}

async function whole<T>(
  what: string,
  policy: Policy,
  attempt: (salt: number) => Promise<T>,
): Promise<T> {
  for (let again = 0; ; again++) {
    try {
      return await attempt(again);
    } catch (error) {
      if (!(error instanceof Incomplete)) throw error;
      if (again < AGAIN) continue;
      throw new UnreadableTargetError(
        `${policy.target.name}: the ${what} could not be read in full, ${again + 1} times: ${error.message}. ` +
          "Nothing was written. If users are being imported or removed just now, run again when that is done.",
      );
    }
  }
}

async function readProfiles(
  source: InventorySource,
  policy: Policy,
  fields: readonly string[],
  salt: number,
): Promise<GrowingNaming> {
  const naming = growingNaming(policy.target.identify);
  if (fields.length === 0) return naming;
  const proof = proofOfCompleteness("objects of the user model", salt);
  for await (const page of source.profiles(fields)) {
    proof.page(
      page,
      page.objects.map((profile: Profile) => profile.id),
    );
    for (const profile of page.objects) naming.note(profile);
  }
  proof.end();
  return naming;
}

async function readUsers(
  source: InventorySource,
  complete: Complete,
  sinks: Sinks,
  salt: number,
  watch: MissingWatch,
  onPage: ReadOptions["onPage"],
): Promise<InventoryFacts> {
  const proof = proofOfCompleteness("users", salt);
  const meter = inventoryMeter();
  const all = Object.values(sinks).filter((sink) => sink !== undefined);
  let unreadable = 0;
  let read = 0;
  for await (const page of source.users()) {
    proof.page(page, page.objects.map(idOf));
    for (const raw of page.objects) {
      const completed = complete(raw);
      const record = completed instanceof Promise ? await completed : completed;
      if ("user" in record) meter.add(record.user);
      else unreadable++;
      watch.see(record);
      for (const sink of all) {
        const added = sink.add(record);
        if (added) await added;
      }
    }
    read += page.objects.length;
    onPage?.(read, page.total);
  }
  proof.end();
  await watch.settle(proof.has);
  return meter.facts(unreadable);
}

function idOf(record: AccountRecord): string | null {
  return "user" in record ? record.user.id : record.unreadable.id;
}

/** What inventoryDrop compares: how many there are, and were at the last run (null: there was none), and of what. */
interface Compared {
  now: number;
  before: number | null;
  what: string;
}

/** Users; where they are those of a register of tokens, its living sessions, less those that the last run ended. */
function compared({ users, active }: InventoryFacts, { policy, memory }: Known): Compared {
  if (capabilitiesOf(policy.target).census !== "register")
    return { now: users, before: memory.inventoryUsers, what: "users" };
  const last = memory.runs.at(-1);
  const before = last ? Math.max(0, last.inventory.active - last.outcomes.applied) : null;
  return { now: active, before, what: "living sessions" };
}

/** An inventory that lost more than inventoryDrop percent of its users is taken for a bad read: docs/contract.md. */
function refuseDrop(facts: InventoryFacts, known: Known): void {
  const { policy, at, memory } = known;
  const allowed = allowedDrop(policy, at);
  if (memory.inventoryUsers === null && facts.users === 0 && allowed < 100 && namesSome(policy)) {
    throw new UnreadableTargetError(
      `${policy.target.name}: no user was read, and the policy names some. Nothing was written. If nobody is there yet, add to limits.raise in ${policy.files[0]}: ${raiseLine("inventoryDrop", { percent: 100 }, at)}`,
    );
  }
  const { now, before, what } = compared(facts, known);
  if (before === null || now >= before) return;
  const lost = before - now;
  if (lost * 100 <= allowed * before) return;
  const percent = Math.ceil((lost * 100) / before);
  throw new UnreadableTargetError(
    `${policy.target.name}: ${now} ${what} were read, ${before} were there at the last run: ${percent}% are gone, and limits.inventoryDrop allows ${allowed}%. ` +
      `Nothing was written. If they were removed on purpose, add to limits.raise in ${policy.files[0]}: ${raiseLine("inventoryDrop", { percent }, at)}`,
  );
}

function namesSome({ users, groups, exceptions, ...policy }: Policy): boolean {
  return (
    (users.locked ?? []).length + policy.protected.length > 0 ||
    groups.some(({ members }) => members.length > 0) ||
    exceptions.some((exception) => "user" in exception)
  );
}
