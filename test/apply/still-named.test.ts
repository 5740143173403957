/** The look at a name before a write. docs/contract.md, "Names". */
import { expect, it } from "vitest";
import { namesOf, stillNamed } from "../../src/apply/still-named.ts";
import type { Profile } from "../../src/model/inventory.ts";
import type { Step } from "../../src/plan/steps.ts";
import { lockedOf, planned, policyOf, sourceOf, userOf, usersLocked } from "../kit/builders.ts";

const target = { ...policyOf().target, identify: "email" };
const policy = policyOf({ target, users: usersLocked(lockedOf("ann@x")) });
const profiles = (of: Record<string, unknown>) =>
  sourceOf([], {
    profiles: Object.entries(of).map(([id, email]) => ({ id, fields: { email } }) as Profile),
  });
const still = (name: string | null, of: Record<string, unknown>, by = policy) =>
  stillNamed({ id: "u1", name }, by, profiles(of));

it("holds where the user alone has the name, in whatever case", async () => {
  expect(await still("ann@x", { u1: "Ann@x", u2: "bob@x" })).toBeNull();
});

it("does not where somebody else has it, too, or the name has moved, or come", async () => {
  expect(await still("ann@x", { u1: "ann@x", u2: "ann@x" })).toBe(
    "is called ann@x, and so is user u2",
  );
  expect(await still("Ann@x", { u1: "Ann@x", u2: "ann@x" })).toContain("so is user u2");
  expect(await still("ann@x", { u1: "new@x", u2: "ann@x" })).toBe(
    "was called ann@x when it was planned, and was called new@x when it was read again",
  );
  expect(await still("ann@x", {})).toContain("had no name when it was read again");
  expect(await still(null, { u1: "ann@x" })).toContain("had no name when it was planned");
});

it("asks for no others who have a name that no line says", async () => {
  expect(await still("bob@x", { u1: "bob@x", u2: "bob@x" })).toBeNull();
  expect(await still(null, {})).toBeNull();
});

it("asks nothing where users are named by id, and can't tell of a name that can't be understood", async () => {
  expect(await still("u1", {}, policyOf())).toBeNull();
  const unreadable = { field: "email", message: "is not a text" };
  const odd = sourceOf([], { profiles: [{ id: "u1", fields: {}, unreadable }] });
  await expect(stillNamed({ id: "u1", name: "ann@x" }, policy, odd)).rejects.toThrow(
    "the profile of user u1 can't be understood: email is not a text",
  );
});

it("holds where the name is the user's own id", async () => {
  const own = policyOf({ target, users: usersLocked(lockedOf("u1")) });
  const { steps } = planned([userOf("u1", [], { name: "u1" })], own);
  expect(steps.map(({ action }) => action.type)).toEqual(["lock"]);
  const [step] = steps as [Step];
  expect(await namesOf(own, profiles({ u1: "u1" }))(step)).toBeNull();
  expect(await namesOf(own, profiles({ u1: "u2" }))(step)).toContain("was called u1");
});
