import { ApiError } from "./errors.ts";
import type { Store } from "./store.ts";
import type { ServedUser, Status, Verb } from "./types.ts";

/** What no document says of the calls that change a status. */
export interface ActionChoices {
  /** Where one of several users can't be changed: those before it are, all others are, none is. */
  many: "stop" | "all" | "none";
  /** What becomes of a user that has another status than the call changes, or has the new one already. */
  wrongState: "refuse" | "ignore";
}

/** From which states a call changes a user, and into which. Whether a BLOCKED one can be deactivated is inferred. */
const CHANGES: Record<Verb, { from: readonly Status[]; to: Status }> = {
  deactivate: { from: ["ACTIVE", "BLOCKED"], to: "INACTIVE" },
  reactivate: { from: ["INACTIVE"], to: "ACTIVE" },
  unblock: { from: ["BLOCKED"], to: "ACTIVE" },
};

/** Whether the operation at this place of a call fails, because a fault says so. */
export type FailsAt = (index: number) => boolean;

interface Call {
  verb: Verb;
  /** Ids or addresses. */
  keys: readonly string[];
  by: ServedUser;
  fails: FailsAt;
  /** Hears of each user whose status it changed. */
  done(): void;
}

/** Changes the status of users; the ids of those for whom that was in order. Throws ApiError. */
export function act(store: Store, choices: ActionChoices, call: Call): string[] {
  const check = (key: string, at: number) => checked(store, choices, call, key, at);
  const { from, to } = CHANGES[call.verb];
  const set = (user: ServedUser) => {
    if (!from.includes(user.status)) return user.id;
    store.setStatus(user.id, to);
    call.done();
    return user.id;
  };
  if (choices.many === "none") return call.keys.map(check).map(set);
  if (choices.many === "stop") return call.keys.map((key, at) => set(check(key, at)));
  return changeAll(call.keys, (key, at) => set(check(key, at)));
}

/** Those that can be changed; where nobody can, the first reason. */
function changeAll(keys: readonly string[], change: (key: string, at: number) => string): string[] {
  const errors: ApiError[] = [];
  const changed = keys.flatMap((key, at) => {
    try {
      return [change(key, at)];
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      errors.push(error);
      return [];
    }
  });
  if (changed.length === 0 && errors[0]) throw errors[0];
  return changed;
}

function checked(
  store: Store,
  { wrongState }: ActionChoices,
  { verb, by, fails }: Call,
  key: string,
  at: number,
): ServedUser {
  if (fails(at)) throw new ApiError("internalError", "A fault of the sandbox.");
  const user = store.user(key);
  mustManage(by, user);
  if (wrongState === "refuse" && !CHANGES[verb].from.includes(user.status)) {
    throw new ApiError("badRequest", `A user who is ${user.status} can't be changed so.`);
  }
  return user;
}

/** Throws where somebody may not change a user: a developer, or one of groups that he does not manage. */
export function mustManage(by: ServedUser, user: ServedUser): void {
  const { developer, managedGroups } = by.permissions;
  const managed = ({ id }: { id: string }) => managedGroups?.some((group) => group.id === id);
  const stranger = managedGroups !== undefined && !user.groups.some(managed);
  if (developer || !(user.permissions.developer || stranger)) return;
  throw new ApiError("forbidden", "You don't have permissions to change this user.");
}
