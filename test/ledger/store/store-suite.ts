import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BlobStore, ConflictError } from "../../../src/ledger/store/contract.ts";

/** A store of which tests remove blobs, as somebody might who may write there. */
export type TestStore = BlobStore & { delete(key: string): Promise<void> };

/** One fresh place to store blobs, of which each call of `open` is another process's view. */
export interface Place {
  open(): TestStore;
  close(): Promise<void>;
}

/** The contract of a BlobStore: every store passes it. */
export function storeSuite(name: string, make: () => Promise<Place>): void {
  describe(`${name} as a blob store`, () => {
    let place: Place;
    let store: TestStore;

    beforeEach(async () => {
      place = await make();
      store = place.open();
    });
    afterEach(() => place.close());

    describe("reading and writing", () => {
      it("has nothing at first", async () => {
        expect(await store.get("a/b.json")).toBeNull();
        expect(await store.list("")).toEqual([]);
      });

      it.each([
        ["an empty text", ""],
        ["any script", "Zürich, 東京, 🔒\u0000\r\n"],
        ["a long text", "0123456789abcdef".repeat(65_536)],
      ])("gives back %s", async (_, text) => {
        const tag = await store.put("a/b.json", text);
        expect(await place.open().get("a/b.json")).toEqual({ text, tag });
      });

      it("replaces a text, and its tag with it", async () => {
        const first = await store.put("a", "1");
        const second = await store.put("a", "2");
        expect(second).not.toBe(first);
        expect(await store.get("a")).toEqual({ text: "2", tag: second });
      });
    });

    describe("conditions", () => {
      it("ifAbsent writes only where nothing is", async () => {
        const tag = await store.put("a", "1", { ifAbsent: true });
        await expect(store.put("a", "2", { ifAbsent: true })).rejects.toThrow(ConflictError);
        expect(await store.get("a")).toEqual({ text: "1", tag });
      });

      it("ifTag writes only over the text that has the tag", async () => {
        const first = await store.put("a", "1");
        const second = await store.put("a", "2", { ifTag: first });
        await expect(store.put("a", "3", { ifTag: first })).rejects.toThrow(ConflictError);
        expect(await store.get("a")).toEqual({ text: "2", tag: second });
      });

      it("ifTag does not write where nothing is", async () => {
        const tag = await store.put("a", "1");
        await store.delete("a");
        await expect(store.put("a", "2", { ifTag: tag })).rejects.toThrow(ConflictError);
        expect(await store.get("a")).toBeNull();
      });

      it("lets one of several at once write what was absent", async () => {
        const results = await Promise.allSettled(
          eight((n) => place.open().put("a/b", `${n}`, { ifAbsent: true })),
        );
        await expectOneWinner(store, "a/b", results);
      });

      it("lets one of several at once replace a text", async () => {
        const tag = await store.put("a/b", "first");
        const results = await Promise.allSettled(
          eight((n) => place.open().put("a/b", `${n}`, { ifTag: tag })),
        );
        await expectOneWinner(store, "a/b", results);
      });

      it("loses no increment of a counter that several write", async () => {
        await store.put("counter", "0");
        await Promise.all(eight(() => increment(place.open(), "counter", 5)));
        expect((await store.get("counter"))?.text).toBe("40");
      });
    });

    describe("listing", () => {
      it("is sorted, and of all depths", async () => {
        for (const key of ["b", "a/2", "a/10", "a/b/c.json", "B"]) await store.put(key, key);
        expect(await store.list("")).toEqual(["B", "a/10", "a/2", "a/b/c.json", "b"]);
      });

      it("takes any beginning of a key as its prefix", async () => {
        for (const key of ["runs/1/a", "runs/1/b", "runs/10/a", "running"])
          await store.put(key, key);
        expect(await store.list("runs/1/")).toEqual(["runs/1/a", "runs/1/b"]);
        expect(await store.list("runs/1")).toEqual(["runs/1/a", "runs/1/b", "runs/10/a"]);
        expect(await store.list("run")).toEqual(["running", "runs/1/a", "runs/1/b", "runs/10/a"]);
        expect(await store.list("nothing/here/")).toEqual([]);
      });

      it("misses nothing that stays while others come and go", async () => {
        await store.put("stays/a", "1");
        const other = place.open();
        const comeAndGo = async () => {
          for (let round = 0; round < 20; round++) {
            await other.put(`goes/${round}/x`, "1");
            await other.delete(`goes/${round}/x`);
          }
        };
        let busy = true;
        const work = comeAndGo().finally(() => {
          busy = false;
        });
        for (let round = 0; busy && round < 10_000; round++) {
          expect(await store.list("")).toContain("stays/a");
        }
        await work;
        expect(await store.list("")).toEqual(["stays/a"]);
      });
    });

    it.each([
      "",
      "/a",
      "a/",
      "a//b",
      "..",
      "../a",
      "a/../b",
      "a..b",
      ".hidden",
      "a/.hidden",
      "a b",
      "a\\b",
      "a\u0000",
      "C:x",
      "ä",
      "a".repeat(513),
    ])("refuses the key %j", async (key) => {
      await expect(refusal(() => store.get(key))).resolves.toBeInstanceOf(RangeError);
      await expect(refusal(() => store.put(key, "x"))).resolves.toBeInstanceOf(RangeError);
      expect(await store.list("")).toEqual([]);
    });

    it("refuses a prefix that leads out", async () => {
      await expect(refusal(() => store.list("../"))).resolves.toBeInstanceOf(RangeError);
      await expect(refusal(() => store.list("/"))).resolves.toBeInstanceOf(RangeError);
    });
  });
}

/** Adds one to a stored number, so many times, however often others are faster. */
async function increment(store: BlobStore, key: string, times: number): Promise<void> {
  let done = 0;
  for (let attempt = 0; done < times && attempt < 10_000; attempt++) {
    const blob = await store.get(key);
    if (blob === null) throw new Error(`${key} is gone`);
    try {
      await store.put(key, `${Number(blob.text) + 1}`, { ifTag: blob.tag });
      done++;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

function eight<T>(work: (n: number) => Promise<T>): Promise<T>[] {
  return [0, 1, 2, 3, 4, 5, 6, 7].map(work);
}

async function expectOneWinner(
  store: BlobStore,
  key: string,
  results: PromiseSettledResult<string>[],
): Promise<void> {
  const winner = results.findIndex((result) => result.status === "fulfilled");
  const losers = results.flatMap((r) => (r.status === "rejected" ? [r.reason] : []));
  expect(losers).toHaveLength(7);
  for (const error of losers) expect(error).toBeInstanceOf(ConflictError);
  expect((await store.get(key))?.text).toBe(`${winner}`);
}

async function refusal(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
    return null;
  } catch (error) {
    return error;
  }
}
