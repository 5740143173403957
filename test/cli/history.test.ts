// @module-tag slow
import { execFileSync } from "node:child_process";
import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openLedger } from "../../src/ledger/ledger.ts";
import { openFolder } from "../../src/ledger/store/folder/folder.ts";
import { curfew, folder, type Ran, stable } from "./run.ts";
import { policy, project, sandbox } from "./world.ts";

const FILE = "policies/production.yaml";
const LIMITS = "limits: { lock: { percent: 100 }, unlock: { percent: 100 } }\n";
const BOB = "    - { user: bob, reason: Left the company, ticket: HR-812 }\n";
const CEM = "    - { user: cem, reason: On leave }\n";

function sections(locked: string): string {
  const list = locked === "" ? "  locked: []\n  allowEmpty: true\n" : `  locked:\n${locked}`;
  return `sessions:\n  maxAge: 30d\nusers:\n${list}${LIMITS}`;
}

/** No credential, and no target that answers: all that is needed is the ledger. */
const away = { env: { TOKEN: undefined } };
const history = (cwd: string, ...args: string[]) => curfew(cwd, ["history", ...args], away);

interface Past {
  cwd: string;
  url: string;
  /** Of the second policy; the first and the last were not committed. */
  commit: string;
}

/** Four applies: a lock and a sign-out; drift; an unlock, by a commit; and a batch of which a half fails. */
async function past(): Promise<Past> {
  const target = await sandbox();
  const cwd = await project(target.url, { sections: sections(BOB) });
  const apply = () => curfew(cwd, ["apply", "--yes"]);
  const change = (locked: string) =>
    writeFile(join(cwd, FILE), policy(target.url, { sections: sections(locked) }));
  const codes: Ran["code"][] = [(await apply()).code];
  target.unlock("bob");
  codes.push((await apply()).code);
  await change("");
  const commit = committed(cwd);
  codes.push((await apply()).code);
  await change(BOB + CEM);
  target.faults = [
    { kind: "404-route", match: "POST /batch" },
    { kind: "422", match: "POST /users/cem/lock" },
  ];
  codes.push((await apply()).code);
  expect(codes).toEqual([0, 0, 0, 1]);
  await target.close();
  return { cwd, url: target.url, commit };
}

function committed(cwd: string): string {
  const who = ["-c", "user.name=Jane", "-c", "user.email=jane@acme.example"];
  const git = (...args: string[]) =>
    execFileSync("git", [...who, ...args], { cwd, encoding: "utf8" }).trim();
  git("init", "--quiet");
  git("add", FILE);
  git("-c", "commit.gpgsign=false", "commit", "--quiet", "--message", "Bob is back");
  return git("rev-parse", "HEAD");
}

/** With words for what differs from machine to machine and run to run. */
function settled(text: string, commit: string): string {
  return stable(text)
    .replace(/(no longer listed;).*\n( +MOMENT\n)?/g, "$1 …\n")
    .replaceAll(commit.slice(0, 12), "COMMIT")
    .replace(/^( {2}by {8}).*, process \d+, Curfew .*$/gm, "$1WHO")
    .replace(/\d{8}T\d{9}Z-[0-9a-f]{8}/g, "RUN");
}

test("history tells what was done, to whom, why, and by which commit and line; --user answers for one", async () => {
  const { cwd, url, commit } = await past();
  const [all, one, nobody, since, verified, json, ocsf] = await Promise.all([
    history(cwd),
    history(cwd, "--user", "bob"),
    history(cwd, "--user", "Bob"),
    history(cwd, "--since", "2100-01-01"),
    history(cwd, "--verify"),
    history(cwd, "--format", "json"),
    history(cwd, "--user", "ann", "--format", "ocsf"),
  ]);
  for (const ran of [all, one, nobody, since, verified, json, ocsf])
    expect(ran).toMatchObject({ code: 0, err: "" });
  expect(settled(all.out, commit)).toMatchInlineSnapshot(`
    "History of production

    MOMENT  RUN
      by        WHO
      policy    no commit, policies/production.yaml
      result    2 applied

      Applied: 1 lock, 1 re-authenticate
        Lock 1 user
        - bob
          policy   Left the company (HR-812)  policies/production.yaml:11

        Re-authenticate 1 session
        ~ ann  Phone of ann
          policy   signed in 41 days ago, 30 days allowed  policies/production.yaml:8

    MOMENT  RUN
      by        WHO
      policy    no commit, policies/production.yaml
      result    1 applied

      Applied: 1 lock
        - bob
          drift    Left the company (HR-812)  policies/production.yaml:11

    MOMENT  RUN
      by        WHO
      policy    commit COMMIT, policies/production.yaml
      result    1 applied

      Applied: 1 unlock
        + bob
          policy   no longer listed; …

    MOMENT  RUN
      by        WHO
      policy    no commit, policies/production.yaml
      result    1 applied, 1 failed

      Failed: 1 lock
        - cem
          HOST did not accept POST users/cem/lock (422 INVALID_VALUE “Invalid value
          specified.”). Trying again won't help; check target.url, and that this version of Curfew is
          current.
          policy   On leave  policies/production.yaml:12

      Applied: 1 lock
        - bob
          policy   Left the company (HR-812)  policies/production.yaml:11

    Audit log: 26 lines, all proved; head
    DIGEST
    "
  `);
  expect(settled(one.out, commit)).toMatchInlineSnapshot(`
    "History of production, user bob

    MOMENT  RUN
      by        WHO
      policy    no commit, policies/production.yaml

      Applied: 1 lock
        - bob
          policy   Left the company (HR-812)  policies/production.yaml:11

    MOMENT  RUN
      by        WHO
      policy    no commit, policies/production.yaml

      Applied: 1 lock
        - bob
          drift    Left the company (HR-812)  policies/production.yaml:11

    MOMENT  RUN
      by        WHO
      policy    commit COMMIT, policies/production.yaml

      Applied: 1 unlock
        + bob
          policy   no longer listed; …

    MOMENT  RUN
      by        WHO
      policy    no commit, policies/production.yaml

      Applied: 1 lock
        - bob
          policy   Left the company (HR-812)  policies/production.yaml:11

    Audit log: 26 lines, all proved; head
    DIGEST
    "
  `);
  expect(nobody.out).toMatch(/^The audit log of production tells nothing of Bob: /);
  expect(since.out).toMatch(/^Nothing was done since 2100-01-01 00:00:00 UTC: /);

  const ledger = openLedger(openFolder(join(cwd, ".curfew")), { url, place: ".curfew" });
  const stored = [];
  for await (const line of ledger.audit()) stored.push(line);
  expect(JSON.parse(json.out)).toEqual({
    format: "curfew/history/1",
    target: "production",
    lines: JSON.parse(JSON.stringify(stored)),
    faults: [],
  });
  const head = stored.at(-1)?.hash;
  expect(stored).toHaveLength(26);
  expect(verified.out).toBe(
    `The audit log of production holds 26 lines; all are proved to be there, as they were written and in\norder.\nHead:\nsha256:${head}\n`,
  );
  expect(all.out.endsWith(`\nsha256:${head}\n`)).toBe(true);
  const events = ocsf.out.trimEnd().split("\n");
  expect(events.map((event) => JSON.parse(event))).toMatchObject([
    { class_uid: 3002, type_uid: 300202, status_id: 1, user: { uid: "ann" } },
  ]);
});

test("--verify finds a line that was changed, dropped or moved, and history warns", async () => {
  const target = await sandbox();
  const cwd = await project(target.url, { sections: sections(BOB) });
  expect(await curfew(cwd, ["apply", "--yes"])).toMatchObject({ code: 0, err: "" });
  await target.close();
  const [key = ""] = await readdir(join(cwd, ".curfew"));
  const edit = async (ledger: string, work: (lines: string[]) => string[]) => {
    await cp(join(cwd, ".curfew"), join(cwd, ledger), { recursive: true });
    const blob = join(cwd, ledger, key, "audit", "000000000002.jsonl");
    const lines = (await readFile(blob, "utf8")).trimEnd().split("\n");
    await writeFile(
      blob,
      work(lines)
        .map((line) => `${line}\n`)
        .join(""),
    );
  };
  // The second blob, after that of the plan: an intent each for Bob and Ann.
  await edit("changed", ([bob = "", ann = ""]) => [
    bob.replace("Left the company", "Was never here"),
    ann,
  ]);
  await edit("dropped", ([_, ann = ""]) => [ann]);
  await edit("swapped", ([bob = "", ann = ""]) => [ann, bob]);
  const verify = (ledger: string) => history(cwd, "--verify", "--ledger", ledger);
  const [sound, changed, dropped, swapped, json, told, events, lines] = await Promise.all([
    verify(".curfew"),
    verify("changed"),
    verify("dropped"),
    verify("swapped"),
    history(cwd, "--verify", "--ledger", "changed", "--format", "json"),
    history(cwd, "--ledger", "changed"),
    history(cwd, "--ledger", "dropped", "--format", "ocsf"),
    history(cwd, "--ledger", "changed", "--format", "json"),
  ]);
  expect(sound).toMatchObject({ code: 0, err: "" });
  for (const ran of [changed, dropped, swapped, json])
    expect(ran).toMatchObject({ code: 1, err: "" });
  expect(changed.out).toMatchInlineSnapshot(`
    "The audit log of production is not as it was written: 1 fault.
      audit/000000000002.jsonl, line 1 was changed: its hash does not fit what it says.

    Proved: the first line is as written.
    5 other lines are as written, but not proved to be in order and without a gap.
    "
  `);
  expect(dropped.out).toMatchInlineSnapshot(`
    "The audit log of production is not as it was written: 2 faults.
      audit/000000000002.jsonl, line 1 has the number 3, which is not the blob's: it was moved or
      renamed.
      audit/000000000002.jsonl, line 1 comes too early: line 2 of the log is missing before it.

    Proved: the first line is as written.
    5 other lines are as written, but not proved to be in order and without a gap.
    "
  `);
  expect(swapped.out).toMatchInlineSnapshot(`
    "The audit log of production is not as it was written: 3 faults.
      audit/000000000002.jsonl, line 1 has the number 3, which is not the blob's: it was moved or
      renamed.
      audit/000000000002.jsonl, line 1 comes too early: line 2 of the log is missing before it.
      audit/000000000002.jsonl, line 2 has the number 2 where 4 is due: it was moved, or put in twice.

    Proved: the first line is as written.
    6 other lines are as written, but not proved to be in order and without a gap.
    "
  `);
  expect(JSON.parse(json.out)).toMatchObject({
    format: "curfew/verification/1",
    target: "production",
    lines: 6,
    proved: 1,
    faults: [{ about: "log", blob: "audit/000000000002.jsonl", line: 1 }],
  });
  expect(told.code).toBe(0);
  expect(told.err).toBe(
    "warning: production: the audit log is not as it was written (1 fault): see curfew history --verify\n",
  );
  expect(told.out).toMatch(
    /\n1 fault in the audit log, 1 of its lines proved: --verify names them\.\n$/,
  );
  expect(told.out).toMatch(
    /^Warning: the audit log is not as it was written \(1 fault\), so what /,
  );
  expect(told.out).toContain("Not as written: 1 line of this run was changed later");
  const said = JSON.parse(lines.out);
  expect(said.lines.map(({ intact }: { intact?: boolean }) => intact)).toEqual([
    ...[undefined, false, undefined, undefined, undefined, undefined, undefined],
  ]);
  expect(said.faults).toMatchObject([{ blob: "audit/000000000002.jsonl", line: 1 }]);
  expect(events.err).toMatch(/^warning: production: the audit log is not as it was written /);

  // Several targets: one whose log has faults stops no other.
  const two = policy(target.url.replace(/[^/]+$/, "elsewhere"), { name: "another" });
  await writeFile(join(cwd, "policies/another.yaml"), two);
  const [both, named] = await Promise.all([
    history(cwd, "--verify", "--ledger", "changed", "--format", "json"),
    history(cwd, "--verify", "--ledger", "changed", "--target", "another"),
  ]);
  expect(both.code).toBe(1);
  expect(JSON.parse(both.out)).toMatchObject({
    format: "curfew/verifications/1",
    verifications: [
      { target: "another", lines: 0, head: null, faults: [] },
      { target: "production", proved: 1 },
    ],
  });
  expect(named).toEqual({ code: 0, out: "The audit log of another holds 0 lines.\n", err: "" });
});

test("--verify finds a lock that was written into the state, and --head a log that was rewritten", async () => {
  const target = await sandbox();
  const cwd = await project(target.url, { sections: sections(BOB) });
  const heads: string[] = [];
  for (const locked of [BOB, BOB + CEM]) {
    await writeFile(join(cwd, FILE), policy(target.url, { sections: sections(locked) }));
    expect(await curfew(cwd, ["apply", "--yes"])).toMatchObject({ code: 0, err: "" });
    const { out } = await history(cwd, "--verify");
    heads.push(out.trimEnd().split("\n").at(-1) ?? "");
  }
  const [first = "", second = ""] = heads;
  const state = async (ledger: string, edit: (locks: Record<string, unknown>) => void) => {
    await cp(join(cwd, ".curfew"), join(cwd, ledger), { recursive: true });
    const [key = ""] = await readdir(join(cwd, ledger));
    const file = join(cwd, ledger, key, "state.json");
    const said = JSON.parse(await readFile(file, "utf8"));
    edit(said.state.locks);
    await writeFile(file, JSON.stringify(said));
  };
  await state("claimed", (locks) => Object.assign(locks, { ann: locks.bob }));
  await state("lost", (locks) => {
    delete locks.bob;
  });
  const verify = (...args: string[]) => history(cwd, "--verify", ...args);
  const [claimed, lost, told, earlier, now, none, bare, twice, alone] = await Promise.all([
    verify("--ledger", "claimed", "--head", first),
    verify("--ledger", "lost"),
    history(cwd, "--ledger", "claimed"),
    verify("--head", first),
    verify("--head", second.replace("sha256:", "").toUpperCase(), "--format", "json"),
    verify("--head", `sha256:${"0".repeat(64)}`),
    verify("--head", "5ac2f9"),
    history(cwd, "--head", first),
    verify("--ledger", "nowhere", "--head", first),
  ]);
  for (const ran of [claimed, lost, none]) expect(ran).toMatchObject({ code: 1, err: "" });
  expect(alone.code).toBe(1);
  expect(alone.err).toMatch(/the ledger nowhere is read as empty: there is no such folder\n$/);
  for (const ran of [earlier, now]) expect(ran).toMatchObject({ code: 0, err: "" });
  expect(claimed.out).toContain("The ledger and its audit log do not agree: 1 fault.");
  expect(claimed.out).toMatch(/state\.json does not fit line 12 of the audit log: it was changed/);
  expect(claimed.out).toContain("of the log: all up to there is as it was when you noted it.");
  expect(lost.out).toMatch(/state\.json does not fit line 12 of the audit log: it was changed/);
  expect(told).toMatchObject({
    code: 0,
    err: "warning: production: the ledger and its audit log do not agree (1 fault): see curfew history --verify\n",
  });
  expect(earlier.out).toContain(
    `\nThe head that you noted:\n${first}\nIt is line 7 of the log: all up to there is as it was`,
  );
  expect(JSON.parse(now.out)).toMatchObject({ noted: { head: second, line: 12, holds: true } });
  expect(none.out).toContain("No line of the log has this hash");
  expect(alone.out).toContain("No line of the log has this hash");
  expect(bare).toMatchObject({ code: 1, out: "" });
  expect(bare.err).toContain("It takes the 64 letters 0-9 and a-f");
  expect(twice).toMatchObject({ code: 1, out: "" });
  expect(twice.err).toContain("--head is for --verify: give both");

  const two = policy(target.url.replace(/[^/]+$/, "elsewhere"), { name: "another" });
  await target.close();
  await writeFile(join(cwd, "policies/another.yaml"), two);
  expect(await verify("--head", first)).toEqual({
    code: 1,
    out: "",
    err: "error: --head is of one audit log: name its target with --target\n",
  });
  expect(await verify("--head", first, "--target", "production")).toMatchObject({ code: 0 });
});

test("a ledger that is not there is an empty history, and is not made", async () => {
  const cwd = await folder({ [FILE]: policy("https://127.0.0.1:1/api/v4/615a") });
  const [text, json, ocsf, verified] = await Promise.all([
    history(cwd),
    history(cwd, "--format", "json"),
    history(cwd, "--format", "ocsf"),
    history(cwd, "--verify"),
  ]);
  expect(stable(text.out)).toMatchInlineSnapshot(`
    "Nothing was done yet: the ledger in .curfew/KEY tells of no run on
    production.

    Audit log: no lines.
    "
  `);
  expect(JSON.parse(json.out)).toEqual({
    format: "curfew/history/1",
    target: "production",
    lines: [],
    faults: [],
  });
  expect(ocsf).toEqual({ code: 0, out: "", err: "" });
  expect(verified).toMatchObject({ code: 0, err: "" });
  expect(await readdir(cwd)).toEqual([".git", "policies"]);
});

test("--verify is about all of the log", async () => {
  const cwd = await folder({ [FILE]: policy("https://127.0.0.1:1/api/v4/615a") });
  const all = await Promise.all(
    [
      ["--user", "bob"],
      ["--since", "2026-12-01"],
      ["--format", "ocsf"],
    ].map((args) => history(cwd, "--verify", ...args)),
  );
  for (const ran of all) {
    expect(ran).toEqual({
      code: 1,
      out: "",
      err: "error: --verify checks the whole audit log: leave out --user, --since, --last and --format ocsf\n",
    });
  }
  expect(await history(cwd, "--ledger", "")).toMatchObject({ code: 1, out: "" });
});
