/**
 * The policy file as one zod schema: its types and its JSON Schema come from here. What takes more than
 * one key or file to tell is in checks.ts. The contract: docs/contract.md, "The policy file".
 */
import * as z from "zod";
import { EXCEPTION_RULES } from "../../model/policy.ts";
import { show } from "../../text/show.ts";
import { didYouMean } from "../../text/suggest.ts";
import {
  duration,
  filled,
  id,
  instant,
  pattern,
  percent,
  reason,
  says,
  semverRange,
  text,
  ticket,
} from "../values/values.ts";
import { freeze, limits, windows } from "./limits.ts";
import { notify } from "./notify.ts";
import { enforcement, target } from "./target.ts";

const signOutOrWipe = () => z.enum(["re-authenticate", "wipe"]);

const sessions = z.strictObject({
  maxAge: duration()
    .describe(
      "The longest time since the last sign-in, or since the creation where that is unknown.",
    )
    .meta({ examples: ["30d"] })
    .exactOptional(),
  maxIdle: duration()
    .describe(
      "The longest time since the last connection, or since the last sign-in where that is unknown.",
    )
    .meta({ examples: ["14d"] })
    .exactOptional(),
  maxPerUser: z
    .int()
    .min(1)
    .describe("How many sessions a user keeps: the most recently connected.")
    .meta({ examples: [2], "x-unit": "sessions" })
    .exactOptional(),
  notBefore: instant("start")
    .describe("Whoever signed in before this moment must sign in again. Does nothing before it.")
    .meta({ examples: ["2026-11-20T06:00:00Z"] })
    .exactOptional(),
});

const allowEmpty = z
  .boolean()
  .describe("Needed where the list beside it is empty on purpose.")
  .meta({ default: false })
  .exactOptional();

const devices = z.strictObject({
  allowed: z
    .array(
      z.strictObject({
        platform: id()
          .describe("The platform, such as IOS or ANDROID.")
          .meta({ examples: ["IOS", "ANDROID"] })
          .exactOptional(),
        container: semverRange()
          .describe("Versions of the installed app, as a semver range.")
          .exactOptional(),
        runtime: semverRange()
          .describe("Versions of the runtime, as a semver range.")
          .exactOptional(),
        bundleId: id()
          .describe("The bundle id of the installed app.")
          .meta({ examples: ["xyz.appinstall.myapp"] })
          .exactOptional(),
        id: id()
          .describe("The identifier of one device.")
          .meta({ examples: ["1234-1234-1234-1234"] })
          .exactOptional(),
        label: pattern()
          .describe("A pattern of *, ? and […] for the device's name; case is ignored.")
          .meta({ examples: ["Zebra TC52*"] })
          .exactOptional(),
        deviceType: pattern()
          .describe("A pattern for the kind of device that the token claims (corporateacademy).")
          .meta({ examples: ["desktop"] })
          .exactOptional(),
        userAgent: pattern()
          .describe("A pattern for the browser or app that the token claims (corporateacademy).")
          .meta({ examples: ["*Firefox/*"] })
          .exactOptional(),
      }),
    )
    .describe(
      "A session complies when one entry matches it in all that the entry names. Empty needs allowEmpty.",
    )
    .exactOptional(),
  allowEmpty,
  otherwise: signOutOrWipe()
    .describe("What happens on a device that is not allowed; re-authenticate where absent.")
    .meta({ default: "re-authenticate" })
    .exactOptional(),
  denied: z
    .array(
      z.strictObject({
        id: id()
          .describe("The identifier of the device.")
          .meta({ examples: ["3456-3456-3456-3456"] }),
        reason: reason("Lost in Durban"),
        ticket: ticket(),
        action: signOutOrWipe()
          .describe("What happens on it; re-authenticate where absent.")
          .meta({ default: "re-authenticate" })
          .exactOptional(),
        unsynced: z
          .enum(["wait", "lose"])
          .describe(
            "Whether the wipe waits for data that may not be uploaded; wait where absent. Only beside action: wipe.",
          )
          .meta({ default: "wait" })
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
        user: id()
          .describe("The user's id, or name where the target says identify.")
          .meta({ examples: ["5571fb26-54f7-11e7-a8f8-040151508301"] }),
        reason: reason("Left the company"),
        ticket: ticket(),
        from: instant("start")
          .describe("Locked from this moment on; always where absent.")
          .meta({ examples: ["2026-11-30T17:00:00+02:00"] })
          .exactOptional(),
        until: instant("end")
          .describe(
            "No longer locked at this moment; a date means its end in UTC. For ever where absent.",
          )
          .meta({ examples: ["2027-01-31"] })
          .exactOptional(),
        wipe: z
          .boolean()
          .describe(
            "Erase the data on the user's devices too, within limits.wipe; false where absent.",
          )
          .meta({ default: false })
          .exactOptional(),
        urgent: z
          .boolean()
          .describe(
            "Outside limits, windows and freeze; limits.urgent a day at most. false where absent.",
          )
          .meta({ default: false })
          .exactOptional(),
        adopt: z
          .boolean()
          .describe(
            "A lock found in place becomes ours, so that it is lifted with the entry; false where absent.",
          )
          .meta({ default: false })
          .exactOptional(),
      }),
    )
    .describe(
      "Who is locked out. A user may have several entries; any in force locks. Empty needs allowEmpty.",
    )
    .exactOptional(),
  allowEmpty,
});

const groups = z.record(
  id(),
  z.strictObject({
    members: z
      .array(id())
      .describe("Users who belong to the group.")
      .meta({ examples: [["c8c8c4f8-5013-11e7-a8c7-04017e679e01"]] })
      .exactOptional(),
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
      .meta({ minProperties: 1, examples: [{ employment: "contractor" }] })
      .exactOptional(),
    sessions: sessions
      .describe("Session rules of the members; of several, the strictest holds.")
      .exactOptional(),
  }),
);

const exceptions = z.array(
  z.strictObject({
    user: id()
      .describe("Whom it is for; either this or group.")
      .meta({ examples: ["c8c8c4f8-5013-11e7-a8c7-04017e679e01"] })
      .exactOptional(),
    group: id()
      .describe("The group that it is for; either this or user.")
      .meta({ examples: ["contractors"] })
      .exactOptional(),
    rule: z
      .enum(EXCEPTION_RULES, says(exceptionRuleFault))
      .describe("The rule that is relaxed or waived."),
    allow: z
      .union(
        [z.string(), z.number()],
        says(() => "expects a duration, a number or an instant"),
      )
      .describe(
        "A laxer value for the rule: a duration, a number or an instant. Absent: the rule is waived.",
      )
      .meta({ examples: ["90d", 3] })
      .exactOptional(),
    reason: reason("Offshore rig, no connection for weeks"),
    owner: filled(text())
      .describe("Who answers for it.")
      .meta({ examples: ["jane.doe@acme.example"] }),
    ticket: ticket(),
    until: instant("end")
      .describe("When it ends by itself; at most limits.exceptionsLast away.")
      .meta({ examples: ["2027-01-15"] }),
  }),
);

function exceptionRuleFault(input: unknown): string {
  if (input === "users.locked" || input === "devices.denied") {
    return `${input} has no exceptions: change the entry itself`;
  }
  const close = didYouMean(String(input), EXCEPTION_RULES);
  return `${show(input)} is not one of ${EXCEPTION_RULES.join(", ")}${close}`;
}

/** What a policy and its fragments may both hold. */
const sections = {
  sessions: sessions.describe("How long a session may live.").exactOptional(),
  devices: devices.describe("The devices on which a session may be held.").exactOptional(),
  users: users.describe("Who is locked out; absent: locks are not managed.").exactOptional(),
  groups: groups.describe("Session rules for some users, by group name.").exactOptional(),
  exceptions: exceptions.describe("Rules relaxed for a user or a group.").exactOptional(),
  protected: z
    .array(id())
    .describe(
      "Users who are never locked, signed out or wiped; by id, or by name where the target says identify.",
    )
    .meta({ examples: [["066b26c4-8418-11e7-9ba9-04017e679e01"]] })
    .exactOptional(),
  limits: limits
    .describe("How much a run may do; a key left out keeps its default.")
    .exactOptional(),
  windows: windows.describe("Hours outside which a type of action waits.").exactOptional(),
  freeze: freeze.describe("Until when nothing is done, and why.").exactOptional(),
  notify: notify
    .describe("Who is told of what happens; nobody where absent. It changes no run.")
    .exactOptional(),
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
      .meta({ default: "enforce" })
      .exactOptional(),
    rollout: percent()
      .describe(
        "The stable percentage of users whom session rules and devices.allowed reach; 100 where absent.",
      )
      .meta({ default: 100 })
      .exactOptional(),
    include: z
      .array(text())
      .describe("Fragments, relative to this file and inside its folder.")
      .meta({ examples: [["shared/devices.yaml"]] })
      .exactOptional(),
    ...sections,
    planExpires: duration()
      .describe("How long a saved plan may be applied; 4h where absent.")
      .meta({ default: "4h" })
      .exactOptional(),
  })
  .describe("A Curfew policy: who may hold a session on a target, how long, on which devices.");
export type PolicyFile = z.output<typeof policySchema>;
