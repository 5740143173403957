/** Over real HTTP: a lock with `wipe` under each reading of what no document says of it. Wiped is what a read shows so. */
import { describe, expect, it } from "vitest";
import type { SandboxOptions } from "../../src/providers/journeyapps/sandbox/sandbox.ts";
import { aftermath } from "../../src/report/told/outcomes.ts";
import { HOUR } from "../../src/time.ts";
import { session, user } from "../fault-matrix/estate.ts";
import type { Line } from "../fault-matrix/line.ts";
import { asked, estateOf, line, statuses, told } from "../fault-matrix/small.ts";

const LEAVER = `users: { locked: [{ user: ann, reason: Left, wipe: true }] }
limits: { lock: { percent: 100 }, wipe: { max: 20, percent: 100 } }
`;

/** Ann has an enrolled phone, and a tablet that somebody signed out before. */
const estate = () =>
  estateOf(9, user("ann", [session("phone", 3), session("tablet", 9, "LOCKED")]));

const states = ({ sandbox }: Line) =>
  Object.fromEntries(sandbox.user("ann")?.sessions.map(({ id, state }) => [id, state]) ?? []);

/** Applies, and tells what became of it; the next run is an hour later. */
async function ran(at: Line) {
  const run = await at.apply(await at.policy(LEAVER));
  at.at += HOUR;
  const { plan } = run.planned;
  const outcomes = run.outcomes ?? [];
  return { became: statuses(run), outcomes, said: aftermath(plan, outcomes).rows };
}

const wiped = async (at: Line) => Object.keys((await at.memory()).wiped).sort();

/** What a lock leaves to be wiped, by what it wipes. */
const CASES: [lockWipes: NonNullable<SandboxOptions["lockWipes"]>, left: string[]][] = [
  ["all", []],
  ["active", ["tablet"]],
  ["none", ["phone", "tablet"]],
];

describe("an enrolled phone and a signed-out tablet", () => {
  for (const [lockWipes, left] of CASES) {
    it(`where a lock wipes ${lockWipes} of the sessions, the next run wipes ${left.join(" and ") || "nothing"}`, async () => {
      const at = await line({ estate: estate(), lockWipes });
      const first = await ran(at);
      expect(first.became).toEqual(["applied lock ann"]);
      expect(first.outcomes[0]?.unwiped ?? []).toEqual(left);
      expect(first.said[0]?.confirmed).toBe(left.length === 0);
      const known = ["phone", "tablet"].filter((id) => !left.includes(id));
      expect(await wiped(at)).toEqual(known);

      // Without waiting: the lock came about, and only the wipe did not.
      const plan = await at.plan(await at.policy(LEAVER));
      expect(told(plan.planned.plan)).toEqual(left.map((id) => `wipe ${id}`));
      expect(plan.planned.plan.held).toEqual([]);
      expect((await ran(at)).became).toEqual(left.map((id) => `applied wipe ${id}`));
      expect(states(at)).toEqual({ phone: "RESET", tablet: "RESET" });
      expect(await wiped(at)).toEqual(["phone", "tablet"]);

      // Once shown, for good: also where the backend shows it signed out later.
      at.sandbox.update("ann", ({ sessions }) => {
        for (const one of sessions) one.state = "LOCKED";
      });
      expect((await ran(at)).became).toEqual([]);
      expect(asked(at)).toEqual(["lock ann", ...left.map((id) => `wipe ${id}`)]);
    });
  }

  it("where a wipe of an ended session is accepted and not shown, the tablet stays wanted until a read shows it", async () => {
    const at = await line({ estate: estate(), lockWipes: "active", endedWipe: "ended" });
    expect((await ran(at)).became).toEqual(["applied lock ann"]);
    const second = await ran(at);
    expect(second.became).toEqual(["failed wipe tablet"]);
    expect(second.outcomes[0]?.error).toContain("session tablet is ended, and not wiped");
    expect(await wiped(at)).toEqual(["phone"]);
    // It waits as what failed does, and is wanted all the time.
    const waits: number[] = [];
    for (let hours = 0; hours < 12; hours++) {
      const { plan } = (await at.plan(await at.policy(LEAVER))).planned;
      expect([...told(plan), ...told({ ...plan, actions: plan.held })]).toEqual(["wipe tablet"]);
      if (plan.actions.length > 0) waits.push(hours);
      await ran(at);
    }
    expect(waits).toEqual([0, 2, 6]);
    // The device connects, and the backend shows that it erases its data.
    at.sandbox.update("ann", ({ sessions }) => {
      for (const one of sessions) one.state = "RESET";
    });
    await ran(at);
    expect(await wiped(at)).toEqual(["phone", "tablet"]);
    expect(told((await at.plan(await at.policy(LEAVER))).planned.plan)).toEqual([]);
  });

  it("a tablet that signs in anew meanwhile is not known as wiped", async () => {
    const at = await line({ estate: estate(), lockWipes: "active" });
    await ran(at);
    at.sandbox.unlock("ann");
    at.sandbox.signIn("ann", "tablet", at.at);
    at.sandbox.lock("ann");
    expect(await wiped(at)).toEqual(["phone"]);
    const { plan } = (await at.plan(await at.policy(LEAVER))).planned;
    expect(told(plan)).toEqual(["wipe tablet"]);
  });
});
