/** The text of a file of policy tests → its tests, or all its faults at their places. */
import type { Problem } from "../errors.ts";
import { readDocument } from "../policy/parse/document.ts";
import { faultsOf, noMessage } from "../policy/parse/issues.ts";
import { nodeAt, type Path, type Placed, plain, problemAt } from "../policy/parse/positions.ts";
import { show } from "../text/show.ts";
import { didYouMean } from "../text/suggest.ts";
import { ACTION_PATTERN, type Expectation, type TestsFile, testsSchema } from "./schema.ts";

/** A file that was understood. */
export type PlacedTests = Placed<TestsFile>;

/** Throws nothing; `tests` is null where there is any problem. */
export function parseTests(
  file: string,
  text: string,
): { tests: PlacedTests | null; problems: Problem[] } {
  const { root, problems } = readDocument(file, text);
  if (!root) return { tests: null, problems };
  if (root.content instanceof Map && root.content.has("target")) {
    const message =
      "is a policy, not a file of policy tests: those are in the folder tests beside it";
    return { tests: null, problems: [...problems, { file, ...root.at, message }] };
  }
  const result = testsSchema.safeParse(plain(root), noMessage);
  if (!result.success) {
    const faults = faultsOf(result.error.issues, root, testsSchema, file, {});
    return { tests: null, problems: [...problems, ...faults.map(({ problem }) => problem)] };
  }
  const tests = { value: result.data, file, node: root };
  const all = [...problems, ...unknownSessions(tests), ...repeatedNames(tests)];
  return { tests: all.length === 0 ? tests : null, problems: all };
}

/** The line on which something of a file is written. */
export function lineOf({ node }: PlacedTests, path: Path): number {
  const found = nodeAt(node, path) ?? node;
  return (found.key ?? found.at).line;
}

/** Every session that is expected to be acted on, or that the ledger knows, is one of the test. */
function unknownSessions(placed: PlacedTests): Problem[] {
  const check = (session: string, known: readonly string[], path: Path): Problem[] => {
    if (known.includes(session)) return [];
    const message = `there is no session ${show(session)}${didYouMean(session, known)}`;
    return [problemAt(placed, message, path)];
  };
  return placed.value.tests.flatMap(({ users, ledger = {} }, t) => {
    const all = Object.values(users).flatMap(({ sessions = {} }) => Object.keys(sessions));
    const expected = Object.entries(users).flatMap(([user, short]) => {
      const at: Path = ["tests", t, "users", user];
      const known = Object.keys(short.sessions ?? {});
      const lists: [Path, readonly Expectation[]][] = [
        [[...at, "expect"], short.expect ?? []],
        ...Object.entries(short.held ?? {}).map(([by, list]): [Path, readonly Expectation[]] => [
          [...at, "held", by],
          list,
        ]),
      ];
      return lists.flatMap(([path, list]) =>
        list.flatMap((one, i) => {
          const session = ACTION_PATTERN.exec(actionOf(one))?.[3];
          return session === undefined ? [] : check(session, known, [...path, i]);
        }),
      );
    });
    const remembered = (["wiped", "owedWipes"] as const).flatMap((key) =>
      (ledger[key] ?? []).flatMap((session, i) => {
        const path = ["tests", t, "ledger", key, i];
        if (all.filter((one) => one === session).length < 2) return check(session, all, path);
        const message = `several users have a session ${show(session)}: give each another name`;
        return [problemAt(placed, message, path)];
      }),
    );
    return [...expected, ...remembered];
  });
}

/** A test goes by its name in reports. */
function repeatedNames(placed: PlacedTests): Problem[] {
  const names = placed.value.tests.map(({ name }) => name);
  return names.flatMap((name, i) => {
    const first = names.indexOf(name);
    if (first === i) return [];
    const message = `a test has this name already, in line ${lineOf(placed, ["tests", first, "name"])}`;
    return [problemAt(placed, message, ["tests", i, "name"])];
  });
}

/** The action of an expectation, as it is written. */
export function actionOf(of: Expectation): string {
  return typeof of === "string" ? of : of.action;
}
