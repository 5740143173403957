/** What the makers of resources share: each knows the settings of one type, and an unknown setting is an error. */
import { z } from "zod";
import type { Clients } from "./clients.ts";

/** What a program gets back: `id`, and the outputs that it may refer to. */
export interface Made {
  id: string;
  outputs: Record<string, unknown>;
}

export type Maker = (
  aws: Clients,
  name: string,
  inputs: Readonly<Record<string, unknown>>,
) => Promise<Made>;

/** A maker whose inputs are proved first; outputs are the inputs and what `create` adds. Throws ZodError. */
export function maker<S extends z.ZodRawShape>(
  shape: S,
  create: (
    aws: Clients,
    inputs: z.output<z.ZodObject<S, z.core.$strict>>,
    name: string,
  ) => Promise<Made>,
): Maker {
  const schema = z.strictObject(shape);
  return async (aws, name, inputs) => {
    const { id, outputs } = await create(aws, schema.parse(inputs), name);
    return { id, outputs: { ...inputs, ...outputs } };
  };
}

/** A name as Pulumi makes it up where a program gives none. */
export function autoName(name: string): string {
  return `${name}-0a1b2c3`;
}

export const tagged = { tags: z.record(z.string(), z.string()).optional() };

/** Tags as a list, as most of AWS wants them. */
export function tagList(
  tags: Readonly<Record<string, string>> = {},
): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** A policy document. Throws where it is no JSON with statements: moto takes any text. */
export const document = z.string().refine((text) => {
  const value = JSON.parse(text) as { Version?: unknown; Statement?: unknown };
  return value.Version === "2012-10-17" && Array.isArray(value.Statement);
}, "is no policy document");

/** Throws where AWS's answer lacks what it always has. */
export function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("AWS's answer lacks a field.");
  return value;
}
