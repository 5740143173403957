/** The JSON Schemas that editors use, made from the zod schemas. */
import * as z from "zod";
import { fragmentSchema, policySchema } from "./policy.ts";

/** The JSON Schema of the policy file (`curfew schema`). */
export const policyJsonSchema = () => jsonSchema(policySchema, "policy", "Curfew policy");

/** The JSON Schema of a fragment that policies include. */
export const fragmentJsonSchema = () =>
  jsonSchema(fragmentSchema, "fragment", "Curfew policy fragment");

/** The JSON Schema of a zod schema, for editors. `name` becomes part of its id. */
export function jsonSchema(
  schema: z.ZodType,
  name: string,
  title: string,
): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io: "input",
    override: ({ zodSchema, jsonSchema: part }) => {
      // zod leaves these out of what it transforms, for they could be of the other side; ours are as written.
      const { examples, default: otherwise } = z.globalRegistry.get(zodSchema) ?? {};
      if (Array.isArray(examples)) part.examples = examples;
      if (otherwise !== undefined) part.default = otherwise as NonNullable<typeof part.default>;
      // What numbers can hold at all is no news to an editor.
      if (part.maximum === Number.MAX_SAFE_INTEGER) delete part.maximum;
    },
  });
  return { $schema, $id: `urn:curfew:${name}:1`, title, ...rest };
}
