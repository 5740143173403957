import type { Action, Expects } from "../../../src/model/plan.ts";
import type { ActionType } from "../../../src/model/vocabulary.ts";

/** An action as a plan would hold it. */
export function action(
  type: ActionType,
  user: string,
  session: string | null = null,
  wipe?: boolean,
  expects: Expects = {},
): Action {
  const lock = wipe === undefined ? {} : { wipe };
  return { type, user, session, ...lock, cause: "policy", reasons: [], expects };
}
