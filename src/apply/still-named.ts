/** Whether a user is still who the policy means, asked of the backend just before a write: docs/contract.md, "Names". */
import { UnreadableTargetError } from "../errors.ts";
import type { Profile } from "../model/inventory.ts";
import type { Policy } from "../model/policy.ts";
import type { Provider } from "../model/ports.ts";
import type { Step } from "../plan/steps.ts";
import { linesOf } from "../policy/lines.ts";
import { nameKey } from "../policy/names.ts";

/**
 * null where the user has the name by which it was planned, and has it alone; else a sentence why nothing may be done.
 * Asked only of users whom a line names. `name` is null where the user has none. Throws UnreadableTargetError where
 * the backend can't tell.
 */
export async function stillNamed(
  { id, name }: { id: string; name: string | null },
  policy: Policy,
  provider: Pick<Provider, "profile" | "named">,
): Promise<string | null> {
  const { identify } = policy.target;
  if (identify === null) return null;
  const lines = linesOf(policy);
  const [now, spellings] = nameNow(id, await provider.profile(id, [identify]), identify);
  if (nameKey(now ?? "") !== nameKey(name ?? "")) {
    return `${called(name)} when it was planned, and ${called(now)} when it was read again`;
  }
  if (now === null || lines.present({ id, name: now }).byName.length === 0) return null;
  const bearers = new Set<string>();
  for (const spelling of spellings) {
    for (const bearer of await provider.named(identify, spelling)) bearers.add(bearer);
  }
  bearers.delete(id);
  const [other] = bearers;
  return other === undefined ? null : `is called ${now}, and so is user ${other}`;
}

/** Tells of each step, just before it is written, whether its user is still who the policy means; null where so. */
export function namesOf(policy: Policy, provider: Pick<Provider, "profile" | "named">) {
  return ({ action, name }: Step): Promise<string | null> =>
    stillNamed({ id: action.user, name }, policy, provider);
}

const called = (name: string | null) => (name === null ? "had no name" : `was called ${name}`);

/** The name, and the spellings by which to ask who has it. */
function nameNow(
  id: string,
  profile: Profile | null,
  identify: string,
): [string | null, Set<string>] {
  if (profile?.unreadable) {
    const { field, message } = profile.unreadable;
    throw new UnreadableTargetError(
      `the profile of user ${id} can't be understood: ${field} ${message}`,
    );
  }
  const value = profile?.fields[identify] ?? null;
  const name = value === null || value === "" ? null : String(value);
  return [name, new Set(name === null ? [] : [name, nameKey(name)])];
}
