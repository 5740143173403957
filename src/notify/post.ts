/** One POST to a webhook: bounded in time and tries, following no redirect, and silent about the address. */
import type { Clock } from "../model/ports.ts";
import type { Duration, Instant } from "../model/vocabulary.ts";
import { postOnce } from "../proxy.ts";

/** What a delivery needs of the clock. */
export type Waiting = Pick<Clock, "now" | "sleep">;

/** What is sent. Headers are made for each try, since a signature has its moment. */
export interface Letter {
  url: string;
  body: string;
  headers(now: Instant): Record<string, string>;
}

/** null where it was delivered; else why not, as the end of a sentence, e.g. `answered 500`. */
export type Delivery = string | null;

/** For one answer. */
const WITHIN: Duration = 10_000;
/** What is waited before each further try; their number is that of the further tries. */
const PAUSES: readonly Duration[] = [500, 2_000];
/** Another try may help. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

/** Posts a letter, again where that may help and there is time until `until`. */
export async function post(letter: Letter, clock: Waiting, until: Instant): Promise<Delivery> {
  for (let tried = 0; ; tried++) {
    const { why, passing } = await once(letter, clock, until);
    const pause = PAUSES[tried];
    if (why === null || !passing || pause === undefined || clock.now() + pause >= until) return why;
    await clock.sleep(pause);
  }
}

async function once(
  { url, body, headers }: Letter,
  clock: Waiting,
  until: Instant,
): Promise<{ why: Delivery; passing: boolean }> {
  const left = Math.max(1, Math.min(WITHIN, until - clock.now()));
  try {
    const all = { "user-agent": "curfew", ...headers(clock.now()) };
    const status = await postOnce(url, { headers: all, body, within: left });
    const ok = status >= 200 && status < 300;
    const elsewhere = status >= 300 && status < 400 ? ", and no redirect is followed" : "";
    return {
      why: ok ? null : `answered ${status}${elsewhere}`,
      passing: PASSING.has(status) || status >= 500,
    };
  } catch (error) {
    return { why: `could not be reached (${codeOf(error)})`, passing: true };
  }
}

/** The code of what fetch met: its message may name the address. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string")
    return cause.code;
  return cause instanceof Error ? cause.name : "unknown";
}
