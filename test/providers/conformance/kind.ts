/** What the conformance suite is given of a provider, and what it asks of the worlds that it builds. */
import type { Capabilities } from "../../../src/model/capabilities.ts";
import type { Target } from "../../../src/model/policy.ts";
import type { Clock, Enrolment, Provider } from "../../../src/model/ports.ts";
import type { RequestEvent } from "../../../src/providers/http/client.ts";
import type { Timeouts } from "../../../src/providers/http/transport.ts";
import type { FaultProxy } from "./proxy.ts";

/** A session of a made world; `id` is what the suite calls it, the backend may call it otherwise. */
export interface MadeSession {
  id: string;
  /** Signed in so many days ago. */
  days: number;
}

/** A user of a made world. */
export interface MadeUser {
  id: string;
  locked?: boolean;
  sessions?: readonly MadeSession[];
}

/** How a provider is opened. */
export interface How {
  /** Users asked for at once. @default the provider's own */
  pageSize?: number;
  clock?: Partial<Clock>;
  timeouts?: Partial<Timeouts>;
  onRequest?: (event: RequestEvent) => void;
}

/** A credential that lacks one right. */
export interface Lesser {
  /** The right, as the provider's entry of it says in `right` or `call`. */
  without: string;
  /** What can't be done then. */
  fails: "read" | "lock" | "end";
  open(target: Target, how: How): Provider;
}

/** A backend that runs on this machine, with a proxy before it. Whoever opens it disposes of it. */
export interface World extends AsyncDisposable {
  /** Lines of a policy's `target`, without its name and its credentials. */
  readonly target: readonly string[];
  open(target: Target, how: How): Provider;
  /** What stands between the provider and the backend; null where they speak over no network. */
  readonly proxy: FaultProxy | null;
  /** Ids of users that are there besides those that were made. */
  readonly others: readonly string[];
  /** What the provider calls a session, by what the suite calls it. */
  session(id: string): string;
  /** Asks the backend, with the session's own token, whether it still works. */
  works(session: string): Promise<boolean>;
  /** Behind the API's back. */
  add(user: MadeUser): Promise<void>;
  remove(user: string): Promise<void>;
  /** Signs a user in on a new device; what the suite may call the session. */
  signIn(user: string): Promise<string>;
  /** Signs in with what `enroll` made; what the suite may call the session. */
  redeem(enrolment: Enrolment): Promise<string>;
  /** Every secret that there is by now: the credential, and each session's token. */
  secrets(): readonly string[];
  /** Credentials that lack a right each; none where the backend takes no right away. */
  readonly lesser: readonly Lesser[];
}

/**
 * What a backend may not have, so that what needs it is not asked of it: a user's own token to ask with, ids that can be
 * chosen, a network between, a right that can be taken away, users that can be removed, a read of ten thousand users in
 * a few seconds, a row in the catalogue.
 */
export type Need = "token" | "ids" | "network" | "lesser" | "removal" | "many" | "catalog";

/** A provider, and how to build worlds for it. */
export interface Kind {
  /** As policies and the page call it. */
  name: string;
  capabilities: Capabilities;
  /** What there is not, and why: the reason of a skip. */
  lacks: Partial<Record<Need, string>>;
  /** Whether a request writes; `path` begins at the host, without the query. */
  writes(method: string, path: string): boolean;
  build(users: readonly MadeUser[]): Promise<World>;
}
