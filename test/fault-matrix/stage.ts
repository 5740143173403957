/** The stage of a cell: the real line, a run of an earlier policy behind it, and a way back to there. */
import { cp, rm } from "node:fs/promises";
import path from "node:path";
import type { Policy } from "../../src/model/policy.ts";
import { HOUR } from "../../src/time.ts";
import { BEFORE, OBJECTS, PAGE, POLICY_BEFORE, policyOf, TARGET, USERS } from "./estate.ts";
import { type Line, openLine } from "./line.ts";

export interface Stage {
  readonly line: Line;
  readonly policy: Policy;
  /** As it was when it was opened, an hour after that run. */
  reset(): Promise<void>;
}

/** `wipes`: whether the policy wants any. Whoever opens it closes its line. */
export async function openStage(wipes: boolean): Promise<Stage> {
  const line = await openLine({
    ...{ estate: [...USERS], objects: [...OBJECTS], at: BEFORE, pageMax: PAGE, pageSize: PAGE },
  });
  await line.apply(await line.policy(POLICY_BEFORE, { target: TARGET }));
  const policy = await line.policy(policyOf(wipes), { target: TARGET });
  const users = line.sandbox.users();
  const [ledger, copy] = ["ledger", "before"].map((name) => path.join(line.root, name)) as [
    string,
    string,
  ];
  await cp(ledger, copy, { recursive: true });
  return {
    line,
    policy,
    async reset() {
      line.at = BEFORE + HOUR;
      line.sandbox.faults = [];
      for (const user of users) {
        line.sandbox.update(user.id, (now) => Object.assign(now, structuredClone(user)));
      }
      await rm(ledger, { recursive: true });
      await cp(copy, ledger, { recursive: true });
    },
  };
}
