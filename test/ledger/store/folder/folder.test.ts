import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UsageError } from "../../../../src/errors.ts";
import { openFolder } from "../../../../src/ledger/store/folder/folder.ts";
import { storeSuite } from "../store-suite.ts";

storeSuite("a folder", async () => {
  const root = await mkdtemp(join(tmpdir(), "curfew-"));
  const folder = join(root, "not", "there", "yet");
  const remove = (key: string) => rm(join(folder, key), { force: true });
  return {
    open: () => Object.assign(openFolder(folder), { delete: remove }),
    close: () => rm(root, { recursive: true }),
  };
});

describe("a folder of blobs", () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "curfew-"));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it.runIf(process.platform === "linux")(
    "in a place that takes no folder is an error at once",
    async () => {
      await expect(openFolder("/proc/curfew/ledger").put("a", "text")).rejects.toThrow(UsageError);
    },
  );

  it("keeps a key as a file that only this user can read", async () => {
    const folder = join(root, "ledger");
    await openFolder(folder).put("a/b/c.json", "text");
    expect(await readFile(join(folder, "a", "b", "c.json"), "utf8")).toBe("text");
    const modes = ["", "a", "a/b", "a/b/c.json"].map(async (path) =>
      ((await stat(join(folder, path))).mode & 0o777).toString(8),
    );
    expect(await Promise.all(modes)).toEqual(["700", "700", "700", "600"]);
  });

  describe.skipIf(process.platform === "win32")("that was there before (but on Windows)", () => {
    const warnings: string[] = [];
    const openWith = async (mode: number) => {
      warnings.length = 0;
      const folder = join(root, "ledger");
      await mkdir(folder, { recursive: true });
      await chmod(folder, mode);
      return openFolder(folder, (message) => void warnings.push(message));
    };

    it("is refused where others may write to it, by a link too, and nothing is written", async () => {
      const store = await openWith(0o777);
      await symlink("ledger", join(root, "link"));
      const works = [
        () => store.get("a"),
        () => store.put("a", "1"),
        () => store.list(""),
        () => openFolder(join(root, "link")).put("a", "1"),
      ];
      for (const work of works) {
        const error = await work().catch((e: unknown) => e);
        expect(error).toBeInstanceOf(UsageError);
        expect(String(error)).toMatch(
          /can't be used; other users .* chmod go-rwx, or .* --ledger\.$/,
        );
      }
      expect(await everything(root)).toEqual(["ledger", "link"]);
      expect(warnings).toEqual([]);
    });

    it("is warned of, once, where others may read it, and is used", async () => {
      const store = await openWith(0o755);
      await store.put("a", "1");
      await Promise.all([store.get("a"), store.get("a")]);
      expect(warnings).toEqual([
        `The ledger in ${join(root, "ledger")} is not private: other users may read it: take that from them with chmod go-rwx.`,
      ]);
      expect((await (await openWith(0o700)).get("a"))?.text).toBe("1");
      expect(warnings).toEqual([]);
    });

    it("is looked at again when it came meanwhile", async () => {
      const folder = join(root, "ledger");
      const store = openFolder(folder);
      expect(await store.get("a")).toBeNull();
      await openWith(0o707);
      await expect(store.put("a", "1")).rejects.toThrow(UsageError);
    });
  });

  it("leaves nothing but the blobs", async () => {
    const store = openFolder(root);
    const tag = await store.put("a/b", "1", { ifAbsent: true });
    await store.put("a/b", "2", { ifTag: tag });
    await expect(store.put("a/b", "3", { ifTag: tag })).rejects.toThrow();
    expect(await everything(root)).toEqual(["a", join("a", "b")]);
  });

  it("takes a path as the user gave it, relative and untidy", async () => {
    const store = openFolder(`${root}/./x/../ledger//`);
    await store.put("a/b", "1");
    expect(await everything(root)).toEqual([
      ...["ledger", join("ledger", "a"), join("ledger", "a", "b")],
    ]);
  });

  it("ignores files that are none of its own", async () => {
    const store = openFolder(root);
    await store.put("a", "1");
    for (const name of [".DS_Store", "a~", "no key", ".tmp-7-1"])
      await writeFile(join(root, name), "x");
    expect(await store.list("")).toEqual(["a"]);
  });

  it("removes the temporary file of a process that died, and no other", async () => {
    const [old, young] = [join(root, ".tmp-1-1"), join(root, ".tmp-1-2")];
    await writeFile(old, "half a te");
    await writeFile(young, "half a te");
    const { mtimeMs } = await stat(old);
    await utimes(old, (mtimeMs - 3_700_000) / 1000, (mtimeMs - 3_700_000) / 1000);
    await openFolder(root).put("a", "1");
    expect(await everything(root)).toEqual([".tmp-1-2", "a"]);
  });

  it("passes over a temporary name that is taken", async () => {
    expect(await exit(run(root, TAKEN))).toBe(0);
    expect(await readFile(join(root, "a"), "utf8")).toBe("mine");
    const others = (await everything(root)).filter((name) => name.startsWith(".tmp-"));
    expect(others).toHaveLength(3);
    for (const name of others) expect(await readFile(join(root, name), "utf8")).toBe("another's");
  });

  it("says what to do where a file is in the way", async () => {
    await writeFile(join(root, "file"), "");
    const store = openFolder(join(root, "file"));
    for (const work of [() => store.put("a", "1"), () => store.get("a"), () => store.list("")]) {
      const error = await work().catch((e: unknown) => e);
      expect(error).toBeInstanceOf(UsageError);
      expect(String(error)).toMatch(/file can't be used; a file is where a folder should be/);
    }
  });

  describe("between processes", { tags: "slow" }, () => {
    it("loses no increment of a counter", async () => {
      await openFolder(root).put("counter", "0");
      const children = [1, 2, 3].map(() => run(root, COUNT));
      expect(await Promise.all(children.map(exit))).toEqual([0, 0, 0]);
      expect((await openFolder(root).get("counter"))?.text).toBe("150");
    });

    it("is whole and usable after processes were killed while writing", async () => {
      const store = openFolder(root);
      for (let round = 0; round < 5; round++) {
        const child = run(root, WRITE);
        let reported = 0;
        for await (const line of createInterface({ input: child.stdout })) {
          reported = Number(line);
          if (reported >= 3 + round * 5) child.kill("SIGKILL");
        }
        await exit(child);
        const text = (await store.get("a/b"))?.text ?? "";
        const number = text.slice(0, text.indexOf(" "));
        expect(text).toBe(`${number} `.repeat(2_000));
        expect(Number(number)).toBeGreaterThanOrEqual(reported);
        await store.put("a/b", "0 ".repeat(2_000));
      }
      expect(await store.list("")).toEqual(["a/b"]);
    });
  });
});

const PRELUDE = `
  import { openFolder } from ${JSON.stringify(new URL("../../../../src/ledger/store/folder/folder.ts", import.meta.url).href)};
  const store = openFolder(process.argv[1]);
`;

const COUNT = `${PRELUDE}
  for (let done = 0, tries = 0; done < 50 && tries < 100000; tries++) {
    const { text, tag } = await store.get("counter");
    try {
      await store.put("counter", String(Number(text) + 1), { ifTag: tag });
      done++;
    } catch (error) {
      if (error.constructor.name !== "ConflictError") throw error;
    }
  }
`;

const WRITE = `${PRELUDE}
  for (let n = 1; n < 100000; n++) {
    await store.put("a/b", (n + " ").repeat(2000));
    process.stdout.write(n + "\\n");
  }
`;

const TAKEN = `
  import { writeFileSync } from "node:fs";
  ${PRELUDE}
  for (const n of [1, 2, 3]) writeFileSync(process.argv[1] + "/.tmp-" + process.pid + "-" + n, "another's");
  await store.put("a", "mine");
`;

function run(root: string, script: string) {
  return spawn(process.execPath, ["--input-type=module", "-e", script, root], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

async function exit(child: ReturnType<typeof run>): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.exitCode;
}

async function everything(root: string): Promise<string[]> {
  return (await readdir(root, { recursive: true })).sort();
}
