/** The part of the policy's schema that says how much a run may do, and when. */
import * as z from "zod";
import { DAYS } from "../../model/policy.ts";
import { ACTION_TYPES } from "../../model/vocabulary.ts";
import {
  count,
  duration,
  instant,
  percent,
  reason,
  timeOfDay,
  words,
  zone,
} from "../values/values.ts";

type Amounts = { max?: number; percent?: number; perRun?: number; exceed: "refuse" | "pace" };

/** One type's limit. `otherwise` are the defaults of complete.ts, for editors and the reference. */
const limit = (what: string, otherwise: Amounts) =>
  z
    .strictObject({
      max: count()
        .describe("At most so many, with those of the last 24 hours; 0 means none.")
        .meta({ "x-unit": "actions" })
        .exactOptional(),
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
    .meta({ default: otherwise })
    .exactOptional();

export const limits = z.strictObject({
  lock: limit("Locks. Where absent: max 50, percent 10, exceed refuse.", {
    max: 50,
    percent: 10,
    exceed: "refuse",
  }),
  unlock: limit("Unlocks. Where absent: max 50, percent 10, exceed refuse.", {
    max: 50,
    percent: 10,
    exceed: "refuse",
  }),
  "re-authenticate": limit("Sign-outs. Where absent: percent 25, perRun 5, exceed pace.", {
    percent: 25,
    perRun: 5,
    exceed: "pace",
  }),
  wipe: limit("Wipes. Where absent: max 0, exceed refuse.", { max: 0, exceed: "refuse" }),
  urgent: count()
    .describe("How many urgent locks in 24 hours; 5 where absent.")
    .meta({ default: 5, "x-unit": "locks" })
    .exactOptional(),
  denied: count()
    .describe(
      "How many sessions of denied devices are ended in 24 hours outside pace, windows and freeze; 20 where absent.",
    )
    .meta({ default: 20, "x-unit": "sessions" })
    .exactOptional(),
  inventoryDrop: percent()
    .describe("How many percent of the users an inventory may lose; 20 where absent.")
    .meta({ default: 20 })
    .exactOptional(),
  exceptionsLast: duration()
    .describe("How far away the end of an exception may be; 90d where absent.")
    .meta({ default: "90d" })
    .exactOptional(),
  raise: z
    .array(
      z.strictObject({
        type: z.enum([...ACTION_TYPES, "inventoryDrop"]).describe("The limit that is raised."),
        max: count().describe("The raised max.").meta({ "x-unit": "actions" }).exactOptional(),
        percent: percent().describe("The raised percentage.").exactOptional(),
        perRun: percent().describe("The raised percentage a run.").exactOptional(),
        until: instant("end").describe("When the raise ends by itself."),
        reason: reason("Plant closure"),
      }),
    )
    .describe("Raises that end by themselves.")
    .exactOptional(),
});

const window = (types: string) =>
  z
    .strictObject({
      from: timeOfDay().describe("When it opens, local time."),
      to: timeOfDay()
        .describe("When it closes; earlier than from: on the next day.")
        .meta({ examples: ["04:00"] }),
      zone: zone().describe("The IANA time zone of both."),
      days: words(z.enum(DAYS))
        .min(1)
        .describe("The days on which it opens; every day where absent.")
        .meta({ default: [...DAYS] })
        .exactOptional(),
    })
    .describe(`When ${types} may run; outside, they wait.`)
    .exactOptional();

export const windows = z.strictObject({
  lock: window("locks"),
  unlock: window("unlocks"),
  "re-authenticate": window("sign-outs"),
  wipe: window("wipes"),
});

export const freeze = z.strictObject({
  until: instant("end").describe("When it ends by itself."),
  reason: reason("Year-end change freeze"),
  allow: words(z.enum(ACTION_TYPES))
    .describe("The types of action that go on; none where absent.")
    .meta({ default: [] })
    .exactOptional(),
});
