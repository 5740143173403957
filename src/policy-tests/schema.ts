/** A file of policy tests as one zod schema: its types and its JSON Schema come from here. */
import * as z from "zod";
import { SESSION_STATES } from "../model/inventory.ts";
import { CAUSES, HELD_BY, type HeldBy, NOTICE_KINDS } from "../model/plan.ts";
import { ACTION_TYPES, RULES } from "../model/vocabulary.ts";
import { count, id, instant, says, text, words } from "../policy/values/values.ts";
import { show } from "../text/show.ts";
import { parseWhen, WHEN_PATTERN, whenFault } from "./when.ts";

const when = () => {
  const fault = says((v) => `${show(v)} ${whenFault(String(v))}`);
  return z
    .string(fault)
    .regex(WHEN_PATTERN, { ...fault, abort: true })
    .refine((v) => parseWhen(v, 0) !== undefined, fault)
    .meta({ examples: ["41 days ago", "3 hours ago", "2026-11-22T10:00:00Z"] });
};

/** `lock`, `lock-and-wipe`, `unlock`, `re-authenticate SESSION` or `wipe SESSION`. */
export const ACTION_PATTERN =
  /^(?:(lock-and-wipe|lock|unlock)|(re-authenticate|wipe) (\S(?:.*\S)?))$/;

const action = () => {
  const fault = says(
    (v) =>
      `${show(v)} is not an action: write lock, lock-and-wipe, unlock, "re-authenticate SESSION" or "wipe SESSION"`,
  );
  return z
    .string(fault)
    .regex(ACTION_PATTERN, fault)
    .meta({ examples: ["lock", "re-authenticate phone"] });
};

const device = z
  .strictObject({
    platform: text().describe("Such as IOS or ANDROID.").exactOptional(),
    container: text().describe("The version of the installed app.").exactOptional(),
    runtime: text().describe("The version of the runtime; absent: not reported.").exactOptional(),
    bundleId: text().describe("The bundle id of the installed app.").exactOptional(),
    id: text().describe("The identifier of the device.").exactOptional(),
    label: text().describe("What the device calls itself.").exactOptional(),
    deviceType: text().describe("The kind of device (corporateacademy).").exactOptional(),
    userAgent: text().describe("The browser or app (corporateacademy).").exactOptional(),
  })
  .describe("The device; what is left out is not reported.");

const session = z.strictObject({
  state: z
    .enum(SESSION_STATES)
    .describe("active where absent; ended where the user is locked.")
    .exactOptional(),
  signedIn: when().describe("When it signed in; 1 day ago where absent.").exactOptional(),
  created: when().describe("When it was created; as signedIn where absent.").exactOptional(),
  connected: when().describe("When it last connected; 1 hour ago where absent.").exactOptional(),
  synced: when().describe("Its last full sync; as connected where absent.").exactOptional(),
  device: device.exactOptional(),
});

const expectation = z.union(
  [
    action(),
    z.strictObject({
      action: action().describe("What is done."),
      because: words(z.enum(RULES))
        .min(1)
        .describe("The rules that must be among its reasons.")
        .exactOptional(),
      cause: z.enum(CAUSES).describe("Its cause.").exactOptional(),
    }),
  ],
  says((v) => `${show(v)} is not an action, nor a mapping with one`),
);
export type Expectation = z.output<typeof expectation>;

const heldBy = Object.fromEntries(
  HELD_BY.map((by) => [
    by,
    z.array(expectation).min(1).describe(`Actions that wait, held by ${by}.`).exactOptional(),
  ]),
) as Record<HeldBy, z.ZodExactOptional<z.ZodArray<typeof expectation>>>;

const lockedFault = (v: unknown) => `${show(v)} is not true, false or by-us`;

const user = z.strictObject({
  locked: z
    .union([z.boolean(), z.literal("by-us", says(lockedFault))], says(lockedFault))
    .describe("Whether the backend has the user locked; by-us: by Curfew.")
    .exactOptional(),
  fields: z
    .record(
      id(),
      z.union(
        [z.string(), z.number(), z.boolean()],
        says(() => "expects text, a number, or true or false"),
      ),
    )
    .describe("The user's values in the app's user model.")
    .exactOptional(),
  sessions: z.record(id(), session).describe("By the id of the session.").exactOptional(),
  expect: z
    .array(expectation)
    .describe("What is done to the user and the sessions: all of it, and nothing else.")
    .exactOptional(),
  held: z
    .strictObject(heldBy)
    .describe("What is wanted and waits, by what holds it: all of it.")
    .exactOptional(),
  notices: words(z.enum(NOTICE_KINDS))
    .describe("The kinds of the notices about the user; absent: not compared.")
    .exactOptional(),
});

/** Each becomes an attempt of the ledger. */
const attempts = () => count().max(100_000);
const used = Object.fromEntries(
  ACTION_TYPES.map((type) => [type, attempts().describe(`Actions to ${type}.`).exactOptional()]),
) as Record<(typeof ACTION_TYPES)[number], z.ZodExactOptional<ReturnType<typeof attempts>>>;

const ledger = z.strictObject({
  used: z
    .strictObject(used)
    .describe("What was done in the last 24 hours, to other users.")
    .exactOptional(),
  lastRun: when()
    .describe("The last run that held nothing back, with this policy; never where absent.")
    .exactOptional(),
  wiped: words(id()).describe("Sessions that were wiped since they signed in.").exactOptional(),
  owedWipes: words(id())
    .describe("Sessions whose wipe was held back and turned into a sign-out.")
    .exactOptional(),
});

const test = z.strictObject({
  name: text().describe("A sentence: what is so, and what comes of it."),
  at: instant("start").describe("The moment; the file's where absent.").exactOptional(),
  others: count()
    .describe(
      "Healthy users besides, with one active session each, for percentages; 1000 where absent.",
    )
    .exactOptional(),
  users: z.record(id(), user).describe("By the id of the user."),
  ledger: ledger.describe("What the ledger knows; nothing where absent.").exactOptional(),
});

export const testsSchema = z
  .strictObject({
    version: z.literal(1).describe("The version of this format."),
    policy: text().describe("The policy that is tested, relative to this file."),
    at: instant("start").describe("The moment of the tests that name none."),
    device: device
      .describe("The device of sessions that name none; what is left out is not reported.")
      .exactOptional(),
    tests: z.array(test).min(1).describe("The tests, in order."),
  })
  .describe("Tests of a Curfew policy: users and sessions, and what must be done to them.");
export type TestsFile = z.output<typeof testsSchema>;
export type TestShort = TestsFile["tests"][number];
export type UserShort = TestShort["users"][string];
export type SessionShort = NonNullable<UserShort["sessions"]>[string];
