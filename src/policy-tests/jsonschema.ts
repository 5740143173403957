/** The JSON Schema of policy tests, for editors. */
import { jsonSchema } from "../policy/schema/jsonschema.ts";
import { testsSchema } from "./schema.ts";

export const testsJsonSchema = () => jsonSchema(testsSchema, "policy-tests", "Curfew policy tests");
