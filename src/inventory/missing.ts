/** Users who should be there and did not come: docs/contract.md, "An inventory is trusted only when it is whole". */
import { Incomplete } from "../errors.ts";
import { idSet } from "../id-set.ts";
import type { UserRecord } from "../model/inventory.ts";
import type { InventorySource } from "../model/ports.ts";
import type { Asked, Known } from "../model/run.ts";
import { type Line, linesOf } from "../policy/lines.ts";
import { DAY } from "../time.ts";
import { bearers } from "./asked.ts";

/** So many are asked for in one run. */
const MOST = 200;

/** What is asked for: a name on a line of the policy, or the user of a lock of ours. */
interface Question {
  /** By what it is remembered. */
  key: string;
  /** When it was last asked for, and was gone; null: never. */
  last: number | null;
  /** Who it may be. */
  ids(): Promise<string[]>;
}

/** Watches one read, and asks for those who did not come. */
export interface MissingWatch {
  see(record: UserRecord): void;
  /** `came`: whether a user of this id did. Throws Incomplete where somebody is there who did not. */
  settle(came: (id: string) => boolean): Promise<void>;
}

/**
 * `watch` begins with each attempt to read; what was gone once in a run is not asked for again in it. `sought` are users
 * whom the backend finds by a name of the policy, and whose profile a read left out.
 */
export function missingUsers(
  source: InventorySource,
  known: Known,
): { watch(salt: number): MissingWatch; asked(): Asked; sought: ReadonlySet<string> } {
  const { policy, at, memory } = known;
  const { identify } = policy.target;
  const lines = linesOf(policy);
  const named = [...lines.byKey.values()].filter(
    ({ list }) => list === "users.locked" || list === "protected",
  );
  const before = new Map(Object.entries(memory.asked ?? {}));
  const gone = new Set<string>();
  const sought = new Set<string>();
  let back: string[] = [];
  let left = MOST;

  const { ofLine, ofLock } = questions(source, identify, before);
  const ask = async ({ key, ids }: Question, came: (id: string) => boolean) => {
    left--;
    const found = await ids();
    for (const id of found) {
      if (came(id) || !(await source.user?.(id))) continue;
      throw new Incomplete(`user ${id} is there when asked for alone, and did not come with them`);
    }
    const here = found.filter(came);
    if (here.length === 0) gone.add(key);
    return here;
  };

  return {
    sought,
    asked: () => ({ gone: [...gone], back }),
    watch(salt) {
      const missing = new Set(named);
      const nameless = idSet(salt);
      return {
        see(record) {
          if (missing.size === 0) return;
          if ("user" in record && record.user.nameless === "unasked") nameless.add(record.user.id);
          const { id, name } =
            "user" in record
              ? record.user
              : { id: record.unreadable.id, name: identify === null ? record.unreadable.id : null };
          const { byName, byId } = lines.present({ id, name });
          for (const line of [...byName, ...byId]) missing.delete(line);
        },
        async settle(came) {
          if (!source.user) return;
          const due = [...missing]
            .map(ofLine)
            .filter(({ last }) => last === null || at - last > DAY);
          const locks = Object.keys(memory.ownLocks).filter((id) => !came(id) && !before.has(id));
          const stillMissing = new Set([...missing].map(({ written }) => written));
          back = [...before.keys()].filter((key) =>
            identify === null || Object.hasOwn(memory.ownLocks, key)
              ? came(key)
              : !stillMissing.has(key),
          );
          const open = [...due, ...locks.map(ofLock)].filter(({ key }) => !gone.has(key));
          for (const question of open.sort(longestUnaskedFirst)) {
            if (left <= 0) break;
            for (const id of await ask(question, came)) if (nameless.has(id)) sought.add(id);
          }
          const unread = [...sought].find(nameless.has);
          if (unread === undefined) return;
          throw new Incomplete(`user ${unread} has a name of the policy, and no profile came`);
        },
      };
    },
  };
}

function questions(
  source: InventorySource,
  identify: string | null,
  before: ReadonlyMap<string, number>,
) {
  const last = (key: string) => before.get(key) ?? null;
  return {
    ofLine: ({ written, list }: Line): Question => ({
      key: written,
      last: last(written),
      async ids() {
        if (identify === null) return [written];
        const found = [...(await bearers(source, identify, written))];
        // An id protects also where users are named by a field.
        return list === "protected" ? [...found, written] : found;
      },
    }),
    ofLock: (id: string): Question => ({ key: id, last: last(id), ids: async () => [id] }),
  };
}

/** Never is longest ago. */
function longestUnaskedFirst(a: Question, b: Question): number {
  return (a.last ?? 0) - (b.last ?? 0);
}
