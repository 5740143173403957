/**
 * What each provider can do and tell: data that `validate` knows offline. The facts behind it stand in docs/backends/,
 * and the conformance suite holds each provider to its row.
 */
import type { Capabilities } from "../model/capabilities.ts";
import type { Target } from "../model/policy.ts";

const LOGOUT_TIME = "set the groups' automaticLogoutTime in the app, which ends idle logins";

/** A code takes a script of the app there. */
const NO_SCRIPT =
  "have the app expose the script that `curfew init --provider slingr` writes, and name its path in target.script";

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
    fields: true,
    census: "exact",
    residual: null,
    compares: [],
    instead: {},
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
  slingr: {
    name: "Slingr",
    lock: { endsSessions: false, revives: true },
    end: null,
    ended: "unseen",
    wipe: false,
    enroll: "code",
    moments: { createdAt: null, signedInAt: null, lastConnectedAt: null },
    attributes: {},
    fields: true,
    census: "exact",
    residual: null,
    compares: ["sessions.maxIdle"],
    instead: {
      "sessions.maxAge": LOGOUT_TIME,
      "sessions.maxIdle": `${LOGOUT_TIME}; with target.metadata the two are compared`,
      "sessions.notBefore": "lock the user, or let the groups' automaticLogoutTime pass",
    },
    rights: {
      read: ["GET users", "GET users/{id}", "GET users/current"],
      write: [
        "PUT users/{ids}/deactivate, reactivate and unblock",
        "POST of target.script (enroll)",
      ],
    },
  },
  corporateacademy: {
    name: "corporateacademy-auth",
    lock: null,
    end: "session",
    ended: "gone",
    wipe: false,
    enroll: null,
    moments: { createdAt: null, signedInAt: 0, lastConnectedAt: 0 },
    attributes: { deviceType: "glob", userAgent: "glob" },
    fields: false,
    census: "register",
    residual: null,
    compares: [],
    instead: {
      where: "list the members",
      enroll: "users sign in there by themselves",
      "users.locked":
        "give the user a group of its own with a notBefore or a short maxAge, which ends the sessions",
    },
    rights: {
      read: ["GET get-jwt-token/{token}", "GET validate-jwt-token", "the register"],
      write: ["GET logout, with the token that is ended"],
    },
  },
} as const satisfies Record<ProviderName, Capabilities>;

/** The providers that a policy may name. */
export type ProviderName = Target["provider"];

/** What the provider of a target can do and tell, as far as the target lets it. */
export function capabilitiesOf(target: Target): Capabilities {
  switch (target.provider) {
    case "journeyapps":
      return CATALOG.journeyapps;
    case "slingr":
      return {
        ...CATALOG.slingr,
        ...(target.script === null
          ? { enroll: null, instead: { ...CATALOG.slingr.instead, enroll: NO_SCRIPT } }
          : {}),
        compares: target.metadata === null ? [] : CATALOG.slingr.compares,
      };
    case "corporateacademy": {
      const { lastUsed, device, userAgent } = target.claims;
      const { moments } = CATALOG.corporateacademy;
      return {
        ...CATALOG.corporateacademy,
        moments: { ...moments, lastConnectedAt: lastUsed === null ? null : 0 },
        attributes: {
          ...(device === null ? {} : { deviceType: "glob" }),
          ...(userAgent === null ? {} : { userAgent: "glob" }),
        },
      };
    }
  }
}
