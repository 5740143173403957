/** What the backend is asked about one user alone, while users are read: docs/contract.md, "Names". */
import { UnreadableTargetError } from "../errors.ts";
import type { Account, AccountRecord, Profile, User, UserRecord } from "../model/inventory.ts";
import type { InventorySource } from "../model/ports.ts";
import type { Known } from "../model/run.ts";
import { nameKey } from "../policy/names.ts";
import { type GrowingNaming, userOf } from "./user.ts";

/** Whether something is to be done to a user by its name. */
export type Acts = (user: User) => boolean;

/**
 * Makes users of accounts. One whose profile did not come is asked for alone, where something could rest on it, and
 * one to whom something is to be done by its name is that user only where the backend finds nobody else by it.
 * `sought`: users whom the backend finds by a name of the policy.
 */
export function asker(
  source: InventorySource,
  known: Known,
  fields: readonly string[],
  naming: GrowingNaming,
  { acts = () => false, sought }: { acts?: Acts | undefined; sought: ReadonlySet<string> },
): (record: AccountRecord) => UserRecord | Promise<UserRecord> {
  const { identify } = known.policy.target;
  const matters = weigher(known);
  const named = (record: AccountRecord) => {
    const completed = userOf(record, naming, identify);
    if (identify === null || "unreadable" in completed) return completed;
    const { user } = completed;
    if (user.name === null || user.ambiguous || !source.named || !acts(user)) return completed;
    return alone(source, user, user.name, identify);
  };
  return (record) => {
    if (fields.length === 0 || "unreadable" in record) return userOf(record, naming, identify);
    const { user } = record;
    if (came(user, naming, fields)) return named(record);
    if (user.nameless === "asked") return named(record);
    if (!matters(user) && !sought.has(user.id))
      return named({ user: { ...user, nameless: "unasked" } });
    return askProfile(source, user, fields).then((answer) => {
      if (answer !== null && "unreadable" in answer && !("fields" in answer)) return answer;
      if (answer === null && sought.has(user.id)) return unclear(user.id, CONTRADICTION);
      if (answer === null) return named({ user: { ...user, nameless: "asked" } });
      naming.note(answer as Profile);
      return named(record);
    });
  };
}

/** Whether a profile came with the user model, or with the account. One of a saved inventory may hold no fields at all. */
function came(user: Account, { profiles }: GrowingNaming, fields: readonly string[]): boolean {
  if (user.nameless !== undefined) return false;
  const profile = profiles.get(user.id);
  const own = profile?.fields ?? user.fields ?? {};
  return profile?.unreadable !== undefined || fields.every((field) => Object.hasOwn(own, field));
}

/** Whether something could rest on who a user is: an active session, a lock of ours, or a wipe of a session that has ended. */
function weigher({ policy, memory }: Known): (user: Account) => boolean {
  const denied = new Set(policy.devices.denied.map(({ id }) => id));
  return ({ id, sessions }) =>
    Object.hasOwn(memory.ownLocks, id) ||
    sessions.some(
      (session) =>
        session.state === "active" ||
        (session.state === "ended" &&
          (Object.hasOwn(memory.owedWipes, session.id) || denied.has(session.attributes.id ?? ""))),
    );
}

const CONTRADICTION =
  "the user is found by a name of the policy, and the backend says that there is no profile: run again";

type Unclear = Extract<UserRecord, { unreadable: unknown }>;

async function askProfile(
  source: InventorySource,
  { id }: Account,
  fields: readonly string[],
): Promise<Profile | Unclear | null> {
  if (!source.profile) {
    const why = "did not come, and the inventory was saved without asking for it: take it again";
    return unclear(id, `the profile in the user model ${why}`);
  }
  try {
    return await source.profile(id, fields);
  } catch (error) {
    if (!(error instanceof UnreadableTargetError)) throw error;
    const why = `did not come, and it can't be read: ${error.message}`;
    return unclear(id, `the profile in the user model ${why}`);
  }
}

/** The user, ambiguous where the backend finds others by the name. */
async function alone(
  source: InventorySource,
  user: User,
  name: string,
  identify: string,
): Promise<UserRecord> {
  try {
    const found = await bearers(source, identify, name);
    if (!found.has(user.id)) {
      const why = `is read as ${name}, and the backend finds nobody there by that ${identify}: it changed just now, or the field can't be searched; run again, and name users by another field if this stays`;
      return unclear(user.id, `the user ${why}`);
    }
    return found.size === 1
      ? { user }
      : { user: { ...user, ambiguous: true, namesakes: identify } };
  } catch (error) {
    if (!(error instanceof UnreadableTargetError)) throw error;
    return unclear(user.id, `who else is called ${name} can't be read: ${error.message}`);
  }
}

/** Everybody whom the backend finds by a name, as it is written and, where case does not tell names apart, in small letters. */
export async function bearers(
  source: Pick<InventorySource, "named">,
  identify: string,
  ...names: readonly string[]
): Promise<Set<string>> {
  const found = new Set<string>();
  for (const spelling of new Set(names.flatMap((name) => [name, nameKey(name)]))) {
    for (const id of (await source.named?.(identify, spelling)) ?? []) found.add(id);
  }
  return found;
}

function unclear(id: string, message: string): Unclear {
  return { unreadable: { id, field: "profile", message } };
}
