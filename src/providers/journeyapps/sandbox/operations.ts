import type { Reply } from "../../sandbox-kit/server.ts";
import { ApiError } from "./errors.ts";
import type { Store } from "./store.ts";
import type { Operation } from "./types.ts";

const BATCH_MOST = 1000;

/** What the documentation lets one do to users, by the method of the batch operation. */
const OPERATIONS = {
  "users/lock": {
    needs: ["user_id", "wipe"],
    run: (store, { user_id, wipe }) => store.lock(user_id, boolean(wipe)),
  },
  "users/unlock": { needs: ["user_id"], run: (store, { user_id }) => store.unlock(user_id) },
  "users/sessions/wipe": {
    needs: ["user_id", "session_id"],
    run: (store, { user_id, session_id }) => store.wipe(user_id, session_id),
  },
  "users/sessions/re-authenticate": {
    needs: ["user_id", "session_id"],
    run: (store, { user_id, session_id }) => store.reauthenticate(user_id, session_id),
  },
  "users/authentication-token": {
    needs: ["user_id"],
    run: (store, { user_id }, host) => {
      const token = store.token(user_id);
      return { token, url: `http://${host}/enroll?h=${host}&k=${token}&t=j` };
    },
  },
} satisfies Record<string, Definition>;

export type OperationMethod = keyof typeof OPERATIONS;

interface Definition {
  needs: (keyof Parameters)[];
  /** Returns an object where the call answers more than that it succeeded. */
  run(store: Store, parameters: Parameters, host: string): unknown;
}

interface Parameters {
  user_id: string;
  session_id: string;
  wipe: unknown;
}

/** What surrounds an operation: where it happens, and who counts it. */
export interface Around {
  store: Store;
  /** Host and port, for the URL of an authentication token. */
  host: string;
  /** Told after each operation that succeeded. */
  done(method: OperationMethod): void;
}

/** Throws INVALID_API_REQUEST where an operation is ill-formed: then nothing of its request is carried out. */
function check(operation: unknown): asserts operation is Parameters & { method: OperationMethod } {
  const given = record(operation, "An operation");
  const method = given.method as OperationMethod;
  if (typeof method !== "string" || !Object.hasOwn(OPERATIONS, method)) {
    throw new ApiError("INVALID_API_REQUEST", `Unknown method ${JSON.stringify(method)}.`);
  }
  for (const name of OPERATIONS[method].needs) {
    const fits = name === "wipe" ? given.wipe !== undefined : typeof given[name] === "string";
    if (!fits) throw new ApiError("INVALID_API_REQUEST", `The parameter '${name}' is required.`);
  }
}

/** Carries out one operation; throws ApiError. */
export function perform(operation: unknown, around: Around): object | undefined {
  check(operation);
  const definition: Definition = OPERATIONS[operation.method];
  const result = definition.run(around.store, operation, around.host);
  around.done(operation.method);
  return typeof result === "object" && result !== null ? result : undefined;
}

/** How a fault bends a batch: `fails` says of the position of an operation, from 0, whether it fails. */
export type FailsAt = (position: number) => boolean;

/**
 * `POST batch.json`: operations in order; a failed one does not stop the others unless `stop_on_error`.
 * The answer has the length and the order of the request, also after a stop (how that is answered is
 * not documented). Throws INVALID_API_REQUEST with no effect where the request is ill-formed.
 */
export function batch(body: unknown, around: Around, fails: FailsAt = () => false): Reply {
  const { operations, stop_on_error = false } = record(body, "The body");
  if (!Array.isArray(operations) || operations.length < 1 || operations.length > BATCH_MOST) {
    throw new ApiError("INVALID_API_REQUEST", `'operations' takes 1 to ${BATCH_MOST} operations.`);
  }
  if (typeof stop_on_error !== "boolean") {
    throw new ApiError("INVALID_API_REQUEST", "'stop_on_error' is true or false.");
  }
  for (const operation of operations) check(operation);
  let stopped = false;
  const answers = operations.map((operation: Operation, position) => {
    try {
      if (stopped)
        throw new ApiError("INVALID_API_REQUEST", "Not carried out: an earlier one failed.");
      if (fails(position)) throw new ApiError("INTERNAL_SERVER_ERROR", "A fault of the sandbox.");
      return { ...operation, success: true, ...perform(operation, around) };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      stopped = stop_on_error;
      return { ...operation, success: false, error: error.json() };
    }
  });
  return { status: 200, body: JSON.stringify({ stop_on_error, operations: answers }) };
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new ApiError("INVALID_API_REQUEST", `${what} is not a JSON object.`);
}

function boolean(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new ApiError("INVALID_VALUE", `Invalid value ${JSON.stringify(value)}: true or false.`);
}
