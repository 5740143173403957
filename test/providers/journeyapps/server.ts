import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../../src/model/ports.ts";

/** A request as the server saw it. */
export interface Seen {
  method: string;
  /** Below the deployment's address, with the query. */
  path: string;
  headers: Record<string, string | string[] | undefined>;
  /** The JSON that was sent; null where there was none. */
  body: unknown;
}

/** What the server does with a request. */
export type Step =
  | { status?: number; json?: unknown; text?: string; headers?: Record<string, string> }
  /** Takes the request and drops the connection. */
  | "reset"
  /** Promises more of an answer than it sends. */
  | "cut"
  /** Never answers. */
  | "stall"
  /** Sends one byte of an answer every now and then, without end. */
  | "trickle"
  /** Sends an answer without end, as fast as it can. */
  | "flood";

/** What to do with each request, in order (the last step stands for all that follow), or by what is asked. */
export type Script = readonly Step[] | ((request: Seen, index: number) => Step);

export interface TestServer {
  /** The address of a deployment on it. */
  url: string;
  host: string;
  requests: Seen[];
  /** Paths of the requests whose answer the client did not wait for, or did not get whole. */
  abandoned: string[];
  close(): Promise<void>;
}

export const DEPLOYMENT = "533bda53027894f69b001055";
const BASE = `/api/v4/${DEPLOYMENT}`;

/** A real HTTP server on loopback that follows a script. */
export async function serve(script: Script): Promise<TestServer> {
  const requests: Seen[] = [];
  const abandoned: string[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    const path = (request.url ?? "").replace(`${BASE}/`, "");
    const body = text === "" ? null : JSON.parse(text);
    const seen = { method: request.method ?? "", path, headers: request.headers, body };
    requests.push(seen);
    response.once("close", () => response.writableFinished || abandoned.push(path));
    const index = requests.length - 1;
    const step =
      typeof script === "function" ? script(seen, index) : (script[index] ?? script.at(-1));
    act(step ?? { status: 500, text: "the script is empty" }, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}${BASE}`,
    host,
    requests,
    abandoned,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function act(step: Step, response: ServerResponse): void {
  const json = { "content-type": "application/json" };
  if (step === "stall") return;
  if (step === "reset") response.socket?.destroy();
  else if (step === "cut") {
    response.writeHead(200, { ...json, "content-length": "1000" });
    response.write('{"total":', () => response.socket?.destroy());
  } else if (step === "trickle" || step === "flood") {
    response.writeHead(200, json);
    pour(response, step === "flood" ? "x".repeat(65_536) : " ", step === "flood" ? 0 : 50);
  } else {
    const text = step.text ?? (step.json === undefined ? "" : JSON.stringify(step.json));
    response.writeHead(step.status ?? (text === "" ? 204 : 200), step.headers ?? json);
    response.end(text);
  }
}

function pour(response: ServerResponse, chunk: string, every: number): void {
  const timer = setInterval(() => response.write(chunk), every);
  response.once("close", () => clearInterval(timer));
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<string> {
  const server = await serve([]);
  await server.close();
  return server.url;
}

/** A clock that only moves when somebody sleeps, and remembers how long they slept. */
export function testClock(random = 0): Clock & { waits: number[]; advance(by: number): void } {
  let at = Date.parse("2026-11-22T10:00:00Z");
  const waits: number[] = [];
  return {
    waits,
    advance: (by) => {
      at += by;
    },
    now: () => at,
    elapsed: () => at,
    sleep: async (wait, signal) => {
      signal?.throwIfAborted();
      waits.push(wait);
      at += wait;
    },
    random: () => random,
  };
}

/** The documented form of an error. */
export function failure(status: number, type: string, title = "No."): Step {
  return { status, json: { type, title, detail: "…", see: "https://docs.example" } };
}

/** A page as the API sends it, and truthful unless told otherwise. */
export function page(objects: unknown[], claims: Record<string, unknown> = {}): Step {
  return {
    json: { total: objects.length, count: objects.length, more: false, objects, ...claims },
  };
}
