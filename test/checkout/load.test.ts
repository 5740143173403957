import { execFile } from "node:child_process";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { commitOf, loadPolicies } from "../../src/checkout/load.ts";
import { PolicyError, UsageError } from "../../src/errors.ts";
import { policyDigest } from "../../src/policy/digest.ts";
import { folderOf, load, loadOne, MINIMAL, NOW, problemsOf } from "../policy/helpers.ts";

const DAY = 86_400_000;
const ROOT = join(import.meta.dirname, "..", "..");

test("the example estate loads, and shows every section", async () => {
  const [policy, ...others] = await loadPolicies(["policies"], { cwd: ROOT, at: NOW });
  expect(others).toEqual([]);
  expect(policy).toMatchObject({
    files: [
      "policies/production.yaml",
      "policies/shared/devices.yaml",
      "policies/shared/leavers.yaml",
    ],
    enforcement: { default: "enforce", rules: { "devices.allowed": "report" } },
    groups: [{ name: "contractors" }, { name: "field-crews" }],
    freeze: { allow: ["lock"], until: Date.parse("2026-12-28T00:00:00Z") },
    windows: { "re-authenticate": { from: 60, to: 240, zone: "Africa/Johannesburg" } },
  });
  expect(Object.keys(policy?.sessions ?? {})).toHaveLength(4);
  expect(policy?.devices.allowed).toHaveLength(3);
  expect(policy?.devices.denied).toHaveLength(2);
  expect(policy?.users.locked).toHaveLength(3);
  expect(policy?.exceptions).toHaveLength(2);
  expect(policy?.protected).toHaveLength(1);
  expect(policy?.limits.raise).toHaveLength(1);
});

test("the shortest policy has every default", async () => {
  expect(await loadOne("")).toEqual({
    target: {
      name: "test",
      provider: "journeyapps",
      url: "https://example.com/api/v4/1",
      credentials: ["env:TOKEN"],
      auth: "bearer",
      ledger: null,
      identify: null,
      environment: null,
      requestsPerSecond: 10,
      source: { file: "p.yaml", line: 2 },
    },
    enforcement: { default: "enforce", rules: {} },
    rollout: 100,
    sessions: {},
    devices: { otherwise: "re-authenticate", denied: [], source: null },
    users: { source: null },
    groups: [],
    exceptions: [],
    protected: [],
    limits: {
      types: {
        lock: { max: 50, percent: 10, exceed: "refuse", source: null },
        wipe: { max: 0, exceed: "refuse", source: null },
        "re-authenticate": { percent: 25, perRun: 5, exceed: "pace", source: null },
        unlock: { max: 50, percent: 10, exceed: "refuse", source: null },
      },
      urgent: 5,
      denied: 20,
      inventoryDrop: 20,
      exceptionsLast: 90 * DAY,
      raise: [],
    },
    windows: {},
    freeze: null,
    planExpires: DAY / 6,
    digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    commit: null,
    files: ["p.yaml"],
  });
});

test("a written limit keeps the defaults of the keys it leaves out", async () => {
  const { limits } = await loadOne("limits:\n  lock: { max: 200 }\n  wipe: { percent: 1 }\n");
  const source = (line: number) => ({ file: "p.yaml", line });
  expect(limits.types.lock).toEqual({ max: 200, percent: 10, exceed: "refuse", source: source(8) });
  expect(limits.types.wipe).toEqual({ max: 0, percent: 1, exceed: "refuse", source: source(9) });
});

test("entries get their defaults and their lines", async () => {
  const policy = await loadOne(`users:
  locked:
    - user: a
      reason: b
devices:
  denied:
    - { id: d, reason: e }
    - { id: f, reason: g, action: wipe, unsynced: lose }
windows:
  wipe: { from: "22:00", to: "04:30", zone: Europe/London }
`);
  expect(policy.users).toEqual({
    locked: [{ user: "a", reason: "b", wipe: false, urgent: false, adopt: false, source: at(9) }],
    source: at(8),
  });
  expect(policy.devices).toEqual({
    otherwise: "re-authenticate",
    denied: [
      { id: "d", reason: "e", action: "re-authenticate", unsynced: "wait", source: at(13) },
      { id: "f", reason: "g", action: "wipe", unsynced: "lose", source: at(14) },
    ],
    source: at(11),
  });
  expect(policy.windows).toEqual({
    wipe: {
      from: 1320,
      to: 270,
      zone: "Europe/London",
      days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
      source: at(16),
    },
  });
});

const at = (line: number) => ({ file: "p.yaml", line });

test("empty on purpose is not absent", async () => {
  const policy = await loadOne(
    "users: { locked: [], allowEmpty: true }\ndevices: { allowed: [], allowEmpty: true }\n",
  );
  expect(policy.users.locked).toEqual([]);
  expect(policy.devices.allowed).toEqual([]);
});

test("a date alone is a start or an end; offsets are kept", async () => {
  const policy = await loadOne(`sessions: { notBefore: 2026-11-20 }
users:
  locked:
    - { user: a, reason: b, from: 2026-11-30T17:00:00+02:00, until: 2027-01-31 }
    - { user: a, reason: c, from: 2027-06-01, until: 2027-06-01 }
`);
  expect(policy.sessions.notBefore).toEqual({
    value: Date.parse("2026-11-20T00:00:00Z"),
    source: at(7),
  });
  expect(policy.users.locked).toMatchObject([
    { from: Date.parse("2026-11-30T15:00:00Z"), until: Date.parse("2027-02-01T00:00:00Z") },
    { from: Date.parse("2027-06-01T00:00:00Z"), until: Date.parse("2027-06-02T00:00:00Z") },
  ]);
});

test("allow is read by the rule's type", async () => {
  const rules: [string, string, number][] = [
    ["sessions.maxAge", "1d12h", 1.5 * DAY],
    ["sessions.maxIdle", "2w", 14 * DAY],
    ["sessions.maxPerUser", "5", 5],
    ["sessions.notBefore", "2026-11-01", Date.parse("2026-11-01T00:00:00Z")],
  ];
  const lines = rules.map(
    ([rule, allow]) =>
      `  - { user: a, rule: ${rule}, allow: ${allow}, reason: b, owner: c, until: 2027-01-01 }\n`,
  );
  const policy = await loadOne(`exceptions:\n${lines.join("")}`);
  expect(policy.exceptions.map(({ allow }) => allow)).toEqual(rules.map(([, , value]) => value));
});

test("what has ended turns no check red", async () => {
  const policy = await loadOne(`exceptions:
  - { user: a, rule: devices.allowed, reason: b, owner: c, until: 2020-01-01 }
users: { locked: [{ user: a, reason: b, until: 2020-01-01 }] }
limits: { raise: [{ type: lock, max: 500, until: 2020-01-01, reason: c }] }
freeze: { until: 2020-01-01, reason: d }
`);
  expect(policy.exceptions).toHaveLength(1);
});

test("an exception may end exactly limits.exceptionsLast away", async () => {
  const exception = (until: string) =>
    `exceptions: [{ user: a, rule: devices.allowed, reason: b, owner: c, until: ${until} }]`;
  await loadOne(exception("2027-02-20T10:00:00Z"));
  await expect(loadOne(exception("2027-02-20T10:00:01Z"))).rejects.toThrow(
    /more than 90 days away/,
  );
});

test.each([
  ["https://Example.COM:443/a/", "https://example.com/a"],
  ["http://localhost:4000/api/v4/1", "http://localhost:4000/api/v4/1"],
  ["http://127.0.0.1:4000/", "http://127.0.0.1:4000"],
  ["http://[::1]:4000/x", "http://[::1]:4000/x"],
])("url %s", async (given, expected) => {
  const [policy] = await load({
    "p.yaml": MINIMAL.replace("https://example.com/api/v4/1", `"${given}"`),
  });
  expect(policy?.target.url).toBe(expected);
});

test("fragments are joined: lists, groups, and sections key by key", async () => {
  const [policy] = await load({
    "p.yaml": `${MINIMAL}include: [shared/a.yaml, shared/b.yml]
sessions: { maxAge: 30d }
groups:
  staff: { members: [a] }
`,
    "shared/a.yaml": `sessions: { maxIdle: 14d }
groups:
  staff: { members: [b], sessions: { maxAge: 7d } }
protected: [x]
`,
    "shared/b.yml": "protected: [y]\nlimits: { urgent: 2 }\n",
  });
  expect(policy?.files).toEqual(["p.yaml", "shared/a.yaml", "shared/b.yml"]);
  expect(policy?.sessions).toEqual({
    maxAge: { value: 30 * DAY, source: { file: "p.yaml", line: 8 } },
    maxIdle: { value: 14 * DAY, source: { file: "shared/a.yaml", line: 1 } },
  });
  expect(policy?.groups).toEqual([
    {
      name: "staff",
      members: [
        { value: "a", source: { file: "p.yaml", line: 10 } },
        { value: "b", source: { file: "shared/a.yaml", line: 3 } },
      ],
      sessions: { maxAge: { value: 7 * DAY, source: { file: "shared/a.yaml", line: 3 } } },
      source: { file: "p.yaml", line: 10 },
    },
  ]);
  expect(policy?.protected.map(({ source }) => source.file)).toEqual([
    "shared/a.yaml",
    "shared/b.yml",
  ]);
  expect(policy?.limits.urgent).toBe(2);
});

const INCLUDING = `${MINIMAL}include:\n  - shared/a.yaml\nsessions: { maxAge: 3d }\nprotected: [x]\n`;

test.each([
  [
    "sessions: { maxAge: 4d }",
    "shared/a.yaml:1:21: sessions.maxAge: is given twice: also at p.yaml:9",
  ],
  ["protected: [x]", 'shared/a.yaml:1:13: protected[0]: "x" is listed twice: also at p.yaml:10'],
  [
    "include: [b.yaml]",
    'shared/a.yaml:1:1: "include" does not nest: include the file from the policy itself',
  ],
  [
    "target: {}",
    'shared/a.yaml:1:1: "target" belongs in the policy file itself, not in an included fragment',
  ],
  ["sesions: {}", 'shared/a.yaml:1:1: unknown key "sesions": did you mean "sessions"?'],
  ["", "shared/a.yaml:1:1: is empty"],
])("a fragment with %j", async (fragment, problem) => {
  expect(await problemsOf({ "p.yaml": INCLUDING, "shared/a.yaml": fragment })).toEqual([problem]);
});

test.each([
  ["missing.yaml", '"missing.yaml" does not exist, seen from policies/'],
  ["../secret.yaml", '"../secret.yaml" is outside the policy\'s folder: move it there'],
  [
    "shared/../../secret.yaml",
    '"shared/../../secret.yaml" is outside the policy\'s folder: move it there',
  ],
  ["/etc/passwd", '"/etc/passwd" is outside the policy\'s folder: move it there'],
  ["p.yaml", "a policy cannot include itself"],
  ["shared", '"shared" is not a file'],
  ["link.yaml", '"link.yaml" is outside the policy\'s folder: move it there'],
  ["linked/secret.yaml", '"linked/secret.yaml" is outside the policy\'s folder: move it there'],
])("include of %s", async (include, problem) => {
  const cwd = await folderOf({
    "secret.yaml": "protected: [x]",
    "policies/p.yaml": `${MINIMAL}include:\n  - ${include}\n`,
    "policies/shared/a.yaml": "protected: [x]",
  });
  await symlink(join(cwd, "secret.yaml"), join(cwd, "policies", "link.yaml"));
  await symlink(cwd, join(cwd, "policies", "linked"));
  await expect(loadPolicies(["policies/p.yaml"], { cwd, at: NOW, commit: null })).rejects.toThrow(
    new PolicyError([
      { file: "policies/p.yaml", line: 8, column: 5, message: `include[0]: ${problem}` },
    ]),
  );
});

test("a file included twice, however it is spelled", async () => {
  const policy = `${MINIMAL}include: [shared/a.yaml, ./shared/../shared/a.yaml]\n`;
  expect(await problemsOf({ "p.yaml": policy, "shared/a.yaml": "protected: [x]" })).toEqual([
    'p.yaml:7:26: include[1]: "./shared/../shared/a.yaml" is included twice',
  ]);
});

test("a folder means its own files; a fragment beside the policies is called one", async () => {
  const other = MINIMAL.replace("name: test", "name: other").replace("v4/1", "v4/2");
  const files = { "b.yml": other, "a.yaml": MINIMAL, "notes.txt": "", "tests/t.yaml": "x: 1" };
  expect((await load(files)).map(({ target }) => target.name)).toEqual(["test", "other"]);
  expect(await load(files, ["a.yaml", "."])).toHaveLength(2);
  expect(await problemsOf({ ...files, "devices.yaml": "devices: {}" })).toEqual([
    "devices.yaml:1:1: is not a policy: it has neither version nor target (keep fragments in a sub-folder, and include them)",
  ]);
});

test("paths without a policy are bad usage", async () => {
  await expect(load({ "a.txt": "" })).rejects.toThrow(UsageError);
  await expect(load({ "a.txt": "" })).rejects.toThrow(/holds no policy/);
  await expect(load({}, ["policies"])).rejects.toThrow(/^policies does not exist: .*looked for/);
});

test("the digest is over what is said, not over where", async () => {
  const section = "sessions: { maxAge: 30d }\n";
  const one = await loadOne(section);
  const [moved] = await load({
    "q.yaml": `# a comment\n${MINIMAL}include: [s/f.yaml]\n`,
    "s/f.yaml": `\n${section}`,
  });
  const changed = await loadOne("sessions: { maxAge: 31d }\n");
  expect(moved?.digest).toBe(one.digest);
  expect(changed.digest).not.toBe(one.digest);
  expect(policyDigest({ ...one, commit: "abc", files: [], digest: "" })).toBe(one.digest);
});

test("a field of the user model called source counts in the digest", async () => {
  const policy = (value: string) => loadOne(`groups: { g: { where: { source: ${value} } } }\n`);
  expect((await policy("a")).digest).not.toBe((await policy("b")).digest);
});

test("the commit is that of unchanged files only", async () => {
  const cwd = await folderOf({
    "p/a.yaml": `${MINIMAL}include: [s/f.yaml]\n`,
    "p/s/f.yaml": "protected: [a]",
  });
  const git = (...args: string[]) =>
    promisify(execFile)("git", [
      "-C",
      cwd,
      "-c",
      "user.name=a",
      "-c",
      "user.email=a@b.example",
      ...args,
    ]);
  const commit = async () => (await loadPolicies(["p"], { cwd, at: NOW }))[0]?.commit;
  expect(await commit()).toBeNull();
  await git("init", "-q");
  expect(await commit()).toBeNull();
  await git("add", ".");
  await git("commit", "-q", "-m", "policies");
  const head = (await git("rev-parse", "HEAD")).stdout.trim();
  await writeFile(join(cwd, "elsewhere.txt"), "no matter");
  expect(await commit()).toBe(head);
  await writeFile(join(cwd, "p", "s", "f.yaml"), "protected: [b]");
  expect(await commit()).toBeNull();
  expect(await commitOf([])).toBeNull();
});
