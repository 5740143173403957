/** Looks at single users, and remembers which status the last one saw until a write takes it. */
import type { AccountRecord } from "../../model/inventory.ts";
import type { Api } from "./api.ts";
import type { Status } from "./wire.ts";

export interface Looks {
  /** The account as it is now; null: there is none. Throws CallError. */
  user(id: string): Promise<AccountRecord | null>;
  /** The status that the last look saw, once; where there was none since, a look of its own. Null: no such user. Throws CallError. */
  take(id: string): Promise<Status | "unreadable" | null>;
}

export function createLooks(api: Api): Looks {
  const seen = new Map<string, Status>();
  const look = async (id: string) => {
    const user = await api.user(id);
    seen.delete(id);
    return user;
  };
  return {
    async user(id) {
      const user = await look(id);
      if (user?.status === "INACTIVE" || user?.status === "BLOCKED") seen.set(id, user.status);
      return user?.record ?? null;
    },
    async take(id) {
      const known = seen.get(id);
      seen.delete(id);
      if (known !== undefined) return known;
      const user = await look(id);
      return user === null ? null : (user.status ?? "unreadable");
    },
  };
}
