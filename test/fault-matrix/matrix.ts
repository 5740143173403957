/** What meets what: the calls of the API that Curfew makes, and the faults that each of them meets. */
import type { FaultName, FaultRule } from "../../src/providers/journeyapps/sandbox/faults.ts";
import { HURRY } from "./hurry.ts";

/** One call of the API at one point of a run. */
export interface Call {
  name: string;
  /** As a fault matches it; absent: every call. */
  match?: string;
  /** How many of them go well first. */
  after?: number;
  /** From when the fault is on. @default "reading" */
  from?: "reading" | "writing";
  /** Whether there is anything to wipe; batches with wipes are repeated with more care. @default true */
  wipes?: false;
  /** Faults that lead to this call; they meet one request each, or all. */
  given?: readonly FaultRule[];
  /** The call itself, where no run makes it. */
  alone?: "authentication-token";
  /** Where one request alone is a case of another row. */
  lastingOnly?: true;
}

/** A fault as people call it. */
export interface Fault {
  name: string;
  kind: FaultName | "nobody listens";
  value?: number;
  /** Which calls can meet it. @default all */
  only?: (call: Call) => boolean;
}

/** Once: one request meets the fault. Lasting: all requests do, until somebody mends it. */
export const DURATIONS = ["once", "lasting"] as const;
type Duration = (typeof DURATIONS)[number];

const NO_BATCH: FaultRule = { kind: "404-route", match: "POST /batch" };
const UNSENT: FaultRule = { kind: "reset-before", match: "POST /batch", times: 1 };
const DONE: FaultRule = { kind: "reset-after", match: "POST /batch", times: 1 };

export const GROUPS: readonly { title: string; calls: readonly Call[] }[] = [
  {
    title: "Reading",
    calls: [
      { name: "GET info.json", match: "GET /info" },
      { name: "GET datamodel.json", match: "GET /datamodel" },
      { name: "GET objects", match: "GET /objects/*" },
      { name: "GET users, the first page", match: "GET /users" },
      { name: "GET users, a later page", match: "GET /users", after: 1 },
    ],
  },
  {
    title: "Writing in batches",
    calls: [
      { name: "POST batch.json without wipes", match: "POST /batch", wipes: false },
      { name: "POST batch.json with wipes", match: "POST /batch" },
    ],
  },
  {
    title: "Writing call by call, where the deployment has no batches",
    calls: [
      { name: "POST lock", match: "POST /users/ann/lock", given: [NO_BATCH] },
      { name: "POST lock with wipe", match: "POST /users/hal/lock", given: [NO_BATCH] },
      { name: "POST unlock", match: "POST /users/cem/unlock", given: [NO_BATCH] },
      { name: "POST wipe", match: "POST /users/gil/sessions/*/wipe", given: [NO_BATCH] },
      {
        name: "POST re-authenticate",
        match: "POST /users/bob/sessions/*/re-authenticate",
        given: [NO_BATCH],
      },
    ],
  },
  {
    title: "The look before a write",
    calls: [
      { name: "GET users/{id}, before a lock", match: "GET /users/ann" },
      { name: "GET users/{id}, before an unlock", match: "GET /users/cem" },
      { name: "GET users/{id}, before a wipe", match: "GET /users/gil" },
    ],
  },
  {
    title: "Looking whether it was done, after a batch whose answer was lost, and after every run",
    calls: [
      {
        name: "GET users/{id}, of a lock that was done",
        match: "GET /users/hal",
        after: 1,
        given: [DONE],
      },
      {
        name: "GET users/{id}, of a lock that was not",
        match: "GET /users/hal",
        after: 1,
        given: [UNSENT],
      },
      {
        name: "GET users/{id}/sessions/{sid}, of a wipe that was done",
        match: "GET /users/gil/sessions/*",
        given: [DONE],
      },
      {
        name: "GET users/{id}/sessions/{sid}, of a wipe that was not",
        match: "GET /users/gil/sessions/*",
        given: [UNSENT],
      },
      { name: "GET users, reading back", match: "GET /users", from: "writing" },
    ],
  },
  {
    title: "Everything at once, and what no run calls",
    calls: [
      { name: "every call", lastingOnly: true },
      { name: "every call once writing begins", from: "writing", lastingOnly: true },
      {
        name: "POST authentication-token",
        match: "POST /users/fay/authentication-token",
        alone: "authentication-token",
      },
    ],
  },
];

const every = (call: Call) => call.match === undefined;
const page = ({ match = "" }: Call) => /^GET \/(users|objects\/\*)$/.test(match);
const users = ({ match }: Call) => match === "GET /users";
const batch = ({ match }: Call) => match === "POST /batch";

export const FAULTS: readonly Fault[] = [
  { name: "nobody listens", kind: "nobody listens", only: every },
  { name: "closed unanswered", kind: "refuse" },
  { name: "reset before", kind: "reset-before" },
  { name: "reset during", kind: "reset-during" },
  { name: "reset after", kind: "reset-after" },
  { name: "too slow", kind: "slow", value: 2.5 * HURRY },
  { name: "401", kind: "401" },
  { name: "404 `ROUTE_ERROR`", kind: "404-route" },
  { name: "404 `ACCOUNT_NOT_FOUND`", kind: "404-account" },
  { name: "404 `OBJECT_NOT_FOUND`", kind: "404-object" },
  { name: "422", kind: "422" },
  { name: "429", kind: "429" },
  { name: "429, Retry-After 2 s", kind: "429-retry-after", value: 2 },
  { name: "429, Retry-After 1 h", kind: "429-retry-after", value: 3600 },
  { name: "500", kind: "500" },
  { name: "a web page", kind: "html" },
  { name: "a web page, 502", kind: "html", value: 502 },
  { name: "cut JSON", kind: "cut-json" },
  { name: "wrong shape", kind: "wrong-shape" },
  { name: "one record of a wrong shape", kind: "wrong-user", only: users },
  { name: "total too high", kind: "wrong-total", only: page },
  { name: "count too high", kind: "wrong-count", only: page },
  { name: "the page before", kind: "repeat-page", only: page },
  { name: "every second operation fails", kind: "batch-mixed", only: batch },
  { name: "half done, answer lost", kind: "batch-lost", only: batch },
];

export interface Cell {
  group: string;
  call: Call;
  fault: Fault;
  duration: Duration;
}

/** All cells: groups, calls, faults, durations. */
export function cells(): Cell[] {
  return GROUPS.flatMap(({ title, calls }) =>
    calls.flatMap((call) =>
      FAULTS.filter(({ only }) => only?.(call) ?? true).flatMap((fault) =>
        DURATIONS.filter((duration) => duration === "lasting" || !call.lastingOnly).map(
          (duration) => ({ group: title, call, fault, duration }),
        ),
      ),
    ),
  );
}

/** E.g. `GET info.json, 401, once`. */
export function nameOf({ call, fault, duration }: Cell): string {
  return `${call.name}, ${fault.name}, ${duration}`;
}

/** The sandbox's rules for a cell, the call's own before those that lead to it. */
export function rulesOf({ call, fault, duration }: Cell): FaultRule[] {
  const { given = [], match, after } = call;
  if (fault.kind === "nobody listens") return [...given];
  return [
    {
      kind: fault.kind,
      ...(fault.value === undefined ? {} : { value: fault.value }),
      ...(match === undefined ? {} : { match }),
      ...(after === undefined ? {} : { after }),
      ...(duration === "once" ? { times: 1 } : {}),
    },
    ...given,
  ];
}
