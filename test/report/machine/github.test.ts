import { describe, expect, test } from "vitest";
import type { Plan, Refusal } from "../../../src/model/plan.ts";
import { type Annotation, inRepository, orders } from "../../../src/report/machine/annotations.ts";
import {
  appliesGitHub,
  driftsGitHub,
  plansGitHub,
  problemsGitHub,
} from "../../../src/report/machine/github.ts";
import * as build from "../builders.ts";

const BASE = { commit: null };
const FILE = "policies/production.yaml";
const ADDED = {
  kind: "unknown-user",
  user: "nobody",
  message: "nobody is no user",
  file: FILE,
  line: 70,
  added: true,
} as const;

/** What GitHub's runner makes of a log: it undoes the escapes (actions/runner, ActionCommand.cs). */
function annotations(log: string) {
  return log.split("\n").flatMap((line) => {
    const [, level, properties = "", message = ""] = /^\s*::(\w+) ?(.*?)::(.*)$/.exec(line) ?? [];
    if (!level) return [];
    const entries = properties.split(",").map((entry) => {
      const [key = "", value = ""] = entry.split("=");
      return [key, undo(value)];
    });
    return [{ level, ...Object.fromEntries(entries), message: undo(message) }];
  });
}

function undo(text: string): string {
  const escapes = { "%3A": ":", "%2C": ",", "%0D": "\r", "%0A": "\n", "%25": "%" };
  return text.replace(/%(?:3A|2C|0D|0A|25)/g, (e) => escapes[e as keyof typeof escapes]);
}

const note = (level: Annotation["level"], n: number): Annotation => ({
  ...{ level, title: `t${n}`, message: `m${n}`, file: "a.yaml", line: n },
});

describe("orders to the runner", () => {
  test("escape what ends a property, a message or a line", () => {
    const all = [
      {
        level: "error",
        ...{ file: "a,b=c:d%.yaml", line: 3, column: 4 },
        title: "50% of: a, b",
        message: "100% of\r\n::error::a, b: c",
      } as const,
    ];
    expect(orders(all, "it", "")).toBe(
      "::error file=a%2Cb=c%3Ad%25.yaml,line=3,col=4,title=50%25 of%3A a%2C b::100%25 of\\r\\n::error::a, b: c\n",
    );
  });

  test("no text of a policy or a backend begins a line or an older order", () => {
    const evil = "::stop-commands::x\n::set-output name=a::b ##[group]x ##vso[task]y";
    const all = [{ level: "notice", title: evil, message: evil, file: evil, line: 1 } as const];
    const log = orders(all, "it", "");
    expect(log.split("\n")).toHaveLength(2);
    expect(log).toMatch(/^::notice /);
    expect(log).not.toMatch(/##\w*\[/);
    expect(annotations(log)).toMatchObject([{ message: expect.stringContaining("stop-commands") }]);
  });

  test("GitHub shows ten of a level: the tenth counts the rest, errors come first", () => {
    const all = [1, 2, 3].map((n) => note("notice", n));
    const errors = Array.from({ length: 12 }, (_, i) => note("error", i));
    const told = annotations(orders([...all, ...errors], "`curfew x`", ""));
    expect(told.map(({ level }) => level)).toEqual([
      ...Array(10).fill("error"),
      ...Array(3).fill("notice"),
    ]);
    expect(told[8]).toMatchObject({ message: "m8", line: "8" });
    expect(told[9]).toMatchObject({
      message: "3 more are not shown here; `curfew x` has them all.",
    });
    expect(annotations(orders(errors.slice(0, 10), "it", ""))[9]).toMatchObject({ message: "m9" });
  });

  test.each([
    ["policies/a.yaml", "", "policies/a.yaml"],
    ["./policies//a.yaml", "estate/", "estate/policies/a.yaml"],
    ["../shared/a.yaml", "estate/", "shared/a.yaml"],
    ["../../a.yaml", "estate/", "../a.yaml"],
  ])("%s below %j is %s", (file, folder, expected) => {
    expect(inRepository(file, folder)).toBe(expected);
  });
});

test("faults of a policy stand at their lines", () => {
  const problems = [{ file: FILE, line: 4, column: 9, message: 'unknown key "user"' }];
  const log = problemsGitHub(problems, "estate/");
  expect(annotations(log)).toEqual([
    {
      ...{ level: "error", file: `estate/${FILE}`, line: "4", col: "9", title: "Policy" },
      message: 'unknown key "user"',
    },
  ]);
  expect(log).toMatch(/\n1 error found\.\n$/);
});

describe("a plan", () => {
  const lines = (plan: Plan) =>
    annotations(plansGitHub([{ plan }], {})).map((a) => `${a.level} ${a.line ?? "-"} ${a.title}`);

  test("tells each line that causes actions once, those that lock or wipe most first", () => {
    const actions = [
      ...build.manyLocks(2),
      ...build.manySignOuts(30),
      build.reAuthenticate({
        user: build.id(900),
        reasons: [build.reason(), build.reason({ rule: "devices.allowed", line: 27 })],
      }),
      build.wipe(),
      build.lock({ wipe: true, reasons: [build.reason({ line: 44 })] }),
    ];
    expect(lines(build.plan({ actions }))).toEqual([
      "warning 61 locks 2 users",
      "warning 44 locks 1 user and wipes the devices, wipes 1 session",
      "notice 18 re-authenticates 31 sessions",
      "notice 27 re-authenticates 1 session",
    ]);
  });

  test.each([
    ["warning", "notice", []],
    ["error", "error", [{ code: 1, cause: "strict-unknown", n: 2 }]],
  ] as const)(
    "whom the target lacks is a %s at its line, what is over a %s",
    (level, over, reasons) => {
      const { added: _, ...unknown } = ADDED;
      const message = "the freeze is over";
      const ended = { kind: "over", user: null, message, file: FILE, line: 9 } as const;
      const plan = build.plan({ notices: [unknown, ended] });
      const at = (told: string) => annotations(told).map((a) => `${a.level} ${a.line} ${a.title}`);
      const expected = [`${level} 70 Unknown user`, `${over} 9 Over: it does nothing any more`];
      expect(at(plansGitHub([{ plan, reasons: [...reasons] }], {}))).toEqual(expected);
      const checked = { plan, reasons: [...reasons], lastRunAt: null };
      expect(at(driftsGitHub([checked], {}))).toEqual(expected);
      // A change is told of other lines only where they make the exit code.
      const changed = { plan: { ...plan, base: BASE }, reasons: [...reasons] };
      const lines = at(plansGitHub([changed], {})).filter((line) => !line.includes("undefined"));
      expect(lines).toEqual(level === "error" ? expected : []);
    },
  );

  test("with a base only what the change causes stands at a line; the rest is counted", () => {
    const plan = build.plan({
      base: BASE,
      actions: [...build.manyLocks(2), ...build.manySignOuts(30, { cause: "drift" })],
      held: build.held("limit", [build.wipe()]),
      averted: [build.unlock()],
      notices: [ADDED],
    });
    expect(annotations(plansGitHub([{ plan }], {}))).toEqual([
      {
        ...{ level: "error", file: FILE, line: "70", title: "Unknown user" },
        message: "nobody is no user",
      },
      {
        ...{ level: "warning", file: FILE, line: "61", title: "This change: locks 2 users" },
        message: "This line locks 2 users. The first: Left the company (HR-812)",
      },
      {
        ...{ level: "warning", file: FILE, line: "44", title: "This change: wipes 1 session" },
        message:
          "This line wipes 1 session (held: 1 by limit). device 3456 is denied: Lost in Durban (SEC-502); unsynced data may be lost",
      },
      {
        ...{ level: "notice", title: "This change averts" },
        message: "No longer 1 to unlock.",
      },
      {
        ...{ level: "notice", title: "Not by this change" },
        message:
          "Pending anyway (drift): 30 to re-authenticate. Due with or without this change: nothing.",
      },
    ]);
  });

  test("a refusal is an error at the line of its limit; of a default at no line", () => {
    const refusal = (place: string): Refusal => ({
      ...{ type: "lock", limit: "max", wanted: 120, allowed: 50 },
      message: `120 lock actions wanted, 50 allowed by limits.lock.max 50 (${place}): nothing of this type is done.`,
    });
    const told = (place: string) => lines(build.plan({ refusals: [refusal(place)] }));
    const title = "Refused: 120 to lock, 50 left of limits.lock.max";
    expect(told(`${FILE}:88`)).toEqual([`error 88 ${title}`]);
    expect(told("the default")).toEqual([`error - ${title}`]);
    expect(told("elsewhere.yaml:88")).toEqual([`error - ${title}`]);
  });

  test("targets share the ten annotations of a step", () => {
    const plan = build.plan({
      actions: Array.from({ length: 8 }, (_, i) =>
        build.lock({ reasons: [build.reason({ line: i + 1 })] }),
      ),
    });
    const log = plansGitHub([{ plan }, { plan: { ...plan, target: "::error::staging" } }], {});
    expect(annotations(log)).toHaveLength(10);
    expect(annotations(log)[9]?.message).toBe(
      "7 more are not shown here; the full plan has them all.",
    );
    expect(log).toContain("\nproduction: Plan: 8 to lock");
    expect(log).toContain("\n\\u003a:error::staging: Plan: 8 to lock");
  });
});

test("drift is a warning at the line that it breaks; what is pending is none", () => {
  const plan = build.plan({
    actions: [build.lock({ cause: "drift" }), build.reAuthenticate()],
  });
  const log = driftsGitHub([{ plan, lastRunAt: null }], {});
  expect(annotations(log)).toMatchObject([{ level: "warning", line: "61" }]);
  expect(log).toContain("Drift: locks 1 user".replace(":", "%3A"));
  expect(log).toContain("production: Drift: 1 change was made behind the policy's back.\n");
});

test("without a ledger nobody says that there is no drift", () => {
  const plan = build.plan();
  const { ledger } = plan;
  const log = driftsGitHub(
    [{ plan: { ...plan, ledger: { ...ledger, none: true } }, lastRunAt: null }],
    {},
  );
  expect(log).toContain("production: Whether there is drift can't be told.");
  expect(log).not.toMatch(/no drift/i);
});

test("failures of an apply are errors, one for each message and line", () => {
  const plan = build.plan({ actions: [build.lock(), ...build.manySignOuts(3)] });
  const outcomes = build
    .outcomesOf(plan.actions, "failed")
    .map((outcome, i) => ({ ...outcome, error: i === 0 ? "no\n::error::" : "429" }));
  const log = appliesGitHub([{ plan, outcomes }], {});
  expect(annotations(log)).toMatchObject([
    { level: "error", line: "18", title: "Failed: 3 to re-authenticate", message: "429" },
    { level: "error", line: "61", title: "Failed: 1 to lock", message: "no\\n::error::" },
  ]);
  expect(log).toContain("production: Applied 0 of 4: 4 failed (429; and 1 other error).\n");
});
