/** One client for all backends: paced, patient, proxied, and in one voice about what goes wrong. */
import { SYSTEM_CLOCK } from "../../clock.ts";
import type { Clock } from "../../model/ports.ts";
import type { Duration, Instant } from "../../model/vocabulary.ts";
import { type Address, createCleaner } from "./address.ts";
import { type CallFault, CIRCUIT_OPEN, giveUp } from "./faults.ts";
import { createGate, type Gate } from "./gate.ts";
import { backoff, RETRY_FOR } from "./retry.ts";
import {
  createTransport,
  type Dialect,
  type Method,
  type Timeouts,
  type Transport,
  type WrittenRequest,
} from "./transport.ts";

/** How to speak with a backend, whichever it is. */
export interface Manner {
  requestsPerSecond: number;
  /** Told of every request, after it: for progress and metrics. */
  onRequest?: ((event: RequestEvent) => void) | undefined;
  /** @default the machine's own */
  clock?: Partial<Clock> | undefined;
  timeouts?: Partial<Timeouts> | undefined;
  /** Whether there is time to wait for so long. @default always */
  mayWait?: ((wait: Duration) => boolean) | undefined;
  /** No answer may be larger, in bytes. @default 64 MiB */
  largestBody?: number | undefined;
}

export interface ClientOptions extends Manner, Dialect {
  address: Address;
  /** Every form of the secrets known by now, so that no message shows one. */
  secrets(): readonly string[];
  /**
   * Asked once a call where the backend no longer accepts what `proof` gave: whether it gives something new, so that the
   * call is made again. What it throws ends the call. @default what is refused stays refused
   */
  renew?: ((refused: Readonly<Record<string, string>>) => Promise<boolean>) | undefined;
}

export interface RequestEvent {
  method: Method;
  /** Relative to the target's address; without the secrets that it may hold. */
  path: string;
  /** Of this call, from 1. */
  attempt: number;
  /** null where no answer came. */
  status: number | null;
  duration: Duration;
}

export interface Call extends WrittenRequest {
  /**
   * What may be tried again after a passing fault: everything, or only what surely had no effect.
   * @default "always" for GET, else "unsent"
   */
  repeat?: "always" | "unsent";
  /** How long one try may take. None begins after RETRY_FOR, whatever this says. @default what is left of RETRY_FOR */
  patience?: Duration;
  signal?: AbortSignal;
  /** Called just before each try. What it throws ends the call; once a try may have had effect, as the fault of that try. */
  before?: () => void;
}

interface Answered {
  /** The JSON of the answer; null where it is empty. */
  body: unknown;
  /** An earlier try of this call may have taken effect. */
  repeated: boolean;
}

/** Speaks with one backend: paced, patient, and in one voice about what goes wrong. */
export interface Client {
  /** Makes a call, again where that helps. Throws CallError, or the signal's reason. */
  call(call: Call): Promise<Answered>;
  /** Makes a text that may hold something of the server's fit for a message. */
  clean(text: string): string;
  readonly host: string;
  readonly clock: Clock;
  /** How far the backend's clock is ahead of this machine's; null where no answer bore a time. */
  skew(): Duration | null;
  /** Ends the connections; what is under way fails. */
  close(): Promise<void>;
}

const TIMEOUTS: Timeouts = { connect: 5_000, headers: 15_000, body: 15_000 };
const LARGEST_BODY = 64 * 1024 * 1024;

/** A client for one backend. */
export function createClient(options: ClientOptions): Client {
  const clock = { ...SYSTEM_CLOCK, ...options.clock };
  const { address, proof, silent, readError, meaningOf } = options;
  const clean = createCleaner(options.secrets);
  const transport = createTransport({
    ...{ address, proof, silent, readError, meaningOf, clean },
    timeouts: { ...TIMEOUTS, ...options.timeouts },
    largestBody: options.largestBody ?? LARGEST_BODY,
    now: clock.now,
  });
  const gate = createGate(options.requestsPerSecond, clock);
  const line: Connection = {
    host: address.host,
    clock,
    gate,
    transport,
    proof: options.proof,
    renew: options.renew ?? (async () => false),
    onRequest: options.onRequest,
    mayWait: options.mayWait ?? (() => true),
  };
  return {
    host: address.host,
    clock,
    clean,
    call: (call) => persist(line, call),
    skew: () => transport.skew(),
    close: () => transport.close(),
  };
}

interface Connection {
  host: string;
  clock: Clock;
  gate: Gate;
  transport: Transport;
  proof: ClientOptions["proof"];
  renew: NonNullable<ClientOptions["renew"]>;
  mayWait: (wait: Duration) => boolean;
  onRequest: ((event: RequestEvent) => void) | undefined;
}

/** Tries until there is an answer, or no further try is allowed. */
async function persist(line: Connection, call: Call): Promise<Answered> {
  const { host, clock, gate } = line;
  const repeat = call.repeat ?? (call.method === "GET" ? "always" : "unsent");
  let began: Instant | null = null;
  let sent = false;
  let renewed = false;
  let last: CallFault | null = null;
  /** How long was waited because the backend said so: no part of RETRY_FOR. */
  let told = 0;
  for (let tries = 1; ; tries++) {
    const queued = clock.now();
    const admitted = await gate.enter(call.signal);
    // What another call was told holds this one back, too.
    if (began !== null) told += Math.max(0, clock.now() - queued);
    began ??= clock.now();
    const before = Math.max(0, clock.now() - began - told);
    if (!admitted) throw giveUp(CIRCUIT_OPEN, host, tries - 1, before, sent);
    try {
      call.before?.();
    } catch (error) {
      if (!sent || last === null) throw error;
      throw giveUp(last, host, tries - 1, before, sent);
    }
    const proof = call.proof ?? line.proof();
    const met = await attempt(line, { ...call, proof }, before, tries);
    if ("body" in met) {
      gate.answered();
      return { body: met.body, repeated: sent };
    }
    last = met;
    sent ||= met.sent;
    if (met.refused === "credential" && !call.proof && !renewed) {
      renewed = true;
      if (await line.renew(proof)) continue;
    }
    const elapsed = Math.max(0, clock.now() - began - told);
    const mayRepeat =
      met.kind === "passing" && (repeat === "always" || !sent) && line.mayWait(met.retryAfter ?? 0);
    const delay = mayRepeat ? backoff(tries, met, elapsed, clock.random(), told) : null;
    if (delay === null) {
      if (met.kind === "passing") gate.gaveUp();
      else gate.answered();
      throw giveUp(met, host, tries, elapsed + told, sent);
    }
    if (met.busy) gate.pause(delay);
    const slept = clock.now();
    await clock.sleep(delay, call.signal);
    if (met.retryAfter) told += Math.max(0, clock.now() - slept);
  }
}

/** One try, `elapsed` after the first one began. */
async function attempt(
  line: Connection,
  call: Call,
  elapsed: Duration,
  count: number,
): Promise<{ body: unknown } | CallFault> {
  const { method, path, shown = path, patience, signal } = call;
  const began = line.clock.now();
  const { status, outcome } = await line.transport.send({
    ...call,
    within: patience ?? Math.max(1, RETRY_FOR - elapsed),
    ...(patience !== undefined && { headersTimeout: patience }),
    ...(signal && { signal }),
  });
  const duration = line.clock.now() - began;
  line.onRequest?.({ method, path: shown, attempt: count, status, duration });
  return outcome;
}
