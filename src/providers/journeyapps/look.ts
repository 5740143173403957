import type { Account, Session } from "../../model/inventory.ts";
import type { Action } from "../../model/plan.ts";
import type { WriteResult } from "../../model/run.ts";
import { CallError } from "../http/faults.ts";
import type { Api } from "./api.ts";
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

/**
 * Why a sign-out is not wanted any more, by a look just before it is sent: the user signed in anew, or was signed out.
 * null where it is still wanted. Throws CallError.
 */
export async function lookBefore(action: Action, api: Api): Promise<WriteResult | null> {
  const session = await api.session(action.user, action.session ?? "");
  if (session === null) return { status: "gone", error: "the session is gone" };
  if (isNewer(session, action)) return { status: "gone", error: "somebody signed in anew" };
  const { state } = action.expects;
  if (state === undefined || session.state === state) return null;
  return {
    status: "gone",
    error: `the session was ${state} when it was read, and is ${session.state} now`,
  };
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
