/** The keys of a JourneyApps target, beside those of every target (docs/backends/journeyapps.md). */
import * as z from "zod";
import { identify, url } from "../../policy/values/values.ts";

export const journeyAppsTarget = {
  provider: z.literal("journeyapps").describe("A JourneyApps deployment."),
  url: url()
    .describe(
      "The deployment's base URL: https, without credentials or query. http only on this machine.",
    )
    .meta({
      examples: [
        "https://62d541f4156bc4dd685318da.backend.us.journeyapps.com/api/v4/615ae1ee8c5ef500078a4908",
      ],
    }),
  auth: z
    .enum(["bearer", "token", "basic"])
    .describe("The form of the Authorization header; bearer where absent.")
    .meta({ default: "bearer" })
    .exactOptional(),
  identify: identify("Name users by this field of the app's user model instead of by id."),
};
