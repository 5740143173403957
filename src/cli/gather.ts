/** What the charts of a report need is counted only where a report draws charts. */

import { type EstateFacts, type FactsMeter, factsMeter } from "../estate/facts.ts";
import type { Sink } from "../inventory/read.ts";
import type { Policy } from "../model/policy.ts";
import type { Instant } from "../model/vocabulary.ts";
import type { Format } from "../report/formats.ts";

/** `more` goes to reconcile or to runOn. */
export interface Gathering {
  more: { also?: () => Sink };
  /** Of the read that was whole; null where nothing was counted. */
  facts(): EstateFacts | null;
}

/** Counts an estate while it is read, for the format that draws it. */
export function gathering(format: Format, policy: Policy, at: Instant): Gathering {
  if (format !== "html") return { more: {}, facts: () => null };
  let meter: FactsMeter | null = null;
  // A read that starts again counts anew.
  const also = () => {
    meter = factsMeter(policy, at);
    return meter;
  };
  return { more: { also }, facts: () => meter?.facts() ?? null };
}
