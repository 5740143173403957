/** What the charts of a report need is counted only where a report draws charts. */
import { type FactsMeter, factsMeter } from "../estate/facts.ts";
import type { SinksOf } from "../inventory/read.ts";
import type { Format } from "../report/formats.ts";

/** Counts an estate while it is read, for the format that draws it. */
export function chartsFor(format: Format): SinksOf<{ chart?: FactsMeter }> {
  return (known) => (format === "html" ? { chart: factsMeter(known) } : {});
}
