/** Runs policy tests: the same reading and planner as everything, on users in memory. */
import { readInventory, type Sink } from "../inventory/read.ts";
import type { User } from "../model/inventory.ts";
import type { Policy } from "../model/policy.ts";
import { explain } from "../plan/explain/explain.ts";
import { planner } from "../plan/plan.ts";
import { EVERYTHING } from "../plan/scope.ts";
import { compare, type Difference } from "./compare.ts";
import type { CoverageMeter } from "./coverage.ts";
import { lineOf, type PlacedTests } from "./parse.ts";
import type { TestShort } from "./schema.ts";
import { memoryOf, othersOf, sourceOf, usersOf } from "./world.ts";

/** One test. */
export interface TestResult {
  name: string;
  file: string;
  line: number;
  passed: boolean;
  differences: Difference[];
}

export interface SuiteResult {
  /** The file of tests. */
  file: string;
  policy: Pick<Policy, "files"> & { target: string };
  tests: TestResult[];
}

/** Runs a file of tests against its policy, and shows `coverage` what they touch. */
export async function runTests(
  placed: PlacedTests,
  policy: Policy,
  coverage: CoverageMeter,
): Promise<SuiteResult> {
  const tests: TestResult[] = [];
  for (const [index] of placed.value.tests.entries()) {
    tests.push(await runTest(placed, index, policy, coverage));
  }
  const { files, target } = policy;
  return { file: placed.file, policy: { files, target: target.name }, tests };
}

/** Users besides those of a test, so that percentages do not bite. */
const OTHERS = 1000;

async function runTest(
  placed: PlacedTests,
  index: number,
  policy: Policy,
  coverage: CoverageMeter,
): Promise<TestResult> {
  const test = placed.value.tests[index] as TestShort;
  const at = test.at ?? placed.value.at;
  const users = usersOf(test, at, placed.value.device);
  const memory = memoryOf(test, users, policy, at);
  const { others, sparing } = othersOf(test.others ?? OTHERS, policy, at);
  const { sinks, facts } = await readInventory(
    sourceOf(users),
    { policy, at, memory },
    (known) => ({
      plan: planner({ ...known, policy: sparing, version: "", scope: EVERYTHING }),
      seen: keeper(),
    }),
  );
  // The planner counts the sessions that it sees, so it is shown these, too.
  for (const user of others) sinks.plan.add({ user });
  const { plan } = sinks.plan.finish({
    ...facts,
    users: facts.users + others.length,
    sessions: facts.sessions + others.length,
    active: facts.active + others.length,
  });
  const differences = sinks.seen.users.flatMap((user) => {
    const explanation = explain(user, policy, at, memory, plan);
    coverage.see(explanation);
    const path = ["tests", index, "users", user.id];
    return compare(placed, path, test.users[user.id] ?? {}, explanation);
  });
  const line = lineOf(placed, ["tests", index, "name"]);
  return {
    name: test.name,
    file: placed.file,
    line,
    passed: differences.length === 0,
    differences,
  };
}

/** The users as they were read. */
function keeper(): Sink & { users: User[] } {
  const users: User[] = [];
  return {
    users,
    add(record) {
      if ("user" in record) users.push(record.user);
    },
  };
}
