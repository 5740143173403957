/** Which rights a plan asks of a credential: each read is tried once, by itself; what writes is only named. */
import type { Right } from "../../model/run.ts";
import { missing, onOne, type Tried, toldRights, trial, UNTRIED } from "../http/trial.ts";
import type { Api } from "./api.ts";
import { idOf } from "./api.ts";
import type { Self } from "./wire.ts";
import { readUser } from "./wire.ts";

/** Calls that write, by what they let one do. */
const WRITES: readonly [right: string, call: string][] = [
  ["lock users", "PUT users/{ids}/deactivate"],
  ["unlock users", "PUT users/{ids}/reactivate, PUT users/{ids}/unblock"],
];

interface RightsOptions {
  api: Api;
  /** Logs in; null where the credential is an API token. */
  logIn: (() => Promise<void>) | null;
  /** The path of the app's script; null: it has none. */
  script: string | null;
}

/** Throws CallError for what says nothing of a right, which a credential that no call accepts does not, either. */
export async function rightsOf({ api, logIn, script }: RightsOptions): Promise<Right[]> {
  const told = toldRights();
  const { tell } = told;
  if (logIn) tell("log in", "POST auth/login", await trial(() => logIn().then(() => null)));

  let user: string | null = null;
  const users = await trial(async () => {
    const { items, total } = await api.users(1, { offset: null });
    const [first] = items;
    if (items.length > 0) user = idOf(readUser(first).record);
    return items.length === 0 && total > 0
      ? missing(`the list is empty, and says that there are ${total}`)
      : null;
  });
  tell("read users", "GET users", users);
  tell("read one user", "GET users/{id}", await onOne(user, "user", (id) => api.user(id)));

  let self: Self | null = null;
  const own = await trial(async () => {
    self = await api.self();
    return self === null ? { state: "untried", why: "the app has no such call" } : null;
  });
  tell("read what the account may do", "GET users/current", own);
  for (const [right, call] of WRITES) tell(right, call, mayChange(self));
  const unneeded: Tried = { state: "unneeded", why: "no target.script in this policy" };
  const call = script === null ? "POST of target.script" : `POST ${script}`;
  tell("send codes for `curfew enroll`", call, script === null ? unneeded : UNTRIED);
  return told.rights();
}

/** The app says whom the account may change: docs/backends/slingr.md, "Rights". */
function mayChange(self: Self | null): Tried {
  if (self?.manages === null)
    return missing("the account neither manages users nor is a developer: give it usersManagement");
  if (self?.manages !== "some") return UNTRIED;
  return {
    ...UNTRIED,
    why: "the account manages the users of some groups only: others stay as they are",
  };
}
