/** What was told, in the ledger: no secret gets in, and two runs at once lose nothing. */
import { expect, it } from "vitest";
import { openLedger } from "../../src/ledger/ledger.ts";
import type { Happened } from "../../src/notify/judge.ts";
import { notify } from "../../src/notify/notify.ts";
import { NOW, policyOf, source } from "../kit/builders.ts";
import { MemoryStore } from "../ledger/memory-store.ts";
import { clockAt, receiver } from "./receiver.ts";

const stopped = (message: string, why: "error" | "unreadable" = "error"): Happened => ({
  ...{ run: "r1", at: NOW, stopped: { why, message } },
});

async function stage() {
  const slack = await receiver();
  const store = new MemoryStore();
  const policy = policyOf({
    notify: { channels: [{ via: "slack", to: "env:S", on: ["error"], source: source(70) }] },
  });
  const book = openLedger(store, { url: policy.target.url, place: "memory" }).told;
  const teller = {
    env: { S: slack.url },
    clean: (text: string) => text.replaceAll("tok-very-secret", "[credential]"),
    clock: clockAt(NOW),
  };
  const tell = (happened: Happened) => notify(policy, book, happened, [], teller);
  return { slack, store, book, tell };
}

it("takes a secret out of what a backend says, wherever it stands", async () => {
  const on = await stage();
  await on.tell(stopped("it said tok-very-secret"));
  expect(on.slack.got[0]?.body).toContain("it said [credential]");
  on.slack.status = 404;
  await on.tell(stopped("it said tok-very-secret", "unreadable"));
  const [name = ""] = await on.store.list("");
  const text = (await on.store.get(name))?.text;
  expect(text).toContain("it said [credential]");
  expect(text).not.toContain("very-secret");
});

it("loses nothing where another run writes in between, and stores nothing where nothing is new", async () => {
  const { book, store } = await stage();
  let again = 0;
  const add = (key: string) => (told: Parameters<Parameters<typeof book.update>[0]>[0]) => ({
    ...told,
    conditions: { ...told.conditions, [key]: 1 },
  });
  const counted = (key: string) =>
    book.update((told) => {
      again++;
      return add(key)(told);
    });
  await Promise.all(["a", "b", "__proto__x"].map(counted));
  const after = await book.update((told) => told);
  expect(Object.keys(after.conditions).sort()).toEqual(["__proto__x", "a", "b"]);
  expect(again).toBeGreaterThan(3);
  const [name = ""] = await store.list("");
  const { tag } = (await store.get(name)) ?? {};
  await book.update(add("a"));
  expect((await store.get(name))?.tag).toBe(tag);
});
