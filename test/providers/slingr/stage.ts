import { afterEach } from "vitest";
import type { Page } from "../../../src/model/inventory.ts";
import type { SlingrTarget } from "../../../src/model/policy.ts";
import type { RequestEvent } from "../../../src/providers/http/client.ts";
import {
  createSlingrProvider,
  type SlingrOptions,
  type SlingrProvider,
} from "../../../src/providers/slingr/provider.ts";
import type { Sandbox, SandboxOptions } from "../../../src/providers/slingr/sandbox/sandbox.ts";
import { testClock } from "../journeyapps/server.ts";
import { start } from "./sandbox/call.ts";

export const HOUR = 3_600_000;

/** The sandbox's own account, as a policy's credential says it. */
const LOGIN = "curfew@example.com:sandbox";
const API_TOKEN = "sandboxApiToken";

const open: SlingrProvider[] = [];

afterEach(async () => {
  for (const provider of open.splice(0)) await provider.close();
});

export function targetAt(url: string, part: Partial<SlingrTarget> = {}): SlingrTarget {
  return {
    ...{ name: "office", provider: "slingr", url, credentials: ["env:SLINGR"], auth: "login" },
    ...{ ledger: null, identify: null, environment: null, requestsPerSecond: 10_000 },
    otp: { by: "email", inactivity: 24 * HOUR, expiration: 720 * HOUR },
    ...{ script: "/curfew", metadata: null, source: { file: "policies/office.yaml", line: 1 } },
    ...part,
  };
}

export interface Stage {
  sandbox: Sandbox;
  provider: SlingrProvider;
  clock: ReturnType<typeof testClock>;
  events: RequestEvent[];
  /** The requests so far, as `METHOD path`. */
  asked(): string[];
}

/** A provider for a sandbox, or another server; it ends with the test. */
export function providerFor(
  { url }: Pick<Sandbox, "url">,
  options: Partial<SlingrOptions> = {},
  target: Partial<SlingrTarget> = {},
): Omit<Stage, "sandbox" | "asked"> {
  const clock = testClock();
  const events: RequestEvent[] = [];
  const provider = createSlingrProvider({
    target: targetAt(url, target),
    credential: target.auth === "token" ? API_TOKEN : LOGIN,
    clock,
    onRequest: (event) => events.push(event),
    ...options,
  });
  open.push(provider);
  return { provider, clock, events };
}

/** A sandbox and a provider for it. */
export async function stage(
  app: SandboxOptions = {},
  options: Partial<SlingrOptions> = {},
  target: Partial<SlingrTarget> = {},
): Promise<Stage> {
  const sandbox = await start(app);
  const asked = () => sandbox.requests.map(({ method, path }) => `${method} ${path}`);
  return { sandbox, asked, ...providerFor(sandbox, options, target) };
}

/** Every page of a stream that ends. */
export async function collect<T>(pages: AsyncIterable<Page<T>>): Promise<Page<T>[]> {
  const all: Page<T>[] = [];
  for await (const one of pages) {
    all.push(one);
    if (all.length > 500) throw new Error("the stream does not end");
  }
  return all;
}

/** What a promise fails with. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => new Error("it succeeded"),
    (thrown: unknown) => thrown,
  );
  return error as Error;
}
