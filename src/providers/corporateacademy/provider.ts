import { UnreadableTargetError, UsageError } from "../../errors.ts";
import type { AccountRecord, Page } from "../../model/inventory.ts";
import type { CorporateacademyTarget } from "../../model/policy.ts";
import type { Clock, Provider } from "../../model/ports.ts";
import type { Right } from "../../model/run.ts";
import type { Duration } from "../../model/vocabulary.ts";
import { inPool } from "../../pool.ts";
import type { RequestEvent } from "../http/client.ts";
import type { Timeouts } from "../http/transport.ts";
import { type KnownUser, knownOf } from "./account.ts";
import { createApi } from "./api.ts";
import { academyClient } from "./client.ts";
import { AT_ONCE, type Holdings, holdingsOf } from "./holdings.ts";
import { openRegister, type Surroundings } from "./register/register.ts";
import { createService } from "./service.ts";
import { createWriter } from "./write.ts";

export interface CorporateacademyOptions extends Surroundings {
  target: CorporateacademyTarget;
  /** The Bearer of `get-jwt-token`; empty where the target names none. */
  credential: string;
  /** Told of every request, after it: for progress and metrics. */
  onRequest?: (event: RequestEvent) => void;
  /** Whether the door has time to wait for so long. @default always */
  mayWait?: (wait: Duration) => boolean;
  /** Time and chance. @default the machine's own */
  clock?: Partial<Clock>;
  timeouts?: Partial<Timeouts>;
}

/** Users whose tokens are asked for before any of them is given. */
const PAGE_SIZE = 100;

/**
 * Speaks to one service of corporateacademy-auth, about the users of its register (docs/backends/corporateacademy.md).
 * Throws UsageError for an address that can't be used.
 */
export function createCorporateacademyProvider(options: CorporateacademyOptions): Provider {
  const { target, credential } = options;
  const { url, requestsPerSecond, claims } = target;
  const { onRequest, mayWait, clock, timeouts } = options;
  const client = academyClient({
    ...{ url, credential, requestsPerSecond },
    ...{ onRequest, mayWait, clock, timeouts },
  });
  const api = createApi(client, credential);
  const service = createService(api, client.host, credential);
  const register = openRegister(target, options);
  const reading = { service, claims, clock: client.clock };

  /** As the register was when users were last read. */
  let latest: Promise<Holdings> | null = null;
  const read = () => {
    latest = holdingsOf(register, service, claims);
    latest.catch(() => {
      latest = null;
    });
    return latest;
  };
  const known = async (id: string): Promise<KnownUser | null> => {
    const holding = (await (latest ?? read())).users.get(id);
    return holding === undefined ? null : knownOf(holding, reading);
  };
  const noFields = async () => {
    throw new UnreadableTargetError(NO_FIELDS);
  };

  return {
    ...createWriter({ api, service, known }),
    async *users() {
      yield* paged(await read(), async (holding) => recordOf(await knownOf(holding, reading)));
      const doubt = await service.refuseDoubt();
      if (doubt !== null) options.onWarning?.(`${target.name}: ${doubt}`);
    },
    async user(id) {
      const found = await known(id);
      return found && recordOf(found);
    },
    profiles: () => ({ [Symbol.asyncIterator]: () => ({ next: noFields }) }),
    profile: noFields,
    named: noFields,
    skew: client.skew,
    info: async () => null,
    rights: async () => rightsOf(await read(), async (holding) => knownOf(holding, reading)),
    async enroll() {
      throw new UsageError(
        "corporateacademy-auth makes nothing that lets a user sign in for the first time: send them to its own login.",
      );
    },
    async close() {
      register.close();
      await client.close();
    },
  };
}

const NO_FIELDS =
  "corporateacademy-auth tells no fields of its users: name them by the id that the register has, and list the members of groups.";

type HoldingOf = Parameters<typeof knownOf>[0];

function recordOf(known: KnownUser): AccountRecord {
  return "unreadable" in known ? known : { user: known.user };
}

/** Pages of a register that was read whole, so that what they claim is so. */
async function* paged(
  { users, unclear }: Holdings,
  recordFor: (holding: HoldingOf) => Promise<AccountRecord>,
): AsyncGenerator<Page<AccountRecord>, void, void> {
  const total = users.size + unclear.length;
  const holdings = [...users.values()];
  for (let start = 0; start === 0 || start < holdings.length; start += PAGE_SIZE) {
    const some = holdings.slice(start, start + PAGE_SIZE);
    const objects = await inPool(some, AT_ONCE, recordFor);
    // What names no user comes with the last.
    const more = start + PAGE_SIZE < holdings.length;
    if (!more) objects.push(...unclear.map((unreadable) => ({ unreadable })));
    yield { total, count: objects.length, more, objects };
  }
}

/** Users on whom it is tried whether a token is told to live. */
const TRIED = 20;

async function rightsOf(
  { users }: Holdings,
  knownFor: (holding: HoldingOf) => Promise<KnownUser>,
): Promise<Right[]> {
  let lives = false;
  for (const holding of [...users.values()].slice(0, TRIED)) {
    const known = await knownFor(holding);
    lives ||= "user" in known && known.user.sessions.length > 0;
    if (lives) break;
  }
  const there = { state: "there", why: null } as const;
  const untried = { state: "untried", why: "no token of the register was found to live" } as const;
  const call = "GET get-jwt-token/{token}, GET validate-jwt-token";
  return [
    { right: "read the register", call: "the register", ...there },
    { right: "tell whether a token lives", call, ...(lives ? there : untried) },
    {
      ...{ right: "sign sessions out", call: "GET logout, with the token that is ended" },
      ...{ state: "untried", why: "it can be told only by writing" },
    },
  ];
}
