/** Ends sessions, each by `logout` with its own token, and reads back whether it is dead. */
import { LateError, UnreadableTargetError } from "../../errors.ts";
import type { Action } from "../../model/plan.ts";
import type { Provider } from "../../model/ports.ts";
import type { WriteResult } from "../../model/run.ts";
import { inPool } from "../../pool.ts";
import { CallError } from "../http/faults.ts";
import type { KnownUser } from "./account.ts";
import type { Api } from "./api.ts";
import { AT_ONCE } from "./holdings.ts";
import type { Service } from "./service.ts";

export interface WriterOptions {
  api: Api;
  service: Service;
  /** A user as it is now; null where the register has none. */
  known: (id: string) => Promise<KnownUser | null>;
}

/** Ends sessions, as the port says: a few at once, each after a look. Locks and wipes are refused by `validate`. */
export function createWriter(options: WriterOptions): Pick<Provider, "write" | "writeSize"> {
  return {
    writeSize: AT_ONCE,
    write: (actions, check) => inPool(actions, AT_ONCE, (action) => end(action, check, options)),
  };
}

async function end(
  action: Action,
  check: () => void,
  { api, service, known }: WriterOptions,
): Promise<WriteResult> {
  if (action.type !== "re-authenticate")
    return { status: "failed", error: `corporateacademy-auth has no call for ${action.type}` };
  let jwt: string | null;
  try {
    jwt = tokenOf(await known(action.user), action);
    if (jwt === null) await service.confirm();
  } catch (error) {
    if (!(error instanceof UnreadableTargetError)) throw error;
    return { status: "unanswered", error: `not sent: its look can't be read: ${error.message}` };
  }
  if (jwt === null) return { status: "gone", error: "the session is gone" };
  let refusal: CallError | null = null;
  try {
    await api.logout(jwt, check);
  } catch (error) {
    if (error instanceof LateError) return { status: "unanswered", error: error.message };
    if (!(error instanceof CallError)) throw error;
    if (!error.sent && error.kind === "passing")
      return { status: "unanswered", error: error.message };
    refusal = error;
  }
  return settled(jwt, refusal, service);
}

/** The JWT of the session that is to end; null where it is gone. Throws UnreadableTargetError where it can't be told. */
function tokenOf(user: KnownUser | null, { session }: Action): string | null {
  if (user === null) return null;
  if ("unreadable" in user) throw new UnreadableTargetError(user.unreadable.message);
  return user.jwts.get(session ?? "") ?? null;
}

/** What became of a logout, as the token itself shows. */
async function settled(
  jwt: string,
  refusal: CallError | null,
  service: Service,
): Promise<WriteResult> {
  try {
    if (!(await service.lives(jwt))) {
      if (refusal === null || refusal.sent) return { status: "done" };
      return { status: "gone", error: "the session ended meanwhile" };
    }
  } catch (error) {
    if (!(error instanceof UnreadableTargetError)) throw error;
    return { status: "unknown", error: `Looking whether it was done: ${error.message}` };
  }
  if (refusal === null)
    return {
      status: "failed",
      error: "the service accepted the logout, and the token still works",
    };
  return { status: refusal.sent ? "unknown" : "failed", error: refusal.message };
}
