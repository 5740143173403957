/** Policy tests for a policy that is there already, such as one of `curfew import`: what it does today, written down. */
import { minVersion } from "semver";
import { Document, isCollection, visit } from "yaml";
import type { AllowedDevice, Policy } from "../model/policy.ts";
import type { Instant } from "../model/vocabulary.ts";
import { coverageMeter } from "../policy-tests/coverage.ts";
import { parseTests } from "../policy-tests/parse.ts";
import { runTests } from "../policy-tests/run.ts";
import { DAY, iso } from "../time.ts";

const HEAD = `# yaml-language-server: $schema=../../schema/policy-tests.schema.json
#
# What the policy must do, and must not do: \`curfew test\`. An action that no test expects fails it.
# Once a rule is enforced, its \`held: { report: … }\` becomes \`expect: …\`.
`;

type Test = { name: string; users: Record<string, object> };

/**
 * The text of a file of tests below `policies/tests`. Each test was run: what a policy does otherwise, by rules that
 * are not foreseen here, is left out. `policy` is the file's name.
 */
export async function testsFor(name: string, policy: Policy, at: Instant): Promise<string> {
  const device = deviceOf(policy.devices.allowed?.[0]);
  const text = (tests: readonly Test[]) =>
    HEAD + yamlOf({ version: 1, policy: `../${name}`, at: iso(at), ...device, tests });
  const passes = async (test: Test) => {
    const { tests } = parseTests("tests.yaml", text([test]));
    const result = tests && (await runTests(tests, policy, coverageMeter(policy)));
    return result?.tests.every(({ passed }) => passed) ?? false;
  };
  const kept: Test[] = [];
  for (const [title, user, more, does] of situations(policy)) {
    const forms = does === null ? [{}] : [{ held: { report: [does] } }, { expect: [does] }];
    for (const form of forms) {
      const test = { name: title, users: { [user]: { ...more, ...form } } };
      if (!(await passes(test))) continue;
      kept.push(test);
      break;
    }
  }
  return text(kept);
}

/** What is expected stands in one line, since that is the line that changes with the policy. */
function yamlOf(file: object): string {
  const document = new Document(file);
  visit(document, {
    Pair(_, { key, value }) {
      if (/^(?:held|expect)$/.test(String(key)) && isCollection(value)) value.flow = true;
    },
  });
  return document.toString();
}

type Situation = [title: string, user: string, more: object, does: string | null];

function situations({ sessions, users }: Policy): Situation[] {
  const phone = (signedIn: string) => ({ sessions: { phone: { signedIn } } });
  const days = sessions.maxAge ? Math.floor(sessions.maxAge.value / DAY) : null;
  const leaver = users.locked?.[0]?.user;
  const nobody: Situation = ["Who never signed in is left alone", "ann", {}, null];
  return [
    nobody,
    ["Who signed in an hour ago is left alone", "bob", phone("1 hour ago"), null],
    ...(days === null
      ? []
      : [
          [
            `Who signed in more than ${days} days ago has to sign in again`,
            "cem",
            phone(`${days + 1} days ago`),
            "re-authenticate phone",
          ] satisfies Situation,
        ]),
    ...(leaver === undefined
      ? []
      : [["Who is listed as locked is locked", leaver, {}, "lock"] satisfies Situation]),
  ];
}

/** A device that the first entry of `devices.allowed` lets in, where there is one. */
function deviceOf(entry: AllowedDevice | undefined): { device?: object } {
  if (!entry) return {};
  const lowest = (range: string | undefined) =>
    range === undefined ? undefined : minVersion(range)?.version;
  const device = {
    platform: entry.platform,
    container: lowest(entry.container),
    runtime: lowest(entry.runtime),
  };
  const told = Object.entries(device).filter(([, value]) => value !== undefined);
  return told.length === 0 ? {} : { device: Object.fromEntries(told) };
}
