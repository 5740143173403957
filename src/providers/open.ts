/** The adapters, one line each: from the name in `target.provider` to who speaks with that backend. */
import type { Target } from "../model/policy.ts";
import type { Provider } from "../model/ports.ts";
import type { Duration } from "../model/vocabulary.ts";
import type { ProviderName } from "./catalog.ts";
import type { RequestEvent } from "./http/client.ts";
import { JOURNEYAPPS_HOSTS } from "./journeyapps/address.ts";
import { createJourneyAppsProvider } from "./journeyapps/provider.ts";
import { SLINGR_HOSTS } from "./slingr/address.ts";
import { createSlingrProvider } from "./slingr/provider.ts";

/** What an adapter is given. */
interface Opening {
  target: Target;
  /** The secret itself; it never leaves what proves who we are. */
  credential: string;
  /** The folder to which the policy's file names are relative. */
  cwd?: string;
  /** Told of every request, after it: for progress and metrics. */
  onRequest?: (event: RequestEvent) => void;
  /** Whether the door has time to wait for so long. @default always */
  mayWait?: (wait: Duration) => boolean;
}

interface Adapter {
  /** The vendor's own hosts; null where everybody runs it on hosts of their own, so that CURFEW_HOSTS decides. */
  hosts: RegExp | null;
  /** Throws UsageError for an address or a credential that can't be used. */
  open(opening: Opening): Provider;
}

/** Who speaks with the backend of a target. */
export const ADAPTERS: Readonly<Partial<Record<ProviderName, Adapter>>> = {
  journeyapps: { hosts: JOURNEYAPPS_HOSTS, open: createJourneyAppsProvider },
  slingr: { hosts: SLINGR_HOSTS, open: createSlingrProvider },
};
