import { closestMatch } from "leven";
import { Incomplete, UnreadableTargetError, UsageError } from "../../errors.ts";
import type { AccountRecord, Session } from "../../model/inventory.ts";
import type { JourneyAppsTarget } from "../../model/policy.ts";
import type { Clock, Provider } from "../../model/ports.ts";
import type { Duration } from "../../model/vocabulary.ts";
import { MINUTE } from "../../time.ts";
import type { Client, RequestEvent } from "../http/client.ts";
import { CallError } from "../http/faults.ts";
import { pages, type Span } from "../http/paging.ts";
import type { Timeouts } from "../http/transport.ts";
import { type Api, createApi } from "./api.ts";
import { deploymentClient } from "./client.ts";
import { rightsOf } from "./rights.ts";
import type { UserModel } from "./wire.ts";
import { createWriter } from "./write.ts";

export interface JourneyAppsOptions {
  target: JourneyAppsTarget;
  /** The secret itself; it never leaves the Authorization header. */
  credential: string;
  /** Told of every request, after it: for progress and metrics. */
  onRequest?: (event: RequestEvent) => void;
  /** Whether the door has time to wait for so long. @default always */
  mayWait?: (wait: Duration) => boolean;
  /** Time and chance. @default the machine's own */
  clock?: Partial<Clock>;
  timeouts?: Partial<Timeouts>;
  /** Users or objects asked for at once. @default 1000 */
  pageSize?: number;
}

/** A provider that can also read one session, as the documented API can. */
export interface JourneyAppsProvider extends Provider {
  /** The session as it is now, or null if there is none (any more). Throws UnreadableTargetError. */
  session(userId: string, sessionId: string): Promise<Session | null>;
}

/** The documented largest page of objects; for users none is documented, so what comes is taken (docs/backends/journeyapps.md). */
const PAGE_SIZE = 1000;

/** As the documentation says (docs/backends/journeyapps.md). */
const TOKEN_LIVES: Duration = 5 * MINUTE;

/** Speaks to one JourneyApps deployment. Throws UsageError for an address or a credential that can't be used. */
export function createJourneyAppsProvider(options: JourneyAppsOptions): JourneyAppsProvider {
  const { target, credential, pageSize = PAGE_SIZE } = options;
  const client = deploymentClient({
    url: target.url,
    auth: target.auth,
    credential,
    requestsPerSecond: target.requestsPerSecond,
    onRequest: options.onRequest,
    mayWait: options.mayWait,
    clock: options.clock,
    timeouts: options.timeouts,
  });
  const api = createApi(client, target.auth === "token");
  const writer = createWriter({ api, clock: client.clock, clean: client.clean });
  return {
    get writeSize() {
      return writer.writeSize;
    },
    write: writer.write,
    users: () => pages(pageSize, idOf, api.users),
    ...userModel(api, client, pageSize),
    skew: client.skew,
    info: api.info,
    user: api.user,
    session: api.session,
    rights: (fields) => rightsOf(api, fields),
    async enroll(userId) {
      try {
        return { ...(await api.authenticationToken(userId)), lives: TOKEN_LIVES };
      } catch (error) {
        if (!(error instanceof CallError && error.kind === "absent")) throw error;
        throw new UsageError(
          `${client.host} has no user ${client.clean(userId)}; give the id of one.`,
        );
      }
    },
    close: client.close,
  };
}

/** The reads of the app's user model, whose name and fields are asked for once. */
function userModel(
  api: Api,
  client: Client,
  pageSize: number,
): Pick<JourneyAppsProvider, "profiles" | "profile" | "named"> {
  let asked: Promise<UserModel> | null = null;
  const modelWith = async (fields: readonly string[]) => {
    asked ??= api.userModel();
    const model = await asked.catch((error: unknown) => {
      asked = null;
      throw error;
    });
    refuseMissing(model, client, fields);
    return model.name;
  };
  return {
    async *profiles(fields) {
      asked = null;
      const model = await modelWith(fields);
      yield* pages(
        pageSize,
        ({ id }) => id,
        (span) => api.objects(model, fields, span),
      );
    },
    async profile(id, fields) {
      return api.object(await modelWith(fields), id, fields);
    },
    async named(field, value) {
      const model = await modelWith([field]);
      const found = new Set<string>();
      const find = (span: Span) => api.objects(model, [field], span, { field, value });
      try {
        for await (const { objects } of pages(pageSize, ({ id }) => id, find)) {
          // A deployment that does not know the query would list everybody.
          for (const { id, fields } of objects) {
            if (String(fields[field] ?? "") === value) found.add(id);
          }
        }
      } catch (error) {
        if (!(error instanceof Incomplete)) throw error;
        throw new UnreadableTargetError(error.message);
      }
      return [...found];
    },
  };
}

function idOf(record: AccountRecord): string | null {
  return "user" in record ? record.user.id : record.unreadable.id;
}

function refuseMissing(model: UserModel, client: Client, fields: readonly string[]): void {
  const missing = fields.find((field) => !model.fields.includes(field));
  if (missing === undefined) return;
  const near = closestMatch(missing, model.fields, { maxDistance: 3 });
  const hint = near === undefined ? "" : ` Did you mean “${client.clean(near)}”?`;
  throw new UnreadableTargetError(
    `The user model “${client.clean(model.name)}” of ${client.host} has no field “${missing}”.${hint} Correct it where the policy names it: target.identify, or a group's where.`,
  );
}
