/** The JSON Schemas that editors use, made from the zod schemas. */
import * as z from "zod";
import { fragmentSchema, policySchema } from "./schema.ts";

/** The JSON Schema of the policy file (`curfew schema`). */
export const policyJsonSchema = () => jsonSchema(policySchema, "policy", "Curfew policy");

/** The JSON Schema of a fragment that policies include. */
export const fragmentJsonSchema = () =>
  jsonSchema(fragmentSchema, "fragment", "Curfew policy fragment");

function jsonSchema(schema: z.ZodType, name: string, title: string): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io: "input",
    override: ({ jsonSchema: part }) => {
      // What numbers can hold at all is no news to an editor.
      if (part.maximum === Number.MAX_SAFE_INTEGER) delete part.maximum;
    },
  });
  return { $schema, $id: `urn:curfew:${name}:1`, title, ...rest };
}
