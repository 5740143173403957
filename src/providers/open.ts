/** The adapters, one line each: from the name in `target.provider` to who speaks with that backend. */
import type { Target } from "../model/policy.ts";
import type { Provider } from "../model/ports.ts";
import type { Duration } from "../model/vocabulary.ts";
import type { ProviderName } from "./catalog.ts";
import { createCorporateacademyProvider } from "./corporateacademy/provider.ts";
import type { RequestEvent } from "./http/client.ts";
import { JOURNEYAPPS_HOSTS } from "./journeyapps/address.ts";
import { createJourneyAppsProvider } from "./journeyapps/provider.ts";
import { SLINGR_HOSTS } from "./slingr/address.ts";
import { createSlingrProvider } from "./slingr/provider.ts";

/** What an adapter is given. */
interface Opening<T extends Target = Target> {
  target: T;
  /** The secret itself; it never leaves what proves who we are. Empty where the target names none. */
  credential: string;
  env: Readonly<Record<string, string | undefined>>;
  /** The folder to which the policy's own path is relative. */
  cwd: string;
  /** Told of each further secret that was resolved, so that the door keeps it out of all it prints. */
  onSecret?: (secret: string) => void;
  /** Told, in a sentence, what does not end the run. */
  onWarning?: (message: string) => void;
  /** Told of every request, after it: for progress and metrics. */
  onRequest?: (event: RequestEvent) => void;
  /** Whether the door has time to wait for so long. @default always */
  mayWait?: (wait: Duration) => boolean;
}

interface Adapter<T extends Target = Target> {
  /** The vendor's own hosts; null where everybody runs it on hosts of their own, so that CURFEW_HOSTS decides. */
  hosts: RegExp | null;
  /** Throws UsageError for an address or a credential that can't be used. */
  open(opening: Opening<T>): Provider;
}

const LINES: { readonly [P in ProviderName]: Adapter<Extract<Target, { provider: P }>> } = {
  journeyapps: { hosts: JOURNEYAPPS_HOSTS, open: createJourneyAppsProvider },
  corporateacademy: { hosts: null, open: createCorporateacademyProvider },
  slingr: { hosts: SLINGR_HOSTS, open: createSlingrProvider },
};

/** Who speaks with the backend of a target. */
export const ADAPTERS: Readonly<Record<ProviderName, Adapter>> = LINES;
