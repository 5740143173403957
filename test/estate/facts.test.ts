import { expect, test } from "vitest";
import { bucketWidth, type EstateFacts, factsMeter, MOST_PAIRS } from "../../src/estate/facts.ts";
import type { DeniedDevice } from "../../src/model/policy.ts";
import type { SessionParts } from "../kit/builders.ts";
import * as b from "../kit/builders.ts";

function counted(users: ReturnType<typeof b.userOf>[], policy = b.policyOf()): EstateFacts {
  const meter = factsMeter(b.knownOf(policy));
  for (const user of users) meter.add({ user });
  return meter.facts();
}

const aged = (age: number | null): SessionParts => ({
  signedInAt: age === null ? null : b.NOW - age,
  createdAt: null,
});
const one = (id: string, session: SessionParts) => b.userOf(id, [b.sessionOf(id, session)]);
const MAX_30 = { sessions: { maxAge: b.written(30 * b.DAY) } };

test.each([
  [30 * b.DAY, 2 * b.DAY],
  [7 * b.DAY, 12 * b.HOUR],
  [90 * b.DAY, 7 * b.DAY, 10 * b.DAY],
  [b.HOUR, 5 * b.MINUTE],
  [b.MINUTE, b.MINUTE],
])("a limit of %i ms is the end of a bucket, no more than 15 are below it", (limit, ...widths) => {
  expect(bucketWidth(limit)).toBe(widths.at(-1));
  expect(limit % bucketWidth(limit)).toBe(0);
});

test("a limit that no bucket ends at still has 15 below it at most", () => {
  const limit = 31 * b.DAY;
  expect(limit / bucketWidth(limit)).toBeLessThanOrEqual(15);
});

test("ages are counted to the bucket, met is not passed, and the last bucket holds all that are older", () => {
  const ages = [0, 2 * b.DAY - 1, 2 * b.DAY, 30 * b.DAY, 30 * b.DAY + 1, 60 * b.DAY, 900 * b.DAY];
  const { within, past, unknown, width } = counted(
    [
      ...ages.map((age, i) => one(`u${i}`, aged(age))),
      one("none", aged(null)),
      one("ahead", aged(-b.DAY)),
    ],
    b.policyOf(MAX_30),
  ).ages;
  expect(width).toBe(2 * b.DAY);
  expect(within.length).toBe(31);
  expect([within[0], within[1], within[15]]).toEqual([3, 1, 1]);
  expect([past[15], past[30]]).toEqual([1, 2]);
  expect(unknown).toBe(1);
});

test("everybody is measured by the limit of their own groups and exceptions", () => {
  const policy = b.policyOf({
    ...MAX_30,
    groups: [
      b.groupOf("contractors", {
        members: [b.written("con")],
        sessions: { maxAge: b.written(7 * b.DAY, 41) },
      }),
    ],
    exceptions: [b.exceptionOf("sessions.maxAge", { user: "rig" })],
  });
  const { ages } = counted(
    [one("con", aged(9 * b.DAY)), one("all", aged(9 * b.DAY)), one("rig", aged(50 * b.DAY))],
    policy,
  );
  expect([ages.past[4], ages.within[4], ages.within[25]]).toEqual([1, 1, 1]);
  expect(ages.limits).toEqual([
    { value: 30 * b.DAY, group: null, file: b.FILE, line: 18 },
    { value: 7 * b.DAY, group: "contractors", file: b.FILE, line: 41 },
  ]);
});

test("without a limit nothing is past it", () => {
  const { ages } = counted([one("old", aged(400 * b.DAY))]);
  expect([ages.within.at(-1), ages.past.at(-1), ages.limits]).toEqual([1, 0, []]);
});

test("only active sessions count, and who can't be read does not", () => {
  const meter = factsMeter(b.knownOf());
  meter.add({ user: one("out", { state: "ended" }) });
  meter.add({ unreadable: { id: "x", field: "sessions", message: "sessions is no list" } });
  const { ages, devices, due } = meter.facts();
  expect(ages.within.every((n) => n === 0)).toBe(true);
  expect(devices.counts).toEqual([]);
  expect(due.unreadable).toBe(1);
});

test("platforms by name, the newest version first, against what the policy allows", () => {
  const devices = {
    ...({ otherwise: "re-authenticate", denied: [] as DeniedDevice[], source: null } as const),
    allowed: [{ platform: "IOS", container: ">=20.6.1", source: b.source(25) }],
  };
  const policy = b.policyOf({
    devices,
    exceptions: [b.exceptionOf("devices.allowed", { user: "rig" })],
  });
  const on = (id: string, platform: string | null, container: string | null) =>
    one(id, { platform, container });
  const { counts, version } = counted(
    [
      on("a", "IOS", "20.6.1"),
      on("b", "IOS", "20.10.0"),
      on("c", "IOS", "20.5.3"),
      on("d", "IOS", "odd"),
      on("rig", "ANDROID", "1.0.0"),
      on("e", "ANDROID", "1.0.0"),
      on("f", null, null),
    ],
    policy,
  ).devices;
  expect(version).toBe("container");
  expect(counts.map((c) => [c.platform, c.version, c.allowed, c.refused])).toEqual([
    ["ANDROID", "1.0.0", 1, 1],
    ["IOS", "20.10.0", 1, 0],
    ["IOS", "20.6.1", 1, 0],
    ["IOS", "20.5.3", 0, 1],
    ["IOS", "odd", 0, 1],
    [null, null, 0, 1],
  ]);
});

test("the runtime's version is counted where the policy names only that one", () => {
  const allowed = [{ runtime: ">=4.82.0", source: b.source(25) }];
  const policy = b.policyOf({
    devices: { otherwise: "re-authenticate", denied: [], source: null, allowed },
  });
  const { version, counts } = counted([one("a", {})], policy).devices;
  expect([version, counts[0]?.version]).toEqual(["runtime", "4.85.0"]);
});

test("versions without end are not held: what is beyond is counted as others, and long names are cut", () => {
  const users = Array.from({ length: MOST_PAIRS + 7 }, (_, i) =>
    one(`u${i}`, { container: `1.${i}.0` }),
  );
  const { counts, others } = counted([
    one("long", { container: "9".repeat(10_000) }),
    ...users,
  ]).devices;
  expect(counts.length).toBe(MOST_PAIRS);
  expect(others).toEqual({ allowed: 8, refused: 0 });
  expect(Math.max(...counts.map(({ version }) => version?.length ?? 0))).toBeLessThanOrEqual(41);
});

test("what falls due is the forecast's of 30 days", () => {
  const { due } = counted([one("soon", aged(20 * b.DAY))], b.policyOf(MAX_30));
  expect(due.days.length).toBe(30);
  expect(due.days.findIndex((day) => day.total > 0)).toBe(10);
});
