/** The wire form as the sandbox reads the vendor's documents (docs/backends/slingr.md); shared with no client. */

export const STATUSES = ["ACTIVE", "INACTIVE", "BLOCKED"] as const;

/** ACTIVE can log in; INACTIVE was deactivated; BLOCKED was set by the system. */
export type Status = (typeof STATUSES)[number];

/** A user as the API answers it. */
export interface ServedUser {
  /** 24 hexadecimal digits; a later user has a higher one. */
  id: string;
  email: string;
  status: Status;
  firstName: string;
  lastName: string;
  fullName: string;
  /** One of them is the primary one. The name is the group's label. */
  groups: { id: string; name: string; primary: boolean; external: boolean }[];
  /** Where `managedGroups` is absent, whoever manages users manages all. */
  permissions: {
    developer: boolean;
    usersManagement: boolean;
    managedGroups?: { id: string; name: string }[];
  };
  localization: { timezone: string | null; timezoneMode: "AUTO" | "MANUAL" };
  identityProviders: { id: string; name: string; label: string; externalId: string | null }[];
  /** Rises with every change. */
  version: number;
}

/** What of a user the API never answers. */
export interface Kept {
  user: ServedUser;
  phone: string | null;
  /** A bcrypt hash; null where nobody can log in with a password. */
  password: string | null;
  /** Wrong passwords since the last right one. */
  failed: number;
}

/** A request, its path relative to the API (`/users/ID/deactivate`). */
export interface Request {
  method: string;
  path: string;
  query: URLSearchParams;
  body: string;
}

/** What a caller may be allowed to do; each is one call, or one method of the script. */
export type Right = "list" | "read" | "update" | Verb | "sendOtpCode" | "createToken";

/** The calls that change a status. */
export type Verb = "deactivate" | "reactivate" | "unblock";
