import type { Duration, Instant } from "../../../model/vocabulary.ts";
import { FaultBook } from "../../sandbox-kit/faults.ts";
import { listen } from "../../sandbox-kit/server.ts";
import { Academy, type AcademyOptions } from "./academy.ts";
import { Api, type ApiOptions, BASE, type Logged } from "./api.ts";
import { type Behind, behindTheApi } from "./behind.ts";
import { fill } from "./estate.ts";
import { type FaultName, type FaultRule, parseFault } from "./faults.ts";

export interface SandboxOptions
  extends AcademyOptions,
    Partial<Pick<ApiOptions, "rateLimit" | "withheld" | "before">> {
  /** @default 0, any free port */
  port?: number;
  /** How many users are made up, with their tokens. @default 250 */
  users?: number;
  /** @default 1 */
  seed?: number;
  /** Where the sandbox's clock stands still until it is advanced. @default the machine's clock */
  now?: Instant;
  faults?: readonly FaultRule[];
}

/** A running sandbox. */
export interface Sandbox extends Behind {
  /** The base URL, for `target.url`. */
  readonly url: string;
  readonly port: number;
  /** The last 10,000 requests, oldest first. */
  readonly requests: readonly Logged[];
  /** The faults in force. Setting them starts their counts again. */
  faults: readonly FaultRule[];
  /** Adds a fault, also as `--fault` writes it. Throws UsageError. */
  fail(fault: FaultRule | string): void;
  now(): Instant;
  /** Moves the sandbox's clock on. */
  advance(by: Duration): void;
  /** Ends all connections. */
  close(): Promise<void>;
}

/**
 * Starts a server on 127.0.0.1 that speaks corporateacademy-auth's API as documented and inferred
 * (docs/backends/corporateacademy.md). Throws UsageError where the port is taken.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { seed = 1, users = 250, rateLimit, withheld, before } = options;
  let advanced = 0;
  const now = () => (options.now ?? Date.now()) + advanced;
  const academy = new Academy(options, seed, now);
  fill(academy, { users, seed, at: now() });
  const faults = new FaultBook<FaultName>();
  faults.rules = options.faults ?? [];
  const api = new Api({ academy, faults, rateLimit, withheld, before });
  const server = await listen(options.port ?? 0, api.accept);
  return {
    url: `http://127.0.0.1:${server.port}${BASE}`,
    port: server.port,
    requests: api.requests,
    ...behindTheApi(academy),
    get faults() {
      return faults.rules;
    },
    set faults(rules) {
      faults.rules = [...rules];
    },
    fail: (fault) => faults.add(typeof fault === "string" ? parseFault(fault) : fault),
    now,
    advance(by) {
      advanced += by;
    },
    close: () => server.close(),
  };
}
