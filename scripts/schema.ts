/** Writes the JSON Schemas of policy files, their fragments and policy tests into schema/ (`npm run schema`). */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fragmentJsonSchema, policyJsonSchema } from "../src/policy/schema/jsonschema.ts";
import { testsJsonSchema } from "../src/policy-tests/jsonschema.ts";

const folder = join(import.meta.dirname, "..", "schema");
const write = (name: string, schema: object) =>
  writeFile(join(folder, name), `${JSON.stringify(schema, null, 2)}\n`);

await write("policy.schema.json", policyJsonSchema());
await write("fragment.schema.json", fragmentJsonSchema());
await write("policy-tests.schema.json", testsJsonSchema());
