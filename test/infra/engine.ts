/**
 * A stand-in for Pulumi's engine: a gRPC server that answers as the engine does and writes down what is registered,
 * and the program run against it by Pulumi's own Node runner, as Pulumi.yaml says.
 */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import grpc from "@grpc/grpc-js";
import enginePb from "@pulumi/pulumi/proto/engine_pb.js";
import resourcePb from "@pulumi/pulumi/proto/resource_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import { parse } from "yaml";
import { answer, REGION, type Values } from "./outputs.ts";
import { type Registration, registrationOf, valuesOf } from "./registration.ts";

export type { Registration };

export const ROOT = path.resolve(import.meta.dirname, "../..");

/** A whole run of the program. */
export interface Deployment {
  registrations: Registration[];
  /** What the program exports; empty where it failed. */
  outputs: Values;
  /** What the program told the engine, by severity: `WARNING` → sentences. */
  logs: Record<string, string[]>;
  exitCode: number | null;
  /** Standard output and error of the program. */
  printed: string;
}

export interface RunOptions {
  /** Full keys; what is no text is written as JSON: `{ "curfew:memory": 512 }`. The region is there already. */
  config?: Readonly<Record<string, unknown>>;
  stack?: string;
  /** As `pulumi preview`. */
  preview?: boolean;
}

/**
 * All resources that `pulumi up` would register with this configuration, in order. Throws where the program fails.
 * What is not committed is deployed too: `curfew:allowUncommitted` is set.
 */
export async function registrations(
  config: Readonly<Record<string, unknown>> = {},
): Promise<Registration[]> {
  const ran = await runProgram({ config: { "curfew:allowUncommitted": true, ...config } });
  if (ran.exitCode !== 0) {
    throw new Error(
      `The program failed (${ran.exitCode}): ${ran.logs.ERROR?.join("\n")}\n${ran.printed}`,
    );
  }
  return ran.registrations;
}

const PROGRAM_TIMEOUT_MS = 60_000;

/** Runs the program of Pulumi.yaml, whatever becomes of it. */
export async function runProgram(options: RunOptions = {}): Promise<Deployment> {
  const { config = {}, stack = "test", preview = false } = options;
  const engine = new Engine(stack);
  const address = await engine.listen();
  try {
    const project = parse(await readFile(path.join(ROOT, "Pulumi.yaml"), "utf8"));
    const texts = Object.entries({ "aws:region": REGION, ...config }).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]);
    // As Pulumi's language host calls its runner for a `main` that is a folder.
    const args = [
      createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run/index.js"),
      `--monitor=${address}`,
      `--engine=${address}`,
      `--project=${project.name}`,
      `--stack=${stack}`,
      "--organization=organization",
      `--root-directory=${ROOT}`,
      `--pwd=${path.join(ROOT, project.main)}`,
      "--parallel=16",
      ...(preview ? ["--dry-run"] : []),
      ".",
    ];
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: {
        ...process.env,
        NODE_OPTIONS: "",
        PULUMI_CONFIG: JSON.stringify(Object.fromEntries(texts)),
        PULUMI_NODEJS_TYPESCRIPT: String(project.runtime.options.typescript),
      },
      timeout: PROGRAM_TIMEOUT_MS,
    });
    let printed = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (bytes: Buffer) => {
        printed += bytes.toString("utf8");
      });
    }
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    return { ...engine.seen, exitCode, printed };
  } finally {
    engine.close();
  }
}

type Call<T> = { request: T };
type Reply<T> = (error: Partial<grpc.StatusObject> | null, value?: T) => void;

const SEVERITIES = ["DEBUG", "INFO", "WARNING", "ERROR"];
const STACK_TYPE = "pulumi:pulumi:Stack";
class Engine {
  readonly seen: Pick<Deployment, "registrations" | "outputs" | "logs"> = {
    registrations: [],
    outputs: {},
    logs: {},
  };
  readonly #server = new grpc.Server();
  readonly #stack: string;
  #root = "";

  constructor(stack: string) {
    this.#stack = stack;
  }

  listen(): Promise<string> {
    const load = createRequire(import.meta.url);
    const { ResourceMonitorService } = load("@pulumi/pulumi/proto/resource_grpc_pb.js");
    const { EngineService } = load("@pulumi/pulumi/proto/engine_grpc_pb.js");
    this.#server.addService(ResourceMonitorService, this.#monitor());
    this.#server.addService(EngineService, this.#engine());
    return new Promise((resolve, reject) => {
      const credentials = grpc.ServerCredentials.createInsecure();
      this.#server.bindAsync("127.0.0.1:0", credentials, (error, port) =>
        error ? reject(error) : resolve(`127.0.0.1:${port}`),
      );
    });
  }

  close(): void {
    this.#server.forceShutdown();
  }

  #monitor() {
    const nothing = (_: unknown, reply: Reply<emptyPb.Empty>) => reply(null, new emptyPb.Empty());
    return {
      supportsFeature: (_: unknown, reply: Reply<resourcePb.SupportsFeatureResponse>) =>
        reply(null, new resourcePb.SupportsFeatureResponse().setHassupport(false)),
      invoke: (
        { request }: Call<resourcePb.ResourceInvokeRequest>,
        reply: Reply<resourcePb.ResourceInvokeResponse>,
      ) => {
        try {
          const values = structPb.Struct.fromJavaScript(answer(request.getTok()) as never);
          reply(null, new resourcePb.ResourceInvokeResponse().setReturn(values));
        } catch (error) {
          reply({ code: grpc.status.NOT_FOUND, details: String(error) });
        }
      },
      registerResource: (
        { request }: Call<resourcePb.RegisterResourceRequest>,
        reply: Reply<resourcePb.RegisterResourceResponse>,
      ) => {
        try {
          reply(null, this.#register(request));
        } catch (error) {
          reply({ code: grpc.status.ALREADY_EXISTS, details: String(error) });
        }
      },
      registerResourceOutputs: (
        { request }: Call<resourcePb.RegisterResourceOutputsRequest>,
        reply: Reply<emptyPb.Empty>,
      ) => {
        if (request.getUrn() === this.#root) this.seen.outputs = valuesOf(request.getOutputs());
        reply(null, new emptyPb.Empty());
      },
      signalAndWaitForShutdown: nothing,
    };
  }

  #register(request: resourcePb.RegisterResourceRequest): resourcePb.RegisterResourceResponse {
    const urn = this.#urn(request.getType(), request.getName(), request.getParent());
    const registration = registrationOf(request, urn);
    if (request.getType() !== STACK_TYPE) this.seen.registrations.push(registration);
    const { id, ...state } = registration.outputs;
    const told = structPb.Struct.fromJavaScript(state as never);
    return new resourcePb.RegisterResourceResponse().setUrn(urn).setId(id).setObject(told);
  }

  /** The types of its components, its own, and its name: as Pulumi does, which takes each only once. */
  #urn(type: string, name: string, parent: string): string {
    const above = parent === "" || parent === this.#root ? "" : `${parent.split("::")[2]}$`;
    const urn = `urn:pulumi:${this.#stack}::curfew::${above}${type}::${name}`;
    if (this.seen.registrations.some((one) => one.urn === urn)) {
      throw new Error(`Two resources are called ${urn}.`);
    }
    return urn;
  }

  #engine() {
    return {
      log: ({ request }: Call<enginePb.LogRequest>, reply: Reply<emptyPb.Empty>) => {
        const severity = SEVERITIES[request.getSeverity()] ?? "";
        if (severity !== "DEBUG") {
          this.seen.logs[severity] ??= [];
          this.seen.logs[severity].push(request.getMessage());
        }
        reply(null, new emptyPb.Empty());
      },
      getRootResource: (_: unknown, reply: Reply<enginePb.GetRootResourceResponse>) =>
        reply(null, new enginePb.GetRootResourceResponse().setUrn(this.#root)),
      setRootResource: (
        { request }: Call<enginePb.SetRootResourceRequest>,
        reply: Reply<enginePb.SetRootResourceResponse>,
      ) => {
        this.#root = request.getUrn();
        reply(null, new enginePb.SetRootResourceResponse());
      },
    };
  }
}
