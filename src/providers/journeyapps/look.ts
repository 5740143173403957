import type { Account, Session } from "../../model/inventory.ts";
import type { Action } from "../../model/plan.ts";
import type { WriteResult } from "../../model/run.ts";
import type { Api } from "./api.ts";
import { CallError } from "./faults.ts";
import { parseInstant } from "./instant.ts";

/**
 * Looks whether an action whose answer was lost was carried out; null where it was not. A session that was
 * signed in to anew since the action was decided counts as done: it is no longer the session that was meant,
 * and must not be touched again. Throws CallError where it can't be told.
 */
export async function lookAt(action: Action, api: Api): Promise<WriteResult | null> {
  const done =
    action.session === null ? await userDone(action, api) : await sessionDone(action, api);
  if (done === null) return { status: "gone", error: "it no longer exists" };
  return done ? { status: "done" } : null;
}

async function userDone(action: Action, api: Api): Promise<boolean | null> {
  const record = await api.user(action.user);
  if (record === null) return null;
  if ("unreadable" in record) throw new CallError(record.unreadable.message, "lasting", false);
  if (action.type === "unlock") return !record.user.locked;
  return record.user.locked && (action.wipe !== true || isWiped(record.user));
}

/** Whether every device of a locked user wipes its data when it next connects, or has none. */
function isWiped(user: Account): boolean {
  return user.sessions.every(({ state }) => state === "wiping" || state === "unused");
}

async function sessionDone(action: Action, api: Api): Promise<boolean | null> {
  const session = await api.session(action.user, action.session ?? "");
  if (session === null) return null;
  if (session.state === "wiping" || isNewer(session, action)) return true;
  return action.type === "re-authenticate" && session.state !== "active";
}

/** Whether somebody signed in to the session after the action was decided. */
function isNewer(session: Session, action: Action): boolean {
  const { signedInAt: expected } = action.expects;
  if (expected === undefined || session.signedInAt === null) return false;
  return expected === null || session.signedInAt > parseInstant(expected);
}
