/** One POST, against real servers: what is tried again, what is not, and what is never said. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { post } from "../../src/notify/post.ts";
import { clockAt, receiver } from "./receiver.ts";

const letter = (url: string) => ({ url, body: "{}", headers: () => ({ "x-try": "1" }) });
const LATER = 60_000;

it("tries three times what may pass, and waits longer each time", async () => {
  const hook = await receiver();
  const clock = clockAt(0);
  for (const status of [500, 503, 429, 408]) {
    [hook.status, hook.got, clock.waited, clock.time] = [status, [], [], 0];
    expect(await post(letter(hook.url), clock, LATER)).toMatchObject({ why: `answered ${status}` });
    expect(hook.got).toHaveLength(3);
    expect(clock.waited).toEqual([500, 2000]);
  }
});

it.each([400, 401, 403, 404, 410])("does not try %i again", async (status) => {
  const hook = await receiver();
  hook.status = status;
  expect(await post(letter(hook.url), clockAt(0), LATER)).toMatchObject({
    why: `answered ${status}`,
  });
  expect(hook.got).toHaveLength(1);
});

it("follows no redirect", async () => {
  const [hook, elsewhere] = [await receiver(), await receiver()];
  Object.assign(hook, { status: 307, headers: { location: elsewhere.url } });
  expect(await post(letter(hook.url), clockAt(0), LATER)).toMatchObject({
    why: expect.stringMatching(/^answered 307, and no redirect/),
  });
  expect(elsewhere.got).toEqual([]);
});

it("is bounded in time, and starts no try for which there is none", async () => {
  const hook = await receiver();
  hook.silent = true;
  expect(await post(letter(hook.url), clockAt(0), 200)).toMatchObject({
    why: "could not be reached (TimeoutError)",
  });
  expect(hook.got).toHaveLength(1);
});

it("says nothing of the address where nobody answers", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const why = await post(letter(`http://127.0.0.1:${port}/very-secret`), clockAt(0), LATER);
  expect(why).toEqual({ why: "could not be reached (ECONNREFUSED)", refused: false });
});

it("delivers after a failure that passes", async () => {
  const hook = await receiver();
  hook.status = 503;
  const clock = clockAt(0);
  const sleep = async (ms: number) => {
    hook.status = 200;
    await clock.sleep(ms);
  };
  expect(await post(letter(hook.url), { ...clock, sleep }, LATER)).toBeNull();
  expect(hook.got).toHaveLength(2);
});
