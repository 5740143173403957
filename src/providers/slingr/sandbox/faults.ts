import { parseFaultOf, type FaultRule as Rule, SENT_OF_ALL } from "../../sandbox-kit/faults.ts";
import type { Sending } from "../../sandbox-kit/server.ts";

/** What can go wrong on request, and what it does; `=` says what its number means, in brackets where absent. */
export const FAULTS = {
  refuse: "closes the connection without an answer or an effect",
  "reset-before": "resets the connection, with no effect",
  "reset-during": "resets the connection in the middle of the answer, after the effect",
  "reset-after": "resets the connection after the effect, before the answer",
  slow: "waits =MS milliseconds (2000)",
  "400": "says that the request is bad",
  "401": "says that the token is wrong; it works on",
  "token-dies": "ends the token, then answers",
  "403": "says that a right is missing",
  "404": "says that there is nothing there",
  "409": "says that somebody else changed the user meanwhile",
  "414": "says that the address is too long",
  "429": "says that there are too many requests",
  "429-retry-after": "the same, with Retry-After of =S seconds (1)",
  "500": "says that the server is at fault",
  "500-after": "the same, after the effect",
  "503": "says that the app is in maintenance",
  html: "answers a web page with the status =N (200)",
  "cut-json": "answers half of the JSON, as if it were all",
  "wrong-shape": "answers JSON of an unknown shape",
  "wrong-user": "leaves the status out of the first user",
  "wrong-total": "adds =N to the total (1)",
  "first-page": "answers the first page, whichever is asked for",
  "no-offset": "leaves the offset out",
  "many-mixed": "fails every =N th user of a call (2)",
  "many-lost": "changes =N users of a call (half), then resets the connection",
} as const;

export type FaultName = keyof typeof FAULTS;

export type FaultRule = Rule<FaultName>;

/** How those faults send an answer that do not send it whole. */
export const SENT: Partial<Record<FaultName, Sending>> = {
  ...SENT_OF_ALL,
  "many-lost": "reset",
};

/** Reads a fault as `--fault` takes it. Throws UsageError. */
export const parseFault = (text: string): FaultRule => parseFaultOf(FAULTS, text);
