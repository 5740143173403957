// @module-tag slow
import { beforeEach, describe, expect, it } from "vitest";
import { UsageError } from "../../../../src/errors.ts";
import { type BlobStore, ConflictError, putOnce } from "../../../../src/ledger/store/contract.ts";
import { openS3 } from "../../../../src/ledger/store/s3/s3.ts";
import { freshBucket } from "../../stores.ts";
import { storeSuite } from "../store-suite.ts";
import { account, clientConfig, type Fault, s3Error } from "./proxy.ts";
import { describeS3, NOW } from "./stage.ts";

/** Keys that one answer lists; S3 lists 1,000. */
const PAGE = 10;

describeS3(
  "S3",
  (stage) => {
    storeSuite("a bucket", () => freshBucket(stage().url));

    let store: BlobStore;
    beforeEach(() => {
      store = stage().open();
    });

    describe("its objects", () => {
      it("lie under the prefix, as JSON; what is no key and what lies beside is not seen", async () => {
        await store.put("k/state.json", "{}");
        const other = openS3(
          { bucket: stage().bucket, prefix: "p2" },
          { now: () => NOW, env: {}, account, client: clientConfig(stage().proxy.url) },
        );
        await other.put("k/state.json", "other");
        const bare = openS3(
          { bucket: stage().bucket, prefix: "" },
          { now: () => NOW, env: {}, account, client: clientConfig(stage().proxy.url) },
        );
        expect(await bare.list("")).toEqual(["p/k/state.json", "p2/k/state.json"]);
        expect((await bare.get("p/k/state.json"))?.text).toBe("{}");
        expect(await store.list("")).toEqual(["k/state.json"]);
        const found = await stage().object("p/k/state.json");
        expect(found.ContentType).toBe("application/json");
      });

      it("are listed page by page", async () => {
        const keys = Array.from(
          { length: 2 * PAGE + 1 },
          (_, n) => `k/${String(n).padStart(6, "0")}`,
        );
        await Promise.all(keys.map((key) => store.put(key, "x")));
        expect(await store.list("k/")).toEqual(keys);
        expect(stage().sent(/list-type=2/)).toHaveLength(3);
      });

      it("take a byte order mark as it is", async () => {
        await store.put("a", "\ufeffx");
        expect((await store.get("a"))?.text).toBe("\ufeffx");
      });

      it("lie in the bucket's path where an endpoint is named", async () => {
        const { forcePathStyle: _, ...client } = clientConfig(
          stage().proxy.url.replace("127.0.0.1", "localhost"),
        );
        const named = openS3(
          { bucket: stage().bucket, prefix: "p" },
          { now: () => NOW, env: { AWS_ENDPOINT_URL: stage().proxy.url }, account, client },
        );
        await named.put("a", "1");
        expect(stage().sent(/^PUT/)).toEqual([`PUT /${stage().bucket}/p/a?x-id=PutObject`]);
      });
    });

    describe("a write", () => {
      it.each([409, 503, 500, 429])("that is answered with %i is sent again", async (status) => {
        const code = status === 409 ? "ConditionalRequestConflict" : "SlowDown";
        stage().proxy.fault(/^PUT/, s3Error(status, code), s3Error(status, code));
        const tag = await store.put("a", "1", { ifAbsent: true });
        expect(await store.get("a")).toEqual({ text: "1", tag });
        expect(stage().sent(/^PUT/)).toHaveLength(3);
      });

      it("whose connection is cut before S3 has seen it is sent again", async () => {
        stage().proxy.fault(/^PUT/, { do: "reset" });
        const tag = await store.put("a", "1", { ifAbsent: true });
        expect(await store.get("a")).toEqual({ text: "1", tag });
      });

      it("whose answer was lost finds its own text in the way, which putOnce takes for written", async () => {
        stage().proxy.fault(/^PUT/, { do: "lose" }, { do: "lose" });
        await expect(store.put("a", "1", { ifAbsent: true })).rejects.toThrow(ConflictError);
        const tag = await putOnce(store, "b", "1", { ifAbsent: true });
        expect(await store.get("b")).toEqual({ text: "1", tag });
        expect(await putOnce(store, "b", "2", { ifTag: tag ?? "" })).toBe(
          (await store.get("b"))?.tag,
        );
        expect((await store.get("b"))?.text).toBe("2");
      });

      it("that others are always in the way of is a conflict, in the end", async () => {
        stage().proxy.fault(/^PUT/, ...faults(20, s3Error(409, "ConditionalRequestConflict")));
        await expect(store.put("a", "1", { ifAbsent: true })).rejects.toThrow(ConflictError);
        expect(stage().sent(/^PUT/)).toHaveLength(5);
        expect(await store.get("a")).toBeNull();
      });

      it("that replaces what is gone by now is a conflict, as S3's 404 says", async () => {
        stage().proxy.fault(/^PUT/, s3Error(404, "NoSuchKey"));
        await expect(store.put("a", "1", { ifTag: '"x"' })).rejects.toThrow(ConflictError);
      });
    });

    describe("a reading", () => {
      it.each<[string, Fault]>([
        ["cut off in its body", { do: "cut" }],
        ["cut off before it is answered", { do: "reset" }],
        ["throttled", s3Error(503, "SlowDown")],
      ])("that is %s starts again", async (_, fault) => {
        await store.put("a", "0123456789");
        stage().proxy.fault(/^GET/, fault, fault);
        expect((await store.get("a"))?.text).toBe("0123456789");
        stage().proxy.fault(/^GET/, fault);
        if (fault.do !== "cut") expect(await store.list("")).toEqual(["a"]);
      });

      it.each([
        ["HTML", 404, "<html><body>Not here</body></html>"],
        ["nothing", 404, ""],
        ["another bucket's absence", 404, "<Error><Code>NoSuchBucket</Code></Error>"],
        ["a sign-in page", 200, "<html><body>Welcome</body></html>"],
      ])("of %s is no absence: an error, not null and no empty list", async (_, status, body) => {
        const strange: Fault = { do: "answer", status, body };
        stage().proxy.fault(/^GET/, strange);
        await expect(store.get("a")).rejects.toThrow(UsageError);
        stage().proxy.fault(/^GET/, strange);
        await expect(store.list("")).rejects.toThrow(UsageError);
        stage().proxy.fault(/^PUT/, strange);
        await expect(store.put("a", "1", { ifTag: '"x"' })).rejects.toThrow(UsageError);
      });
    });
  },
  { MOTO_S3_DEFAULT_MAX_KEYS: `${PAGE}` },
);

function faults(count: number, fault: Fault): Fault[] {
  return Array.from({ length: count }, () => fault);
}
