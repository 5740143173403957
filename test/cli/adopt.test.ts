/** docs/recipes.md, "Take over the locks of a ledger of 0.1", as it is written there. */
import { execFileSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { deploymentKey } from "../../src/ledger/key.ts";
import { curfew } from "./run.ts";
import { policy, project, sandbox, user } from "./world.ts";

const LIMITS = "limits: { lock: { percent: 100 }, unlock: { percent: 100 } }\n";
const locked = (entries: string) => `users:\n  locked:${entries}\n${LIMITS}`;

test("the locks of a ledger of 0.1 are taken over: it is refused, put aside, and its users adopted", async () => {
  const lock = { locked: true, enrolled: false, sessions: [] };
  const target = await sandbox({
    estate: [user("ann", 1), user("bob", 1, lock), user("cem", 1, lock), user("dan", 1, lock)],
  });
  const entry = (more: string) =>
    ["bob", "cem"].map((id) => `\n    - { user: ${id}, reason: Left${more} }`).join("");
  const cwd = await project(target.url, { sections: locked(entry("")) });
  const want = (entries: string) =>
    writeFile(
      join(cwd, "policies/production.yaml"),
      policy(target.url, { sections: locked(entries) }),
    );
  const key = deploymentKey(target.url);
  const state = join(cwd, ".curfew", key, "state.json");
  await mkdir(join(cwd, ".curfew", key, "audit"), { recursive: true, mode: 0o700 });
  const memory = {
    wiped: {},
    owedWipes: {},
    last: null,
    inventoryUsers: 4,
    attempts: [],
    runs: [],
  };
  const [first, second] = [1_700_000_000_000, 1_700_000_100_000];
  const old = { format: "curfew/ledger/1", ownLocks: { bob: first, cem: second }, ...memory };
  await writeFile(state, JSON.stringify(old));

  for (const args of [["plan"], ["apply", "--yes"], ["history"]]) {
    const refused = await curfew(cwd, args);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(
      `error: The ledger in .curfew/${key} was written by Curfew 0.1, and this version can't read it`,
    );
  }
  expect(JSON.parse(await readFile(state, "utf8"))).toEqual(old);

  const recipe = await readFile(join(import.meta.dirname, "../../docs/recipes.md"), "utf8");
  const [, move = "", look = ""] =
    /^ +(mv \.curfew \.curfew-0\.1)\n +(grep .+)$/m.exec(recipe) ?? [];
  const shell = (command: string) => execFileSync("sh", ["-c", command], { cwd, encoding: "utf8" });
  shell(move);
  expect(shell(look)).toBe(`"ownLocks":{"bob":${first},"cem":${second}}\n`);

  await want(entry(", adopt: true"));
  const adopted = await curfew(cwd, ["apply", "--yes"]);
  expect(adopted).toMatchObject({ code: 0, err: "" });
  expect(adopted.out).toContain("Ledger only, no write to the backend: 2 locks found in place are");

  await want(" []\n  allowEmpty: true");
  expect(await curfew(cwd, ["apply", "--yes"])).toMatchObject({ code: 0, err: "" });
  const still = target.users().flatMap(({ id, locked }) => (locked ? [id] : []));
  expect(still).toEqual(["dan"]);
});
