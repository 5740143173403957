/** `curfew schema`: the JSON Schema of the policy file. */
import { Command } from "commander";
import { policyJsonSchema } from "../../policy/schema/jsonschema.ts";
import type { Door } from "../options.ts";

export function schemaCommand({ io }: Door): Command {
  return new Command("schema")
    .description("print the JSON Schema of the policy file, for editors")
    .addHelpText("after", "\nExample:\n  curfew schema > schema/policy.schema.json")
    .action(() => io.out(`${JSON.stringify(policyJsonSchema(), null, 2)}\n`));
}
