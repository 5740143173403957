/** The faults that a sandbox can be asked for: their grammar, and which request meets which. */
import picomatch from "picomatch";
import { UsageError } from "../../errors.ts";
import type { Sending } from "./server.ts";

/** One thing that goes wrong. */
export interface FaultRule<Kind extends string = string> {
  kind: Kind;
  /** The number of the kind: milliseconds, seconds, a status, a difference, a count. */
  value?: number;
  /** Method, path, or both, the path a glob relative to the API: `POST /users/X/lock`, `GET /users`. Absent: any. */
  match?: string;
  /** How many requests it meets; absent: all. */
  times?: number;
  /** How many requests that match it lets through first. */
  after?: number;
}

/** How the faults that every sandbox knows send an answer: none of it, or half; all others send it whole. */
export const SENT_OF_ALL = {
  refuse: "closed",
  "reset-before": "reset",
  "reset-during": "half",
  "reset-after": "reset",
} as const satisfies Record<string, Sending>;

/** What of a request decides which fault it meets. */
type Asked = { method: string; path: string };

const GRAMMAR =
  /^(?<kind>[a-z0-9-]+?)(?:=(?<value>-?\d+))?(?:@(?<match>.+?))?(?::(?<times>\d+)?(?:\+(?<after>\d+))?)?$/;

/** How a fault is written, for messages. */
export const FAULT_GRAMMAR = "KIND[=NUMBER][@[METHOD ]PATH][:[TIMES][+AFTER]]";

/**
 * Reads a fault as `--fault` takes it, e.g. `500`, `slow=500@GET /users`, `429@/batch:3`, `cut-json@/users:1+2`
 * (once, on the third request); its kind is one of `known`. Throws UsageError.
 */
export function parseFaultOf<Kind extends string>(
  known: Readonly<Record<Kind, string>>,
  text: string,
): FaultRule<Kind> {
  const { kind = "", value, match, times, after } = GRAMMAR.exec(text)?.groups ?? {};
  if (!Object.hasOwn(known, kind)) {
    throw new UsageError(
      `The fault '${text}' is unknown. Write ${FAULT_GRAMMAR}, with a KIND of: ${Object.keys(known).join(", ")}.`,
    );
  }
  return {
    kind: kind as Kind,
    ...(value === undefined ? {} : { value: Number(value) }),
    ...(match === undefined ? {} : { match }),
    ...(times === undefined ? {} : { times: Number(times) }),
    ...(after === undefined ? {} : { after: Number(after) }),
  };
}

/** Decides which fault a request meets: the first rule that matches and is not used up. */
export class FaultBook<Kind extends string> {
  #rules: { rule: FaultRule<Kind>; matches(request: Asked): boolean; seen: number; met: number }[] =
    [];

  get rules(): FaultRule<Kind>[] {
    return this.#rules.map(({ rule }) => rule);
  }

  /** Replaces all rules; all counts start again. */
  set rules(rules: readonly FaultRule<Kind>[]) {
    this.#rules = rules.map((rule) => ({ rule, matches: matcher(rule.match), seen: 0, met: 0 }));
  }

  add(rule: FaultRule<Kind>): void {
    this.#rules.push({ rule, matches: matcher(rule.match), seen: 0, met: 0 });
  }

  next(request: Asked): FaultRule<Kind> | undefined {
    let found: FaultRule<Kind> | undefined;
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

function matcher(match = ""): (request: Asked) => boolean {
  const [, method, path = ""] = /^([A-Z]+)?\s*(.*)$/.exec(match) ?? [];
  const fits = path === "" ? () => true : picomatch(path.replace(/\.json$/, ""));
  return (request) => (method === undefined || method === request.method) && fits(request.path);
}
