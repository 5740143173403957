/** The keys of a Slingr target, beside those of every target (docs/backends/slingr.md). */
import * as z from "zod";
import { duration, folder, identify, says, url } from "../../policy/values/values.ts";
import { DAY, HOUR } from "../../time.ts";

/** The bounds that the documentation gives for a one-time code. */
const MOST_INACTIVE = 7 * DAY;
const MOST_VALID = 30 * DAY;

/** In ms: whole hours, which is what `sendOtpCode` takes. */
const hours = (most: number, words: string) =>
  duration().refine(
    (value) => value % HOUR === 0 && value <= most,
    says(() => `expects whole hours, ${words} at most`),
  );

export const slingrTarget = {
  provider: z.literal("slingr").describe("An environment of a Slingr app."),
  url: url()
    .describe("The base URL of the app's REST API. http only on this machine.")
    .meta({ examples: ["https://acme.slingrs.io/prod/runtime/api"] }),
  auth: z
    .enum(["login", "token"])
    .describe(
      "login: the credential is `email:password`, split at its first colon; token: an API token. login where absent.",
    )
    .meta({ default: "login" })
    .exactOptional(),
  identify: identify("Name users by this field, such as email, instead of by id."),
  otp: z
    .strictObject({
      by: z
        .enum(["email", "sms"])
        .describe("How a code reaches its user; email where absent.")
        .meta({ default: "email" })
        .exactOptional(),
      inactivity: hours(MOST_INACTIVE, "7 days")
        .describe("How long a code's token may go unused; 24h where absent.")
        .meta({ default: "24h", examples: ["24h"] })
        .exactOptional(),
      expiration: hours(MOST_VALID, "30 days")
        .describe("How long a code's token is valid; 30d where absent.")
        .meta({ default: "30d", examples: ["30d"] })
        .exactOptional(),
    })
    .describe("The one-time code that `curfew enroll` has sent.")
    .exactOptional(),
  script: z
    .string()
    .regex(
      /^\/[\w./-]*\w$/,
      says(() => "expects the path of a script, such as /scripts/curfew"),
    )
    .describe("The path of the script that `curfew init` writes, as the app exposes it.")
    .meta({ examples: ["/scripts/curfew"] })
    .exactOptional(),
  metadata: folder()
    .describe(
      "The folder of the app's metadata, relative to this file: what groups say of idleness.",
    )
    .meta({ examples: ["../app-metadata"] })
    .exactOptional(),
};
