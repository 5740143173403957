/** The program under Pulumi's mocks: in this process, with every registration and its options written down. */
import path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type resourcePb from "@pulumi/pulumi/proto/resource_pb.js";
import settings from "@pulumi/pulumi/runtime/settings.js";
import { deploy } from "../../infra/stack.ts";
import { CHECKOUT, written } from "./estate.ts";
import { answer, outputsOf } from "./outputs.ts";
import { type Registration, registrationOf } from "./registration.ts";

export interface MockedStack {
  registrations: Registration[];
  outputs: Awaited<ReturnType<typeof deploy>>;
}

export interface MockOptions {
  /** The checkout, and where packages are built. */
  root: string;
  build: string;
  /** Without `curfew:`; what is no text is written as JSON. */
  config?: Readonly<Record<string, unknown>>;
  stack?: string;
  preview?: boolean;
}

/** Registers the stack. Throws what the program throws. One at a time: Pulumi's runtime is one a process. */
export async function mockedStack(options: MockOptions): Promise<MockedStack> {
  const { root, build, config = {}, stack = "test", preview = false } = options;
  const registrations: Registration[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, custom }) =>
        custom ? outputsOf(type, name, inputs) : { id: "", state: {} },
      call: ({ token }) => answer(token),
    },
    "curfew",
    stack,
    preview,
  );
  watch(registrations);
  const given = { allowUncommitted: true, ...config };
  const texts = Object.entries(given).map(([key, value]) => [
    `curfew:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  try {
    const outputs = await deploy({ root, build, config: Object.fromEntries(texts) });
    return { registrations, outputs };
  } finally {
    await pulumi.runtime.disconnect();
  }
}

const removals: (() => Promise<void>)[] = [];

/**
 * The stack of these policies, by their file names, from a small checkout; somebody is told of alarms. `removeStacks`
 * takes away what it wrote.
 */
export async function smallStack(
  policies: Readonly<Record<string, string>>,
  config: MockOptions["config"] = {},
): Promise<MockedStack> {
  const files = Object.entries(policies).map(([name, text]) => [`policies/${name}`, text]);
  const { folder: root, remove } = await written({ ...CHECKOUT, ...Object.fromEntries(files) });
  removals.push(remove);
  const told = { emails: ["security@acme.example"], ...config };
  return mockedStack({ root, build: path.join(root, "dist"), config: told });
}

export async function removeStacks(): Promise<void> {
  for (const remove of removals.splice(0)) await remove();
}

type Register = (
  request: resourcePb.RegisterResourceRequest,
  reply: (error: unknown, response?: resourcePb.RegisterResourceResponse) => void,
) => void;

/** Options such as `protect` are seen only in the request itself. */
function watch(registrations: Registration[]): void {
  const monitor = settings.getMonitor() as unknown as { registerResource: Register };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, reply) =>
    register(request, (error, response) => {
      if (response) registrations.push(registrationOf(request, response.getUrn()));
      reply(error, response);
    });
}
