/** A service, a register of its tokens and the provider that reads both; all end with the test. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { AccountRecord, Session } from "../../../src/model/inventory.ts";
import type { CorporateacademyTarget } from "../../../src/model/policy.ts";
import type { Clock, Provider } from "../../../src/model/ports.ts";
import {
  type CorporateacademyOptions,
  createCorporateacademyProvider,
} from "../../../src/providers/corporateacademy/provider.ts";
import {
  type Sandbox,
  type SandboxOptions,
  startSandbox,
} from "../../../src/providers/corporateacademy/sandbox/sandbox.ts";
import type { RequestEvent } from "../../../src/providers/http/client.ts";

/** 2026-11-22, ten o'clock, where the sandbox's clock stands. */
export const NOW = Date.parse("2026-11-22T10:00:00Z");

export const CLAIMS = {
  ...{ user: "sub", signedIn: "iat", lastUsed: "last" },
  ...{ device: "deviceType", userAgent: "userAgent" },
};

/** A sandbox with nobody, whose clock stands still. */
export async function service(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ now: NOW, users: 0, ...options });
  onTestFinished(() => sandbox.close());
  return sandbox;
}

export interface Checkout {
  /** The working folder; policies stand in its `policies`. */
  cwd: string;
  /** The file of the register. */
  register: string;
  /** Writes lines, or texts as they are, for its owner alone. */
  write(...lines: (object | string)[]): void;
}

/** A folder with a policy folder, and no register yet. */
export function checkout(): Checkout {
  const cwd = mkdtempSync(join(tmpdir(), "curfew-"));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  mkdirSync(join(cwd, "policies"));
  const register = join(cwd, "policies", "tokens.jsonl");
  const write = (...lines: (object | string)[]) => {
    const texts = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
    writeFileSync(register, texts.map((text) => `${text}\n`).join(""), { mode: 0o600 });
  };
  return { cwd, register, write };
}

type Changes = Partial<Omit<CorporateacademyOptions, "target">> & {
  target?: Partial<CorporateacademyTarget>;
};

/** A provider, and all requests that it told of. */
export function open(
  { url }: Pick<Sandbox, "url">,
  { cwd }: Pick<Checkout, "cwd">,
  { target, ...changes }: Changes = {},
): { provider: Provider; events: RequestEvent[] } {
  const events: RequestEvent[] = [];
  const provider = createCorporateacademyProvider({
    target: {
      ...{ provider: "corporateacademy", name: "academy", url, credentials: [], ledger: null },
      ...{ identify: null, environment: null, requestsPerSecond: 10_000 },
      ...{ source: { file: "policies/academy.yaml", line: 2 }, register: "tokens.jsonl" },
      ...{ keys: null, claims: CLAIMS, ...target },
    },
    ...{ credential: "", cwd, env: {}, onRequest: (event) => events.push(event) },
    clock: leaping(),
    ...changes,
  });
  onTestFinished(() => provider.close());
  return { provider, events };
}

/** A clock that waits for nothing: it is later then. */
function leaping(): Pick<Clock, "now" | "sleep"> {
  let at = NOW;
  return {
    now: () => at,
    sleep: async (wait) => {
      at += wait;
    },
  };
}

/** All users, by page. */
export async function read(provider: Pick<Provider, "users">): Promise<AccountRecord[]> {
  const all: AccountRecord[] = [];
  for await (const page of provider.users()) all.push(...page.objects);
  return all;
}

/** The sessions of a user who could be read. */
export async function sessionsOf(provider: Provider, id: string): Promise<readonly Session[]> {
  const record = await provider.user(id);
  if (record === null || "unreadable" in record) throw new Error(`${id} can't be read`);
  return record.user.sessions;
}
