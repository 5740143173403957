/** The lease's blob: its JSON, and what is said of who holds it. */
import * as z from "zod";
import { DamagedBlobError, parseBlob } from "../../json.ts";
import type { Holder } from "../../model/ports.ts";
import type { Duration, Instant } from "../../model/vocabulary.ts";
import { iso } from "../../time.ts";
import { head } from "../log/line.ts";

/** From its last renewal on a lease lasts this long: docs/contract.md, "Exit codes" 6. */
export const LEASE_LASTS: Duration = 60_000;

const FORMAT = "curfew/lease/1";

/** What a date can hold. */
const instant = z.number().min(0).max(8.64e15);

const lease = z.object({
  format: z.literal(FORMAT),
  fence: z.int().nonnegative(),
  /** null: nobody's; or, until it expires, one that can't be told. */
  holder: z
    .object({
      run: z.string(),
      host: z.string(),
      pid: z.int().positive(),
      started: z.string().nullable(),
      who: z.string(),
    })
    .nullable(),
  since: instant,
  expiresAt: instant,
  /** How far the audit log is known to reach; null where that is not known. */
  log: head.nullable().default(null),
});
export type StoredLease = Omit<z.output<typeof lease>, "format">;

export function leaseKey(key: string): string {
  return `${key}/lease.json`;
}

export function leaseText(lease: StoredLease): string {
  return `${JSON.stringify({ format: FORMAT, ...lease })}\n`;
}

export function parseLease(text: string): StoredLease | "damaged" {
  try {
    return parseBlob(lease, FORMAT, text);
  } catch (error) {
    if (error instanceof DamagedBlobError) return "damaged";
    throw error;
  }
}

export function describeHolder({ run, who, host, pid }: Holder): string {
  return `run ${run} of ${who} on ${host}, process ${pid}`;
}

/** Who holds the lease, since when, until when at most, and what to do. */
export function busySentence(
  { holder, since, expiresAt }: StoredLease,
  key: string,
  place: string,
  now: Instant,
): string {
  const ends = iso(expiresAt);
  if (holder === null) {
    return `The lease of the ledger in ${place} was damaged, so it can't be told whether another run is at work. It is kept aside; run again after ${ends}.`;
  }
  const { host } = holder;
  const ahead =
    expiresAt - now > LEASE_LASTS
      ? ` That is later than a lease can last: the clock of ${host} is ahead of this one, or this one was set back. Set them right, or delete ${leaseKey(key)} if that run is known to have ended.`
      : "";
  // Where the host is no machine's own name (Identity), nobody can see that the process has ended.
  const takesOver = host.includes("/")
    ? `another run takes over after ${ends}`
    : `a run on ${host} takes over at once, and one elsewhere after ${ends}`;
  return `Another run is at work on the ledger in ${place}: ${describeHolder(holder)}, since ${iso(since)}. Let it end, and run again. If it died, ${takesOver}.${ahead}`;
}
