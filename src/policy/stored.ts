/**
 * The proof that what a ledger keeps as the last policy can be asked what it wanted. Another version's policy may have
 * another shape: that one is no policy, so causes are `policy` again (docs/contract.md, "The cause"), and all else stays known.
 */
import { validRange } from "semver";
import * as z from "zod";
import { byId, instant } from "../json.ts";
import { CAUSES } from "../model/plan.ts";
import { DAYS, EXCEPTION_RULES, type Policy } from "../model/policy.ts";
import { COUNTS } from "../model/run.ts";
import { ACTION_TYPES, RULES } from "../model/vocabulary.ts";
import { compilePattern } from "./values/pattern.ts";

const text = z.string();
const source = z.object({ file: text, line: z.number() });
const written = <T extends z.ZodType>(value: T) => z.object({ value, source });
const range = text.refine((value) => validRange(value) !== null);
const pattern = text.refine((value) => !("fault" in compilePattern(value)));
const signOutOrWipe = z.enum(["re-authenticate", "wipe"]);
const enforcement = z.enum(["enforce", "report"]);
const actionType = z.enum(ACTION_TYPES);

const anyTarget = {
  name: text,
  url: text,
  credentials: z.array(text),
  ledger: text.nullable(),
  identify: text.nullable(),
  environment: text.nullable(),
  requestsPerSecond: z.number(),
  source,
};
const target = z.discriminatedUnion("provider", [
  z.object({
    provider: z.literal("journeyapps"),
    ...anyTarget,
    auth: z.enum(["bearer", "token", "basic"]),
  }),
  z.object({
    provider: z.literal("slingr"),
    ...anyTarget,
    auth: z.enum(["login", "token"]),
    otp: z.object({
      by: z.enum(["email", "sms"]),
      inactivity: z.number(),
      expiration: z.number(),
    }),
    script: text.nullable(),
    metadata: text.nullable(),
  }),
  z.object({
    provider: z.literal("corporateacademy"),
    ...anyTarget,
    register: text,
    keys: text.nullable(),
    claims: z.object({
      user: text,
      signedIn: text,
      lastUsed: text.nullable(),
      device: text.nullable(),
      userAgent: text.nullable(),
    }),
  }),
]);

const sessions = z.object({
  maxAge: written(z.number()).exactOptional(),
  maxIdle: written(z.number()).exactOptional(),
  maxPerUser: written(z.number()).exactOptional(),
  notBefore: written(instant).exactOptional(),
});

const allowed = z.object({
  platform: text.exactOptional(),
  container: range.exactOptional(),
  runtime: range.exactOptional(),
  bundleId: text.exactOptional(),
  id: text.exactOptional(),
  label: pattern.exactOptional(),
  deviceType: pattern.exactOptional(),
  userAgent: pattern.exactOptional(),
  source,
});

const denied = z.object({
  id: text,
  reason: text,
  ticket: text.exactOptional(),
  action: signOutOrWipe,
  unsynced: z.enum(["wait", "lose"]),
  source,
});

const locked = z.object({
  user: text,
  reason: text,
  ticket: text.exactOptional(),
  from: instant.exactOptional(),
  until: instant.exactOptional(),
  wipe: z.boolean(),
  urgent: z.boolean(),
  adopt: z.boolean(),
  source,
});

const group = z.object({
  name: text,
  members: z.array(written(text)),
  where: byId(z.union([text, z.number(), z.boolean(), z.null()])).exactOptional(),
  sessions,
  source,
});

const exception = z.object({
  user: text.exactOptional(),
  group: text.exactOptional(),
  rule: z.enum(EXCEPTION_RULES),
  allow: z.number().exactOptional(),
  reason: text,
  owner: text,
  ticket: text.exactOptional(),
  until: instant,
  source,
});

const bounds = {
  max: z.number().exactOptional(),
  percent: z.number().exactOptional(),
  perRun: z.number().exactOptional(),
};
const limit = z.object({
  ...bounds,
  exceed: z.enum(["refuse", "pace"]),
  source: source.nullable(),
});
const raise = z.object({
  ...bounds,
  type: z.enum([...ACTION_TYPES, "inventoryDrop"]),
  until: instant,
  reason: text,
  source,
});

const window = z.object({
  from: z.number(),
  to: z.number(),
  zone: text,
  days: z.array(z.enum(DAYS)),
  source,
});

/** Left out are keys that this version does not know, and `notify`: who is told changes nothing that was wanted. */
export const lastPolicy = z.object({
  target,
  enforcement: z.object({
    default: enforcement,
    rules: z.partialRecord(z.enum(RULES), enforcement),
  }),
  rollout: z.number(),
  sessions,
  devices: z.object({
    allowed: z.array(allowed).exactOptional(),
    otherwise: signOutOrWipe,
    denied: z.array(denied),
    source: source.nullable(),
  }),
  users: z.object({ locked: z.array(locked).exactOptional(), source: source.nullable() }),
  groups: z.array(group),
  exceptions: z.array(exception),
  protected: z.array(written(text)),
  limits: z.object({
    types: z.record(actionType, limit),
    urgent: z.number(),
    denied: z.number(),
    inventoryDrop: z.number(),
    exceptionsLast: z.number(),
    raise: z.array(raise),
  }),
  windows: z.partialRecord(actionType, window),
  freeze: z.object({ until: instant, reason: text, allow: z.array(actionType), source }).nullable(),
  planExpires: z.number(),
  digest: text,
  commit: text.nullable(),
  files: z.array(text),
}) satisfies z.ZodType<Policy>;

/** The last run of a ledger. Where a policy can't be told there is none, and all else stays known. */
export const lastRun = z.object({
  at: instant,
  settledAt: instant.nullable(),
  policies: z.array(z.object({ policy: lastPolicy, from: instant })),
});

/** What is kept of a policy: nobody asks the last one whom it would notify. null where it could not be read again. */
export function keptOf(policy: Policy): Policy | null {
  return lastPolicy.safeParse(policy).data ?? null;
}

/** An attempt of a run, as ledgers and saved inventories keep it. */
export const attempt = z.looseObject({
  run: text,
  at: instant,
  type: actionType,
  user: text,
  session: text.nullable(),
  wipe: z.boolean(),
  counts: z.enum(COUNTS),
  was: z.enum(["active", "ended"]).nullable(),
  signedInAt: instant.nullable(),
  wipes: byId(instant.nullable()),
  ends: byId(instant.nullable()),
  line: text,
  before: instant.nullable(),
  from: instant,
  seen: instant.nullable(),
  undone: z.boolean(),
  found: z.literal(true).exactOptional(),
  cause: z.enum(CAUSES).nullable().exactOptional(),
  status: z.enum(["intent", "applied", "failed", "skipped"]),
});

/** What failed and has not succeeded since, as ledgers and saved inventories keep it. */
export const failure = z.looseObject({
  type: actionType,
  user: text,
  session: text.nullable(),
  signedInAt: instant.nullable(),
  times: z.int().positive(),
  at: instant,
  line: text,
});
