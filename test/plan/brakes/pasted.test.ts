/** The line that a refusal prints, pasted as it is printed, over the real line: docs/contract.md, "Limits". */
import { describe, expect, it } from "vitest";
import { UnreadableTargetError } from "../../../src/errors.ts";
import type { Plan } from "../../../src/model/plan.ts";
import { planMarkdown } from "../../../src/report/markdown/plan.ts";
import { planText } from "../../../src/report/text/plan.ts";
import { HOUR } from "../../../src/time.ts";
import { session, user } from "../../fault-matrix/estate.ts";
import type { Line } from "../../fault-matrix/line.ts";
import { ALL_LOCKS, estateOf, line, locking } from "../../fault-matrix/small.ts";

const FOUR = ["u0", "u1", "u2", "u3"];
const LOCKS = locking(...FOUR);
const WIPING_LOCKS = LOCKS.replaceAll(" }", ", wipe: true }");
const UNLOCKS = "users: { locked: [], allowEmpty: true }\n";
const OLD = "sessions: { maxAge: 12h }\n";
const LOST = `devices:\n  denied:\n${FOUR.map((_, i) => `    - { id: d-s${i}, reason: Lost, action: wipe, unsynced: lose }\n`).join("")}`;

interface Case {
  name: string;
  /** The limits, without `raise`. */
  limits: string;
  wants: string;
  /** What is refused, e.g. `lock max`. */
  refused: string[];
  /** How many actions there are of each type when all lines are pasted, where that is not four of each refused. */
  taken?: Partial<Plan["summary"]>;
  before?: (at: Line) => Promise<void> | void;
}

/** Locks are in place, and ours. */
async function locked(at: Line): Promise<void> {
  await at.apply(await at.policy(LOCKS + ALL_LOCKS));
  at.at += 26 * HOUR;
}

/** One action of the last 24 hours is counted. */
async function oneLocked(at: Line): Promise<void> {
  await at.apply(await at.policy(locking("u9") + ALL_LOCKS));
  at.at += HOUR;
}

const signedOut = ({ sandbox }: Line) =>
  FOUR.forEach((id) => {
    sandbox.update(id, (one) => {
      for (const its of one.sessions) its.state = "LOCKED";
      one.enrolled = false;
    });
  });

const ofBoth = (type: "lock" | "unlock"): Case[] => {
  const wants = type === "lock" ? LOCKS : UNLOCKS;
  const before = type === "unlock" ? { before: locked } : {};
  const one = (key: string, others: string): Case => ({
    name: `${type} by ${key}`,
    ...{ limits: `${type}: { ${key}: 2, ${others} }`, wants, refused: [`${type} ${key}`] },
    ...before,
  });
  return [one("max", "percent: 100"), one("percent", "max: 9"), one("perRun", "percent: 100")];
};

const REFUSE = "exceed: refuse";
const CASES: Case[] = [
  ...ofBoth("lock"),
  ...ofBoth("unlock"),
  {
    name: "lock by several keys, some of it used",
    limits: "lock: { max: 3, percent: 20, perRun: 15 }",
    ...{ wants: locking(...FOUR, "u9"), refused: ["lock max"], before: oneLocked },
    taken: { lock: 4 },
  },
  ...[
    "max: 2, percent: 100, perRun: 100",
    "percent: 2, perRun: 100",
    "perRun: 2, percent: 100",
  ].map(
    (keys): Case => ({
      name: `sign-outs by ${keys}`,
      limits: `re-authenticate: { ${keys}, ${REFUSE} }`,
      ...{ wants: OLD, refused: [`re-authenticate ${keys.split(":")[0]}`] },
      taken: { "re-authenticate": 20 },
    }),
  ),
  {
    ...{ name: "wipes by the default", limits: "", wants: LOST, refused: ["wipe max"] },
  },
  {
    name: "wipes of active sessions by percent",
    limits: "wipe: { max: 9, percent: 5 }",
    ...{ wants: LOST, refused: ["wipe percent"] },
  },
  {
    name: "wipes of ended sessions by percent, and by perRun",
    limits: "wipe: { max: 9, percent: 25, perRun: 25 }",
    ...{ wants: LOST, refused: ["wipe percent"], before: signedOut },
  },
  {
    name: "the wipes of locks, and the locks themselves",
    limits: "lock: { max: 3, percent: 100 }",
    ...{ wants: WIPING_LOCKS, refused: ["lock max", "wipe max"], taken: { lock: 4, wipe: 0 } },
  },
  {
    name: "locks, wipes and sign-outs at once",
    limits: `lock: { max: 1, percent: 100 }, re-authenticate: { percent: 5, perRun: 100, ${REFUSE} }`,
    wants: WIPING_LOCKS + LOST.replaceAll("d-s", "d-s1") + OLD,
    refused: ["lock max", "wipe max", "re-authenticate percent"],
    // Four sessions are ended by their locks, and four wiped.
    taken: { lock: 4, wipe: 4, "re-authenticate": 12 },
  },
];

const PLAIN = { colour: false, width: 60, all: false };
const LINE = /\{\s+type:[^}]*\}/g;
const policyOf = (limits: string, wants: string, lines: readonly string[]) =>
  `${wants}limits:\n  { ${[limits, `raise: [\n    ${lines.join(",\n    ")}\n    ]`].filter(Boolean).join(", ")} }\n`;

describe("as text and as Markdown print it", () => {
  for (const { name, limits, wants, refused, taken, before } of CASES) {
    it(name, async () => {
      const at = await line({ estate: estateOf(20) });
      await before?.(at);
      const planned = async (...lines: string[]) =>
        (await at.plan(await at.policy(policyOf(limits, wants, lines)))).planned.plan;
      const plan = await planned();
      expect(plan.refusals.map(({ type, limit }) => `${type} ${limit}`)).toEqual(refused);
      const printed = planText(plan, PLAIN).match(LINE) ?? [];
      expect(printed).toHaveLength(refused.length);
      // Each lifts its own, alone.
      for (const [i, one] of printed.entries()) {
        const types = (await planned(one)).refusals.map(({ type }) => type);
        expect(types).not.toContain(plan.refusals[i]?.type);
      }
      for (const lines of [printed, planMarkdown(plan).match(LINE) ?? []]) {
        const { refusals, summary } = await planned(...lines);
        expect(refusals).toEqual([]);
        const types = plan.refusals.map(({ type }) => [type, 4]);
        expect(summary).toMatchObject(taken ?? Object.fromEntries(types));
      }
    });
  }
});

it("an inventory that lost more than it may, and a first one without users", async () => {
  const at = await line({ estate: estateOf(20) });
  await at.apply(await at.policy(OLD));
  for (let i = 0; i < 9; i++) at.sandbox.remove(`u${i}`);
  const first = await line({ estate: [user("ann", [session("phone", 1)])] });
  first.sandbox.remove("ann");
  for (const of of [at, first]) {
    const planned = async (...lines: string[]) =>
      of.plan(await of.policy(policyOf("", `${OLD}protected: [ann]\n`, lines)));
    const error = await planned().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnreadableTargetError);
    const lines = String(error).match(LINE) ?? [];
    expect(lines).toHaveLength(1);
    await planned(...lines);
  }
});
