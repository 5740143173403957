import type { Instant } from "../../../model/vocabulary.ts";
import { DAY } from "../../../time.ts";

type WireState = "ENROLLED" | "LOCKED" | "RESET" | "NEVER_ENROLLED";

/**
 * The wire form as the sandbox reads the vendor's documentation. It shares nothing with the client's
 * reading on purpose, so that each checks the other. Instants are ISO 8601 in UTC, to the second.
 */
export interface ServedSession {
  id: string;
  state: WireState;
  last_authenticated_at: string | null;
  created_at: string | null;
  /** Stays when the session enrolls again. */
  signed_out_at: string | null;
  last_connected_at: string | null;
  container: { version: string; bundle_id: string; platform: string };
  /** Absent before runtime 4.82, where `container.version` is the runtime's. */
  runtime?: { version: string };
  device: { id: string };
  label: string;
  /** Absent before container 4.36. */
  sync_status?: { last_full_sync: string };
}

export interface ServedUser {
  id: string;
  last_connected_at: string | null;
  enrolled: boolean;
  locked: boolean;
  sessions: ServedSession[];
}

/** An object of the app's user model, with the id of its user; a choice is `{ key, display }`. */
export interface WireObject {
  id: string;
  [field: string]: unknown;
}

/** A deployment's users and the objects of its user model. */
export interface Estate {
  users: ServedUser[];
  objects: WireObject[];
}

/** One operation of a batch; a single call is the same thing. */
export interface Operation {
  method: string;
  [parameter: string]: unknown;
}

/** A request, its path relative to the deployment (`/users/ID/lock`, without `.json`). */
export interface Request {
  method: string;
  path: string;
  query: URLSearchParams;
  body: string;
}

/** The dates that `wireTime` has written: an estate has many instants on few days. */
const dates = new Map<number, string>();

/** An instant as the API writes it. */
export function wireTime(at: Instant): string {
  const day = Math.floor(at / DAY);
  const date = dates.get(day) ?? new Date(at).toISOString().slice(0, 11);
  dates.set(day, date);
  const seconds = Math.floor((at - day * DAY) / 1000);
  const pad = (value: number) => (value < 10 ? `0${value}` : value);
  return `${date}${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}Z`;
}
