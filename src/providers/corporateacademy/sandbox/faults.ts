import { parseFaultOf, type FaultRule as Rule, SENT_OF_ALL } from "../../sandbox-kit/faults.ts";
import type { Sending } from "../../sandbox-kit/server.ts";

/** What can go wrong on request, and what it does; `=` says what its number means, in brackets where absent. */
export const FAULTS = {
  refuse: "closes the connection without an answer or an effect",
  "reset-before": "resets the connection, with no effect",
  "reset-during": "resets the connection in the middle of the answer, after the effect",
  "reset-after": "resets the connection after the effect, before the answer",
  slow: "waits =MS milliseconds (2000)",
  status: "answers an error of the status =N (400), with no effect",
  "401": "says that the token is not accepted, with no effect",
  "403": "says that it is not allowed, with no effect",
  "404": "says that there is no such method, with no effect",
  "429": "says that there are too many requests",
  "429-retry-after": "the same, with Retry-After of =S seconds (1)",
  "500": "says that the server is at fault, with no effect",
  "500-after": "says that the server is at fault, after the effect",
  empty: "answers 204 and nothing else, after the effect",
  null: "answers null, with no effect",
  true: "answers true, with no effect",
  false: "answers false, with no effect",
  html: "answers a web page with the status =N (200)",
  "cut-json": "answers half of the JSON, as if it were all",
  "wrong-shape": "answers JSON of an unknown shape, after the effect",
} as const;

export type FaultName = keyof typeof FAULTS;

export type FaultRule = Rule<FaultName>;

/** How those faults send an answer that do not send it whole. */
export const SENT: Partial<Record<FaultName, Sending>> = {
  ...SENT_OF_ALL,
};

/** Reads a fault as `--fault` takes it; its path is a method's, such as `GET /logout`. Throws UsageError. */
export const parseFault = (text: string): FaultRule => parseFaultOf(FAULTS, text);
