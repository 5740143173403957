/** Lambda for one function: the Runtime API on loopback, and a clean process that runs the function's package behind it. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const BOOTSTRAP = join(import.meta.dirname, "bootstrap.mjs");
/** How long a function's code may take to load, in ms: Lambda's own limit. */
const INIT = 10_000;

/** A function as it was deployed, and where its requests to AWS go. */
export interface Deployed {
  /** The folder of the unpacked package. */
  folder: string;
  /** e.g. `index.handler`: the export `handler` of `index.mjs`. */
  handler: string;
  arn: string;
  name: string;
  region: string;
  memoryMB: number;
  timeoutMs: number;
  logGroup: string;
  /** As stored with the function. */
  environment: Readonly<Record<string, string>>;
  /** Every client of AWS in the function speaks to this address. */
  endpoint: string;
}

interface LambdaError {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

/** What came of an invocation. `logs`: what the function wrote meanwhile. `cold`: in a new process. */
export type Invoked = { logs: string; cold: boolean } & (
  | { ok: true; payload: unknown }
  | { ok: false; error: LambdaError }
);

export interface InvokeOptions {
  /** @default the function's own */
  timeoutMs?: number;
  /** The time-out comes as soon as this resolves, whatever the clock says. */
  killedAt?: Promise<unknown>;
}

export interface Runtime {
  /** From now on the function hears that so many ms are left of the time of its invocations. */
  leave(ms: number): void;
  /** The log stream of this execution environment. */
  readonly logStream: string;
  /** Runs the function once; a process that ended is started anew. Throws where it runs already. */
  invoke(event: unknown, options?: InvokeOptions): Promise<Invoked>;
  close(): Promise<void>;
}

type Result = { ok: true; payload: unknown } | { ok: false; error: LambdaError };

/** An invocation under way. `result` is known before the function is done: it may still write logs. */
interface Current {
  id: string;
  event: unknown;
  timeoutMs: number;
  killedAt: Promise<unknown> | undefined;
  result: Result | null;
  done: PromiseWithResolvers<Result>;
}

/** Starts no process yet: the first invocation does. */
export async function startRuntime(fn: Deployed): Promise<Runtime> {
  const temp = await mkdtemp(join(tmpdir(), "curfew-lambda-"));
  const environment = new Environment(fn, join(temp, "log"), join(temp, "deadline"));
  await environment.listen();
  return {
    logStream: environment.logStream,
    invoke: (event, options = {}) => environment.invoke(event, options),
    leave: (ms) => environment.leave(ms),
    async close() {
      await environment.close();
      await rm(temp, { recursive: true, force: true });
    },
  };
}

/** Lambda's "execution environment": at most one process and one invocation at a time. */
class Environment {
  readonly logStream = `2026/11/22/[$LATEST]${randomUUID().replaceAll("-", "")}`;
  readonly #fn: Deployed;
  readonly #log: string;
  /** A file that holds a deadline other than the one that was handed out; empty where there is none. */
  readonly #deadline: string;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  #child: ChildProcess | null = null;
  /** A frozen process's open request for the next event. */
  #waiting: ServerResponse | null = null;
  #current: Current | null = null;
  #loading: NodeJS.Timeout | undefined;

  constructor(fn: Deployed, log: string, deadline: string) {
    this.#fn = fn;
    this.#log = log;
    this.#deadline = deadline;
    for (const file of [log, deadline]) closeSync(openSync(file, "a"));
  }

  leave(ms: number): void {
    writeFileSync(this.#deadline, String(Date.now() + ms));
  }

  async listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async invoke(event: unknown, options: InvokeOptions): Promise<Invoked> {
    if (this.#current) throw new Error(`${this.#fn.name} runs already in this environment.`);
    const { timeoutMs = this.#fn.timeoutMs, killedAt } = options;
    const done = Promise.withResolvers<Result>();
    this.#current = { id: randomUUID(), event, timeoutMs, killedAt, result: null, done };
    const before = this.#logged().length;
    const cold = this.#child === null;
    const waiting = this.#waiting;
    this.#waiting = null;
    if (cold) this.#start();
    else if (waiting) {
      this.#child?.kill("SIGCONT");
      this.#hand(waiting);
    }
    const result = await done.promise;
    this.#current = null;
    return { ...result, cold, logs: this.#logged().subarray(before).toString() };
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child) {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    }
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #logged(): Buffer {
    return readFileSync(this.#log);
  }

  #start(): void {
    const { port } = this.#server.address() as AddressInfo;
    // A file and not a pipe: what the function wrote before it asks for the next event is there by then.
    const log = openSync(this.#log, "a");
    const child = spawn(process.execPath, [BOOTSTRAP], {
      cwd: this.#fn.folder,
      env: variables(this.#fn, `127.0.0.1:${port}`, this.logStream),
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.#child = child;
    // A frozen process would outlive a test run that is broken off.
    const endWithUs = () => child.kill("SIGKILL");
    process.once("exit", endWithUs);
    this.#loading = setTimeout(
      () => this.#kill("Sandbox.Timedout", `The code was not loaded after ${INIT / 1000} seconds`),
      INIT,
    );
    child.once("exit", (code, signal) => {
      clearTimeout(this.#loading);
      process.off("exit", endWithUs);
      this.#child = null;
      this.#waiting = null;
      const how = signal ? `signal: ${signal}` : `exit status ${code}`;
      const died = failure("Runtime.ExitError", `Error: Runtime exited with error: ${how}`);
      this.#current?.done.resolve(this.#current.result ?? died);
    });
  }

  #kill(errorType: string, errorMessage: string): void {
    if (this.#current) this.#current.result = failure(errorType, errorMessage);
    this.#child?.kill("SIGKILL");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "").replace("/2018-06-01/runtime", "");
    const body = await text(request);
    const current = this.#current;
    if (path === "/invocation/next") {
      this.#next(response);
      return;
    }
    if (path === "/init/error" || path === `/invocation/${current?.id}/error`) {
      if (current) current.result ??= { ok: false, error: JSON.parse(body) as LambdaError };
    } else if (path === `/invocation/${current?.id}/response`) {
      if (current) current.result ??= { ok: true, payload: JSON.parse(body) };
    } else {
      response.writeHead(404);
    }
    response.end();
  }

  /** The function is done with one event, where it had one, and takes the next, where there is one. */
  #next(response: ServerResponse): void {
    clearTimeout(this.#loading);
    const result = this.#current?.result;
    if (!result) {
      this.#hand(response);
      return;
    }
    this.#waiting = response;
    // As Lambda does: nothing in the process goes on until the next event.
    this.#child?.kill("SIGSTOP");
    this.#current?.done.resolve(result);
  }

  #hand(response: ServerResponse): void {
    const current = this.#current;
    if (!current) throw new Error("There is no event to hand out.");
    const { id, timeoutMs, killedAt, done } = current;
    const timedOut = () => {
      if (this.#current !== current || current.result) return;
      this.#kill(
        "Sandbox.Timedout",
        `RequestId: ${id} Error: Task timed out after ${timeoutMs / 1000} seconds`,
      );
    };
    const late = setTimeout(timedOut, timeoutMs);
    killedAt?.then(timedOut, timedOut);
    const stop = () => clearTimeout(late);
    done.promise.then(stop, stop);
    response.writeHead(200, {
      "content-type": "application/json",
      "lambda-runtime-aws-request-id": id,
      "lambda-runtime-deadline-ms": String(Date.now() + timeoutMs),
      // Not Lambda's: lets a test decide when the time is over.
      "test-deadline-file": this.#deadline,
      "lambda-runtime-invoked-function-arn": this.#fn.arn,
      "lambda-runtime-trace-id": `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0`,
    });
    response.end(JSON.stringify(current.event));
  }
}

function failure(errorType: string, errorMessage: string): Result {
  return { ok: false, error: { errorType, errorMessage } };
}

/** What is stored with the function, and what Lambda itself sets, which nothing stored can change. */
function variables(fn: Deployed, api: string, logStream: string): Record<string, string> {
  return {
    ...fn.environment,
    PATH: process.env.PATH ?? "",
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    _HANDLER: fn.handler,
    LAMBDA_TASK_ROOT: fn.folder,
    AWS_LAMBDA_RUNTIME_API: api,
    AWS_LAMBDA_FUNCTION_NAME: fn.name,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memoryMB),
    AWS_LAMBDA_LOG_GROUP_NAME: fn.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_REGION: fn.region,
    AWS_DEFAULT_REGION: fn.region,
    AWS_ACCESS_KEY_ID: "ASIAFUNCTION",
    AWS_SECRET_ACCESS_KEY: "function",
    AWS_SESSION_TOKEN: "session",
    // Not Lambda's: the way to the proxy, and away from the profile of whoever runs the tests.
    AWS_ENDPOINT_URL: fn.endpoint,
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  };
}
