/** Carries out actions: in batches, or one by one where the deployment has no batches. */
import { LateError } from "../../errors.ts";
import type { Action } from "../../model/plan.ts";
import type { Clock, Provider } from "../../model/ports.ts";
import type { WriteResult } from "../../model/run.ts";
import { inPool } from "../../pool.ts";
import { CallError } from "../http/faults.ts";
import { backoff } from "../http/retry.ts";
import type { Api } from "./api.ts";
import { lookAt, lookBefore } from "./look.ts";
import type { BatchResult } from "./wire.ts";

/** How many operations one batch may hold (docs/backends/journeyapps.md, "Batches"). */
const WRITE_SIZE = 1000;
/** How many single calls are under way at once. */
const AT_ONCE = 8;
/** How often an action is sent in all, where it was looked at in between. */
const ROUNDS = 3;
const UNREAD = "not sent: its look can't be read";
/** Errors of an operation that pass. */
const BUSY = "TOO_MANY_REQUESTS";
const BROKEN = "INTERNAL_SERVER_ERROR";

export interface WriterOptions {
  api: Api;
  clock: Clock;
  /** Makes a server's text fit for a message. */
  clean: (text: string) => string;
}

/** Either what became of an action, or why it is to be sent again. */
type WriteVerdict = { result: WriteResult } | Again | Late;
/** It was not sent: its look is too old. */
interface Late {
  late: string;
}
interface Again {
  error: string;
  /** It may have been carried out: look first, and send it again only where it was not. */
  look: boolean;
  /** What it is once it was sent often enough. */
  atLast: "failed" | "unanswered" | "unknown";
}
type Send = (
  actions: readonly Action[],
  repeated: boolean,
  check: () => void,
) => Promise<WriteVerdict[]>;

/** Carries out actions, as the port says. Where there are no batches, it takes fewer, and looks at sign-outs itself. */
export function createWriter(options: WriterOptions): Pick<Provider, "write" | "writeSize"> {
  const { api, clean } = options;
  let hasBatch = true;

  const single = async (action: Action, check: () => void): Promise<WriteVerdict> => {
    try {
      const changed = action.type === "re-authenticate" ? await lookBefore(action, api) : null;
      if (changed !== null) return { result: changed };
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      return { result: { status: "failed", error: `${UNREAD}: ${error.message}` } };
    }
    try {
      await api.act(action, repeatOf([action]), check);
      return { result: { status: "done" } };
    } catch (error) {
      if (error instanceof LateError) return { late: error.message };
      if (!(error instanceof CallError)) throw error;
      if (error.kind !== "absent") return afterFailedCall(error, action, [action]);
      return { result: { status: "gone", error: error.message } };
    }
  };
  const batch: Send = async (actions, again, check) => {
    try {
      const { results, repeated } = await api.batch(actions, repeatOf(actions), check);
      return actions.map((action, i) => ofOperation(results[i], action, again || repeated, clean));
    } catch (error) {
      if (error instanceof LateError) return actions.map(() => ({ late: error.message }));
      if (!(error instanceof CallError)) throw error;
      if (error.kind !== "route" || error.sent) {
        return actions.map((action) => afterFailedCall(error, action, actions));
      }
      hasBatch = false;
      return inPool(actions, AT_ONCE, (action) => single(action, check));
    }
  };
  const send: Send = (actions, again, check) =>
    hasBatch
      ? batch(actions, again, check)
      : inPool(actions, AT_ONCE, (action) => single(action, check));

  const write: Provider["write"] = async (actions, check) => {
    const results: WriteResult[] = [];
    for (let start = 0; start < actions.length; start += WRITE_SIZE) {
      results.push(
        ...(await settle(
          actions.slice(start, start + WRITE_SIZE),
          (some, again) => send(some, again, check),
          options,
        )),
      );
    }
    return results;
  };
  return {
    write,
    get writeSize() {
      return hasBatch ? WRITE_SIZE : AT_ONCE;
    },
  };
}

/** Sends, looks at what may have been carried out, and sends what was not again: ROUNDS times at most. */
async function settle(
  actions: readonly Action[],
  send: (actions: readonly Action[], repeated: boolean) => Promise<WriteVerdict[]>,
  { api, clock }: WriterOptions,
): Promise<WriteResult[]> {
  const items = actions.map((action) => ({
    action,
    result: null as WriteResult | null,
    /** What it is where it is not sent again. */
    before: null as WriteResult | null,
  }));
  for (let round = 1; round <= ROUNDS; round++) {
    const open = items.filter((item) => item.result === null);
    if (open.length === 0) break;
    if (round > 1) await clock.sleep(pause(round, clock));
    const verdicts = await send(
      open.map((item) => item.action),
      round > 1,
    );
    await inPool(open, AT_ONCE, async (item, i) => {
      const verdict = verdicts[i] ?? unanswered;
      if ("result" in verdict) item.result = verdict.result;
      else if ("late" in verdict)
        item.result = item.before ?? { status: "unanswered", error: verdict.late };
      else item.result = await beforeNextRound(verdict, item.action, round === ROUNDS, api);
      if ("atLast" in verdict) item.before = { status: verdict.atLast, error: verdict.error };
    });
  }
  return items.map((item) => item.result ?? { status: "unknown", error: unanswered.error });
}

const unanswered: Again = { error: "no answer was given", look: true, atLast: "unknown" };

/** null: send it again. */
async function beforeNextRound(
  again: Again,
  action: Action,
  last: boolean,
  api: Api,
): Promise<WriteResult | null> {
  try {
    const seen = again.look ? await lookAt(action, api) : null;
    // The lock may have been carried out before: it must stay ours until somebody sees that it was not.
    if (seen?.status === "gone" && action.type === "lock") return { ...seen, status: "unknown" };
    if (seen) return seen;
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    return {
      status: "unknown",
      error: `${again.error} Looking whether it was done: ${error.message}`,
    };
  }
  return last ? { status: again.atLast, error: again.error } : null;
}

function pause(round: number, clock: Clock): number {
  return backoff(round - 1, { busy: true, retryAfter: null }, 0, clock.random()) ?? 0;
}

/** What an operation's own result says. `repeated`: an earlier try may have carried it out. */
function ofOperation(
  result: BatchResult | undefined,
  action: Action,
  repeated: boolean,
  clean: (text: string) => string,
): WriteVerdict {
  if (result === undefined) return unanswered;
  if (result.success) return { result: { status: "done" } };
  const { type = "no reason given", title } = result.error ?? {};
  const error = clean(title ? `${type}: ${title}` : type);
  if (type === "OBJECT_NOT_FOUND") return { result: { status: "gone", error } };
  if (type === BUSY) return { error, look: repeated && wipes(action), atLast: "unanswered" };
  if (type === BROKEN) return { error, look: wipes(action), atLast: "unknown" };
  // What locking a locked user answers is not documented: an error may mean that it is done already.
  if (repeated) return { error, look: true, atLast: "failed" };
  return { result: { status: "failed", error } };
}

/** What a call that was given up leaves behind. The client has repeated it already where `actions` hold no wipe. */
function afterFailedCall(
  error: CallError,
  action: Action,
  actions: readonly Action[],
): WriteVerdict {
  if (!error.sent) return { result: { status: ofUnsent(error), error: error.message } };
  if (error.kind !== "passing" || repeatOf(actions) === "always") {
    return { result: { status: "unknown", error: error.message } };
  }
  return { error: error.message, look: wipes(action), atLast: "unknown" };
}

/** What a backend refuses is said of the action; a backend that was not reached, or is busy, said nothing of it. */
function ofUnsent({ kind }: CallError): "failed" | "unanswered" {
  return kind === "passing" ? "unanswered" : "failed";
}

/** Locks, unlocks and re-authentications only set a state: repeating them is harmless (docs/backends/journeyapps.md). */
function repeatOf(actions: readonly Action[]): "always" | "unsent" {
  return actions.some(wipes) ? "unsent" : "always";
}

function wipes(action: Action): boolean {
  return action.type === "wipe" || action.wipe === true;
}
