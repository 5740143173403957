/** What is only reported takes nothing away from the rules that are enforced, whatever they ask for. */
import { expect, test } from "vitest";
import type { DeniedDevice } from "../../../src/model/policy.ts";
import {
  deniedOf,
  lockedOf,
  noLimits,
  planned,
  policyOf,
  sessionOf,
  source,
  userOf,
  usersLocked,
} from "../../kit/builders.ts";

test.each<[DeniedDevice["action"]]>([["re-authenticate"], ["wipe"]])(
  "a locked user's stolen device is dealt with (%s) while locks are only reported",
  (action) => {
    const policy = policyOf({
      users: usersLocked(lockedOf("ann")),
      devices: {
        otherwise: "re-authenticate",
        denied: [deniedOf("device-s", { action, unsynced: "lose" })],
        source: source(29),
      },
      enforcement: { default: "enforce", rules: { "users.locked": "report" } },
      limits: noLimits(),
    });
    const { plan } = planned([userOf("ann", [sessionOf("s")], { locked: true })], policy);
    expect(plan.actions).toMatchObject([
      {
        type: action,
        session: "s",
        reasons: [{ rule: "users.locked" }, { rule: "devices.denied" }],
      },
    ]);
    expect(plan.held).toEqual([]);
  },
);
