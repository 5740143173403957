/** The JSON Schema of policy tests, for editors. */
import { jsonSchema } from "../policy/jsonschema.ts";
import { testsSchema } from "./schema.ts";

export const testsJsonSchema = () => jsonSchema(testsSchema, "policy-tests", "Curfew policy tests");
