/** Creates on moto, with AWS's own SDK, what a Pulumi program registers. */
import type { Registration } from "../infra/engine.ts";
import { REGION } from "../infra/outputs.ts";
import { type Clients, clientsOf } from "./clients.ts";
import { COMPUTE } from "./deploy-compute.ts";
import { MESSAGES } from "./deploy-messages.ts";
import { STORAGE } from "./deploy-storage.ts";
import { WATCH } from "./deploy-watch.ts";
import type { Made, Maker } from "./maker.ts";

const MAKERS: Readonly<Record<string, Maker>> = { ...STORAGE, ...COMPUTE, ...MESSAGES, ...WATCH };

/** A resource as the program registered it, with references to real things, and what was made of it. */
interface Created extends Made {
  type: string;
  name: string;
  inputs: Readonly<Record<string, unknown>>;
}

export interface Deployment {
  readonly region: string;
  readonly aws: Clients;
  /** In the order in which they were created. */
  readonly created: readonly Created[];
  /** The one resource of a type with this name. Throws where there is none. */
  one(type: string, name: string): Created;
}

/**
 * Creates all of what a program registered. Throws where a type or a setting is not known here, and what AWS throws.
 * `url`: the address of moto.
 */
export async function deploy(
  url: string,
  registrations: readonly Registration[],
): Promise<Deployment> {
  const aws = clientsOf(url, REGION);
  const created: Created[] = [];
  const real = new Map<string, string>();
  for (const { type, name, custom, inputs: told, outputs } of registrations) {
    if (!custom) continue;
    const maker = MAKERS[type];
    if (!maker) throw new Error(`Resources of the type ${type} can't be created here.`);
    const inputs = withReal(told, real);
    try {
      const made = await maker(aws, name, inputs);
      created.push({ type, name, inputs, ...made });
      learn(real, outputs, made.outputs);
    } catch (error) {
      throw new Error(`${type} ${name} can't be created: ${error}`, { cause: error });
    }
  }
  return {
    region: REGION,
    aws,
    created,
    one(type, name) {
      const found = created.find((each) => each.type === type && each.name === name);
      if (found) return found;
      throw new Error(`There is no ${type} ${name}.`);
    },
  };
}

/** The engine makes outputs up, such as the end of a secret's ARN: here is what AWS made instead. */
function learn(real: Map<string, string>, made: object, outputs: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(made)) {
    const other = outputs[key];
    if (key === "id" || typeof value !== "string" || typeof other !== "string") continue;
    if (value !== other) real.set(value, other);
  }
}

/** Puts what is real in place of what was made up, also within texts such as policies. */
function withReal(
  inputs: Readonly<Record<string, unknown>>,
  real: ReadonlyMap<string, string>,
): Readonly<Record<string, unknown>> {
  let text = JSON.stringify(inputs);
  for (const [from, to] of real) text = text.replaceAll(from, to);
  return JSON.parse(text) as Record<string, unknown>;
}
