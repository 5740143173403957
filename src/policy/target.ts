/** The target of a policy: complete, and what it is known by (docs/contract.md, "Targets"). */
import { posix } from "node:path";
import type { Target } from "../model/policy.ts";
import { DAY } from "../time.ts";
import { below, type Placed, sourceOf } from "./parse/positions.ts";
import type { PolicyFile } from "./schema/policy.ts";

const DEFAULT_REQUESTS_PER_SECOND = 10;
const DEFAULT_CODE = { by: "email", inactivity: DAY, expiration: 30 * DAY } as const;
const DEFAULT_CLAIMS = {
  user: "sub",
  signedIn: "iat",
  lastUsed: "last",
  device: "deviceType",
  userAgent: "userAgent",
};
/** What is not named is told by no claim, once some are named. */
const UNNAMED = { ...DEFAULT_CLAIMS, lastUsed: null, device: null, userAgent: null };

/** The target of a checked file, defaults filled in. */
export function targetOf(own: Placed<PolicyFile>): Target {
  const { target } = own.value;
  const { credentials = [] } = target;
  const known = {
    name: target.name,
    url: target.url,
    credentials: typeof credentials === "string" ? [credentials] : credentials,
    ledger: target.ledger ?? null,
    environment: target.environment ?? null,
    requestsPerSecond: target.requestsPerSecond ?? DEFAULT_REQUESTS_PER_SECOND,
    source: below([own], "target").map(sourceOf)[0] ?? sourceOf(own),
  };
  switch (target.provider) {
    case "journeyapps": {
      const { provider, auth = "bearer", identify = null } = target;
      return { ...known, provider, auth, identify };
    }
    case "slingr": {
      const { provider, auth = "login", identify = null, script = null, metadata = null } = target;
      const otp = { ...DEFAULT_CODE, ...target.otp };
      return { ...known, provider, auth, identify, otp, script, metadata };
    }
    case "corporateacademy": {
      const { provider, register, keys = null } = target;
      const claims = target.claims ? { ...UNNAMED, ...target.claims } : DEFAULT_CLAIMS;
      return { ...known, provider, identify: null, register, keys, claims };
    }
  }
}

/** What a ledger and a base belong to, as one absolute address: of two targets with the same one only one is meant. */
export function addressOf(target: Target): string {
  return target.provider === "corporateacademy"
    ? `${target.url}/${encodeURIComponent(registerPlace(target.register))}`
    : target.url;
}

/** One text for one register, however it is spelt: hosts in small letters, paths without detours. */
function registerPlace(register: string): string {
  if (/^(?:env|aws-secret):/.test(register)) return register;
  const [, scheme, host, rest] = /^([a-z]+:\/\/)([^/]*)(.*)$/i.exec(register) ?? [];
  return scheme === undefined
    ? posix.normalize(register)
    : `${scheme}${host}`.toLowerCase() + (rest ?? "");
}
