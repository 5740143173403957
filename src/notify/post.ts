/** One POST to a webhook: bounded in time and tries, following no redirect, and silent about the address. */
import type { Clock } from "../model/ports.ts";
import type { Duration, Instant } from "../model/vocabulary.ts";
import { postOnce } from "../proxy.ts";

/** What a delivery needs of the clock. */
export type Timer = Pick<Clock, "now" | "sleep">;

/** What is sent. Headers are made for each try, since a signature has its moment. */
export interface Letter {
  url: string;
  body: string;
  headers(now: Instant): Record<string, string>;
}

/**
 * null where it was delivered; else why not, as the end of a sentence, e.g. `answered 500`. `refused`: the receiver
 * read this letter and will never take it, whatever becomes of others.
 */
export type Delivery = { why: string; refused: boolean } | null;

/** For one answer. */
const WITHIN: Duration = 10_000;
/** What is waited before each further try; their number is that of the further tries. */
const PAUSES: readonly Duration[] = [500, 2_000];
/** What is wrong is the letter, not the way to the receiver or the right to write to it. */
const OF_THE_LETTER: ReadonlySet<number> = new Set([400, 413, 415, 422]);
/** Another try may help. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

/** Posts a letter, again where that may help and there is time until `until`. */
export async function post(letter: Letter, clock: Timer, until: Instant): Promise<Delivery> {
  for (let tried = 0; ; tried++) {
    const { failure, passing } = await once(letter, clock, until);
    const pause = PAUSES[tried];
    const again = failure !== null && passing && pause !== undefined;
    if (!again || clock.now() + pause >= until) return failure;
    await clock.sleep(pause);
  }
}

async function once(
  { url, body, headers }: Letter,
  clock: Timer,
  until: Instant,
): Promise<{ failure: Delivery; passing: boolean }> {
  const left = Math.max(1, Math.min(WITHIN, until - clock.now()));
  try {
    const all = { "user-agent": "curfew", ...headers(clock.now()) };
    const status = await postOnce(url, { headers: all, body, within: left });
    const ok = status >= 200 && status < 300;
    const elsewhere = status >= 300 && status < 400 ? ", and no redirect is followed" : "";
    const why = `answered ${status}${elsewhere}`;
    return {
      failure: ok ? null : { why, refused: OF_THE_LETTER.has(status) },
      passing: PASSING.has(status) || status >= 500,
    };
  } catch (error) {
    const why = `could not be reached (${codeOf(error)})`;
    return { failure: { why, refused: false }, passing: true };
  }
}

/** The code of what fetch met: its message may name the address. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string")
    return cause.code;
  return cause instanceof Error ? cause.name : "unknown";
}
