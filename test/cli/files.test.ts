// @module-tag slow
import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { curfew, folder } from "./run.ts";
import { policy, project, sandbox } from "./world.ts";

const ESCAPE = "\u001b";
const VALIDATE = ["validate", "--format", "json"];
const FILE = "policies/production.yaml";
const LOOPBACK = "http://127.0.0.1:9/api/v4/533bda53027894f69b001055";

test("a policy is the same by any path, through a link, with Windows line ends or a byte order mark", async () => {
  const text = policy(LOOPBACK);
  const cwd = await folder({
    "po licies/a.yaml": text,
    "windows.yaml": text.replaceAll("\n", "\r\n"),
    "marked.yaml": `\ufeff${text}`,
    "no extension": text,
  });
  await symlink("po licies", join(cwd, "link"));
  await symlink("po licies/a.yaml", join(cwd, "link.yaml"));
  const ran = await Promise.all([
    // The same file by several paths is one policy.
    curfew(cwd, [...VALIDATE, "po licies", "./po licies/../po licies/a.yaml", `${cwd}/po licies`]),
    ...["link", "link.yaml", "windows.yaml", "marked.yaml", "no extension"].map((path) =>
      curfew(cwd, [...VALIDATE, path]),
    ),
  ]);
  for (const { code, err } of ran) expect([code, err]).toEqual([0, ""]);
  const policies = ran.flatMap(({ out }) => JSON.parse(out).policies);
  expect(policies.flatMap(({ files }) => files)).toEqual([
    "po licies/a.yaml",
    "link/a.yaml",
    "link.yaml",
    "windows.yaml",
    "marked.yaml",
    "no extension",
  ]);
  expect(new Set(policies.map(({ digest }) => digest)).size).toBe(1);

  // A copy is a second policy for the same target.
  expect(await curfew(cwd, ["validate", "po licies", "windows.yaml"])).toEqual({
    code: 1,
    out: "",
    err: "windows.yaml:3:9: target.name: this target has a policy already, at po licies/a.yaml:3\nwindows.yaml:5:8: target.url: this deployment has a policy already, at po licies/a.yaml:5\n2 errors: nothing was done.\n",
  });
});

test("what is no policy file is told in a line", async () => {
  const cwd = await folder({
    "empty.yaml": "",
    "two.yaml": `${policy(LOOPBACK)}---\n${policy(LOOPBACK)}`,
    "folder.yaml/b.yaml/a.txt": "",
    "list/a.yaml": "- one\n",
  });
  await writeFile(join(cwd, "utf16.yaml"), policy(LOOPBACK), "utf16le");
  await symlink("nowhere", join(cwd, "list/b.yaml"));
  await symlink("loop", join(cwd, "loop"));
  const paths = ["empty.yaml", "two.yaml", "list", "utf16.yaml", "folder.yaml", "/dev/zero"];
  const [files, loop] = await Promise.all([
    curfew(cwd, ["validate", ...paths]),
    curfew(cwd, ["validate", "loop"]),
  ]);
  expect(files).toMatchObject({ code: 1, out: "" });
  expect(files.err.replace(/^(\.\.\/)+/m, "")).toMatchInlineSnapshot(`
    "dev/zero:1:1: is not a file
    empty.yaml:1:1: is empty
    folder.yaml/b.yaml:1:1: is not a file
    list/a.yaml:1:1: expects keys and values, not a list
    list/b.yaml:1:1: can't be read (ENOENT)
    two.yaml:13:1: a second document begins here (---): one file holds one
    utf16.yaml:1:1: expects keys and values, not "v\\u0000e\\u0000r\\u0000s\\u0000i\\u0000o\\u0000n\\u0000:\\u0000…
    7 errors: nothing was done.
    "
  `);
  expect(loop).toEqual({ code: 1, out: "", err: "error: loop can't be read (ELOOP).\n" });
});

test("what a policy says reaches the terminal without its control characters", async () => {
  const target = await sandbox();
  const sections = `users:
  locked:
    - user: bob
      reason: "Left\\e[2K\\e]0;title\\a"
`;
  const cwd = await project(target.url, { sections });
  const ran = await Promise.all(
    ["text", "json", "markdown"].map((format) => curfew(cwd, ["plan", "--format", format])),
  );
  for (const { code, out } of ran) {
    expect(code).toBe(2);
    expect(out).toContain("Left");
    expect(out).not.toContain(ESCAPE);
  }
});

// text/safe.ts keeps such text from the terminal in reports; what the commands say themselves must too.
test("so does the name of a target", async () => {
  const cwd = await project(LOOPBACK, { name: '"pro\\e[31mduction"' });
  const ran = await Promise.all([
    curfew(cwd, ["validate"]),
    curfew(cwd, ["plan"], { env: { TOKEN: undefined } }),
  ]);
  for (const { out, err } of ran) expect(out + err).not.toContain(ESCAPE);
});

// docs/contract.md, "An inventory is trusted only when it is whole"; of a saved one only the lines after the first are proved.
test("a saved inventory whose first line was edited is refused", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  await curfew(cwd, ["inventory", "--out", "inventory.jsonl"]);
  const file = join(cwd, "inventory.jsonl");
  const saved = await readFile(file, "utf8");
  // Dan's lock is made ours: the plan would lift it.
  await writeFile(file, saved.replace('"ownLocks":{}', '"ownLocks":{"dan":1}'));
  const ran = await curfew(cwd, ["plan", "--inventory", "inventory.jsonl"]);
  expect(ran).toMatchObject({ out: "", err: expect.stringMatching(/^error: /) });
});

// errors.ts: "Anything else is a bug and shows its stack": what a user can cause must not.
test.each([
  ["a port that is none", ["sandbox", "--port", "99999"]],
  [
    "a policy that can't be written",
    ["sandbox", "--port", "0", "--write-policy", `${FILE}/new.yaml`],
  ],
  ["a ledger that is a link to nowhere", ["apply", "--yes", "--ledger", "link"]],
])("%s is told in a sentence", async (_what, args) => {
  const target = await sandbox();
  const cwd = await project(target.url);
  await symlink("nowhere", join(cwd, "link"));
  const { err } = await curfew(cwd, args);
  expect(err).not.toContain("This is a bug in Curfew");
});
