/** The devices that a policy allows, and whether the target has any such: docs/contract.md, "Versions". */
import type { User } from "../model/inventory.ts";
import type { Notice } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import type { Source } from "../model/vocabulary.ts";
import { deviceMatcher } from "../policy/devices.ts";

export interface DevicesMeter {
  see(user: Pick<User, "sessions">): void;
  /** One for each platform that no active session has, and one where no active session is allowed. */
  notices(): Notice[];
}

/** Watches users stream by. Where no session is active, nothing can be told. */
export function devicesMeter({ devices: { allowed = [], source } }: Policy): DevicesMeter {
  const missing = new Map<string, { platform: string; source: Source }>();
  for (const { platform, source: entry } of allowed) {
    const key = platform?.toUpperCase();
    if (platform !== undefined && key !== undefined && !missing.has(key))
      missing.set(key, { platform, source: entry });
  }
  const { allows } = deviceMatcher(allowed);
  let some = false;
  let fits = allowed.length === 0;
  return {
    see({ sessions }) {
      if (fits && missing.size === 0 && some) return;
      for (const session of sessions) {
        if (session.state !== "active") continue;
        some = true;
        missing.delete((session.attributes.platform ?? "").toUpperCase());
        fits ||= allows(session);
      }
    },
    notices: () => {
      if (!some) return [];
      const platforms = [...missing.values()].map((one) =>
        notice(noSuch(one.platform), one.source),
      );
      const isMissing = (platform = "") => missing.has(platform.toUpperCase());
      // Where each entry names such a platform, that is why none fits.
      if (fits || source === null || allowed.every(({ platform }) => isMissing(platform)))
        return platforms;
      return [notice(NONE, source), ...platforms];
    },
  };
}

const NONE =
  "no active session is on a device that devices.allowed lets in: all of them break it. Compare the entries with what curfew inventory shows";

function noSuch(platform: string): string {
  return `devices.allowed names the platform ${platform}, and no active session has it: correct the name, or remove the entry`;
}

/** It names what the target lacks, as a user who is not there. */
function notice(message: string, { file, line }: Source): Notice {
  return { kind: "unknown-user", user: null, message, file, line };
}
