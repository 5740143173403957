/**
 * What each provider can do and tell: data that `validate` knows offline. The facts behind it stand in docs/backends/,
 * and the conformance suite holds each provider to its row.
 */
import type { Capabilities } from "../model/capabilities.ts";

export const CATALOG = {
  journeyapps: {
    name: "JourneyApps",
    lock: { endsSessions: true, revives: false },
    end: "session",
    ended: "state",
    wipe: true,
    enroll: "token",
    moments: { createdAt: 0, signedInAt: 0, lastConnectedAt: 0 },
    attributes: {
      platform: "word",
      container: "semver",
      runtime: "semver",
      bundleId: "exact",
      id: "exact",
      label: "glob",
    },
    census: "exact",
    residual: null,
    rights: {
      read: [
        "GET info",
        "GET users",
        "GET users/{id}",
        "GET datamodel, objects/{model} (with identify or where)",
      ],
      write: [
        "POST batch",
        "POST users/{id}/lock and unlock",
        "POST users/{id}/sessions/{id}/re-authenticate and wipe",
        "POST users/{id}/authentication-token (enroll)",
      ],
    },
  },
} as const satisfies Record<string, Capabilities>;

/** The providers that a policy may name. */
export type ProviderName = keyof typeof CATALOG;

export const PROVIDERS = Object.keys(CATALOG) as [ProviderName, ...ProviderName[]];

/** What the provider of a target can do and tell. */
export function capabilitiesOf(provider: ProviderName): Capabilities {
  return CATALOG[provider];
}
