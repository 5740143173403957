/** What a plan wants of a user, compared with what a test expects: all that is not as expected, and why. */
import {
  type Action,
  HELD_BY,
  type Held,
  type HeldBy,
  type Notice,
  type Reason,
} from "../model/plan.ts";
import type { Rule } from "../model/vocabulary.ts";
import type { Explanation } from "../plan/explain/explain.ts";
import type { Path } from "../policy/parse/positions.ts";
import { actionOf, lineOf, type PlacedTests } from "./parse.ts";
import type { Expectation, UserShort } from "./schema.ts";

/** One way in which a plan is not as expected. */
export interface Difference {
  /** `unexpected`: nobody expected it. `absent`: expected, and not so. `different`: so, for something else. */
  kind: "unexpected" | "absent" | "different";
  user: string;
  /** "re-authenticate phone", "lock, held by pace", "notice protected". */
  what: string;
  /** What is so instead, where that can be said. */
  but: string | null;
  /** Where it is expected, or else where the user is; in the file of tests. */
  line: number;
  /** The lines of policy that cause it. */
  reasons: Reason[];
}

/** One thing that is expected. */
interface Wish {
  what: string;
  of: Expectation;
  line: number;
}

/** `path`: to the user in the file of tests. */
export function compare(
  placed: PlacedTests,
  path: Path,
  short: UserShort,
  explanation: Explanation,
): Difference[] {
  const { user, verdict } = explanation;
  const wishes = (list: readonly Expectation[] | undefined, by: HeldBy | null): Wish[] =>
    (list ?? []).map((of, i) => ({
      what: named(actionOf(of), by),
      of,
      line: lineOf(placed, [...path, ...(by === null ? ["expect"] : ["held", by]), i]),
    }));
  const expected = [
    ...wishes(short.expect, null),
    ...HELD_BY.flatMap((by) => wishes(short.held?.[by], by)),
  ];
  const actual: (Action | Held)[] = [...verdict.actions, ...verdict.held];
  const found = new Map(actual.map((one) => [nameOf(one), one]));
  const meant = new Set(expected.map(({ what }) => what));
  const here = lineOf(placed, path);
  return [
    ...actual
      .filter((one) => !meant.has(nameOf(one)))
      .map((one): Difference => {
        const { reasons } = one;
        return {
          kind: "unexpected",
          user: user.id,
          what: nameOf(one),
          but: null,
          line: here,
          reasons,
        };
      }),
    ...expected.flatMap((wish) => {
      const action = found.get(wish.what);
      return action ? unlike(wish, action) : absent(wish, actual, explanation);
    }),
    ...noticesUnlike(short.notices, verdict.notices, user.id, lineOf(placed, [...path, "notices"])),
  ];
}

function named(action: string, by: HeldBy | null): string {
  return by === null ? action : `${action}, held by ${by}`;
}

function nameOf(action: Action | Held): string {
  const type = action.type === "lock" && action.wipe ? "lock-and-wipe" : action.type;
  const what = action.session === null ? type : `${type} ${action.session}`;
  return named(what, "by" in action ? action.by : null);
}

/** A wish that is granted, but for other reasons. */
function unlike({ what, of, line }: Wish, action: Action | Held): Difference[] {
  if (typeof of === "string") return [];
  const { user, reasons, cause } = action;
  const rules = reasons.map(({ rule }) => rule);
  const lacking = (of.because ?? []).filter((rule) => !rules.includes(rule));
  const buts = [
    lacking.length > 0
      ? `expected because of ${lacking.join(", ")}, and it is because of ${rules.join(", ")}`
      : "",
    of.cause !== undefined && of.cause !== cause
      ? `expected with the cause ${of.cause}, and it is ${cause}`
      : "",
  ];
  return buts
    .filter((but) => but !== "")
    .map((but) => ({ kind: "different", user, what, but, line, reasons }));
}

/** A wish that is not granted: what of the same session is wanted instead, and what the rules compared. */
function absent(
  { what, of, line }: Wish,
  actual: readonly (Action | Held)[],
  explanation: Explanation,
): Difference[] {
  const action = actionOf(of);
  const session = /^(?:re-authenticate|wipe) (.*)$/.exec(action)?.[1] ?? null;
  const instead = actual.filter((one) => one.session === session).map(nameOf);
  const but = instead.length > 0 ? `it is ${instead.join(" and ")}` : null;
  const because = typeof of === "string" ? null : (of.because ?? null);
  const reasons = explanation.rules
    .filter(({ rule }) => because?.includes(rule) ?? isAbout(rule, session))
    .flatMap(({ rule, statements, comparisons }): Reason[] => {
      const compared = comparisons.find((one) => one.session === session);
      const said = statements.find(({ wins }) => wins) ?? statements[0];
      if (!compared || !said) return [];
      const { file, line: at } = said;
      return [{ rule, file, line: at, message: `${said.says}: ${compared.found}` }];
    });
  return [{ kind: "absent", user: explanation.user.id, what, but, line, reasons }];
}

function isAbout(rule: Rule, session: string | null): boolean {
  return (rule === "users.locked") === (session === null);
}

function noticesUnlike(
  expected: readonly Notice["kind"][] | undefined,
  actual: readonly Notice[],
  user: string,
  line: number,
): Difference[] {
  if (expected === undefined) return [];
  const kinds = new Set(actual.map(({ kind }) => kind));
  return [
    ...actual
      .filter(({ kind }) => !expected.includes(kind))
      .map(
        ({ kind, message }): Difference => ({
          ...{ kind: "unexpected", user, what: `notice ${kind}`, but: message, line, reasons: [] },
        }),
      ),
    ...expected
      .filter((kind) => !kinds.has(kind))
      .map(
        (kind): Difference => ({
          ...{ kind: "absent", user, what: `notice ${kind}`, but: null, line, reasons: [] },
        }),
      ),
  ];
}
