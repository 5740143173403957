/** A register in Redis: the values of some keys are tokens. */
import type { RedisClientType } from "@redis/client";
import { UnreadableTargetError } from "../../../errors.ts";
import type { Duration } from "../../../model/vocabulary.ts";
import { type RegisterEntry, type Source, tokenFault, type UnclearLine } from "./entry.ts";

/** Keys asked for at once. */
const COUNT = 1000;
/** More keys than that are no register. */
const MOST_KEYS = 1_000_000;
/** More rounds than that never end: Redis asks for one for each COUNT of all its keys. */
const MOST_ROUNDS = 100_000;
const PATIENCE: Duration = 5_000;
const SILENCE: Duration = 30_000;

type Redis = RedisClientType<
  Record<string, never>,
  Record<string, never>,
  Record<string, never>,
  2
>;

/** `address` may hold a password, which no message repeats; `keys` is the pattern of the keys. */
export function redisRegister(address: URL, keys: string): Source {
  const where = `${address.protocol}//${address.host}`;
  const open = new Set<Redis>();
  const failed = (error: unknown) => {
    if (error instanceof UnreadableTargetError || !(error instanceof Error)) throw error;
    const { code } = error as { code?: unknown };
    const [word = ""] = error.message.split(" ");
    const why = typeof code === "string" ? code : /^[A-Z]{3,}$/.test(word) ? word : error.name;
    return new UnreadableTargetError(
      `the register at ${where} can't be read (${why}): check that Redis runs there, and the address with its password.`,
    );
  };
  return {
    async *entries() {
      const redis = await connected(address);
      open.add(redis);
      try {
        for await (const names of scanned(redis, keys, where)) yield* values(redis, names);
      } catch (error) {
        throw failed(error);
      } finally {
        open.delete(redis);
        redis.destroy();
      }
    },
    close() {
      for (const redis of open) redis.destroy();
      open.clear();
    },
  };

  async function connected({ href }: URL): Promise<Redis> {
    const { createClient } = await import("@redis/client");
    const socket = {
      connectTimeout: PATIENCE,
      socketTimeout: SILENCE,
      reconnectStrategy: false,
    } as const;
    const redis: Redis = createClient({ url: href, RESP: 2, socket });
    // What fails is told by the call that it fails.
    redis.on("error", () => {});
    try {
      await redis.connect();
      return redis;
    } catch (error) {
      if (redis.isOpen) redis.destroy();
      throw failed(error);
    }
  }
}

/** The names of the keys, each once. */
async function* scanned(redis: Redis, pattern: string, where: string): AsyncGenerator<string[]> {
  const seen = new Set<string>();
  let cursor = "0";
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const page = await redis.scan(cursor, { MATCH: pattern, COUNT });
    const fresh = [...new Set(page.keys)].filter((key) => !seen.has(key));
    for (const key of fresh) seen.add(key);
    if (seen.size > MOST_KEYS) break;
    if (fresh.length > 0) yield fresh;
    cursor = page.cursor;
    if (cursor === "0") return;
  }
  throw new UnreadableTargetError(
    `the register at ${where} has more than ${MOST_KEYS} keys that fit target.keys, or does not end: give a closer pattern.`,
  );
}

/** What those keys hold. One that died meanwhile holds nothing. Keys may hold tokens, too, so no message names one. */
async function* values(
  redis: Redis,
  names: readonly string[],
): AsyncGenerator<RegisterEntry | UnclearLine> {
  const found = await redis.mGet([...names]);
  for (const [i, name] of names.entries()) {
    const value = found[i] ?? null;
    const unclear = (fault: string) => ({ user: null, place: "a key", fault });
    if (value === null) {
      const type = await redis.type(name);
      if (type !== "none" && type !== "string") yield unclear(`holds a ${type}, and no token`);
      continue;
    }
    const fault = tokenFault(value);
    yield fault === null ? { user: null, token: value, persistent: false } : unclear(fault);
  }
}
