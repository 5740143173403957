/** What `curfew sandbox` asks of the sandbox of any backend, and what it gets. */
import type { Instant } from "../../model/vocabulary.ts";
import type { WipeChoices } from "../../providers/journeyapps/sandbox/store.ts";

/** What a sandbox is asked for, whichever backend it plays. */
export interface SandboxOrder extends WipeChoices {
  users: number;
  seed: number;
  port: number;
  /** Milliseconds before every request. */
  latency: number;
  /** As `--fault` takes them. */
  faults: readonly string[];
  /** Requests per second, beyond which it answers 429. */
  rate?: number;
  /** The moment at which it begins to live. */
  at?: Instant;
  /** The file that keeps its state. */
  data?: string;
  /** The folder for what a policy needs beside it. */
  beside: string;
}

/** A sandbox that listens. */
export interface Served {
  url: string;
  /** What it holds, e.g. `250 users and 412 sessions`. */
  holds: string;
  /** Whether that came from the file `data`. */
  restored: boolean;
  /** What a target's `credentials` must lead to; null: it takes none. */
  secret: string | null;
  /** The target's own keys, besides name, provider, url and credentials. */
  target: Readonly<Record<string, string>>;
  /** The sections of a policy to begin with, as YAML. */
  rules: string;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** The sections that lock one user and protect another, where there are such. */
export function usersSections(leaver: string | undefined, kept: string | undefined): string {
  const locked = `users:\n  locked:\n    - user: ${leaver}\n      reason: Left the company\n`;
  return [
    ...(leaver === undefined ? [] : [locked]),
    ...(kept === undefined ? [] : [`protected:\n  - ${kept}\n`]),
  ].join("\n");
}
