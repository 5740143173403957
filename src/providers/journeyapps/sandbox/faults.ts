import { parseFaultOf, type FaultRule as Rule, SENT_OF_ALL } from "../../sandbox-kit/faults.ts";
import type { Sending } from "../../sandbox-kit/server.ts";

/** What can go wrong on request, and what it does; `=` says what its number means, in brackets where absent. */
export const FAULTS = {
  refuse: "closes the connection without an answer or an effect",
  "reset-before": "resets the connection, with no effect",
  "reset-during": "resets the connection in the middle of the answer, after the effect",
  "reset-after": "resets the connection after the effect, before the answer",
  slow: "waits =MS milliseconds (2000)",
  "401": "says that the credential is wrong",
  "404-route": "says that there is no such route",
  "404-account": "says that there is no such deployment",
  "404-object": "says that there is no such user",
  "422": "says that a value is invalid",
  "429": "says that there are too many requests",
  "429-retry-after": "the same, with Retry-After of =S seconds (1)",
  "500": "says that the server is at fault",
  html: "answers a web page with the status =N (200)",
  "cut-json": "answers half of the JSON, as if it were all",
  "wrong-shape": "answers JSON of an unknown shape",
  "wrong-user": "leaves the sessions out of the first user",
  "wrong-total": "adds =N to the total (1)",
  "wrong-count": "adds =N to the count (1)",
  "repeat-page": "answers the page before the one asked for",
  "batch-mixed": "fails every =N th operation of a batch (2)",
  "batch-lost": "carries out =N operations of a batch (half), then resets the connection",
} as const;

export type FaultName = keyof typeof FAULTS;

export type FaultRule = Rule<FaultName>;

/** How those faults send an answer that do not send it whole. */
export const SENT: Partial<Record<FaultName, Sending>> = {
  ...SENT_OF_ALL,
  "batch-lost": "reset",
};

/** Reads a fault as `--fault` takes it. Throws UsageError. */
export const parseFault = (text: string): FaultRule => parseFaultOf(FAULTS, text);
