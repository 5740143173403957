/** A credential that lacks a right: the entry that names it, and an error where it is needed. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Provider } from "../../../../src/model/ports.ts";
import {
  ANN,
  action,
  check,
  type Group,
  onLine,
  PAIR,
  readAll,
  readsActive,
  unreadable,
  userOf,
} from "../check.ts";
import type { Lesser, World } from "../kind.ts";
import { without } from "./reads.ts";

export const RIGHTS: Group = {
  title: "names a right that is missing",
  checks: (kind) => [
    check(kind, "nothing is missing where nothing is taken away", {}, () =>
      onLine(kind, without(kind, PAIR), async (line) => {
        const rights = await line.provider().rights([]);
        deepEqual(
          rights.filter(({ state }) => state === "missing"),
          [],
        );
        ok(rights.length > 0);
      }),
    ),
    check(kind, "each right that is taken away is named", { needs: ["lesser"] }, () =>
      onLine(kind, without(kind, PAIR), async (line, world) => {
        ok(world.lesser.length > 0);
        for (const lesser of world.lesser) {
          if (world.proxy) world.proxy.fault = null;
          await named(lesser, world, line.policy("").target, line.provider);
        }
      }),
    ),
  ],
};

async function named(
  lesser: Lesser,
  world: World,
  target: Parameters<Lesser["open"]>[0],
  whole: () => Provider,
): Promise<void> {
  const { without: right } = lesser;
  const provider = lesser.open(target, {});
  try {
    const rights = await provider.rights([]);
    const entry = rights.find((one) => `${one.right}\n${one.call}`.includes(right));
    ok(entry && entry.state !== "there", `${right} is not named: ${JSON.stringify(rights)}`);
    if (entry.state === "missing") ok(entry.why);
    if (lesser.fails === "read") {
      const error = await unreadable(() => readAll(provider));
      match(error?.message ?? "it was read", /403/);
      return;
    }
    const session = world.session("ann-old");
    const wanted =
      lesser.fails === "lock" ? action("lock", ANN) : action("re-authenticate", ANN, session);
    const look = await unreadable(() => provider.user(ANN));
    if (look !== null) return void match(look.message, /403/);
    const [result] = await provider.write([wanted], () => {});
    equal(result?.status, "failed");
    match(result && "error" in result ? result.error : "", /403/);
    if (world.proxy) world.proxy.fault = null;
    const honest = whole();
    if (lesser.fails === "lock") equal((await userOf(honest, ANN)).locked, false);
    else ok(await readsActive(honest, ANN, session));
  } finally {
    await provider.close();
  }
}
