/** Reads what a backend answers: an unknown shape is an error that names the field, and never shows a value. */
import type * as z from "zod";
// By name: `z.core` would keep all of zod, with its messages in fifty languages, in every bundle.
import { toDotPath } from "zod/v4/core";
import type { Call, Client } from "./client.ts";
import { CallError } from "./faults.ts";

/** An answer of an unknown shape. `field` is the path to what is at fault, e.g. `sessions[0].state`. */
export class ShapeError extends Error {
  readonly field: string;
  readonly fault: string;

  constructor(field: string, fault: string) {
    super(`${field} ${fault}`);
    this.field = field;
    this.fault = fault;
  }
}

/** What a schema makes of a part of an answer, which stands `under` a path. Throws ShapeError. */
export function parse<T>(schema: z.ZodType<T>, raw: unknown, under: PropertyKey[] = []): T {
  const read = schema.safeParse(raw);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const path = toDotPath([...under, ...(issue?.path ?? [])]) || "the answer";
  throw new ShapeError(path, `is not as documented: ${issue?.message ?? "unknown fault"}`);
}

/** A user or session other than the one asked for is no answer. Throws ShapeError. */
export function sameId(id: string, asked: string): void {
  if (id !== asked) throw new ShapeError("id", "is not the one that was asked for");
}

/** Makes a call and reads its answer. Throws CallError, also where `read` throws ShapeError. */
export async function ask<T>(
  client: Client,
  call: Call,
  read: (body: unknown) => T,
): Promise<{ value: T; repeated: boolean }> {
  const { body, repeated } = await client.call(call);
  try {
    return { value: read(body), repeated };
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    const path = call.shown ?? call.path;
    const fault = `answered ${client.clean(`${call.method} ${path}`)} in an unknown form`;
    const advice = "Check target.url, and that this version of Curfew is current.";
    const message = `${client.host} ${fault}: ${client.clean(error.message)}. ${advice}`;
    throw new CallError(message, "lasting", call.method !== "GET");
  }
}

/** null in place of an error of this kind. */
export async function unless<T>(kind: CallError["kind"], answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof CallError && error.kind === kind) return null;
    throw error;
  }
}
