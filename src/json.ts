/** The proof that a blob of JSON has the format and the shape that were written. */
import * as z from "zod";

/** Text that is no such blob; the message is the end of a sentence, e.g. `is not JSON`. */
export class DamagedBlobError extends Error {}

/** A moment, as far as a date reaches: what is beyond could not be told. */
export const instant = z.number().min(-8.64e15).max(8.64e15);

/** A record by ids of the backend, which may be any text: zod's own leaves out the key `__proto__`. */
export function byId<T extends z.ZodType>(value: T) {
  return z.unknown().transform((given, context): Record<string, z.output<T>> => {
    if (given === null || typeof given !== "object" || Array.isArray(given)) {
      context.addIssue({ code: "custom", message: "is no record" });
      return z.NEVER;
    }
    // One by one: there may be a million.
    function* checkedOnes(all: Record<string, unknown>) {
      for (const id of Object.keys(all)) {
        const result = value.safeParse(all[id]);
        if (!result.success) context.addIssue({ code: "custom", path: [id] });
        yield [id, result.data] as const;
      }
    }
    return Object.fromEntries(checkedOnes(given as Record<string, unknown>)) as Record<
      string,
      z.output<T>
    >;
  });
}

/** Throws DamagedBlobError. */
export function parseBlob<T extends z.ZodType>(
  schema: T,
  format: string,
  text: string,
): z.output<T> {
  const value = parseJson(text);
  const named = z.object({ format: z.string() }).safeParse(value);
  if (!named.success) throw new DamagedBlobError("names no format");
  if (named.data.format !== format) {
    throw new DamagedBlobError(
      `has the format ${JSON.stringify(named.data.format)}, not ${format}`,
    );
  }
  return checked(schema, value);
}

/** Throws DamagedBlobError. */
export function checked<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new DamagedBlobError(`has a wrong shape at ${issue?.path.join(".") || "its top level"}`);
}

/** Throws DamagedBlobError. */
export function parseJson(text: string): unknown {
  const json = readJson(text);
  if (json === null) throw new DamagedBlobError("is not JSON");
  return json.value;
}

/** null where the text is no JSON. */
export function readJson(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
