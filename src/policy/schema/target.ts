/** The part of the policy's schema that says which deployment it is for and what is enforced there. */
import * as z from "zod";
import { RULES } from "../../model/vocabulary.ts";
import { PROVIDERS } from "../../providers/catalog.ts";
import { id, ledgerPlace, reference, says, url, words } from "../values/values.ts";

export const target = z.strictObject({
  name: id()
    .describe("What people call this target; used by --target and in reports.")
    .meta({ examples: ["production"] }),
  provider: z.enum(PROVIDERS).describe("The kind of identity backend."),
  url: url()
    .describe(
      "The deployment's base URL: https, without credentials or query. http only on this machine.",
    )
    .meta({
      examples: [
        "https://62d541f4156bc4dd685318da.backend.us.journeyapps.com/api/v4/615ae1ee8c5ef500078a4908",
      ],
    }),
  credentials: z
    .union(
      [reference(), words(reference()).min(1)],
      says(() => "expects one reference or a list"),
    )
    .describe("Where the credential is kept, never the secret itself; the first that exists.")
    .meta({ examples: [["env:JOURNEYAPPS_TOKEN", "aws-secret:curfew/production"]] }),
  auth: z
    .enum(["bearer", "token", "basic"])
    .describe("The form of the Authorization header; bearer where absent.")
    .meta({ default: "bearer" })
    .exactOptional(),
  ledger: ledgerPlace()
    .describe("Everybody's ledger for this target: a folder or s3://bucket/prefix.")
    .exactOptional(),
  identify: id()
    .describe("Name users by this field of the app's user model instead of by id.")
    .meta({ examples: ["email"] })
    .exactOptional(),
  environment: id()
    .describe("What the deployment must call its environment, else nothing is read.")
    .meta({ examples: ["production"] })
    .exactOptional(),
  requestsPerSecond: z
    .number()
    .gt(0)
    .max(10_000)
    .describe("How many requests a second Curfew may make; 10 where absent.")
    .meta({ default: 10, "x-unit": "requests a second" })
    .exactOptional(),
});

const mode = () => z.enum(["enforce", "report"]);
const modeByRule = Object.fromEntries(
  RULES.map((rule) => [rule, mode().describe(`For ${rule} only.`).exactOptional()]),
) as Record<(typeof RULES)[number], z.ZodExactOptional<ReturnType<typeof mode>>>;
export const enforcement = z.union([
  mode(),
  z.strictObject({
    default: mode()
      .describe("For the rules not named; enforce where absent.")
      .meta({ default: "enforce" })
      .exactOptional(),
    ...modeByRule,
  }),
]);
