/**
 * Carries out locks and unlocks: many in one call, then a look at each, since what several answer, and what becomes of
 * the others where one can't be changed, is documented nowhere (docs/backends/slingr.md, "Users").
 */
import { LateError } from "../../errors.ts";
import type { Action } from "../../model/plan.ts";
import type { Provider } from "../../model/ports.ts";
import type { WriteResult } from "../../model/run.ts";
import { inPool } from "../../pool.ts";
import { CallError } from "../http/faults.ts";
import type { Api, Verb } from "./api.ts";
import type { Looks } from "./looks.ts";
import type { Status } from "./wire.ts";

/** How many users go into one call: 250 ids of 24 digits are an address of some 6,000 letters, which servers take. */
const WRITE_SIZE = 250;
/** How many looks, or calls for one user each, are under way at once. */
const AT_ONCE = 8;

/** From which status a user is unlocked by which call; a lock is one call from any status. */
const UNLOCK = { INACTIVE: "reactivate", BLOCKED: "unblock" } as const;

/** An action on its way. */
interface WriteItem {
  action: Action;
  verb: Verb | null;
  result: WriteResult | null;
}

/** What became of an action, and the call that it still needs. */
interface WeighedItem {
  result: WriteResult;
  again?: Verb;
}

/** How a call for several, or for one, ended: accepted, late, or given up. */
type CallEnd = "accepted" | LateError | CallError;

export interface WriterOptions {
  api: Api;
  looks: Pick<Looks, "take">;
}

/** Carries out actions, as the port says. */
export function createWriter(options: WriterOptions): Pick<Provider, "write" | "writeSize"> {
  return {
    writeSize: WRITE_SIZE,
    async write(actions, check) {
      const items = await inPool(actions, AT_ONCE, (action) => prepare(action, options.looks));
      for (const some of runsOf(items.filter(({ result }) => result === null)))
        await send(some, check, options);
      return items.map(({ result }) => result ?? unknown("no answer was given"));
    },
  };
}

/** Which call an action needs; that of an unlock depends on the status. */
async function prepare(action: Action, looks: Pick<Looks, "take">): Promise<WriteItem> {
  const settled = (result: WriteResult): WriteItem => ({ action, verb: null, result });
  if (action.type === "lock") return { action, verb: "deactivate", result: null };
  if (action.type !== "unlock")
    return settled({ status: "failed", error: "Slingr tells no sessions, so none can be ended" });
  try {
    const status = await looks.take(action.user);
    if (status === null) return settled(gone());
    if (status === "unreadable") return settled({ status: "failed", error: UNREADABLE });
    if (status === "ACTIVE") return settled(meanwhile());
    return { action, verb: UNLOCK[status], result: null };
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    return settled(unsent(error));
  }
}

const UNREADABLE = "the user's record is of an unknown shape";
const MEANWHILE = "somebody else did it meanwhile";

/** Those of one call: neighbours with the same verb, WRITE_SIZE at most. */
function runsOf(items: readonly WriteItem[]): WriteItem[][] {
  const runs: WriteItem[][] = [];
  for (const item of items) {
    const last = runs.at(-1);
    if (last && last[0]?.verb === item.verb && last.length < WRITE_SIZE) last.push(item);
    else runs.push([item]);
  }
  return runs;
}

/** Sends a call, looks at each of its users, and sends what was not done once more, each alone. */
async function send(
  items: readonly WriteItem[],
  check: () => void,
  options: WriterOptions,
): Promise<void> {
  const sent = await call(items, check, options.api);
  const alone = items.length === 1;
  const firsts = await inPool(items, AT_ONCE, (item) => weigh(item, sent, alone, options));
  const stopper = alone ? null : stoppedBy(firsts, sent);
  await inPool(items, AT_ONCE, async (item, i) => {
    const first = i === stopper ? { result: meanwhile() } : firsts[i];
    if (!first) throw new Error("each item was weighed");
    item.result = first.result;
    if (!first.again) return;
    item.verb = first.again;
    const second = await call([item], check, options.api);
    if (second instanceof LateError) return;
    // What was accepted, or lost, may show later: then the second call is refused, and it is ours all the same.
    const refused = sent instanceof CallError && !sent.sent;
    const { result } = await weigh(item, second, alone && refused, options);
    const open = first.result.status === "unknown" && "error" in result && result.status !== "gone";
    item.result = open ? unknown(result.error) : result;
  });
}

/**
 * Who made a call for several be refused as a whole, where somebody changed one of them after its look: users before that
 * one may have been changed by us, so it is the last that is as wanted. Where anything else explains the refusal, null.
 */
function stoppedBy(weighed: readonly WeighedItem[], sent: CallEnd): number | null {
  if (!(sent instanceof CallError) || sent.sent || sent.answered?.status !== 400) return null;
  const explained = weighed.some(({ result }) => result.status === "gone");
  const last = weighed.findLastIndex(({ result }) => result.status === "done");
  return explained || last < 0 ? null : last;
}

async function call(items: readonly WriteItem[], check: () => void, api: Api): Promise<CallEnd> {
  const [first] = items;
  if (!first?.verb) throw new Error("a call has a verb and users");
  const ids = items.map(({ action }) => action.user);
  try {
    await api.change(first.verb, ids, check);
    return "accepted";
  } catch (error) {
    if (error instanceof LateError || error instanceof CallError) return error;
    throw error;
  }
}

/**
 * What became of an action, and the call to make once more where it was not done. `alone`: it was never sent together
 * with others, so that what a refusal leaves is not this call's work.
 */
async function weigh(
  { action }: WriteItem,
  sent: CallEnd,
  alone: boolean,
  { api }: WriterOptions,
): Promise<WeighedItem> {
  if (sent instanceof LateError) return { result: { status: "unanswered", error: sent.message } };
  const refused = sent !== "accepted" && !sent.sent;
  // It was not carried out, and says nothing of this user.
  if (refused && (sent.kind === "passing" || sent.refused === "credential"))
    return { result: unsent(sent) };
  const perhaps = sent !== "accepted" && sent.sent;
  const said = sent === "accepted" ? ACCEPTED : sent.message;
  try {
    const seen = await api.user(action.user);
    // A lock that may have been carried out must stay ours until somebody sees that it was not.
    if (seen === null)
      return { result: perhaps && action.type === "lock" ? unknown(said) : gone() };
    if (seen.status === null) return { result: refused ? unsent(sent) : unknown(UNREADABLE) };
    const again = next(action, seen.status);
    if (again === null)
      return {
        result: refused && alone ? meanwhile() : { status: "done" },
      };
    return { result: perhaps ? unknown(said) : { status: "failed", error: said }, again };
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    if (refused && alone) return { result: unsent(sent) };
    return { result: unknown(`${said} Looking whether it was done: ${error.message}`) };
  }
}

const ACCEPTED = "the app accepted it, and did not do it.";

/** The call that a user of this status still needs; null: none. */
function next(action: Action, status: Status): Verb | null {
  if (action.type === "lock") return status === "ACTIVE" ? "deactivate" : null;
  return status === "ACTIVE" ? null : UNLOCK[status];
}

function gone(): WriteResult {
  return { status: "gone", error: "the user is gone" };
}

function meanwhile(): WriteResult {
  return { status: "gone", error: MEANWHILE };
}

function unknown(error: string): WriteResult {
  return { status: "unknown", error };
}

/** What a backend refuses is said of the action; one that was not reached, or is busy, said nothing of it. */
function unsent({ kind, message }: CallError): WriteResult {
  return { status: kind === "passing" ? "unanswered" : "failed", error: message };
}
