// @module-tag slow
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { locked } from "../../../../src/ledger/store/folder/lock.ts";

/** The name that the right to remove this lock has. */
function right(lock: string): string {
  const { ino, mtimeNs } = statSync(lock, { bigint: true });
  return `${lock}.${ino}-${mtimeNs}`;
}

async function inFolder(test: (lock: string) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "curfew-"));
  try {
    await test(join(root, ".lock"));
  } finally {
    await rm(root, { recursive: true });
  }
}

describe.concurrent("a lock", () => {
  it("is gone after the work, also where that throws", () =>
    inFolder(async (lock) => {
      expect(await locked(lock, () => existsSync(lock))).toBe(true);
      const failing = locked(lock, () => {
        throw new Error("work");
      });
      await expect(failing).rejects.toThrow("work");
      expect(readdirSync(dirname(lock))).toEqual([]);
    }));

  it("that is held is waited for", () =>
    inFolder(async (lock) => {
      writeFileSync(lock, "");
      let released = false;
      const work = locked(lock, () => released);
      await sleep(50);
      released = true;
      rmSync(lock);
      expect(await work).toBe(true);
    }));

  it("of a process that died is taken over, by one after the other", () =>
    inFolder(async (lock) => {
      writeFileSync(lock, "");
      const done: number[] = [];
      await Promise.all([1, 2, 3].map((n) => locked(lock, () => done.push(n))));
      expect(done.sort()).toEqual([1, 2, 3]);
      expect(readdirSync(dirname(lock))).toEqual([]);
    }));

  it("is taken over also where a process died taking it over", () =>
    inFolder(async (lock) => {
      writeFileSync(lock, "");
      writeFileSync(right(lock), "");
      expect(await locked(lock, () => "worked")).toBe("worked");
      expect(readdirSync(dirname(lock))).toEqual([]);
    }));

  it("that another process took over meanwhile is left to it", () =>
    inFolder(async (lock) => {
      writeFileSync(lock, "dead");
      const taken = right(lock);
      writeFileSync(taken, "");
      let worked = false;
      const work = locked(lock, () => {
        worked = true;
      });
      await sleep(3_000);
      rmSync(lock);
      writeFileSync(lock, "alive");
      rmSync(taken);
      await sleep(500);
      expect([worked, existsSync(lock)]).toEqual([false, true]);
      rmSync(lock);
      await work;
      expect(worked).toBe(true);
    }));
});
