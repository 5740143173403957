/** One action among all, whatever holds it: a want, an action, an attempt or an outcome. */
import type { Action } from "../model/plan.ts";
import type { Undone } from "../model/run.ts";

/** Equal for two that do the same to the same; no text of a backend's ids makes two differing ones equal. */
export function actionKey({ type, user, session }: Pick<Action, "type" | "user" | "session">) {
  return JSON.stringify([type, user, session]);
}

/** One action on one sign-in: what failed, was undone or counts for a limit. */
export function signInKey({ type, user, session, signedInAt }: Undone) {
  return JSON.stringify([type, user, session, signedInAt]);
}
