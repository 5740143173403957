/** The proof that a blob of JSON has the format and the shape that were written. */
import { z } from "zod";

/** Text that is no such blob; the message is the end of a sentence, e.g. `is not JSON`. */
export class DamagedBlobError extends Error {}

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
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new DamagedBlobError("is not JSON");
    throw error;
  }
}
