/** What people were told, so that each event is told once. */
import type { NotifyEvent } from "./policy.ts";
import type { Instant } from "./vocabulary.ts";

/** One event, as it is told. */
export interface Message {
  /** The same whenever this event is sent, so that a receiver can tell it from others. */
  id: string;
  event: NotifyEvent;
  /** The type of a CloudEvent, e.g. `curfew.refusal`. */
  type: string;
  /** When the run was that found it, ISO 8601. */
  time: string;
  /** For people, printable: one line, then some. */
  title: string;
  lines: string[];
  /** For programs: plain data. */
  data: Record<string, unknown>;
}

export interface Told {
  /** What went on when last looked at, by key, and since when it is known. */
  conditions: Record<string, Instant>;
  /** What a channel is still to be told, oldest first. */
  pending: { channel: string; message: Message }[];
  /** User id → the moment at which a session falls due, of which the user was told. */
  users: Record<string, Instant>;
}

export interface ToldBook {
  /**
   * Stores what `change` makes of what was told, and returns it; `change` is called again where another run wrote in
   * between. Nothing is written where nothing changes. Throws UsageError where others write all the time.
   */
  update(change: (told: Told) => Told): Promise<Told>;
}
