/** The part of the policy's schema that says which deployment it is for and what is enforced there. */
import * as z from "zod";
import { RULES } from "../../model/vocabulary.ts";
import { TARGETS } from "../../providers/targets.ts";
import { id, ledgerPlace, reference, says, words } from "../values/values.ts";

const name = id()
  .describe("What people call this target; used by --target and in reports.")
  .meta({ examples: ["production"] });

const credentials = z
  .union(
    [reference(), words(reference()).min(1)],
    says(() => "expects one reference or a list"),
  )
  .describe("Where the credential is kept, never the secret itself; the first that exists.")
  .meta({ examples: [["env:JOURNEYAPPS_TOKEN", "aws-secret:curfew/production"]] });

/** What every target may hold, behind what is its provider's own. */
const rest = {
  ledger: ledgerPlace()
    .describe("Everybody's ledger for this target: a folder or s3://bucket/prefix.")
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
};

const { journeyapps, slingr, corporateacademy } = TARGETS;

export const target = z.discriminatedUnion("provider", [
  z.strictObject({ name, ...journeyapps, credentials, ...rest }),
  z.strictObject({ name, ...slingr, credentials, ...rest }),
  z
    .strictObject({ name, ...corporateacademy, credentials: credentials.exactOptional(), ...rest })
    .refine(
      ({ register, keys }) => keys !== undefined || !register.includes("://"),
      says(() => "names a Redis, and no keys: say which hold tokens, such as keys: session:*"),
    ),
]);

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
