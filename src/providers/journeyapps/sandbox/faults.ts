import picomatch from "picomatch";
import { UsageError } from "../../../errors.ts";
import type { Request } from "./types.ts";

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

/** One thing that goes wrong. */
export interface FaultRule {
  kind: FaultName;
  /** The number of the kind: milliseconds, seconds, a status, a difference, a count. */
  value?: number;
  /** Method, path, or both, the path a glob relative to the deployment: `POST /users/X/lock`, `GET /users`. Absent: any. */
  match?: string;
  /** How many requests it meets; absent: all. */
  times?: number;
  /** How many requests that match it lets through first. */
  after?: number;
}

const GRAMMAR =
  /^(?<kind>[a-z0-9-]+?)(?:=(?<value>-?\d+))?(?:@(?<match>.+?))?(?::(?<times>\d+)?(?:\+(?<after>\d+))?)?$/;

/** How a fault is written, for messages. */
export const FAULT_GRAMMAR = "KIND[=NUMBER][@[METHOD ]PATH][:[TIMES][+AFTER]]";

/**
 * Reads a fault as `--fault` takes it, e.g. `500`, `slow=500@GET /users`, `429@/batch:3`, `cut-json@/users:1+2`
 * (once, on the third request). Throws UsageError.
 */
export function parseFault(text: string): FaultRule {
  const { kind = "", value, match, times, after } = GRAMMAR.exec(text)?.groups ?? {};
  if (!Object.hasOwn(FAULTS, kind)) {
    throw new UsageError(
      `The fault '${text}' is unknown. Write ${FAULT_GRAMMAR}, with a KIND of: ${Object.keys(FAULTS).join(", ")}.`,
    );
  }
  return {
    kind: kind as FaultName,
    ...(value === undefined ? {} : { value: Number(value) }),
    ...(match === undefined ? {} : { match }),
    ...(times === undefined ? {} : { times: Number(times) }),
    ...(after === undefined ? {} : { after: Number(after) }),
  };
}

/** Decides which fault a request meets: the first rule that matches and is not used up. */
export class FaultBook {
  #rules: { rule: FaultRule; matches(request: Request): boolean; seen: number; met: number }[] = [];

  get rules(): FaultRule[] {
    return this.#rules.map(({ rule }) => rule);
  }

  /** Replaces all rules; all counts start again. */
  set rules(rules: readonly FaultRule[]) {
    this.#rules = rules.map((rule) => ({ rule, matches: matcher(rule.match), seen: 0, met: 0 }));
  }

  add(rule: FaultRule): void {
    this.#rules.push({ rule, matches: matcher(rule.match), seen: 0, met: 0 });
  }

  next(request: Request): FaultRule | undefined {
    let found: FaultRule | undefined;
    for (const one of this.#rules) {
      if (!one.matches(request)) continue;
      one.seen += 1;
      const { after = 0, times = Number.POSITIVE_INFINITY } = one.rule;
      if (found || one.seen <= after || one.met >= times) continue;
      one.met += 1;
      found = one.rule;
    }
    return found;
  }
}

function matcher(match = ""): (request: Request) => boolean {
  const [, method, path = ""] = /^([A-Z]+)?\s*(.*)$/.exec(match) ?? [];
  const fits = path === "" ? () => true : picomatch(path.replace(/\.json$/, ""));
  return (request) => (method === undefined || method === request.method) && fits(request.path);
}
