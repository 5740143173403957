/** Finds what a test asks for among registrations, and reads policies out of them. */
import type { Registration } from "./registration.ts";

export interface FoundStatement {
  Sid: string;
  Effect: string;
  Principal?: unknown;
  Action: string | string[];
  Resource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** All of a type, which is given by its last part: `Function`. */
export function all(registrations: readonly Registration[], type: string): Registration[] {
  return registrations.filter((one) => one.custom && one.type.endsWith(`:${type}`));
}

/** The one of this type and name; of this type alone where there is only one. */
export function one(
  registrations: readonly Registration[],
  type: string,
  name?: string,
): Registration {
  const found = all(registrations, type).filter((r) => name === undefined || r.name === name);
  const [first, ...more] = found;
  if (first === undefined || more.length > 0) {
    throw new Error(`${found.length} of ${type} ${name ?? ""} are registered.`);
  }
  return first;
}

/** The statements of a policy that is registered as JSON. */
export function statements(policy: unknown): FoundStatement[] {
  const { Version, Statement } = JSON.parse(String(policy));
  if (Version !== "2012-10-17") throw new Error(`A policy has the version ${Version}.`);
  return Statement;
}

/** All policies of a stack: who or what they belong to, and what they say. */
export function policies(
  registrations: readonly Registration[],
): { of: string; statements: FoundStatement[] }[] {
  return registrations.flatMap(({ type, name, inputs }) =>
    [inputs.policy, inputs.assumeRolePolicy]
      .filter((policy) => policy !== undefined)
      .map((policy) => ({
        of: `${type.split(":").at(-1)} ${name}`,
        statements: statements(policy),
      })),
  );
}

export function list(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : [value].flat();
}
