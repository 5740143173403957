/** Back to the wire form, to show that reading it loses nothing. */
import type { Account, Session } from "../../../src/model/inventory.ts";
import type { WireUser } from "../../../src/providers/journeyapps/wire.ts";
import { iso, isoOrNull } from "../../../src/time.ts";

type WireSession = WireUser["sessions"][number];

const WIRE_STATE_OF = {
  active: "ENROLLED",
  ended: "LOCKED",
  wiping: "RESET",
  unused: "NEVER_ENROLLED",
} as const satisfies Record<Session["state"], WireSession["state"]>;

/** The user as the API would write it: absent where Curfew knows nothing, dates in UTC. */
export function toWireUser(user: Account): WireUser {
  return {
    id: user.id,
    last_connected_at: isoOrNull(user.lastConnectedAt),
    enrolled: user.sessions.some((session) => session.state === "active"),
    locked: user.locked,
    sessions: user.sessions.map(toWireSession),
  };
}

/** As `toWireUser`, of one session. */
export function toWireSession(session: Session): WireSession {
  const { lastFullSyncAt } = session;
  const {
    container = null,
    bundleId = null,
    platform = null,
    runtime = null,
    id: device = null,
    label = null,
  } = session.attributes;
  const installed = {
    ...(container !== null && { version: container }),
    ...(bundleId !== null && { bundle_id: bundleId }),
    ...(platform !== null && { platform }),
  };
  return {
    id: session.id,
    state: WIRE_STATE_OF[session.state],
    last_authenticated_at: isoOrNull(session.signedInAt),
    created_at: isoOrNull(session.createdAt),
    signed_out_at: isoOrNull(session.signedOutAt),
    last_connected_at: isoOrNull(session.lastConnectedAt),
    ...(Object.keys(installed).length > 0 && { container: installed }),
    ...(runtime !== null && { runtime: { version: runtime } }),
    ...(device !== null && { device: { id: device } }),
    ...(label !== null && { label }),
    ...(lastFullSyncAt !== null && { sync_status: { last_full_sync: iso(lastFullSyncAt) } }),
  };
}
