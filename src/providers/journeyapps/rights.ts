/** Which rights a plan asks of a credential: each read is tried once, by itself; what writes is only named. */
import type { Right } from "../../model/run.ts";
import { missing, onOne, type Tried, toldRights, trial, UNTRIED } from "../http/trial.ts";
import type { Api } from "./api.ts";

/** Calls that write, by what they let one do. */
const WRITES: readonly [right: string, call: string][] = [
  ["lock users", "POST users/{id}/lock, POST batch"],
  ["unlock users", "POST users/{id}/unlock, POST batch"],
  ["sign sessions out", "POST users/{id}/sessions/{id}/re-authenticate, POST batch"],
  ["wipe sessions", "POST users/{id}/sessions/{id}/wipe, POST batch"],
  ["make tokens for `curfew enroll`", "POST users/{id}/authentication-token"],
];

const ONE = { limit: 1, skip: 0 };

/**
 * `fields`: those of the user model that the policy compares. Throws CallError for what says nothing of a right, which a
 * credential that no call accepts does not, either.
 */
export async function rightsOf(api: Api, fields: readonly string[]): Promise<Right[]> {
  let user: string | null = null;
  let model: string | null = null;
  let object: string | null = null;
  const told = toldRights();
  const { tell } = told;

  tell(
    "read what the deployment says of itself",
    "GET info",
    await trial(() => api.info().then(() => null)),
  );
  const users = await trial(async () => {
    const { objects, total } = await api.users(ONE);
    const [first] = objects;
    if (first) user = "user" in first ? first.user.id : first.unreadable.id;
    return first === undefined && total > 0
      ? missing(`the list is empty, and says that there are ${total}`)
      : null;
  });
  tell("read users and sessions", "GET users", users);
  tell("read one user", "GET users/{id}", await onOne(user, "user", (id) => api.user(id)));

  const needed = fields.length > 0;
  const unneeded: Tried = { state: "unneeded", why: "no `identify` and no `where` in this policy" };
  const models = async () => {
    model = (await api.userModel()).name;
    return null;
  };
  tell("read the user model", "GET datamodel", needed ? await trial(models) : unneeded);
  const objects = async (name: string) => {
    object = (await api.objects(name, fields, ONE)).objects[0]?.id ?? null;
    return null;
  };
  const objectsTried = needed ? await onOne(model, "user model", objects) : unneeded;
  tell("read the objects of the user model", "GET objects/{model}", objectsTried);
  const one = (id: string) => api.object(model ?? "", id, fields);
  const oneTried = needed ? await onOne(object, "object", one) : unneeded;
  tell("read one object", "GET objects/{model}/{id}", oneTried);

  for (const [right, call] of WRITES) tell(right, call, UNTRIED);
  return told.rights();
}
