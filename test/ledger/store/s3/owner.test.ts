/** Whose a bucket is (docs/decisions/0018-whose-a-bucket-is.md). */
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { openShelf } from "../../../../src/lambda/shelf.ts";
import type { BlobStore } from "../../../../src/ledger/store/contract.ts";
import { type AskAccount, accountAsker } from "../../../../src/ledger/store/s3/account.ts";
import { openS3 } from "../../../../src/ledger/store/s3/s3.ts";
import { type Owned, startOwned } from "./owned.ts";
import { errorOf } from "./stage.ts";

const [OWN, OTHER, STRANGER] = ["111111111111", "222222222222", "333333333333"];
const REFUSED =
  "The ledger in s3://acme/p can't be used; AWS refuses s3:GetObject: give this role s3:GetObject on arn:aws:s3:::acme/p/a and s3:ListBucket on arn:aws:s3:::acme, without which S3 refuses where an object is absent. If it has that, the bucket is of another account than";

/** Where to put a ledger and reports; the environment is that of the process, too, since the SDK reads it there. */
async function stage(owner: string, CURFEW_ACCOUNTS?: string) {
  const owned = await startOwned(OWN, owner);
  const env = {
    AWS_ENDPOINT_URL: owned.url,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    ...(CURFEW_ACCOUNTS !== undefined && { CURFEW_ACCOUNTS }),
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const account = accountAsker();
  const pause = async () => {};
  const options = { env, pause, within: 2_000 };
  const store = (ask: AskAccount = account) =>
    openS3({ bucket: "acme", prefix: "p" }, { ...options, account: ask, now: () => 0 });
  const shelf = () => openShelf("s3://acme/runs/x", { ...options, account });
  return { owned, store, shelf };
}

/** Every kind of request: a read, a list, a write, a locked write with the tag that asks for it. */
async function useAll(store: BlobStore): Promise<void> {
  await store.get("a");
  await store.list("");
  await store.put("a", "1", { ifAbsent: true });
  await store.put("k/audit/1.jsonl", "1");
}

function expected({ seen }: Owned): unknown[] {
  return [...new Set(seen.map((request) => request.expected))];
}

describe("a bucket", () => {
  it("of the identity's account is used, and every request says whose it must be", async () => {
    const { owned, store, shelf } = await stage(OWN);
    await useAll(store());
    await shelf().put("r", "text/plain", { text: "x" });
    await shelf().put("f", "text/plain", { file: import.meta.filename });
    expect(new Set(owned.served.map((line) => line.split(" ")[0]))).toEqual(
      new Set(["GET", "PUT"]),
    );
    expect(owned.served.join("\n")).toMatch(/list-type[\s\S]*tagging[\s\S]*audit[\s\S]*runs\/x\/f/);
    expect(expected(owned)).toEqual([OWN]);
  });

  it("of another account is refused, before anything is read or written", async () => {
    const { owned, store, shelf } = await stage(STRANGER);
    expect((await errorOf(store().get("a"))).message).toBe(
      `${REFUSED} ${OWN}: name another bucket, or list the account that owns it in CURFEW_ACCOUNTS.`,
    );
    for (const work of [
      () => store().list(""),
      () => store().put("a", "1"),
      () => store().put("k/audit/1.jsonl", "1"),
      () => shelf().put("r", "text/plain", { text: "x" }),
    ]) {
      expect((await errorOf(work())).message).toContain(`another account than ${OWN}: name`);
    }
    expect(owned.served).toEqual([]);
  });

  it.each([OTHER, `${STRANGER}, ${OTHER}`])(
    "of an account in CURFEW_ACCOUNTS=%s is used, and STS is not asked",
    async (listed) => {
      const { owned, store, shelf } = await stage(OTHER, listed);
      await useAll(store());
      await shelf().put("r", "text/plain", { text: "x" });
      expect(owned.served.filter((line) => line.startsWith("PUT"))).toHaveLength(3);
      expect(expected(owned).at(-1)).toBe(OTHER);
      expect(expected(owned)).not.toContain(undefined);
      expect(owned.asked()).toBe(0);
    },
  );

  it("of the identity's account is used also where others are listed", async () => {
    const { owned, store } = await stage(OWN, OTHER);
    await useAll(store());
    expect(expected(owned)).toEqual([OTHER, OWN]);
  });

  it("of none of them is refused, and all are named", async () => {
    const { owned, store } = await stage(STRANGER, OTHER);
    expect((await errorOf(store().get("a"))).message).toContain(`${REFUSED} ${OWN} or ${OTHER}: `);
    expect(owned.served).toEqual([]);
  });

  it.each([undefined, OTHER])("that changes hands is refused from then on (%s)", async (listed) => {
    const { owned, store } = await stage(listed ?? OWN, listed);
    const used = store();
    await useAll(used);
    const before = owned.served.length;
    owned.owner = STRANGER;
    for (const work of [
      () => used.get("a"),
      () => used.list(""),
      () => used.put("k/audit/2.jsonl", "1"),
    ])
      expect((await errorOf(work())).message).toContain(`another account than ${listed ?? OWN}: `);
    expect(owned.served).toHaveLength(before);
  });

  it.each(["acme", "1234", `${OTHER} ${STRANGER}`, `${OTHER},`, "arn:aws:iam::222222222222:root"])(
    "is not asked for where CURFEW_ACCOUNTS is %j",
    async (listed) => {
      const { owned, store, shelf } = await stage(OTHER, listed);
      const sentence =
        /^CURFEW_ACCOUNTS says ".*", which is no AWS account: write ids of 12 digits, with commas between them\.$/;
      expect(() => store()).toThrow(sentence);
      expect(() => shelf()).toThrow(sentence);
      expect(owned.seen).toEqual([]);
    },
  );
});

describe("STS", () => {
  it("is asked once, however many ledgers are opened", async () => {
    const { owned, store } = await stage(OWN);
    await Promise.all([store().get("a"), store().list(""), store().get("b")]);
    await store().get("c");
    expect(owned.asked()).toBe(1);
  });

  it("that has a fault is asked again, until the time is over; then nothing is read", async () => {
    const { owned, store } = await stage(OWN);
    owned.sts = { status: 503, body: "" };
    const used = store();
    expect((await errorOf(used.get("a"))).message).toMatch(
      /^The ledger in s3:\/\/acme\/p can't be used; STS .*\. STS tells the account that the bucket must belong to; to do without it, list that account in CURFEW_ACCOUNTS\.$/,
    );
    expect(owned.asked()).toBeGreaterThan(1);
    expect(owned.seen).toEqual([]);
    owned.sts = (await startOwned(OWN, OWN)).sts;
    await used.get("a");
    expect(expected(owned)).toEqual([OWN]);
  });

  it.each<[string, { status: number; body: string }, string]>([
    [
      "refuses",
      {
        status: 403,
        body: "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>",
      },
      "STS answers sts:GetCallerIdentity with 403 AccessDenied. STS tells the account",
    ],
    [
      "knows no such key",
      {
        status: 403,
        body: "<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>",
      },
      "AWS has no valid credentials from here",
    ],
    ["is not STS", { status: 200, body: "<html>Welcome</html>" }, "What answers is not STS"],
  ])("that %s is told so, and nothing is read", async (_, sts, sentence) => {
    const { owned, store } = await stage(OWN);
    owned.sts = sts;
    expect((await errorOf(store().get("a"))).message).toContain(sentence);
    expect(owned.seen).toEqual([]);
  });

  it("that nobody reaches is told so", async () => {
    const { store } = await stage(OWN);
    vi.stubEnv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1");
    expect((await errorOf(store().get("a"))).message).toContain(
      "STS can't be reached (ECONNREFUSED)",
    );
  });
});
