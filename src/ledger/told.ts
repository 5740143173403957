/**
 * What people were told of a deployment, so that each event is told once: `<key>/told.json`. It stands apart from the
 * state, because a run that could not read its target has no lease and finishes nothing, and tells all the same. No
 * plan rests on it; where it is damaged or lost, what still goes on is told once more.
 */
import * as z from "zod";
import { byId, DamagedBlobError, instant, parseBlob } from "../json.ts";
import { NOTIFY_EVENTS } from "../model/policy.ts";
import type { Told, ToldBook } from "../model/told.ts";
import { asideKey } from "./key.ts";
import { neverStill } from "./reading.ts";
import { type BlobStore, putOnce } from "./store/contract.ts";

const FORMAT = "curfew/told/1";

const message = z.object({
  /** The same whenever this event is sent, so that a receiver can tell it from others. */
  id: z.string(),
  event: z.enum(NOTIFY_EVENTS),
  /** The type of a CloudEvent, e.g. `curfew.refusal`. */
  type: z.string(),
  /** When the run was that found it, ISO 8601. */
  time: z.iso.datetime(),
  /** For people, printable: one line, then some. */
  title: z.string(),
  lines: z.array(z.string()),
  /** For programs: plain data. */
  data: z.record(z.string(), z.unknown()),
});

const told = z.object({
  conditions: byId(instant),
  pending: z.array(z.object({ channel: z.string(), message })),
  users: byId(instant),
});

const NOTHING: Told = { conditions: {}, pending: [], users: {} };

/** Times that an update starts again. */
const TRIES = 20;

/** `key` and `place` are the ledger's. Nothing is read or written yet. */
export function toldBook(store: BlobStore, key: string, place: string): ToldBook {
  const name = `${key}/told.json`;
  return {
    async update(change) {
      for (let attempt = 0; attempt < TRIES; attempt++) {
        const blob = await store.get(name);
        const before = blob === null ? NOTHING : parsed(blob.text);
        if (before === null && blob !== null) await store.put(asideKey(key, blob.text), blob.text);
        const after = change(before ?? NOTHING);
        const text = `${JSON.stringify({ format: FORMAT, ...after })}\n`;
        if (text === blob?.text || (blob === null && isNothing(after))) return after;
        const condition = blob === null ? ({ ifAbsent: true } as const) : { ifTag: blob.tag };
        if ((await putOnce(store, name, text, condition)) !== null) return after;
      }
      throw neverStill(place);
    },
  };
}

/** null where the text is no such blob. */
function parsed(text: string): Told | null {
  try {
    return parseBlob(told, FORMAT, text);
  } catch (error) {
    if (error instanceof DamagedBlobError) return null;
    throw error;
  }
}

function isNothing({ conditions, pending, users }: Told): boolean {
  return [conditions, pending, users].every((part) => Object.keys(part).length === 0);
}
