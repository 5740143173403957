import type { Duration, Instant } from "../../../model/vocabulary.ts";
import { DAY, HOUR } from "../../../time.ts";
import { between, type Random } from "../../sandbox-kit/random.ts";

/** A message with a code, as its receiver reads it. */
export interface Message {
  by: "email" | "phone";
  /** The address or the number. */
  to: string;
  /** The id of the user. */
  user: string;
  code: string;
  at: Instant;
}

interface Code {
  user: string;
  until: Instant;
  expiration: Duration;
}

/** How long a code or a token may live, at most and where nothing is said. */
export const INACTIVITY = { usual: DAY, most: 7 * DAY };
export const EXPIRATION = { usual: 30 * DAY, most: 30 * DAY };

/** One-time codes; each is good for one token. */
export class Codes {
  /** All that was sent, oldest first. */
  readonly outbox: Message[] = [];
  readonly #codes = new Map<string, Code>();
  readonly #random: Random;
  readonly #now: () => Instant;

  constructor(next: Random, now: () => Instant) {
    this.#random = next;
    this.#now = now;
  }

  send(
    to: Pick<Message, "by" | "to" | "user">,
    lives: { inactivity: Duration; expiration: Duration },
  ): void {
    const at = this.#now();
    const code = String(between(this.#random, 100_000, 999_999));
    this.outbox.push({ ...to, code, at });
    const { expiration, inactivity } = lives;
    this.#codes.set(code, { user: to.user, until: at + inactivity, expiration });
  }

  /** Whose token a code is good for, and how long; the code is used up. Undefined where it is good for nothing. */
  exchange(code: string): { user: string; expiration: Duration } | undefined {
    const found = this.#codes.get(code);
    this.#codes.delete(code);
    return found && this.#now() < found.until ? found : undefined;
  }
}

/** A number of hours as a duration: `usual` where absent, undefined where it is none or too much. */
export function hours(value: unknown, { usual, most }: typeof INACTIVITY): Duration | undefined {
  if (value === undefined) return usual;
  const length = typeof value === "number" ? value * HOUR : 0;
  return length > 0 && length <= most ? length : undefined;
}
