import { expect, onTestFinished } from "vitest";
import { UnreadableTargetError } from "../../../src/errors.ts";
import type { Call, Client, RequestEvent } from "../../../src/providers/http/client.ts";
import { CallError } from "../../../src/providers/http/faults.ts";
import {
  type DeploymentOptions,
  deploymentClient,
} from "../../../src/providers/journeyapps/client.ts";
import { type Script, serve, type TestServer, testClock } from "./server.ts";

export const SECRET = "O:s3cr3t-t0ken/+&";
export const GET: Call = { method: "GET", path: "users?limit=1" };
export const POST: Call = { method: "POST", path: "batch.json", body: { operations: [] } };

export interface Setup {
  server: TestServer;
  client: Client;
  clock: ReturnType<typeof testClock>;
  events: RequestEvent[];
}

/** A scripted server and a client for it; both end with the test. */
export async function setup(
  script: Script,
  options: Partial<DeploymentOptions> = {},
): Promise<Setup> {
  const server = await serve(script);
  const clock = testClock();
  const events: RequestEvent[] = [];
  const client = clientFor(server.url, { clock, onRequest: (e) => events.push(e), ...options });
  onTestFinished(server.close);
  return { server, client, clock, events };
}

/** A client that ends with the test. */
export function clientFor(url: string, options: Partial<DeploymentOptions> = {}): Client {
  const fixed = { auth: "bearer", credential: SECRET, requestsPerSecond: 1000 } as const;
  const client = deploymentClient({ url, ...fixed, ...options });
  onTestFinished(client.close);
  return client;
}

/** What a call fails with. Anything else than a CallError fails the test. */
export async function fails(client: Client, call: Call = GET): Promise<CallError> {
  const error = await client.call(call).then(
    () => new Error("the call succeeded"),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CallError)) throw error;
  expect(error).toBeInstanceOf(UnreadableTargetError);
  expect(error.exitCode).toBe(5);
  return error;
}
