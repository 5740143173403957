/** What the program asks of Pulumi's engine, as plain values. */
import type resourcePb from "@pulumi/pulumi/proto/resource_pb.js";
import type structPb from "google-protobuf/google/protobuf/struct_pb.js";
import { outputsOf, type Values } from "./outputs.ts";

/** One resource as the program registers it. */
export interface Registration {
  urn: string;
  /** Such as `aws:lambda/function:Function`. */
  type: string;
  name: string;
  /** A component has no inputs that matter, and is nothing in AWS. */
  custom: boolean;
  /** URN of the component, or of the stack, that it belongs to. */
  parent: string;
  /** All outputs of other resources are in place. A package is `{ archive: "/its/folder" }`. */
  inputs: Values;
  /** What the program is told of it afterwards. */
  outputs: Values & { id: string };
  options: { protect: boolean; retainOnDelete: boolean; dependsOn: string[] };
}

/** How Pulumi marks what is more than JSON: see its runtime/rpc. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";

/** A request to register a resource, with outputs as AWS would give them. */
export function registrationOf(
  request: resourcePb.RegisterResourceRequest,
  urn: string,
): Registration {
  const type = request.getType();
  const name = request.getName();
  const custom = request.getCustom();
  const inputs = valuesOf(request.getObject());
  const { id, state } = custom ? outputsOf(type, name, inputs) : { id: "", state: {} };
  return {
    urn,
    type,
    name,
    custom,
    parent: request.getParent(),
    inputs,
    outputs: { ...state, id },
    options: {
      protect: request.getProtect() ?? false,
      retainOnDelete: request.getRetainondelete() ?? false,
      dependsOn: request.getDependenciesList(),
    },
  };
}

/** The values of a message; none where there is no message. */
export function valuesOf(struct: structPb.Struct | undefined): Values {
  return plain(struct?.toJavaScript() ?? {}) as Values;
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const fields = value as Values;
  if (fields[SIGNATURE] === ARCHIVE) return { archive: fields.path };
  if (fields[SIGNATURE] !== undefined) {
    throw new Error(
      `The program registers a value that the test does not know: ${JSON.stringify(fields)}`,
    );
  }
  return Object.fromEntries(Object.entries(fields).map(([key, inner]) => [key, plain(inner)]));
}
