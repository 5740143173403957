// @module-tag slow
import { expect, test } from "vitest";
import { lengthOf } from "../../../src/providers/slingr/metadata.ts";
import { DAY, HOUR, MINUTE } from "../../../src/time.ts";
import { curfew, folder, SECRET } from "../../cli/run.ts";
import { start } from "./sandbox/call.ts";

const ENV = { SLINGR: `curfew@example.com:${SECRET}`, TOKEN: undefined };

const policy = (url: string, sections: string) => `version: 1
target:
  name: office
  provider: slingr
  url: ${url}
  credentials: env:SLINGR
  metadata: ../app
${sections}`;

/** Three groups: of eight hours, of four, and one that says nothing. */
async function stage(sections: string, more: Record<string, string> = {}, at = "app") {
  const groups = ["eightHours", "fourHours", undefined].map((word, i) => ({
    ...{ id: `5862694885f3fc0007cb4ee${i}`, name: `g${i}`, label: `Group ${i}` },
    ...(word === undefined ? {} : { automaticLogoutTime: word }),
  }));
  const target = await start({ groups, account: { password: SECRET }, clock: Date.now });
  const files = Object.entries(target.metadata()).map(([name, text]) => [`${at}/${name}`, text]);
  const cwd = await folder({
    ...Object.fromEntries(files),
    "policies/office.yaml": policy(target.url, sections),
    ...more,
  });
  const run = (...args: string[]) => curfew(cwd, args, { env: ENV });
  const notices = async () => {
    const { notices } = JSON.parse((await run("plan", "--format", "json")).out);
    return (notices as { kind: string; message: string; line: number }[]).filter(
      ({ kind }) => kind === "told-elsewhere",
    );
  };
  return { run, notices };
}

test("a group whose logout time is absent or longer than maxIdle is told, as drift and not as a plan", async () => {
  const { run, notices } = await stage(
    "sessions: { maxIdle: 6h }\ngroups:\n  Group 1: { members: [x], sessions: { maxIdle: 2h } }\n",
  );
  expect((await notices()).map(({ message, line }) => `${line} ${message}`).sort()).toEqual([
    expect.stringMatching(
      /^10 sessions\.maxIdle is 2 hours, .* of the group g1 is 4 hours: change/,
    ),
    expect.stringMatching(/^8 sessions\.maxIdle is 6 hours, .* of the group g0 is 8 hours: change/),
    expect.stringMatching(/^8 sessions\.maxIdle is 6 hours, .* of the group g2 names none: change/),
  ]);
  const plan = await run("plan");
  expect(plan.code).toBe(0);
  expect(plan.out).toContain("Told elsewhere: what the backend itself holds");
  expect((await run("plan", "--strict")).code).toBe(1);

  expect((await run("apply", "--yes")).code).toBe(0);
  const drift = await run("drift");
  expect(drift.code).toBe(2);
  const flat = drift.out.replace(/\s+/g, " ");
  expect(flat).toContain("the group g0 is 8 hours");
  expect(flat).toContain("Drift: 3 settings are told elsewhere.");
  for (const format of ["markdown", "github", "json", "html"]) {
    const { code, out } = await run("drift", "--format", format);
    expect(code, format).toBe(2);
    expect(out, format).toMatch(/the\s+group\s+g0\s+is\s+8\s+hours/);
  }
});

test("groups that are as strict as the policy are no drift, and neither is a policy that compares nothing", async () => {
  const group = {
    name: "g2",
    security: { sessionPolicies: { automaticLogoutTime: "eightHours" } },
  };
  const same = await stage("sessions: { maxIdle: 8h }\n", {
    "app/security/groups/g2.json": JSON.stringify(group),
  });
  expect(await same.notices()).toEqual([]);
  await same.run("apply", "--yes");
  expect((await same.run("drift")).code).toBe(0);
  const none = await stage("users: { locked: [], allowEmpty: true }\n");
  expect(await none.notices()).toEqual([]);
});

test("a file that is no group, and an unknown word, are told", async () => {
  const { notices } = await stage("sessions: { maxIdle: 8h }\n", {
    "app/security/groups/g0.json": JSON.stringify({
      name: "g0",
      security: { sessionPolicies: { automaticLogoutTime: "aFortnight" } },
    }),
    "app/security/groups/g1.json": "{",
  });
  expect((await notices()).map(({ message }) => message)).toEqual([
    expect.stringContaining("the group g2 names none"),
    expect.stringContaining("g0.json has an automaticLogoutTime of an unknown word"),
    expect.stringContaining("g1.json is no group as documented"),
  ]);
});

test("a folder that is not there is told, and not silence", async () => {
  const { notices } = await stage("sessions: { maxIdle: 8h }\n", {}, "elsewhere");
  expect((await notices()).map(({ message }) => message)).toEqual([
    expect.stringContaining("../app/security/groups can't be read (it is not there)"),
  ]);
});

test.each([
  ["eightHours", 8 * HOUR],
  ["oneHour", HOUR],
  ["fifteenMinutes", 15 * MINUTE],
  ["oneWeek", 7 * DAY],
  ["never", null],
  ["aFortnight", null],
  ["Hours", null],
])("the word %s", (word, length) => {
  expect(lengthOf(word)).toBe(length);
});
