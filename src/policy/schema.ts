/**
 * The policy file as one zod schema: its types and its JSON Schema come from here. What takes more than
 * one key or file to tell is in checks.ts. The contract: SPEC.md, "The policy file".
 */
import * as z from "zod";
import { ACTION_TYPES, DAYS, EXCEPTION_RULES, RULES } from "../model.ts";
import { show } from "./positions.ts";
import { didYouMean } from "./suggest.ts";
import {
  count,
  duration,
  id,
  instant,
  ledgerPlace,
  percent,
  reference,
  says,
  semverRange,
  text,
  timeOfDay,
  url,
  words,
  zone,
} from "./values.ts";

const reason = () => text().describe("Why, for whoever reads the plan and the audit log.");
const ticket = () => text().describe("The ticket that asked for it.").exactOptional();
const signOutOrWipe = () => z.enum(["re-authenticate", "wipe"]);

const target = z.strictObject({
  name: id().describe("What people call this target; used by --target and in reports."),
  provider: z.enum(["journeyapps"]).describe("The kind of identity backend."),
  url: url().describe("The deployment's base URL: https, without credentials or query."),
  credentials: z
    .union(
      [reference(), words(reference()).min(1)],
      says(() => "expects one reference or a list"),
    )
    .describe("Where the credential is kept, never the secret itself; the first that exists."),
  auth: z
    .enum(["bearer", "token", "basic"])
    .describe("The form of the Authorization header; bearer where absent.")
    .exactOptional(),
  ledger: ledgerPlace()
    .describe("Everybody's ledger for this target: a folder or s3://bucket/prefix.")
    .exactOptional(),
  identify: id()
    .describe("Name users by this field of the app's user model instead of by id.")
    .exactOptional(),
  environment: id()
    .describe("The environment that the deployment must report, else it is not the one meant.")
    .exactOptional(),
  requestsPerSecond: z
    .number()
    .gt(0)
    .max(10_000)
    .describe("The share of the backend's quota that Curfew may use; 10 where absent.")
    .exactOptional(),
});

const mode = () => z.enum(["enforce", "report"]);
const modeByRule = Object.fromEntries(
  RULES.map((rule) => [rule, mode().describe(`For ${rule} only.`).exactOptional()]),
) as Record<(typeof RULES)[number], z.ZodExactOptional<ReturnType<typeof mode>>>;
const enforcement = z.union([
  mode(),
  z.strictObject({
    default: mode().describe("For the rules not named; enforce where absent.").exactOptional(),
    ...modeByRule,
  }),
]);

const sessions = z.strictObject({
  maxAge: duration().describe("The longest time since the last sign-in.").exactOptional(),
  maxIdle: duration().describe("The longest time since the last connection.").exactOptional(),
  maxPerUser: z
    .int()
    .min(1)
    .describe("How many sessions a user keeps: the most recently connected.")
    .exactOptional(),
  notBefore: instant("start")
    .describe("Whoever signed in before this moment must sign in again.")
    .exactOptional(),
});

const allowEmpty = z
  .boolean()
  .describe("Needed where the list beside it is empty on purpose.")
  .exactOptional();

const devices = z.strictObject({
  allowed: z
    .array(
      z.strictObject({
        platform: id().describe("The platform, such as IOS or ANDROID.").exactOptional(),
        container: semverRange().describe("Versions of the installed app.").exactOptional(),
        runtime: semverRange().describe("Versions of the runtime.").exactOptional(),
        bundleId: id().describe("The bundle id of the installed app.").exactOptional(),
        id: id().describe("The identifier of one device.").exactOptional(),
        label: text().describe("A glob for the device's name; case is ignored.").exactOptional(),
      }),
    )
    .describe("A session complies when one entry matches it in all that the entry names.")
    .exactOptional(),
  allowEmpty,
  otherwise: signOutOrWipe()
    .describe("What happens on a device that is not allowed; re-authenticate where absent.")
    .exactOptional(),
  denied: z
    .array(
      z.strictObject({
        id: id().describe("The identifier of the device."),
        reason: reason(),
        ticket: ticket(),
        action: signOutOrWipe().describe("re-authenticate where absent.").exactOptional(),
        unsynced: z
          .enum(["wait", "lose"])
          .describe("Whether a wipe waits for data that may not be uploaded; wait where absent.")
          .exactOptional(),
      }),
    )
    .describe("Lost and stolen devices. No exception applies to them.")
    .exactOptional(),
});

const users = z.strictObject({
  locked: z
    .array(
      z.strictObject({
        user: id().describe("The user's id, or name where the target says identify."),
        reason: reason(),
        ticket: ticket(),
        from: instant("start").describe("Locked from this moment on.").exactOptional(),
        until: instant("end").describe("No longer locked at this moment.").exactOptional(),
        wipe: z.boolean().describe("Erase the data on the user's devices too.").exactOptional(),
        urgent: z
          .boolean()
          .describe("Outside limits and freeze; limits.urgent a day at most.")
          .exactOptional(),
        adopt: z.boolean().describe("A lock found in place becomes ours.").exactOptional(),
      }),
    )
    .describe("Who is locked out. A user may have several entries; any in force locks.")
    .exactOptional(),
  allowEmpty,
});

const groups = z.record(
  id(),
  z.strictObject({
    members: z.array(id()).describe("Users who belong to the group.").exactOptional(),
    where: z
      .record(
        id(),
        z.union(
          [z.string(), z.number(), z.boolean()],
          says(() => "expects text, a number, or true or false"),
        ),
      )
      .refine((fields) => Object.keys(fields).length > 0, {
        message: "names no field: everybody would be a member",
      })
      .describe("Whoever has all these values in the app's user model belongs to it too.")
      .exactOptional(),
    sessions: sessions.describe("Session rules of the members.").exactOptional(),
  }),
);

const exceptions = z.array(
  z.strictObject({
    user: id().describe("Whom it is for; either this or group.").exactOptional(),
    group: id().describe("The group that it is for; either this or user.").exactOptional(),
    rule: z
      .enum(EXCEPTION_RULES, says(exceptionRuleFault))
      .describe("The rule that is relaxed or waived."),
    allow: z
      .union(
        [z.string(), z.number()],
        says(() => "expects a duration, a number or an instant"),
      )
      .describe("A laxer value for the rule; absent: the rule is waived.")
      .exactOptional(),
    reason: reason(),
    owner: text().describe("Who answers for it."),
    ticket: ticket(),
    until: instant("end").describe("When it ends; at most limits.exceptionsLast away."),
  }),
);

function exceptionRuleFault(input: unknown): string {
  if (input === "users.locked" || input === "devices.denied") {
    return `${input} has no exceptions: change the entry itself`;
  }
  const close = didYouMean(String(input), EXCEPTION_RULES);
  return `${show(input)} is not one of ${EXCEPTION_RULES.join(", ")}${close}`;
}

const limit = (what: string) =>
  z
    .strictObject({
      max: count().describe("At most so many, with those of the last 24 hours.").exactOptional(),
      percent: percent()
        .describe("At most this percentage, with those of the last 24 hours.")
        .exactOptional(),
      perRun: percent().describe("At most this percentage in one run.").exactOptional(),
      exceed: z
        .enum(["refuse", "pace"])
        .describe("Beyond the limit: refuse does none of the type, pace does what fits.")
        .exactOptional(),
    })
    .describe(what)
    .exactOptional();

const limits = z.strictObject({
  lock: limit("Locks. Where absent: max 50, percent 10, exceed refuse."),
  unlock: limit("Unlocks. Where absent: max 50, percent 10, exceed refuse."),
  "re-authenticate": limit("Sign-outs. Where absent: percent 25, perRun 5, exceed pace."),
  wipe: limit("Wipes. Where absent: max 0, exceed refuse."),
  urgent: count().describe("Urgent locks a day; 5 where absent.").exactOptional(),
  inventoryDrop: percent()
    .describe("The percentage of users that an inventory may lose; 20 where absent.")
    .exactOptional(),
  exceptionsLast: duration()
    .describe("How far away the end of an exception may be; 90d where absent.")
    .exactOptional(),
  raise: z
    .array(
      z.strictObject({
        type: z.enum([...ACTION_TYPES, "inventoryDrop"]).describe("The limit that is raised."),
        max: count().describe("The raised max.").exactOptional(),
        percent: percent().describe("The raised percentage.").exactOptional(),
        perRun: percent().describe("The raised percentage a run.").exactOptional(),
        until: instant("end").describe("When the raise ends by itself."),
        reason: reason(),
      }),
    )
    .describe("Raises that end by themselves.")
    .exactOptional(),
});

const window = (type: string) =>
  z
    .strictObject({
      from: timeOfDay().describe("When it opens, local time."),
      to: timeOfDay().describe("When it closes; earlier than from: on the next day."),
      zone: zone().describe("The IANA time zone of both."),
      days: words(z.enum(DAYS))
        .min(1)
        .describe("The days on which it opens; every day where absent.")
        .exactOptional(),
    })
    .describe(`When a ${type} may run; outside, it waits.`)
    .exactOptional();

const freeze = z.strictObject({
  until: instant("end").describe("When it ends by itself."),
  reason: reason(),
  allow: words(z.enum(ACTION_TYPES))
    .describe("The types of action that go on; none where absent.")
    .exactOptional(),
});

/** What a policy and its fragments may both hold. */
const sections = {
  sessions: sessions.describe("How long a session may live.").exactOptional(),
  devices: devices.describe("The devices on which a session may be held.").exactOptional(),
  users: users.describe("Who is locked out; absent: locks are not managed.").exactOptional(),
  groups: groups.describe("Session rules for some users, by group name.").exactOptional(),
  exceptions: exceptions.describe("Rules relaxed for a user or a group.").exactOptional(),
  protected: z
    .array(id())
    .describe("Users who are never locked, signed out or wiped.")
    .exactOptional(),
  limits: limits
    .describe("How much a run may do; a key left out keeps its default.")
    .exactOptional(),
  windows: z
    .strictObject({
      lock: window("lock"),
      unlock: window("unlock"),
      "re-authenticate": window("sign-out"),
      wipe: window("wipe"),
    })
    .describe("Hours outside which a type of action waits.")
    .exactOptional(),
  freeze: freeze.describe("Until when nothing is done, and why.").exactOptional(),
};

export const fragmentSchema = z
  .strictObject(sections)
  .describe("A fragment of a Curfew policy: sections that policies include.");
export type Fragment = z.output<typeof fragmentSchema>;

export const policySchema = z
  .strictObject({
    version: z.literal(1).describe("The version of this format."),
    target: target.describe("The one deployment that the policy is for."),
    enforcement: enforcement
      .describe("report never writes; enforce where absent. For all rules, or by rule.")
      .exactOptional(),
    rollout: percent()
      .describe("The stable percentage of users whom session rules and devices.allowed reach.")
      .exactOptional(),
    include: z
      .array(text())
      .describe("Fragments, relative to this file and inside its folder.")
      .exactOptional(),
    ...sections,
    planExpires: duration()
      .describe("How long a saved plan may be applied; 4h where absent.")
      .exactOptional(),
  })
  .describe("A Curfew policy: who may hold a session on a target, how long, on which devices.");
export type PolicyFile = z.output<typeof policySchema>;
