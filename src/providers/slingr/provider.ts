import { closestMatch } from "leven";
import { Incomplete, UnreadableTargetError } from "../../errors.ts";
import type { SlingrTarget } from "../../model/policy.ts";
import type { Clock, Provider } from "../../model/ports.ts";
import type { TargetInfo } from "../../model/run.ts";
import type { Duration } from "../../model/vocabulary.ts";
import type { RequestEvent } from "../http/client.ts";
import { CallError } from "../http/faults.ts";
import type { Timeouts } from "../http/transport.ts";
import { type Api, createApi, type Filter, type TokenFor } from "./api.ts";
import { type AppClient, appClient } from "./client.ts";
import { sendCode } from "./enroll.ts";
import { createLooks } from "./looks.ts";
import { readSettings } from "./metadata.ts";
import { type Place, pages } from "./paging.ts";
import { rightsOf } from "./rights.ts";
import { FIELD_NAMES, readProfile, readUser, STATUSES } from "./wire.ts";
import { createWriter } from "./write.ts";

export interface SlingrOptions {
  target: SlingrTarget;
  /** The secret itself: `email:password`, or an API token. */
  credential: string;
  /** The folder to which the policy's file name is relative. @default the process's own */
  cwd?: string;
  /** Told of every request, after it: for progress and metrics. */
  onRequest?: (event: RequestEvent) => void;
  /** Whether the door has time to wait for so long. @default always */
  mayWait?: (wait: Duration) => boolean;
  /** Time and chance. @default the machine's own */
  clock?: Partial<Clock>;
  timeouts?: Partial<Timeouts>;
  /** Users asked for at once. @default 1000 */
  pageSize?: number;
}

/** A provider that can also have tokens made, as the app's script can. */
export interface SlingrProvider extends Provider {
  /** A token for a user, or for a code; null: there is none to give. Throws UnreadableTargetError. */
  createToken(whom: TokenFor): Promise<string | null>;
}

/** The largest page (docs/backends/slingr.md, "Pages"). */
const PAGE_SIZE = 1000;

/** Speaks to one app of Slingr. Throws UsageError for an address or a credential that can't be used. */
export function createSlingrProvider(options: SlingrOptions): SlingrProvider {
  const { target, credential, pageSize = PAGE_SIZE } = options;
  const script = target.script?.replace(/^\//, "") ?? null;
  const client = appClient({
    ...{ url: target.url, auth: target.auth, credential, script },
    requestsPerSecond: target.requestsPerSecond,
    onRequest: options.onRequest,
    mayWait: options.mayWait,
    clock: options.clock,
    timeouts: options.timeouts,
  });
  const api = createApi(client, script ?? "");
  const looks = createLooks(api);
  return {
    ...createWriter({ api, looks }),
    users: () =>
      pages(
        (place) => api.users(pageSize, place),
        (raw) => readUser(raw).record,
      ),
    ...profiles(api, client.host, pageSize),
    user: looks.user,
    skew: client.skew,
    settings: () => readSettings(target, options.cwd ?? process.cwd()),
    info: () => infoOf(api, client, target.auth),
    rights: () => rightsOf({ api, script, logIn: target.auth === "login" ? client.ready : null }),
    enroll: (userId) => sendCode(userId, target, api, client),
    createToken: api.createToken,
    close: client.close,
  };
}

/** What the address and the login say. Throws CallError where there is no such app, or no login. */
async function infoOf(
  api: Api,
  client: AppClient,
  auth: SlingrTarget["auth"],
): Promise<TargetInfo> {
  await client.ready();
  // An API token has no login that could fail.
  if (auth === "token") await api.users(1, { offset: null }).catch(unlessRight);
  return { label: client.app(), environment: client.environment, region: null };
}

/** That a right is missing is told where it is needed. */
function unlessRight(error: unknown): void {
  if (!(error instanceof CallError && error.refused === "right")) throw error;
}

/** The reads of users by their fields, from the list that accounts come from, too. */
function profiles(
  api: Api,
  host: string,
  pageSize: number,
): Pick<SlingrProvider, "profiles" | "profile" | "named"> {
  const listed = (fields: readonly string[], filter?: Filter) => {
    refuseMissing(fields, host);
    let nobodies = 0;
    return pages(
      (place: Place) => api.users(pageSize, place, filter),
      // One without an id is nobody's profile, and counts: it stands under an id that no user has.
      (raw) => readProfile(raw, fields) ?? { id: `,${nobodies++}`, fields: {} },
    );
  };
  return {
    profiles: (fields) => later(() => listed(fields)),
    async profile(id, fields) {
      refuseMissing(fields, host);
      return api.profile(id, fields);
    },
    async named(field, value) {
      const found = new Set<string>();
      const came = new Set<string>();
      let total = 0;
      try {
        for await (const page of listed([field], filterFor(field, value))) {
          total = page.total;
          // A filter finds every part of a text; an app that does not know it would list everybody.
          for (const { id, fields } of page.objects) {
            came.add(id);
            if (String(fields[field] ?? "") === value) found.add(id);
          }
        }
      } catch (error) {
        if (!(error instanceof Incomplete)) throw error;
        throw new UnreadableTargetError(error.message);
      }
      if (came.size >= total) return [...found];
      throw new UnreadableTargetError(
        `${host} says that ${total} users may have a ${field}, and lists ${came.size}: run again.`,
      );
    },
  };
}

/** A stream that begins, and may fail, when it is asked for its first page. */
async function* later<T>(stream: () => AsyncGenerator<T, void, void>) {
  yield* stream();
}

const SEARCHED = ["email", "firstName", "lastName", "fullName"] as const;

/** The documented filter; undefined where everybody is to be read. A comma may part two words. */
function filterFor(field: string, value: string): Filter | undefined {
  if (value === "" || value.includes(",")) return undefined;
  const searched = SEARCHED.find((name) => name === field);
  if (searched) return { field: searched, value };
  return field === "status" && STATUSES.some((status) => status === value)
    ? { field, value }
    : undefined;
}

function refuseMissing(fields: readonly string[], host: string): void {
  const missing = fields.find((field) => !FIELD_NAMES.includes(field));
  if (missing === undefined) return;
  const near = closestMatch(missing, FIELD_NAMES, { maxDistance: 3 });
  const hint = near === undefined ? "" : ` Did you mean “${near}”?`;
  throw new UnreadableTargetError(
    `The users of ${host} have no field “${missing}”.${hint} Correct it where the policy names it: target.identify, or a group's where. There are ${FIELD_NAMES.join(", ")}.`,
  );
}
